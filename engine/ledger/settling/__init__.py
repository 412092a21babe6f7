"""Settling trades that do not settle at once, or cost something."""
