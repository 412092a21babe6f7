"""The short way of a plain limit order, which most orders are: good till cancelled or immediate-or-cancel, no further
terms, an instrument whose guards watch nothing, room in every pool.

Nothing here is a rule of its own. `is_plain` and `has_clear_way` are true only where every check of `check_shape` and
`check_new` would pass if there is room, and `new_plain_order` does what `new_order` does to such an order,
`cancel_plain_order` what `cancel_order` does, with what is known about it left out. Whatever is not plain, or might be
refused, goes the whole way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, SelfTrade, TimeInForce
from engine.events import CancelReason
from engine.jit import helper
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.entries.kernels import guard_at, order_at
from engine.orderbook.guards.kernels import guards_watch
from engine.orderbook.ids.kernels import find_from, forget_at, remember_at
from engine.orderbook.layout import LADDERS
from engine.orderbook.levels.kernels import key_of, open_level, opposite_key, remove_level
from engine.orderbook.matching.kernels import reaches_best, trade_with_stops
from engine.orderbook.orders.kernels import give_slot, step_in, step_out, take_slot
from engine.orderbook.packed.kernels import beyond_plain, order_terms, whose, whose_order, words_of_order
from engine.orderbook.tape.kernels import tell_cancelled, tell_depth, tell_entry, tell_replaced

LIMIT = np.int64(OrderType.LIMIT)
IOC = np.int64(TimeInForce.IOC)
ALLOW = np.int64(SelfTrade.ALLOW)
REQUESTED = np.int64(CancelReason.REQUESTED)
PRICE_BITS = (PRICE_TICKS_MAX - 1).bit_length()
LOTS_BITS = QUANTITY_LOTS_MAX.bit_length()
NO_MINIMUM = np.int64(0)


@helper
def is_plain(row: Any) -> bool:
    """Whether a row asks for a new plain limit order and nothing in it can be refused, whatever the state."""
    price, lots = row.price_ticks, row.quantity_lots
    terms = row.stop_price_ticks | row.display_lots | row.minimum_lots | row.expire_ns | row.self_trade
    # Within bounds nothing is left of the bits above them; what is below 1 has them all set.
    beyond_bounds = (price - 1) >> PRICE_BITS | (lots - 1 | lots) >> LOTS_BITS
    return (beyond_plain(row) | terms | beyond_bounds) == 0


@helper
def has_clear_way(x: Any, instrument: int, home: int, order_id: int) -> bool:
    """Whether nothing in the state but full pools can refuse a plain order: its instrument, its id (and its home),
    guards."""
    if instrument >= x.guards.shape[0] or order_id < 1 or find_from(x, home, order_id) != 0:
        return False
    return not guards_watch(guard_at(x, instrument))


@helper
def new_plain_order(
    x: Any, row: Any, order_id: int, home: int, group: int, position: int, output: Any, cursor: int
) -> int:
    """Take in a plain order that has a clear way: it trades, rests or ends.

    `home`: of its id in the id table. `group`: its self-trade group.
    """
    instrument, side, tif, participant = np.int64(row.instrument), np.int64(row.side), row.time_in_force, row.actor
    price, lots = row.price_ticks, row.quantity_lots
    rule = guard_at(x, instrument).self_trade
    where = whose(side, instrument)
    slot = take_slot(x)
    order = order_at(x, slot)
    order.order_id = order_id
    order.price_ticks = price
    order.remaining_lots = lots
    order.shown_lots = lots
    order.participant = participant
    order.self_trade_group = group
    words_of_order(order).what = where | order_terms(LIMIT, tif, rule if rule != 0 else ALLOW)
    remember_at(x, home, slot)
    cursor = tell_entry(where, tif, participant, order_id, price, lots, position, output, cursor)
    own = instrument * LADDERS + side - 1
    return place_plain_order(x, slot, where, own, price, lots, tif == IOC, position, output, cursor)


@helper
def place_plain_order(
    x: Any,
    slot: int,
    where: int,
    own: int,
    price: int,
    lots: int,
    immediate: bool,
    position: int,
    output: Any,
    cursor: int,
) -> int:
    """Let a plain order, which stands in no queue, trade or rest; `own` is its ladder."""
    key = key_of(own, price)
    if immediate or reaches_best(x, own ^ 1, opposite_key(key)):
        return trade_with_stops(x, slot, NO_MINIMUM, position, output, cursor)
    shown, orders = step_in(x, open_level(x, own, key), slot, lots)
    return tell_depth(x, where, price, shown, orders, position, output, cursor)


@helper
def is_plain_order(order: Any) -> bool:
    """Whether a live order is a plain limit order."""
    return order.has_terms == 0 and order.order_type == LIMIT


@helper
def leave_plainly(x: Any, slot: int, position: int, output: Any, cursor: int) -> int:
    """Take a live order out of its queue that waits in no ladder of stops."""
    order = order_at(x, slot)
    shown, orders = step_out(x, slot)
    if orders == 0:
        remove_level(x, np.int64(order.level))
    return tell_depth(x, whose_order(order), order.price_ticks, shown, orders, position, output, cursor)


@helper
def replace_plain_order(x: Any, slot: int, price: int, lots: int, position: int, output: Any, cursor: int) -> int:
    """Give a plain order that has a clear way a new price and quantity."""
    order = order_at(x, slot)
    old_lots = order.remaining_lots
    cursor = leave_plainly(x, slot, position, output, cursor)
    order.price_ticks = price
    order.remaining_lots = lots
    order.shown_lots = lots
    cursor = tell_replaced(x, slot, old_lots, position, output, cursor)
    where, own = whose_order(order), np.int64(order.instrument) * LADDERS + order.side - 1
    return place_plain_order(x, slot, where, own, price, lots, False, position, output, cursor)


@helper
def cancel_plain_order(x: Any, slot: int, home: int, position: int, output: Any, cursor: int) -> int:
    """Cancel, on request, a live order without further terms, whose id has this home in the id table."""
    cursor = tell_cancelled(x, slot, REQUESTED, position, output, cursor)
    cursor = leave_plainly(x, slot, position, output, cursor)
    forget_at(x, home, slot)
    give_slot(x, slot)
    return cursor
