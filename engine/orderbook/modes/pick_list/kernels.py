"""Pick-list trading, compiled: helpers over the book's record, and a kernel for a bare list.

A listing is an order of `engine.orderbook.layout`, in the same ladders and queues. TAKE is a row of ORDERS as well:
`order_id` names the listing, `quantity_lots` is what the taker wants, the taker's own order gets the id of its request
(`engine.commands.order_id`) and ends with its trade.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.capacity import Capacity
from engine.commands import ROWS, OrderCommand, OrderType, Side, Table, TimeInForce
from engine.events import EVENT
from engine.jit import helper, kernel, routine, stand_alone
from engine.limits import QUANTITY_LOTS_MAX
from engine.orderbook.filling.kernels import fill_standing
from engine.orderbook.guards.kernels import check_guard
from engine.orderbook.kernels import (
    begin_batch,
    cancel_order,
    check_new,
    check_reduce,
    check_replace,
    check_shape,
    events_needed,
    fill_slot,
    find_order,
    new_order,
    reduce_order,
    replace_order,
    self_trade_group_of,
    tell_tops,
)
from engine.orderbook.layout import book_dtype
from engine.orderbook.levels.kernels import next_level
from engine.orderbook.orders.kernels import end_order, ladder_of
from engine.orderbook.tape.kernels import event_at, open_tape, tell_accepted, tell_refused, tell_trade
from engine.outcomes import Outcome

ORDER_ROW = ROWS[Table.ORDERS]
TAKE = np.int64(OrderCommand.TAKE)

_NEW = np.int64(OrderCommand.NEW)
_CANCEL = np.int64(OrderCommand.CANCEL)
_REDUCE = np.int64(OrderCommand.REDUCE)
_REPLACE = np.int64(OrderCommand.REPLACE)
_LIMIT = np.int64(OrderType.LIMIT)
_IOC = np.int64(TimeInForce.IOC)
_FOK = np.int64(TimeInForce.FOK)
_BOTH_SIDES = np.int64(Side.BUY) + np.int64(Side.SELL)
_ACCEPTED = np.int64(Outcome.ACCEPTED)
_UNKNOWN_COMMAND = np.int64(Outcome.UNKNOWN_COMMAND)
_QUANTITY_OUT_OF_BOUNDS = np.int64(Outcome.QUANTITY_OUT_OF_BOUNDS)
_INSTRUMENT_UNKNOWN = np.int64(Outcome.INSTRUMENT_UNKNOWN)
_ORDER_UNKNOWN = np.int64(Outcome.ORDER_UNKNOWN)
_NOT_OFFERED = np.int64(Outcome.ORDER_TYPE_NOT_OFFERED)
_OWN_GROUP = np.int64(Outcome.LISTING_OF_OWN_GROUP)
_OUT_OF_REACH = np.int64(Outcome.LISTING_OUT_OF_REACH)
_ABOVE_LISTING = np.int64(Outcome.QUANTITY_ABOVE_LISTING)
_ORDERS_FULL = np.int64(Outcome.ORDERS_FULL)
_QUANTITY_LOTS_MAX = np.int64(QUANTITY_LOTS_MAX)
_NONE = np.int64(0)
_ALL = np.int64(-1)
_EVENT_BYTES = EVENT.itemsize


@helper
def check_listing(x: Any, row: Any, order_id: int) -> int:
    """Whether a listing may be made: a limit order that waits, and what any new order has to be."""
    at_once = row.time_in_force == _IOC or row.time_in_force == _FOK
    extra = row.stop_price_ticks | row.display_lots | row.minimum_lots
    if row.order_type != _LIMIT or at_once or extra != 0:
        return _NOT_OFFERED
    return check_new(x, row, order_id, True)


@helper
def within_reach(x: Any, slot: int) -> bool:
    """Whether a listing stands at one of the best prices that may be taken."""
    listing = x.orders[slot]
    level_number = np.int64(x.ladders[ladder_of(listing)].best)
    for _ in range(x.guards[listing.instrument].reach_levels):
        if level_number == listing.level or level_number == 0:
            return level_number != 0
        level_number = np.int64(next_level(x, level_number))
    return x.guards[listing.instrument].reach_levels == 0


@helper
def is_behind(x: Any, slot: int) -> bool:
    """Whether an older listing at the same price has to be taken first."""
    listing = x.orders[slot]
    return x.guards[listing.instrument].any_at_level == 0 and x.levels[listing.level].head != slot


@routine
def check_take(x: Any, row: Any, slot: int) -> int:
    """Whether a listing, which is live, may be taken by this row."""
    stand_alone()
    listing = x.orders[slot]
    outcome = check_guard(x.guards[listing.instrument], listing.price_ticks, row.quantity_lots)
    if outcome != _ACCEPTED:
        return outcome
    if self_trade_group_of(x, row.actor) == listing.self_trade_group:
        return _OWN_GROUP
    if is_behind(x, slot) or not within_reach(x, slot):
        return _OUT_OF_REACH
    if row.quantity_lots > listing.shown_lots:
        return _ABOVE_LISTING
    return _ACCEPTED if x.book.orders_used < x.orders.shape[0] - 1 else _ORDERS_FULL


@routine
def take_listing(x: Any, row: Any, taker_id: int, slot: int, position: int, tape: Any, cursor: int) -> int:
    """Trade with a listing as `check_take` allowed: at its price, in the taker's quantity."""
    stand_alone()
    listing = x.orders[slot]
    lots = row.quantity_lots
    side = _BOTH_SIDES - np.int64(listing.side)
    taker_slot = fill_slot(x, row, taker_id, listing.instrument, side, listing.price_ticks)
    taker = x.orders[taker_slot]
    taker.order_type = _LIMIT
    taker.time_in_force = _IOC
    cursor = tell_accepted(x, taker_slot, position, tape, cursor)
    taker.remaining_lots = 0
    cursor = tell_trade(taker, listing, listing.price_ticks, lots, position, tape, cursor)
    event_at(tape, cursor - 1).remaining_lots = listing.remaining_lots - lots
    x.guards[listing.instrument].last_price_ticks = listing.price_ticks
    cursor = fill_standing(x, slot, lots, position, tape, cursor)
    end_order(x, taker_slot)
    return cursor


@helper
def check_take_shape(row: Any) -> int:
    """Whether a TAKE's own numbers are in their ranges."""
    if row.order_id < 1 or row.request_id < 1:
        return _UNKNOWN_COMMAND
    if row.quantity_lots < 1 or row.quantity_lots > _QUANTITY_LOTS_MAX:
        return _QUANTITY_OUT_OF_BOUNDS
    return _ACCEPTED


@helper
def run_listing(x: Any, row: Any, position: int, tape: Any, cursor: int) -> tuple[int, int, int]:
    """A NEW row: (outcome, instrument, cursor)."""
    outcome = check_shape(row)
    if outcome == _ACCEPTED and row.order_id < 1:
        outcome = _UNKNOWN_COMMAND
    if outcome == _ACCEPTED and row.instrument >= x.guards.shape[0]:
        outcome = _INSTRUMENT_UNKNOWN
    if outcome == _ACCEPTED:
        outcome = check_listing(x, row, row.order_id)
    if outcome == _ACCEPTED:
        cursor = new_order(x, row, row.order_id, row.price_ticks, True, position, tape, cursor)
    return outcome, np.int64(row.instrument), cursor


@helper
def run_take(x: Any, row: Any, position: int, tape: Any, cursor: int) -> tuple[int, int, int]:
    """A TAKE row: (outcome, instrument, cursor)."""
    outcome = check_take_shape(row)
    if outcome != _ACCEPTED:
        return outcome, _NONE, cursor
    slot = find_order(x, row.order_id)
    if slot < 0:
        return _ORDER_UNKNOWN, _NONE, cursor
    instrument = np.int64(x.orders[slot].instrument)
    outcome = check_take(x, row, slot)
    if outcome == _ACCEPTED:
        taker_id = np.int64(row.session) << 40 | row.request_id
        cursor = take_listing(x, row, taker_id, slot, position, tape, cursor)
    return outcome, instrument, cursor


@helper
def run_amendment(x: Any, row: Any, position: int, tape: Any, cursor: int) -> tuple[int, int, int]:
    """A CANCEL, REDUCE or REPLACE row: (outcome, instrument, cursor)."""
    outcome = check_shape(row)
    if outcome != _ACCEPTED:
        return outcome, _NONE, cursor
    slot = find_order(x, row.order_id)
    if slot < 0:
        return _ORDER_UNKNOWN, _NONE, cursor
    instrument = np.int64(x.orders[slot].instrument)
    if row.command == _CANCEL:
        cursor = cancel_order(x, slot, position, tape, cursor)
    elif row.command == _REDUCE:
        outcome = check_reduce(x, slot, row.quantity_lots)
        if outcome == _ACCEPTED:
            cursor = reduce_order(x, slot, row.quantity_lots, position, tape, cursor)
    else:
        outcome = check_replace(x, slot, row.price_ticks, row.quantity_lots, True)
        if outcome == _ACCEPTED:
            cursor = replace_order(x, slot, row.price_ticks, row.quantity_lots, True, position, tape, cursor)
    return outcome, instrument, cursor


@helper
def run_row(x: Any, row: Any, position: int, tape: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out one row: (outcome, instrument touched, cursor)."""
    if row.command == _NEW:
        return run_listing(x, row, position, tape, cursor)
    if row.command == TAKE:
        return run_take(x, row, position, tape, cursor)
    if row.command >= _CANCEL and row.command <= _REPLACE:
        return run_amendment(x, row, position, tape, cursor)
    return _UNKNOWN_COMMAND, _NONE, cursor


@cache
def build_run(capacity: Capacity) -> Callable[..., None]:
    """The kernel `run(state, rows, output, first, time_ns, progress)` of a bare list, as that of the bare book
    (`engine.orderbook.bare.kernels.build_run`)."""
    state_dtype = book_dtype(capacity)

    @kernel
    def run(
        state: np.ndarray,
        rows: np.ndarray,
        output: np.ndarray,
        first: int,
        time_ns: int,
        progress: np.ndarray,
    ) -> None:
        x = state.view(state_dtype)[0]
        commands = rows.view(ORDER_ROW)
        tape = open_tape(output)
        room = output.shape[0] // _EVENT_BYTES
        cursor = np.int64(0)
        if time_ns >= 0:
            cursor = begin_batch(x, time_ns, tape, cursor)
            if cursor > 0:
                cursor = tell_tops(x, _ALL, _NONE, tape, cursor)
        row = np.int64(first)
        while row < commands.shape[0] and room - cursor >= events_needed(x):
            command = commands[row]
            outcome, instrument, cursor = run_row(x, command, row, tape, cursor)
            if outcome == _ACCEPTED:
                cursor = tell_tops(x, instrument, row, tape, cursor)
            else:
                cursor = tell_refused(command, command.order_id, outcome, _NONE, row, tape, cursor)
            row += 1
        progress[0] = row
        progress[1] = cursor

    return run
