"""What the books tell: rows of `engine.events.EVENT`."""
