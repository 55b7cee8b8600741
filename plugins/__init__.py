"""Reflection-removal methods, one folder each, and what they share (`separation`)."""
