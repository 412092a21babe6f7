"""The continuous order book: price first, then time."""
