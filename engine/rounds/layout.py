"""The fields of the state record for rounds, and the columns beside it for what only grows.

A round's terms stand here as integers, resolved once when it opens, so that judging a bid reads no rule book. What one
bidder has in one round (how many bids, how much, what they hold) stands in `bidders[round, participant]`. Bids and
lines of supply are bulk: rows appended to columns that lie beside the record.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from engine.capacity import Capacity

CLASSES = 8
"""Room for classes of participants in per-class terms; a class is its own position."""


class Stage(IntEnum):
    """How far a round has come. Numbers are frozen once released."""

    NONE = 0
    DRAFT = 1
    OPEN = 2
    CLOSED = 3
    CLEARED = 4
    CANCELLED = 5


ROUND = np.dtype(
    (
        np.record,
        [
            ("stage", "i8"),
            ("rule_book", "i8"),
            ("instrument", "i8"),
            ("day", "i8"),
            ("price_rule", "i8"),
            ("undersubscription_rule", "i8"),
            ("margin_rule", "i8"),
            ("proceeds_rule", "i8"),
            ("reserve_price_ticks", "i8"),
            ("reserve_comparator", "i8"),
            ("below_reserve", "i8"),
            ("guarantee_rule", "i8"),
            ("price_step_ticks", "i8"),
            ("quantity_step_lots", "i8"),
            ("bid_count_max", "i8"),
            ("tick_value_minor", "i8"),
            ("offered_lots", "i8"),
            ("bids", "i8"),
            ("bid_value", "i8"),
            ("supply_lines", "i8"),
            ("consignor_may_bid", "i8"),
            ("consignment_minimum_allowed", "i8"),
            ("consignment_rank", "i8"),
            ("consignment_unsold", "i8"),
            ("eligible", "i8", (CLASSES,)),
            ("minimum_lots", "i8", (CLASSES,)),
            ("cap_share_ppm", "i8", (CLASSES,)),
            ("cap_lots", "i8", (CLASSES,)),
            ("consignment_allowed", "i8", (CLASSES,)),
            ("consignment_ratio_ppm", "i8", (CLASSES,)),
        ],
    )
)
"""Terms are 0 until the round opens. A cap of -1 means that there is none. `bid_value` is the sum of price x quantity
over all bids, in ticks x lots, kept so that no sum in the clear can leave int64."""

BIDDER = np.dtype(
    (
        np.record,
        [("bids", "i8"), ("bid_lots", "i8"), ("held_minor", "i8"), ("highest_bid", "i8"), ("consigned_lots", "i8")],
    )
)
"""`highest_bid` is one more than the position, in the columns, of the bidder's bid with the highest price; 0: none."""

BID = np.dtype(
    (
        np.record,
        [
            ("round_number", "i8"),
            ("bidder", "i8"),
            ("bid_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("arrival", "i8"),
            ("next_lower", "i8"),
        ],
    )
)
"""One bid. `arrival` is the sequence of its event; `next_lower` leads on from `highest_bid` through the bidder's bids
of the round, highest price first, so that a guarantee is one walk."""

SUPPLY_LINE = np.dtype(
    (
        np.record,
        [
            ("round_number", "i8"),
            ("line", "i8"),
            ("kind", "i8"),
            ("group", "i8"),
            ("rank", "i8"),
            ("seller", "i8"),
            ("quantity_lots", "i8"),
            ("minimum_price_ticks", "i8"),
        ],
    )
)
"""One line of supply; `line` counts from 1 within its round."""


def round_fields(capacity: Capacity) -> list[tuple[str, np.dtype] | tuple[str, np.dtype, tuple[int, ...]]]:
    """Fields of the state record for one capacity class."""
    return [
        ("round_count", np.dtype("i8")),
        ("rounds", ROUND, (capacity.rounds,)),
        ("bidders", BIDDER, (capacity.rounds, capacity.participants)),
    ]
