"""Recipes that make photographs through glass from photographs without."""
