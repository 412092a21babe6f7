"""The short way of a plain limit order, which most orders are: good till cancelled or immediate-or-cancel, no further
terms, an instrument whose guards watch nothing, room in every pool.

Nothing here is a rule of its own. `is_plain` and `has_clear_way` are true only where every check of `check_shape` and
`check_new` would pass, and `new_plain_order` does what `new_order` does to such an order, with what is known about it
left out. Whatever is not plain, or might be refused, goes the whole way.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, SelfTrade, TimeInForce
from engine.jit import helper
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.entries.kernels import guard_at, order_at
from engine.orderbook.guards.kernels import guards_watch, room_for_level
from engine.orderbook.ids.kernels import find_from, remember_at
from engine.orderbook.layout import LADDERS
from engine.orderbook.levels.kernels import key_of
from engine.orderbook.matching.kernels import reaches_best, trade_with_stops
from engine.orderbook.orders.kernels import join_ladder, take_slot
from engine.orderbook.tape.kernels import tell_entry

LIMIT = np.int64(OrderType.LIMIT)
GTC = np.int64(TimeInForce.GTC)
IOC = np.int64(TimeInForce.IOC)
ALLOW = np.int64(SelfTrade.ALLOW)
NO_MINIMUM = np.int64(0)


@helper
def is_plain(row: Any) -> bool:
    """Whether a NEW row asks for a plain limit order and nothing in it can be refused, whatever the state."""
    tif, price, lots = row.time_in_force, row.price_ticks, row.quantity_lots
    kind = (row.order_type == LIMIT) & (tif >= GTC) & (tif <= IOC) & (row.side >= 1) & (row.side <= 2)
    bounds = (price >= 1) & (price <= PRICE_TICKS_MAX) & (lots >= 1) & (lots <= QUANTITY_LOTS_MAX)
    terms = row.stop_price_ticks | row.display_lots | row.minimum_lots | row.expire_ns | row.self_trade
    return kind & bounds & (terms == 0)


@helper
def has_clear_way(x: Any, instrument: int, home: int, order_id: int) -> bool:
    """Whether nothing in the state can refuse a plain order: its instrument, its id (and its home), guards, room."""
    if instrument >= x.guards.shape[0] or order_id < 1 or find_from(x, home, order_id) != 0:
        return False
    roomy = room_for_level(x, 1) and x.book.orders_used < x.orders.shape[0] - 1
    return roomy and not guards_watch(guard_at(x, instrument))


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
    slot = take_slot(x)
    order = order_at(x, slot)
    order.order_id = order_id
    order.price_ticks = price
    order.remaining_lots = lots
    order.shown_lots = lots
    order.participant = participant
    order.self_trade_group = group
    order.instrument = instrument
    order.side = side
    order.order_type = LIMIT
    order.time_in_force = tif
    order.self_trade = rule if rule != 0 else ALLOW
    order.has_terms = 0
    order.is_stop = 0
    remember_at(x, home, slot)
    cursor = tell_entry(instrument, side, tif, participant, order_id, price, lots, position, output, cursor)
    own = instrument * LADDERS + side - 1
    if tif == IOC or reaches_best(x, instrument * LADDERS + 2 - side, price):
        return trade_with_stops(x, slot, NO_MINIMUM, position, output, cursor)
    return join_ladder(x, own, key_of(own, price), slot, price, lots, position, output, cursor)
