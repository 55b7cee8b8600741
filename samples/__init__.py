"""Sample frames of the demo, with their truth and their licence card."""
