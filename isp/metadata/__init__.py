"""EXIF and its relatives: reading, writing, and the containers they stand in."""
