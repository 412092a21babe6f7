"""The continuous order book, compiled: every operation as a helper over the state record.

The bare book (`engine.orderbook.bare`) and the exchange run the same helpers over the same record `x`
(`engine.orderbook.layout`). To carry out a row of ORDERS, a kernel

1. calls `begin_batch(x, time_ns, output, cursor)` once a batch: the time, and orders whose expiry has come;
2. makes sure that `output` has room for `events_needed(x)` more events, or hands back what it has;
3. judges: `check_shape(command)`, the instrument, then `check_new(x, command, order_id, waits)`, or `find_order(x,
   order_id)` and `check_reduce(x, slot, lots)` / `check_replace(x, slot, price_ticks, quantity_lots, waits)`: an
   Outcome, nothing changed;
4. acts: `new_order(x, command, order_id, limit, waits, row, output, cursor)`, `cancel_order(x, slot, row, output,
   cursor)`, `reduce_order(x, slot, lots, row, output, cursor)`, `replace_order(x, slot, price_ticks, quantity_lots,
   waits, row, output, cursor)`, `mass_cancel(x, command, participant, row, output, cursor)`. None of them refuses; each
   returns the new cursor. `waits`: the order rests even where it crosses, as in a call or a pick-list;
5. calls `tell_tops(x, instrument, row, output, cursor)` if it wants the best prices told.

`command` is the row itself, `row` its position in the batch, `output` an array of EVENT, `cursor` the next free
position. Also here: `end_day` (DAY orders go), `cost_to_fill`, `limit_on_arrival`, `copy_depth`, `copy_orders`,
`used_entries`.

Slots are good until the order ends. Amounts stay within int64 by `engine.limits`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, OrderType, SelfTrade
from engine.events import CancelReason
from engine.jit import helper, routine, stand_alone
from engine.orderbook.entries.kernels import guard_at, level_at, order_at, terms_at
from engine.orderbook.expiry.kernels import watch_expiry
from engine.orderbook.guards.kernels import (
    check_new,
    check_reduce,
    check_replace,
    check_shape,
    is_stop_type,
    limit_on_arrival,
)
from engine.orderbook.ids.kernels import find_slot, remember
from engine.orderbook.layout import LADDERS
from engine.orderbook.matching.kernels import rest_as_it_is, run_with_stops
from engine.orderbook.orders.kernels import hidden_slices, join_queue, leave_queue, take_slot
from engine.orderbook.packed.kernels import order_terms, whose, words_of_order
from engine.orderbook.reading.kernels import copy_depth, copy_orders, cost_to_fill
from engine.orderbook.sweep.kernels import DAY_ORDERS, EVERY_ORDER, expire_orders, sweep, withdraw
from engine.orderbook.tape.kernels import (
    tell_accepted,
    tell_depth_at,
    tell_reduced,
    tell_replaced,
    tell_terms,
    tell_top,
)
from engine.outcomes import Outcome

__all__ = [
    "begin_batch",
    "cancel_order",
    "check_new",
    "check_reduce",
    "check_replace",
    "check_shape",
    "copy_depth",
    "copy_orders",
    "cost_to_fill",
    "end_day",
    "events_needed",
    "fill_slot",
    "find_order",
    "limit_on_arrival",
    "mass_cancel",
    "new_order",
    "reduce_order",
    "replace_order",
    "take_in",
    "tell_tops",
    "used_entries",
]

MARKET = np.int64(OrderType.MARKET)
NONE = np.int64(0)
ALL = np.int64(-1)
ALLOW = np.int64(SelfTrade.ALLOW)
REQUESTED = np.int64(CancelReason.REQUESTED)
DAY_ENDED = np.int64(CancelReason.DAY_ENDED)
MASS_CANCELLED = np.int64(CancelReason.MASS_CANCEL)
INSTRUMENT_UNKNOWN = np.int64(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = np.int64(Outcome.ORDER_UNKNOWN)
EVERYWHERE = np.int64(ALL_INSTRUMENTS)
EVERYBODY = np.int64(ALL_PARTICIPANTS)


@helper
def events_needed(x: Any) -> int:
    """Room in the output that suffices for one row, whatever it sets going."""
    book = x.book
    return 32 + 5 * np.int64(book.orders_used) + 4 * book.hidden_slices + 8 * book.waiting_stops


@helper
def used_entries(x: Any) -> tuple[int, int, int]:
    """Live orders, levels, and nodes of the trees."""
    return x.book.orders_used, x.book.levels_used, x.book.nodes_used


@helper
def begin_batch(x: Any, time_ns: int, output: Any, cursor: int) -> int:
    """Set the time and cancel the orders whose expiry has come; their events belong to row 0."""
    x.book.time_ns = time_ns
    if x.book.expiring > 0:
        cursor = expire_orders(x, time_ns, output, cursor)
    return cursor


@helper
def find_order(x: Any, order_id: int) -> int:
    """The slot of a live order, or -1."""
    slot = find_slot(x, order_id)
    return slot if slot != 0 else -1


@helper
def self_trade_group_of(x: Any, participant: int) -> int:
    """The number that stands for a participant's self-trade group."""
    if participant < x.self_trade_groups.shape[0] and x.self_trade_groups[participant] != 0:
        return x.self_trade_groups[participant]
    return participant


@helper
def self_trade_rule_of(x: Any, command: Any) -> int:
    """The rule a new order follows: its own, or the venue's, or none."""
    if command.self_trade != 0:
        return command.self_trade
    rule = guard_at(x, command.instrument).self_trade
    return rule if rule != 0 else ALLOW


@routine
def set_terms(x: Any, slot: int, command: Any) -> None:
    """Note the terms that few orders have."""
    stand_alone()
    terms = terms_at(x, slot)
    terms.stop_price_ticks = command.stop_price_ticks
    terms.display_lots = command.display_lots
    terms.expire_ns = command.expire_ns
    if command.expire_ns != 0:
        watch_expiry(x, slot)


@helper
def fill_slot(x: Any, command: Any, order_id: int, instrument: int, side: int, price_ticks: int) -> int:
    """A slot with the new order of a row in it, known by its id, in no queue."""
    slot = take_slot(x)
    order = order_at(x, slot)
    order.order_id = order_id
    order.price_ticks = price_ticks
    order.remaining_lots = command.quantity_lots
    order.shown_lots = command.quantity_lots
    order.participant = command.actor
    order.self_trade_group = self_trade_group_of(x, command.actor)
    terms = order_terms(command.order_type, command.time_in_force, self_trade_rule_of(x, command))
    words_of_order(order).what = whose(side, instrument) | terms | is_stop_type(command.order_type)
    remember(x, order_id, slot)
    return slot


@helper
def take_in(
    x: Any, command: Any, order_id: int, price_ticks: int, row: int, output: Any, cursor: int
) -> tuple[int, int]:
    """Take in an order that was accepted, at this limit: (its slot, cursor). It stands in no queue yet."""
    slot = fill_slot(x, command, order_id, command.instrument, command.side, price_ticks)
    cursor = tell_accepted(x, slot, row, output, cursor)
    extra = command.stop_price_ticks | command.display_lots | command.minimum_lots | command.expire_ns
    if extra != 0 or command.order_type > MARKET:
        order_at(x, slot).has_terms = 1
        set_terms(x, slot, command)
        cursor = tell_terms(x, slot, command.minimum_lots, row, output, cursor)
    return slot, cursor


@helper
def new_order(
    x: Any, command: Any, order_id: int, price_ticks: int, waits: bool, row: int, output: Any, cursor: int
) -> int:
    """Take in an order that `check_new` accepted, at this limit: it trades, rests, waits or ends.

    `waits`: it only rests, even where it crosses the other side.
    """
    slot, cursor = take_in(x, command, order_id, price_ticks, row, output, cursor)
    if order_at(x, slot).is_stop != 0:
        x.book.waiting_stops += 1
        x.book.hidden_slices += hidden_slices(x, slot)
        return join_queue(x, slot, command.stop_price_ticks, row, output, cursor)
    if waits:
        return rest_as_it_is(x, slot, row, output, cursor)
    return run_with_stops(x, slot, command.minimum_lots, row, output, cursor)


@helper
def cancel_order(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Cancel a live order on request."""
    return withdraw(x, slot, REQUESTED, row, output, cursor)


@routine
def reduce_order(x: Any, slot: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Take lots off a live order, which keeps its place; an iceberg loses hidden lots first."""
    stand_alone()
    order = order_at(x, slot)
    level = level_at(x, order.level)
    if order.has_terms != 0:
        x.book.hidden_slices -= hidden_slices(x, slot)
    order.remaining_lots -= lots
    shown = min(order.shown_lots, order.remaining_lots)
    off_shown = order.shown_lots - shown
    order.shown_lots = shown
    if order.has_terms != 0:
        x.book.hidden_slices += hidden_slices(x, slot)
    cursor = tell_reduced(x, slot, lots, REQUESTED, row, output, cursor)
    if off_shown == 0:
        return cursor
    level.quantity_lots -= off_shown
    return tell_depth_at(x, order, order.price_ticks, level.quantity_lots, level.orders, row, output, cursor)


@routine
def replace_order(
    x: Any, slot: int, price_ticks: int, quantity_lots: int, waits: bool, row: int, output: Any, cursor: int
) -> int:
    """Give a live order a new price and quantity: it goes to the end of the queue there, and may trade first.

    `waits` as in `new_order`.

    A stop that waits keeps its stop price and goes to the end of its queue.
    """
    stand_alone()
    order = order_at(x, slot)
    if order.has_terms != 0:
        x.book.hidden_slices -= hidden_slices(x, slot)
    cursor = leave_queue(x, slot, row, output, cursor)
    old_lots = order.remaining_lots
    order.price_ticks = price_ticks
    order.remaining_lots = quantity_lots
    order.shown_lots = quantity_lots
    cursor = tell_replaced(x, slot, old_lots, row, output, cursor)
    if order.is_stop != 0:
        x.book.hidden_slices += hidden_slices(x, slot)
        return join_queue(x, slot, terms_at(x, slot).stop_price_ticks, row, output, cursor)
    if waits:
        return rest_as_it_is(x, slot, row, output, cursor)
    return run_with_stops(x, slot, NONE, row, output, cursor)


@routine
def mass_cancel(x: Any, command: Any, participant: int, row: int, output: Any, cursor: int) -> int:
    """Cancel the orders of a participant or of everybody, in the instrument (or ALL_INSTRUMENTS) and side named."""
    stand_alone()
    first, last = np.int64(command.instrument), np.int64(command.instrument) + 1
    if command.instrument == EVERYWHERE:
        first, last = np.int64(0), np.int64(x.guards.shape[0])
    for instrument in range(first, last):
        cursor = sweep(x, instrument, command.side, participant, EVERY_ORDER, MASS_CANCELLED, row, output, cursor)
    return cursor


@helper
def end_day(x: Any, instrument: int, row: int, output: Any, cursor: int) -> int:
    """Cancel the DAY orders of an instrument whose trading day ends."""
    return sweep(x, instrument, 0, EVERYBODY, DAY_ORDERS, DAY_ENDED, row, output, cursor)


@helper
def tell_tops(x: Any, instrument: int, row: int, output: Any, cursor: int) -> int:
    """Tell the best bid and ask of an instrument (-1: of all) where they are not what was told last, if asked for."""
    if x.book.market_data < 2:
        return cursor
    first, last = instrument, instrument + 1
    if instrument < 0:
        first, last = np.int64(0), np.int64(x.guards.shape[0])
    for number in range(first, last):
        cursor = tell_top(x, number * LADDERS, row, output, cursor)
        cursor = tell_top(x, number * LADDERS + 1, row, output, cursor)
    return cursor
