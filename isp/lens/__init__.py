"""Errors of the lens, corrected by the lensfun database."""
