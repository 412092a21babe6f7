"""Putting something into one pocket of an account, compiled; `engine.ledger.pockets` is the same for Python."""
