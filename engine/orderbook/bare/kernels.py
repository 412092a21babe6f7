"""The bare book's kernels: orders judged and carried out in a book by itself, without accounts or an exchange.

A row goes through `enter`, `cancel` or `amend`; what is plain takes the short way of `engine.orderbook.plain`. While
one row is carried out, what later rows will touch is fetched.

Not here: the operations themselves (`engine.orderbook.kernels`), which the exchange uses too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from engine.capacity import Capacity
from engine.commands import ALL_INSTRUMENTS, ROWS, Table
from engine.events import EVENT, CancelReason
from engine.jit import helper, kernel, routine, stand_alone
from engine.orderbook.bits.kernels import fetch_early
from engine.orderbook.entries.kernels import entry_at, guard_at, order_at
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
    guards_watch,
    limit_on_arrival,
)
from engine.orderbook.ids.kernels import fetch_around, fetch_order, find_from, home_in
from engine.orderbook.kernels import (
    begin_batch,
    end_day,
    events_needed,
    mass_cancel,
    new_order,
    reduce_order,
    replace_order,
    self_trade_group_of,
    tell_tops,
)
from engine.orderbook.layout import SLICES_MAX, book_dtype
from engine.orderbook.plain.kernels import (
    cancel_plain_order,
    has_clear_way,
    is_plain,
    is_plain_order,
    new_plain_order,
    replace_plain_order,
)
from engine.orderbook.reading.kernels import DEPTH_LEVEL, QUEUED_ORDER, copy_depth, copy_orders
from engine.orderbook.sweep.kernels import withdraw_apart
from engine.orderbook.tape.kernels import open_tape, tell_refused
from engine.outcomes import Outcome

EVENT_BYTES = EVENT.itemsize
EVENTS_A_ROW = 64 + 4 * SLICES_MAX
"""How much a row can add to what `events_needed` says and to the output, together: a new iceberg of the most slices."""

ORDER_ROW = ROWS[Table.ORDERS]
NONE = np.int64(0)
ALL = np.int64(-1)
REQUESTED = np.int64(CancelReason.REQUESTED)
INSTRUMENT_UNKNOWN = np.int64(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = np.int64(Outcome.ORDER_UNKNOWN)
EVERYWHERE = np.int64(ALL_INSTRUMENTS)

_AHEAD, _ORDERS_AHEAD, _NEIGHBOURS_AHEAD = 16, 8, 4
"""How many rows before its turn the entry of a row's id is fetched, the order, and what lies around the order."""


@helper
def calm_rows(x: Any, events: int) -> int:
    """How many rows can be carried out, whatever they ask for, before room has to be looked at again.

    `events`: room in the output beyond what one row needs. A row takes one order and, with what it keeps back for a
    stop, two levels and two nodes. `events_needed` counts what ends with an order, a slice or a stop, so a row takes no
    more of `events` than a new iceberg of the most slices adds to that, and a few of its own.
    """
    book = x.book
    orders = x.orders.shape[0] - 1 - book.orders_used
    levels = x.levels.shape[0] - 1 - book.levels_used - book.waiting_stops
    nodes = x.nodes.shape[0] - 1 - book.nodes_used - book.waiting_stops
    return min(min(orders, events // EVENTS_A_ROW), min(levels, nodes) >> 1)


@helper
def enter(x: Any, command: Any, home: int, calm: bool, row: int, output: Any, cursor: int) -> tuple[int, int]:
    """Judge and carry out a NEW row in the bare book, whose id has this home: (outcome, cursor).

    `calm`: there is room in every pool, as `calm_rows` said.
    """
    order_id = command.order_id
    if calm and is_plain(command) and has_clear_way(x, command.instrument, home, order_id):
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


@helper
def cancel(x: Any, command: Any, home: int, row: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out a CANCEL row in the bare book, whose id has this home: (outcome, instrument, cursor)."""
    slot = find_from(x, home, command.order_id)
    order = order_at(x, slot)
    instrument = np.int64(order.instrument)
    if slot == 0:
        return ORDER_UNKNOWN, instrument, cursor
    if order.has_terms == 0:
        return ACCEPTED, instrument, cancel_plain_order(x, slot, home, row, output, cursor)
    return ACCEPTED, instrument, withdraw_apart(x, slot, REQUESTED, row, output, cursor)


@routine
def amend(x: Any, command: Any, home: int, calm: bool, row: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out a REDUCE, REPLACE or MASS_CANCEL row in the bare book: (outcome, instrument, cursor).

    `home`, `calm`: as in `enter`.
    """
    stand_alone()
    outcome = check_shape(command)
    if outcome != ACCEPTED:
        return outcome, ALL, cursor
    if command.command == MASS_CANCEL:
        if command.instrument >= x.guards.shape[0] and command.instrument != EVERYWHERE:
            return INSTRUMENT_UNKNOWN, ALL, cursor
        participant = command.participant if command.participant != 0 else command.actor
        return ACCEPTED, ALL, mass_cancel(x, command, participant, row, output, cursor)
    slot = find_from(x, home, command.order_id)
    instrument = np.int64(order_at(x, slot).instrument)
    if slot == 0:
        return ORDER_UNKNOWN, instrument, cursor
    price, lots = command.price_ticks, command.quantity_lots
    if command.command == REDUCE:
        outcome = check_reduce(x, slot, lots)
        if outcome == ACCEPTED:
            cursor = reduce_order(x, slot, lots, row, output, cursor)
        return outcome, instrument, cursor
    if calm and is_plain_order(order_at(x, slot)) and not guards_watch(guard_at(x, instrument)):
        return ACCEPTED, instrument, replace_plain_order(x, slot, price, lots, row, output, cursor)
    outcome = check_replace(x, slot, price, lots, False)
    if outcome == ACCEPTED:
        cursor = replace_order(x, slot, price, lots, False, row, output, cursor)
    return outcome, instrument, cursor


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
            calm = calm_rows(x, room - cursor - events_needed(x))
            last = min(count, row + max(calm, 1))
            while row < last:
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
                    outcome, cursor = enter(x, command, home, calm > 0, row, tape, cursor)
                elif command.command == CANCEL:
                    outcome, instrument, cursor = cancel(x, command, home, row, tape, cursor)
                else:
                    outcome, instrument, cursor = amend(x, command, home, calm > 0, row, tape, cursor)
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
