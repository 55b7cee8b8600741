"""RAW-to-RGB mapping: camera colour to a linear working space."""
