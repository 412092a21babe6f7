"""Rows, events and state of negotiated blocks, as records of integers.

Numbers are frozen once released. The layouts are those the rows and events will have in the exchange's own tables;
until then they belong to this package alone.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

OFFERS_MAX = 1_024
"""Most offers that wait at once: finding one is a walk over them, a microsecond at the most."""

EVERYBODY = 0
"""`counterparty` of an offer that anybody may confirm."""


class BlockCommand(IntEnum):
    """What a row asks for."""

    OFFER = 1
    COUNTER = 2
    """Other terms, by the one who is asked; then the other one is."""
    CONFIRM = 3
    DECLINE = 4
    """By the one who is asked: the offer ends."""
    WITHDRAW = 5
    """By the one who made the last proposal: the offer ends."""


class BlockEventKind(IntEnum):
    """What became of a row, or of an offer whose time had come."""

    REFUSED = 1
    OFFERED = 2
    COUNTERED = 3
    TRADED = 4
    DECLINED = 5
    WITHDRAWN = 6
    EXPIRED = 7


BLOCK_ROW = np.dtype(
    (
        np.record,
        [
            ("command", "u1"),
            ("side", "u1"),
            ("instrument", "u2"),
            ("actor", "u4"),
            ("counterparty", "u4"),
            ("offer_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("expire_ns", "i8"),
        ],
    )
)
"""One command. `side` is the actor's own, `counterparty` EVERYBODY or who is asked, `expire_ns` 0 for none: OFFER only.
OFFER and COUNTER have price and quantity. Other columns are not looked at."""

BLOCK_EVENT = np.dtype(
    (
        np.record,
        [
            ("kind", "u1"),
            ("side", "u1"),
            ("outcome", "u2"),
            ("instrument", "u2"),
            ("row", "u4"),
            ("participant", "u4"),
            ("counterparty", "u4"),
            ("offer_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
        ],
    )
)
"""One event. `participant` did it (EXPIRED: made the last proposal), `side` is what it does with the units,
`counterparty` is the other one (EVERYBODY while nobody is named), price and quantity are the terms as they stand then.
REFUSED: `outcome` says why, the other columns repeat the row; nothing has changed."""

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
        [("minimum_lots", "i8"), ("band_low_ticks", "i8"), ("band_high_ticks", "i8"), ("open_now", "i8")],
    )
)
"""What blocks of one instrument have to keep: least quantity, lowest and highest price (0: not watched), and whether
they may be traded now."""


def block_dtype(instruments: int) -> np.dtype:
    """The layout of the state: offers in the order they were made, `used` of them."""
    return np.dtype(
        (
            np.record,
            [("offers", OFFER, (OFFERS_MAX,)), ("guards", GUARD, (instruments,)), ("used", "i8"), ("time_ns", "i8")],
        )
    )


def block_rows(count: int) -> np.ndarray:
    """`count` empty rows, ready to have their columns assigned."""
    return np.zeros(count, BLOCK_ROW)
