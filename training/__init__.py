"""Synthesis of reflections, the training loop and the evaluation of methods."""
