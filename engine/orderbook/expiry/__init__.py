"""Orders that end at a time of their own."""
