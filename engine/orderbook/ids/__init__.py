"""From an order's id to its slot."""
