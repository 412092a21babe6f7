"""A sealed-bid round in the core: its life from draft to cleared, and what its bids and lots hold meanwhile."""
