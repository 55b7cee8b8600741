"""Camera stages: pure functions on tensors and the thin stage around each."""
