"""Accounts: cash and units of every participant, and the postings that move them."""
