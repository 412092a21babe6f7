"""What the service keeps to itself until a round is closed: bids that were committed to, salts, secrets of rounds.

`store` is the file beside the journal, `desk` takes bids to commitments and reveals them.
"""
