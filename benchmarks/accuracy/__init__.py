"""How accurate the camera stages are: a module for each table of docs/isp-accuracy.md."""
