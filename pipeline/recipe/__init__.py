"""Recipes: from YAML to an ordered list of stages with checked parameters."""
