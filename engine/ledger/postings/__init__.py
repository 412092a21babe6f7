"""Double entry: what every event does to the accounts, as postings that sum to zero in each asset.

    fold = Fold(known)
    for batch, applied in history:
        for entry in fold.entries(applied.events, applied.first_sequence): ...

A fold begins with the first event of a venue and is given all of them. It changes nothing and is no part of the core:
the core posts for itself, and a test holds that both come to the same accounts after every batch.
"""

from engine.ledger.postings.entries import (
    CASH_ASSET,
    OUTSIDE,
    ROUND_SETTLEMENT,
    Balances,
    Entry,
    Pocket,
    Posting,
)
from engine.ledger.postings.fold import Fold
from engine.ledger.postings.reading import Known, KnownInstruments

__all__ = [
    "CASH_ASSET",
    "OUTSIDE",
    "ROUND_SETTLEMENT",
    "Balances",
    "Entry",
    "Fold",
    "Known",
    "KnownInstruments",
    "Pocket",
    "Posting",
]
