"""Sensor counts to linear light."""
