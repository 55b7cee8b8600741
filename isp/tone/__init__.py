"""Linear light to display values."""
