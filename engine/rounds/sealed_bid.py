"""A commitment to a bid: what is hashed, and how 32 bytes travel in the columns of a row.

SHA-256 over a salt of 32 bytes and the canonical bid, the JSON list
`[round, bidder, session, request id, price in ticks, quantity in lots]` without blanks. Bidder and request key are in
it, so a commitment that somebody copies can be revealed by nobody but the one who made it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

_MASK = 2**40 - 1


@dataclass(frozen=True)
class PlainBid:
    """A bid in the clear. `bid_id` holds its session and its request id (`engine.commands.order_id`)."""

    round_number: int
    bidder: int
    bid_id: int
    price_ticks: int
    quantity_lots: int

    @property
    def session(self) -> int:
        """The session in which it was sent."""
        return self.bid_id >> 40

    @property
    def request_id(self) -> int:
        """Its request id in that session."""
        return self.bid_id & _MASK

    def canonical(self) -> bytes:
        """What is hashed behind the salt."""
        parts = (
            self.round_number,
            self.bidder,
            self.session,
            self.request_id,
            self.price_ticks,
            self.quantity_lots,
        )
        return f"[{','.join(map(str, parts))}]".encode()


def commitment_of_bid(bid: PlainBid, salt: bytes) -> bytes:
    """The commitment (32 bytes) to a bid under a salt of 32 bytes."""
    return hashlib.sha256(salt + bid.canonical()).digest()


def to_words(content: bytes) -> tuple[int, ...]:
    """32 bytes as four little-endian int64."""
    return tuple(int(word) for word in np.frombuffer(content, "<i8"))


def from_words(row: np.void, name: str) -> bytes:
    """The 32 bytes in the columns `name`_1 to `name`_4 of a row."""
    return np.array([row[f"{name}_{place}"] for place in range(1, 5)], "<i8").tobytes()
