"""The continuous order book, compiled: every operation as a helper over the state record, and the bare book's own
kernel.

The bare book (`engine.orderbook.book`) and the exchange run the same helpers over the same record `x`
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

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.capacity import Capacity
from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, ROWS, OrderType, SelfTrade, Table
from engine.events import EVENT, CancelReason
from engine.jit import helper, kernel, routine, stand_alone
from engine.orderbook.bits.kernels import fetch_early
from engine.orderbook.entries.kernels import entry_at, guard_at, level_at, order_at, terms_at
from engine.orderbook.expiry.kernels import watch_expiry
from engine.orderbook.guards.kernels import (
    ACCEPTED,
    CANCEL,
    MASS_CANCEL,
    NEW,
    REDUCE,
    UNKNOWN_COMMAND,
    check_new,
    check_reduce,
    check_replace,
    check_shape,
    is_stop_type,
    limit_on_arrival,
)
from engine.orderbook.ids.kernels import fetch_around, fetch_order, find_from, find_slot, home_in, remember
from engine.orderbook.layout import LADDERS, book_fields
from engine.orderbook.matching.kernels import rest_as_it_is, run_with_stops
from engine.orderbook.orders.kernels import hidden_slices, join_queue, leave_queue, take_slot
from engine.orderbook.plain.kernels import has_clear_way, is_plain, new_plain_order
from engine.orderbook.reading.kernels import DEPTH_LEVEL, QUEUED_ORDER, copy_depth, copy_orders, cost_to_fill
from engine.orderbook.sweep.kernels import DAY_ORDERS, EVERY_ORDER, expire_orders, sweep, withdraw
from engine.orderbook.tape.kernels import (
    open_tape,
    tell_accepted,
    tell_depth,
    tell_reduced,
    tell_refused,
    tell_replaced,
    tell_terms,
    tell_top,
)
from engine.outcomes import Outcome

__all__ = [
    "DEPTH_LEVEL",
    "QUEUED_ORDER",
    "begin_batch",
    "book_dtype",
    "build_copy_depth",
    "build_copy_orders",
    "build_end_day",
    "build_run",
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

EVENT_BYTES = EVENT.itemsize
ORDER_ROW = ROWS[Table.ORDERS]
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

_AHEAD, _ORDERS_AHEAD, _NEIGHBOURS_AHEAD = 16, 8, 4
"""How many rows before its turn the entry of a row's id is fetched, the order, and what lies around the order."""


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
    order.instrument = instrument
    order.side = side
    order.order_type = command.order_type
    order.time_in_force = command.time_in_force
    order.self_trade = self_trade_rule_of(x, command)
    order.is_stop = is_stop_type(command.order_type)
    order.has_terms = 0
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
    return tell_depth(x, level.ladder, order.price_ticks, level.quantity_lots, level.orders, row, output, cursor)


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


@helper
def enter(x: Any, command: Any, home: int, row: int, output: Any, cursor: int) -> tuple[int, int]:
    """Judge and carry out a NEW row in the bare book, whose id has this home: (outcome, cursor)."""
    order_id = command.order_id
    if is_plain(command) and has_clear_way(x, command.instrument, home, order_id):
        group = self_trade_group_of(x, command.actor)
        return ACCEPTED, new_plain_order(x, command, order_id, home, group, row, output, cursor)
    return enter_whole_way(x, command, row, output, cursor)


@routine
def enter_whole_way(x: Any, command: Any, row: int, output: Any, cursor: int) -> tuple[int, int]:
    """`enter` for whatever is not plain, or may be refused."""
    stand_alone()
    outcome = check_shape(command) if command.order_id >= 1 else UNKNOWN_COMMAND
    if outcome == ACCEPTED and command.instrument >= x.guards.shape[0]:
        outcome = INSTRUMENT_UNKNOWN
    if outcome == ACCEPTED:
        outcome = check_new(x, command, command.order_id, False)
    if outcome == ACCEPTED:
        limit = limit_on_arrival(x, command)
        cursor = new_order(x, command, command.order_id, limit, False, row, output, cursor)
    return outcome, cursor


@routine
def amend(x: Any, command: Any, row: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out a REDUCE, REPLACE or MASS_CANCEL row in the bare book: (outcome, instrument, cursor)."""
    stand_alone()
    outcome = check_shape(command)
    if outcome != ACCEPTED:
        return outcome, ALL, cursor
    if command.command == MASS_CANCEL:
        if command.instrument >= x.guards.shape[0] and command.instrument != EVERYWHERE:
            return INSTRUMENT_UNKNOWN, ALL, cursor
        participant = command.participant if command.participant != 0 else command.actor
        return ACCEPTED, ALL, mass_cancel(x, command, participant, row, output, cursor)
    slot = find_slot(x, command.order_id)
    instrument = np.int64(order_at(x, slot).instrument)
    if slot == 0:
        return ORDER_UNKNOWN, instrument, cursor
    price, lots = command.price_ticks, command.quantity_lots
    if command.command == REDUCE:
        outcome = check_reduce(x, slot, lots)
        if outcome == ACCEPTED:
            cursor = reduce_order(x, slot, lots, row, output, cursor)
        return outcome, instrument, cursor
    outcome = check_replace(x, slot, price, lots, False)
    if outcome == ACCEPTED:
        cursor = replace_order(x, slot, price, lots, False, row, output, cursor)
    return outcome, instrument, cursor


def book_dtype(capacity: Capacity) -> np.dtype:
    """The layout of a bare book: the fields of the book and nothing else."""
    return np.dtype((np.record, book_fields(capacity)))


@cache
def build_run(capacity: Capacity) -> Callable[..., None]:
    """The kernel `run(state, rows, output, first, time_ns, progress)` of a bare book, for one capacity class.

    `state`, `rows`, `output` are bytes: of the record, of rows of ORDERS, of room for EVENTs. Judges and carries out
    `rows` from `first` on, row by row, each independent of the others' fate; stops early when the output might not hold
    what the next row causes; its last event is scratch. `time_ns` of a continued batch is -1. Writes (rows done, events
    written) into `progress`.
    """
    state_dtype = book_dtype(capacity)

    @kernel
    def run(
        state: np.ndarray, rows: np.ndarray, output: np.ndarray, first: int, time_ns: int, progress: np.ndarray
    ) -> None:
        x = state.view(state_dtype)[0]
        commands = rows.view(ORDER_ROW)
        tape = open_tape(output)
        room = output.shape[0] // EVENT_BYTES - 1
        homes = output[room * EVENT_BYTES : room * EVENT_BYTES + 4 * _AHEAD].view(np.int32)
        count = commands.shape[0]
        cursor = np.int64(0)
        if time_ns >= 0:
            cursor = begin_batch(x, time_ns, tape, cursor)
            if cursor > 0:
                cursor = tell_tops(x, ALL, NONE, tape, cursor)
        row = np.int64(first)
        for early in range(row, min(row + _AHEAD, count)):
            homes[early & (_AHEAD - 1)] = home_in(x, commands[np.uint32(early)].order_id)
        while row < count and room - cursor >= events_needed(x):
            home = np.int64(homes[row & (_AHEAD - 1)])
            if row + _AHEAD < count:
                later = home_in(x, commands[np.uint32(row + _AHEAD)].order_id)
                homes[row & (_AHEAD - 1)] = later
                fetch_early(entry_at(x, later))
                fetch_order(x, homes[(row + _ORDERS_AHEAD) & (_AHEAD - 1)])
                fetch_around(x, homes[(row + _NEIGHBOURS_AHEAD) & (_AHEAD - 1)])
            command = commands[np.uint32(row)]
            instrument = np.int64(command.instrument)
            if command.command == NEW:
                outcome, cursor = enter(x, command, home, row, tape, cursor)
            elif command.command == CANCEL:
                slot = find_from(x, home, command.order_id)
                instrument = np.int64(order_at(x, slot).instrument)
                outcome = ORDER_UNKNOWN
                if slot != 0:
                    cursor = cancel_order(x, slot, row, tape, cursor)
                    outcome = ACCEPTED
            else:
                outcome, instrument, cursor = amend(x, command, row, tape, cursor)
            if outcome == ACCEPTED:
                cursor = tell_tops(x, instrument, row, tape, cursor)
            else:
                cursor = tell_refused(command, command.order_id, outcome, NONE, row, tape, cursor)
            row += 1
        progress[0] = row
        progress[1] = cursor

    return run


@cache
def build_end_day(capacity: Capacity) -> Callable[..., int]:
    """The kernel `end(state, instrument, output) -> events`: the DAY orders of an instrument go."""
    state_dtype = book_dtype(capacity)

    @kernel
    def run_end_day(state: np.ndarray, instrument: int, output: np.ndarray) -> int:
        x = state.view(state_dtype)[0]
        tape = open_tape(output)
        cursor = end_day(x, np.int64(instrument), NONE, tape, np.int64(0))
        return tell_tops(x, np.int64(instrument), NONE, tape, cursor)

    return run_end_day


@cache
def build_copy_depth(capacity: Capacity) -> Callable[..., int]:
    """The kernel `copy(state, ladder, output) -> levels`: the best levels of a ladder, as bytes of DEPTH_LEVEL."""
    state_dtype = book_dtype(capacity)

    @kernel
    def run_copy_depth(state: np.ndarray, ladder_number: int, output: np.ndarray) -> int:
        return copy_depth(state.view(state_dtype)[0], ladder_number, output.view(DEPTH_LEVEL))

    return run_copy_depth


@cache
def build_copy_orders(capacity: Capacity) -> Callable[..., int]:
    """The kernel `copy(state, output) -> orders`: every live order, as bytes of QUEUED_ORDER."""
    state_dtype = book_dtype(capacity)

    @kernel
    def run_copy_orders(state: np.ndarray, output: np.ndarray) -> int:
        x = state.view(state_dtype)[0]
        return copy_orders(x, np.int64(0), np.int64(x.ladders.shape[0]), output.view(QUEUED_ORDER))

    return run_copy_orders
