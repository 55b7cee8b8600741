"""Frames of one scene that are developed alike."""
