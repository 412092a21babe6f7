"""One order against the other side of its book."""
