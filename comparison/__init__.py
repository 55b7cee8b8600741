"""Several recipes or methods on one frame, side by side on one page. Stands above `pipeline` and `isp`."""
