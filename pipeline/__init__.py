"""The host: what a frame, a stage and a method are, and how recipes are resolved and run."""
