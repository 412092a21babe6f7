"""Pictures of the books, copied out of the state record."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.digest import by_name, columns
from engine.exchange.picture.kernels import build_read_depth, build_read_orders, build_read_standing
from engine.orderbook.layout import GUARD, LADDERS
from engine.orderbook.reading.kernels import DEPTH_LEVEL, QUEUED_ORDER, STANDING_LEVEL
from engine.state import state_dtype
from engine.views import Depth, Level

_ORDERS_AT_FIRST = 1_024

GUARD_TERMS = tuple(
    name for name in GUARD.names or () if name not in ("last_price_ticks", "trade_low_ticks", "trade_high_ticks")
)
"""What the guards of an instrument were told to watch."""


@cache
def _read_depth(capacity: Capacity) -> Callable[..., int]:
    return build_read_depth(state_dtype(capacity))


@cache
def _read_standing(capacity: Capacity) -> Callable[..., int]:
    return build_read_standing(state_dtype(capacity))


@cache
def _read_orders(capacity: Capacity) -> Callable[..., int]:
    return build_read_orders(state_dtype(capacity))


def depth(capacity: Capacity, state: np.ndarray, instrument: int, levels: int, sequence: int) -> Depth:
    """The best `levels` prices of both sides of one instrument; `state` is the record's bytes."""
    sides = []
    for ladder in (instrument * LADDERS, instrument * LADDERS + 1):
        lines = np.zeros(levels, DEPTH_LEVEL)
        count = _read_depth(capacity)(state, ladder, lines.view(np.uint8))
        sides.append(
            tuple(
                Level(int(line["price_ticks"]), int(line["quantity_lots"]), int(line["orders"]))
                for line in lines[:count]
            )
        )
    last = int(state.view(state_dtype(capacity))[0]["guards"]["last_price_ticks"][instrument])
    return Depth(instrument, sequence, sides[0], sides[1], last or None)


def order_parts(capacity: Capacity, state: np.ndarray) -> list[bytes]:
    """What the state digest takes of the books: every live order in the order of service, and each last price.

    A term that no order uses is all zeros and left out, so that a release that adds one changes no digest.
    """
    record = state.view(state_dtype(capacity))[0]
    orders = np.zeros(int(record["book"]["orders_used"]), QUEUED_ORDER)
    if len(orders):
        _read_orders(capacity)(state, 0, len(record["ladders"]), orders.view(np.uint8))
    used = [name for name in QUEUED_ORDER.names or () if orders[name].any()]
    parts = [f"{name}:".encode() + columns(orders, name) for name in sorted(used)]
    last = record["guards"]["last_price_ticks"]
    parts += [f"last {i}={int(last[i])}".encode() for i in np.flatnonzero(last)]
    guards = record["guards"]
    watched = np.zeros(len(guards), bool)
    for name in GUARD_TERMS:
        watched |= guards[name] != 0
    return parts + [f"guard {i}:".encode() + by_name(guards[list(GUARD_TERMS)][i]) for i in np.flatnonzero(watched)]


def standing_levels(capacity: Capacity, state: np.ndarray, instrument: int) -> np.ndarray:
    """What stands in the two books of one instrument, by price: an array of STANDING_LEVEL, bids first, best first."""
    ladders = state.view(state_dtype(capacity))[0]["ladders"]["levels"]
    levels = np.zeros(int(ladders[instrument * LADDERS : instrument * LADDERS + 2].sum()), STANDING_LEVEL)
    if len(levels):
        _read_standing(capacity)(state, instrument, levels.view(np.uint8))
    return levels


def standing_orders(capacity: Capacity, state: np.ndarray, instrument: int) -> np.ndarray:
    """The orders of one instrument that stand in its two books: an array of QUEUED_ORDER, bids first, best price first,
    oldest first. Stops that wait are not among them."""
    return _orders_in(capacity, state, instrument, LADDERS // 2)


def waiting_orders(capacity: Capacity, state: np.ndarray, instrument: int) -> np.ndarray:
    """As `standing_orders`, with the stops that wait behind them."""
    return _orders_in(capacity, state, instrument, LADDERS)


def _orders_in(capacity: Capacity, state: np.ndarray, instrument: int, ladders: int) -> np.ndarray:
    """The orders in the first ladders of an instrument. Room is made for all orders of the venue, as far as needed."""
    first = instrument * LADDERS
    length = min(int(state.view(state_dtype(capacity))[0]["book"]["orders_used"]), _ORDERS_AT_FIRST)
    while True:
        orders = np.zeros(length, QUEUED_ORDER)
        count = _read_orders(capacity)(state, first, first + ladders, orders.view(np.uint8)) if length else 0
        if count < length or count == int(state.view(state_dtype(capacity))[0]["book"]["orders_used"]):
            return orders[:count]
        length *= 4
