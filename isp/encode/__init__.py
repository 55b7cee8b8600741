"""From a frame to a file."""
