"""State of negotiated blocks: the offers that wait, and what blocks of an instrument have to keep.

Rows are those of `engine.commands.Table.BLOCKS`, events those of `engine.events`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

OFFERS_MAX = 1_024
"""Most offers that wait at once: finding one is a walk over them, a microsecond at the most."""

EVERYBODY = 0
"""`counterparty` of an offer that anybody may confirm."""

OFFER = np.dtype(
    (
        np.record,
        [
            ("offer_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("expire_ns", "i8"),
            ("proposer", "u4"),
            ("asked", "u4"),
            ("instrument", "u2"),
            ("proposer_side", "u1"),
            ("unused", "u1", (5,)),
        ],
    )
)
"""A waiting offer: who made the last proposal, who is asked (EVERYBODY: anybody), what the proposer does."""

GUARD = np.dtype(
    (
        np.record,
        [
            ("minimum_lots", "i8"),
            ("band_low_ticks", "i8"),
            ("band_high_ticks", "i8"),
            ("allowed", "i8"),
            ("open_now", "i8"),
        ],
    )
)
"""What blocks of one instrument have to keep: least quantity, lowest and highest price (0: not watched), whether the
rule book has blocks at all, and whether they may be traded now."""

COUNTS = np.dtype((np.record, [("used", "i8"), ("time_ns", "i8")]))
"""How many offers wait, and the time of the batch."""


def block_fields(instruments: int) -> list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]]:
    """Fields of the state record: offers in the order they were made."""
    return [
        ("blocks", COUNTS),
        ("block_guards", GUARD, (instruments,)),
        ("block_offers", OFFER, (OFFERS_MAX,)),
    ]


def block_dtype(instruments: int) -> np.dtype:
    """The layout of a bare book of blocks."""
    return np.dtype((np.record, block_fields(instruments)))
