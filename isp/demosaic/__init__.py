"""Three colours at every pixel."""
