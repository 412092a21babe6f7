"""Cancelling many orders in one go, in an order that everybody can know.

A sweep goes by instrument, then bids, asks, buy stops, sell stops, best price first, oldest order first: O(live orders
of the instruments swept). Expiry goes by time and order id: O(log n) an order that expires, nothing for the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import ALL_PARTICIPANTS, OrderType, TimeInForce
from engine.events import CancelReason
from engine.jit import helper, routine, stand_alone
from engine.orderbook.entries.kernels import ladder_at, level_at, order_at, terms_at
from engine.orderbook.layout import LADDERS
from engine.orderbook.levels.kernels import next_level
from engine.orderbook.orders.kernels import end_order, hidden_slices, leave_queue
from engine.orderbook.tape.kernels import tell_cancelled

EVERY_ORDER, DAY_ORDERS, MARKET_ORDERS = np.int64(0), np.int64(1), np.int64(2)
"""Which orders a sweep takes."""

MARKET = np.int64(OrderType.MARKET)
DAY = np.int64(TimeInForce.DAY)
FIRST_ROW = np.int64(0)
EXPIRED = np.int64(CancelReason.EXPIRED)
EVERYBODY = np.int64(ALL_PARTICIPANTS)


@helper
def withdraw(x: Any, slot: int, reason: int, row: int, output: Any, cursor: int) -> int:
    """Cancel a live order."""
    cursor = tell_cancelled(x, slot, reason, row, output, cursor)
    order = order_at(x, slot)
    if order.has_terms != 0:
        x.book.hidden_slices -= hidden_slices(x, slot)
    x.book.waiting_stops -= order.is_stop
    cursor = leave_queue(x, slot, row, output, cursor)
    end_order(x, slot)
    return cursor


@routine
def withdraw_apart(x: Any, slot: int, reason: int, row: int, output: Any, cursor: int) -> int:
    """`withdraw`, called and not inlined."""
    stand_alone()
    return withdraw(x, slot, reason, row, output, cursor)


@helper
def is_one_of(order: Any, which: int) -> bool:
    """Whether an order is one of those that a sweep is after."""
    if which == DAY_ORDERS:
        return order.time_in_force == DAY
    return which == EVERY_ORDER or order.order_type == MARKET


@routine
def sweep(
    x: Any,
    instrument: int,
    side: int,
    participant: int,
    which: int,
    reason: int,
    row: int,
    output: Any,
    cursor: int,
) -> int:
    """Cancel orders of an instrument: of one side or both (0), of one participant or everybody, and `which` of them."""
    stand_alone()
    first = np.int64(instrument) * LADDERS
    for ladder_number in range(first, first + LADDERS):
        if side != 0 and (ladder_number & 1) != side - 1:
            continue
        level_number = np.int64(ladder_at(x, ladder_number).best)
        while level_number != 0:
            following = next_level(x, level_number)
            slot = np.int64(level_at(x, level_number).head)
            while slot != 0:
                order = order_at(x, slot)
                newer = np.int64(order.newer)
                wanted = participant == EVERYBODY or order.participant == participant
                if wanted and is_one_of(order, which):
                    cursor = withdraw_apart(x, slot, reason, row, output, cursor)
                slot = newer
            level_number = following
    return cursor


@routine
def expire_orders(x: Any, time_ns: int, output: Any, cursor: int) -> int:
    """Cancel every order whose expiry has come, soonest first."""
    stand_alone()
    while x.book.expiring > 0 and terms_at(x, x.expiries[1]).expire_ns <= time_ns:
        cursor = withdraw_apart(x, np.int64(x.expiries[1]), EXPIRED, FIRST_ROW, output, cursor)
    return cursor
