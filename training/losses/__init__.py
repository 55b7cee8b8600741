"""What trainings minimise: the published losses, and our own."""
