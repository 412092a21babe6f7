"""The fields of the state record that hold the order books of all instruments, and what each means.

Promises, kept by every helper over these fields:

- The record is small and stays where it is: pools of fixed length, slots handed out again last-in first-out, so that
  what is live stays in the cache. Entry 0 of every pool is never used: 0 means "none" in every link.
- An empty book is all zeros but for the heads of the free lists (`initialise_book`), so a new state costs no memory
  before it is used. A free entry's link holds its distance to the next free one, less one: zeros are a threaded list.
- Memory follows what is live: a level exists while it has orders, a node of the tree while it has two children.

Prices. Four ladders an instrument (`ladder_of`): bids, asks, buy stops, sell stops. Within a ladder a price is a *key*
of 30 bits such that the smallest key is served first: price - 1 where the lowest price is (asks, buy stops), 2**30 -
price where the highest is (bids, sell stops). So one tree and one loop serve all four.

The tree of a ladder has 64 children a node and skips every node that would have one child: its shape depends on the
live prices only. A child is a node (positive), a level (negative), or absent (its bit in `bitmap` is clear).

Cost: an order takes 64 bytes, its further terms 32, its place in the id table 8 to 16; a level 32, a node 280.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np

from engine.capacity import Capacity
from engine.limits import PRICE_TICKS_MAX

KEY_MAX = PRICE_TICKS_MAX - 1
"""Largest key; keys have `KEY_BITS` bits."""

KEY_BITS = 30
"""Bits of a key: five digits of six."""

DIGIT_BITS = 6
"""Bits of a key that one node of the tree decides."""

FANOUT = 1 << DIGIT_BITS
"""Most children of a node."""

LADDERS = 4
"""Ladders of one instrument: bids, asks, buy stops, sell stops, in this order."""


class MarketData(IntEnum):
    """Which market data the events tell."""

    NONE = 0
    DEPTH = 1
    """Every change of what is shown at a price."""
    DEPTH_AND_TOP = 2
    """Also every change of a best price, at the end of the row that caused it."""


SLICES_MAX = 1_000
"""Most slices of an iceberg: it shows at least this part of its quantity. Bounds the trades one order can cause."""

SHORTCUTS = 4_096
"""Entries of the table that leads from a price to its level without a walk down the tree."""

ORDER = np.dtype(
    (
        np.record,
        [
            ("order_id", "i8"),
            ("price_ticks", "i8"),
            ("remaining_lots", "i8"),
            ("shown_lots", "i8"),
            ("participant", "u4"),
            ("self_trade_group", "u4"),
            ("level", "i4"),
            ("older", "i4"),
            ("newer", "i4"),
            ("chained", "i4"),
            ("is_stop", "u1"),
            ("side", "u1"),
            ("order_type", "u1"),
            ("time_in_force", "u1"),
            ("self_trade", "u1"),
            ("has_terms", "u1"),
            ("instrument", "u2"),
        ],
    )
)
"""A live order, one cache line. `price_ticks`: its limit, 0 for a market order. `remaining_lots`: all that is left,
`shown_lots` what of it stands in the queue (less only for an iceberg). `older`, `newer`: neighbours in the queue of its
level. `self_trade`: a SelfTrade, never VENUE_RULE. `has_terms`: its entry in `order_terms` means something. `is_stop`:
it waits in a ladder of stops, at its stop price. `chained`: the next order whose id shares its entry of the id table.
The last eight bytes are one word (`engine.orderbook.packed`)."""

ORDER_TERMS = np.dtype(
    (
        np.record,
        [
            ("stop_price_ticks", "i8"),
            ("display_lots", "i8"),
            ("expire_ns", "i8"),
            ("expiry_position", "i4"),
            ("unused", "u1", (4,)),
        ],
    )
)
"""Terms few orders have, in the slot of their order: read only where `has_terms` says so. 0 means none.
`expiry_position`: where the order stands in `expiries`."""

LEVEL = np.dtype(
    (
        np.record,
        [
            ("quantity_lots", "i8"),
            ("place", "i8"),
            ("node", "i4"),
            ("orders", "i4"),
            ("head", "i4"),
            ("tail", "i4"),
        ],
    )
)
"""A price with orders: the shown quantity, how many orders, the oldest and the newest. `place`: ladder and key in one
number (`place_of`), so that one comparison tells whether this is the level that is meant; 0 in a free entry."""

NODE = np.dtype(
    (
        np.record,
        [
            ("bitmap", "i8"),
            ("prefix", "i4"),
            ("shift", "i4"),
            ("parent", "i4"),
            ("unused", "i4"),
            ("children", "i4", (FANOUT,)),
        ],
    )
)
"""A node of a tree of levels: its children differ in the six bits of the key from `shift` up and agree on all bits
above, `prefix`. Bit d of `bitmap` says whether `children[d]` is there."""

LADDER = np.dtype(
    (
        np.record,
        [
            ("root", "i4"),
            ("best", "i4"),
            ("levels", "i4"),
            ("nearness", "i4"),
            ("told_price_ticks", "i4"),
            ("told_orders", "i4"),
            ("told_lots", "i8"),
        ],
    )
)
"""One ladder: the root of its tree, its best level, how many levels. `nearness`: of the best level, KEY_MAX + 1 less
its key, 0 when there is none. `told_...`: the best level as the last
TOP_CHANGED event told it (`told_orders` 0: none)."""

GUARD = np.dtype(
    (
        np.record,
        [
            ("last_price_ticks", "i8"),
            ("trade_low_ticks", "i8"),
            ("trade_high_ticks", "i8"),
            ("reference_price_ticks", "i8"),
            ("band_low_ticks", "i8"),
            ("band_high_ticks", "i8"),
            ("dynamic_band_ticks", "i8"),
            ("protection_ticks", "i8"),
            ("minimum_lots", "i8"),
            ("maximum_lots", "i8"),
            ("self_trade", "u1"),
            ("halted", "u1"),
            ("median", "u1"),
            ("any_at_level", "u1"),
            ("reach_levels", "u4"),
        ],
    )
)
"""What the book of one instrument watches, as integers that a rule book or an operator put there; 0 means "not
watched".

`last_price_ticks`: of the last trade. `trade_...`: lowest and highest trade whose stops have not been set off yet, 0
between commands. `band_...`: lowest and highest price of the day.
`dynamic_band_ticks`: how far a price may be from the last trade, or before one from `reference_price_ticks`.
`protection_ticks`: how far a market-to-limit order reaches beyond the best price, and a stop without a limit beyond its
stop price; both stay within the band. `minimum_lots`, `maximum_lots`: of one order. `self_trade`: for orders that leave
it to the venue. `halted`: new orders and replacements are refused. `median`: a trade is at the middle of bid, ask and
last price. `reach_levels`, `any_at_level`: which listings may be taken: those at so many best prices (0: at any), and
there every one or only the oldest."""

ENTRY = np.dtype((np.record, [("slot", "i4")]))
"""An entry of the id table: the first order of a chain (0: none)."""

BOOK = np.dtype(
    (
        np.record,
        [
            ("time_ns", "i8"),
            ("market_data", "i8"),
            ("hidden_slices", "i8"),
            ("expiring", "i8"),
            ("waiting_stops", "i8"),
            ("orders_used", "i4"),
            ("orders_free", "i4"),
            ("levels_used", "i4"),
            ("levels_free", "i4"),
            ("nodes_used", "i4"),
            ("nodes_free", "i4"),
        ],
    )
)
"""What belongs to all books: the time of the batch; which `MarketData` is told; a bound on the trades that hidden
quantity can still cause; how many orders expire; how many stops wait; entries in use and the first free one of each
pool."""

Fields = list[tuple[str, Any] | tuple[str, Any, tuple[int, ...]]]


def table_entries(orders: int) -> int:
    """Length of the id table: a power of two, at least twice the orders, so that chains stay short."""
    return 1 << (2 * orders - 1).bit_length()


def nodes_of(levels: int) -> int:
    """Nodes set aside for so many levels. Prices drawn evenly over all 2**30 ticks need at most 0.31 a level."""
    return levels // 3 + 1


def book_fields(capacity: Capacity) -> Fields:
    """Fields of the state record for one capacity class. `guards` has one entry an instrument, `ladders` four.

    `shortcuts`: levels by price, a hint that is checked before use. `expiries`: slots of the orders that expire, a heap
    by (expiry, order id), from entry 1. `self_trade_groups`: by participant, the participant whose number stands for
    the group; 0: the participant is alone. Orders come first, so that each fills a cache line when the record begins on
    one.
    """
    return [
        ("orders", ORDER, (capacity.orders + 1,)),
        ("id_table", ENTRY, (table_entries(capacity.orders),)),
        ("shortcuts", np.dtype("i4"), (SHORTCUTS,)),
        ("levels", LEVEL, (capacity.levels + 1,)),
        ("ladders", LADDER, (capacity.instruments * LADDERS,)),
        ("guards", GUARD, (capacity.instruments,)),
        ("book", BOOK),
        ("nodes", NODE, (nodes_of(capacity.levels) + 1,)),
        ("order_terms", ORDER_TERMS, (capacity.orders + 1,)),
        ("expiries", np.dtype("i4"), (capacity.orders + 1,)),
        ("self_trade_groups", np.dtype("u4"), (capacity.participants,)),
    ]


def book_dtype(capacity: Capacity) -> np.dtype:
    """The layout of a bare book: the fields of the book and nothing else."""
    return np.dtype((np.record, book_fields(capacity)))


CACHE_LINE_BYTES = 64
_LARGE_PAGE = 2**21


def aligned_bytes(length: int) -> np.ndarray:
    """So many zero bytes, the first at the beginning of a cache line, or of a large page if they fill more than one.

    Where the system has large pages, an array that begins on one has them from its first byte on: what is used most
    lies there, and the processor finds it without a look into its second table of pages.
    """
    boundary = CACHE_LINE_BYTES if length <= _LARGE_PAGE else _LARGE_PAGE
    raw = np.zeros(length + boundary, np.uint8)
    skip = -raw.ctypes.data % boundary
    return raw[skip : skip + length]


def initialise_book(x: Any) -> None:
    """Make an all-zero state record an empty book."""
    x.book.orders_free = 1
    x.book.levels_free = 1
    x.book.nodes_free = 1
