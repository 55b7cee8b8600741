"""DNG files: reading the camera facts of one, and writing one."""
