"""The prices of a trading day: what its trades add up to, and the opening and closing price that come of them."""
