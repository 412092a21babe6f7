"""A flow through the book as a user would send it, and what came out: what benchmarks compare before they time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.order_flow import book_hash, trade_hash
from engine.capacity import Capacity
from engine.events import EventKind
from engine.orderbook import OrderBook
from engine.outcomes import Outcome


@dataclass(frozen=True)
class Replayed:
    """What a flow came to. `full`: some order was refused because a pool was full."""

    trades: int
    trade_hash: int
    book_hash: int
    live: int
    full: bool


def replay(rows: np.ndarray, capacity: Capacity, batch: int) -> Replayed:
    """Rows of ORDERS through a new book in batches."""
    book, digest, trades, full = OrderBook(capacity), 0, 0, False
    for start in range(0, len(rows), batch):
        events = book.apply(rows[start : start + batch])
        trades += int((events["kind"] == EventKind.TRADE).sum())
        digest = trade_hash(events, digest)
        full = full or bool(np.isin(events["outcome"], (Outcome.ORDERS_FULL, Outcome.LEVELS_FULL)).any())
    orders = book.orders()
    return Replayed(trades, digest, book_hash(orders), len(orders), full)
