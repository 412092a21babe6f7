"""The compiled path of a batch of orders: judge, hold, match, post; row after row.

One row goes through `run_row`: sender and shape, references, rules of the instrument, room in the pools, funds; and
when nothing speaks against it, through the book, whose events are then posted to the accounts. A refused row leaves a
REFUSED event and changes nothing but the session's last request id. Precedence of refusals is the order of
`engine.outcomes`.

What an order does depends on the phase of its instrument: where orders match it trades and then rests, in a call or a
pick-list it rests as it is; a TAKE trades with the listing it names. Phases are switched elsewhere
(`engine.exchange.phases`). The kernel knows no market: steps, bands and reach are integers out of the rule book.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.answers import ANSWER
from engine.commands import ROWS, OrderCommand, OrderType, ParticipantClass, Phase, Side, Table
from engine.events import EVENT, CancelReason, EventKind
from engine.exchange.blocks.kernels import expire_blocks
from engine.exchange.day.kernels import count_trades
from engine.exchange.gates.kernels import pass_gate
from engine.exchange.judging.kernels import (
    judge_new,
    judge_replace,
    judge_steps,
    judge_take,
    more_to_hold,
    only_waits,
    tell_unsettled,
)
from engine.exchange.lookahead.kernels import AHEAD, look_ahead, look_ahead_first
from engine.exchange.switching.kernels import CALL_FILL, ORDERS, TASK, run_part
from engine.jit import helper, kernel, routine, stand_alone
from engine.ledger.kernels import hold_cash, hold_order, post_order_events
from engine.orderbook.kernels import (
    begin_batch,
    cancel_order,
    check_reduce,
    check_shape,
    events_needed,
    find_order,
    new_order,
    reduce_order,
    replace_order,
)
from engine.orderbook.modes.pick_list.kernels import check_take_shape, take_listing
from engine.orderbook.sweep.kernels import EVERY_ORDER, sweep
from engine.orderbook.tape.kernels import event_at, open_tape
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.registry.kernels import judge_envelope

EVENT_BYTES = EVENT.itemsize
ORDER_ROW = ROWS[Table.ORDERS]

NEW = int(OrderCommand.NEW)
CANCEL = int(OrderCommand.CANCEL)
REDUCE = int(OrderCommand.REDUCE)
MASS_CANCEL = int(OrderCommand.MASS_CANCEL)
TAKE = int(OrderCommand.TAKE)
BUY = int(Side.BUY)
BOTH_SIDES = int(Side.BUY) + int(Side.SELL)
MARKET = int(OrderType.MARKET)
OPENING_CALL = int(Phase.OPENING_CALL)
FIRM_CALL = int(Phase.FIRM_CALL)
REFUSED = int(EventKind.REFUSED)
MASS_CANCELLED = int(CancelReason.MASS_CANCEL)

ACCEPTED = int(Outcome.ACCEPTED)
PARTICIPANT_UNKNOWN = int(Outcome.PARTICIPANT_UNKNOWN)
INSTRUMENT_UNKNOWN = int(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = int(Outcome.ORDER_UNKNOWN)
ORDER_NOT_OF_PARTICIPANT = int(Outcome.ORDER_NOT_OF_PARTICIPANT)
HOLDING_NOT_SETTLED = int(Outcome.HOLDING_NOT_SETTLED)
NO_CANCEL_PERIOD = int(Outcome.NO_CANCEL_PERIOD)

NO_PARAMETER = int(Parameter.NONE)

ORDER_CLASSES = sum(1 << member for member in ParticipantClass if member is not ParticipantClass.OPERATOR)
"""Classes that may trade: everyone but the operator of the venue."""

OPERATOR_ONLY = 1 << ParticipantClass.OPERATOR
EVERY_CLASS = ORDER_CLASSES | OPERATOR_ONLY

ALL_INSTRUMENTS = 0xFFFFFFFF
ALL_PARTICIPANTS = 0xFFFFFFFF


@helper
def run_new(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int, int]:
    """Judge, fund and carry out one new order: (outcome, parameter, cash held, cursor)."""
    order_id = np.int64(row.session) << 40 | row.request_id
    outcome, parameter, limit, cash = judge_new(x, row, order_id)
    if outcome == ACCEPTED:
        hold_order(x, row.actor, row.instrument, row.side, cash, row.quantity_lots)
        waits = only_waits(x.instruments[row.instrument].phase)
        cursor = new_order(x, row, order_id, limit, waits, i, output, cursor)
        pass_gate(x, row.actor, row.instrument)
    return outcome, parameter, cash, cursor


@routine
def run_take(x: Any, row: Any, slot: int, i: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge, fund and carry out the taking of a listing: (outcome, parameter, cursor)."""
    stand_alone()
    outcome, parameter, cash = judge_take(x, row, slot)
    if outcome == ACCEPTED:
        listing = x.orders[slot]
        hold_order(x, row.actor, np.int64(listing.instrument), BOTH_SIDES - listing.side, cash, row.quantity_lots)
        order_id = np.int64(row.session) << 40 | row.request_id
        pass_gate(x, row.actor, listing.instrument)
        cursor = take_listing(x, row, order_id, slot, i, output, cursor)
    return outcome, parameter, cursor


@routine
def run_replace(x: Any, row: Any, slot: int, i: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge, fund and carry out a live order's new terms: (outcome, parameter, cursor)."""
    stand_alone()
    outcome, parameter = judge_replace(x, row, slot)
    if outcome == ACCEPTED:
        order = x.orders[slot]
        price, lots, number = row.price_ticks, row.quantity_lots, np.int64(order.instrument)
        more, _ = more_to_hold(x, slot, price, lots)
        hold_order(x, row.actor, number, order.side, more, lots - order.remaining_lots)
        pass_gate(x, row.actor, order.instrument)
        cursor = replace_order(x, slot, price, lots, only_waits(x.instruments[number].phase), i, output, cursor)
    return outcome, parameter, cursor


@routine
def run_reduce(x: Any, row: Any, slot: int, i: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out a reduction: (outcome, parameter, cursor)."""
    stand_alone()
    outcome, parameter = judge_steps(x.instruments[x.orders[slot].instrument], 0, row.quantity_lots)
    if outcome == ACCEPTED:
        outcome = check_reduce(x, slot, row.quantity_lots)
    if outcome == ACCEPTED:
        cursor = reduce_order(x, slot, row.quantity_lots, i, output, cursor)
    return outcome, parameter, cursor


@helper
def run_change(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int, int]:
    """Judge and carry out a cancel, reduce, replace or take: (outcome, parameter, instrument, cursor)."""
    slot = find_order(x, row.order_id)
    if slot < 0:
        return ORDER_UNKNOWN, NO_PARAMETER, np.int64(row.instrument), cursor
    order = x.orders[slot]
    number = np.int64(order.instrument)
    outcome, parameter = ACCEPTED, NO_PARAMETER
    if row.command == TAKE:
        # A stop that waits is nobody's business.
        if order.is_stop != 0:
            return ORDER_UNKNOWN, NO_PARAMETER, np.int64(row.instrument), cursor
        outcome, parameter, cursor = run_take(x, row, slot, i, output, cursor)
        return outcome, parameter, number, cursor
    if order.participant != row.actor:
        return ORDER_NOT_OF_PARTICIPANT, NO_PARAMETER, np.int64(row.instrument), cursor
    if x.instruments[number].phase == FIRM_CALL:
        outcome = NO_CANCEL_PERIOD
    elif row.command == CANCEL:
        cursor = cancel_order(x, slot, i, output, cursor)
    elif row.command == REDUCE:
        outcome, parameter, cursor = run_reduce(x, row, slot, i, output, cursor)
    else:
        outcome, parameter, cursor = run_replace(x, row, slot, i, output, cursor)
    return outcome, parameter, number, cursor


@routine
def run_mass_cancel(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int]:
    """Cancel orders in one instrument, or in all but those whose call is firm: (outcome, cursor).

    The actor's own; only the operator may name another participant, or everybody.
    """
    stand_alone()
    number = np.int64(row.instrument)
    target = np.int64(row.participant) if row.participant != 0 else np.int64(row.actor)
    if target != ALL_PARTICIPANTS and (
        target >= x.participants.shape[0] or x.participants[target].participant_class == 0
    ):
        return PARTICIPANT_UNKNOWN, cursor
    if number != ALL_INSTRUMENTS and (number >= x.instruments.shape[0] or x.instruments[number].defined == 0):
        return INSTRUMENT_UNKNOWN, cursor
    if number != ALL_INSTRUMENTS:
        if x.instruments[number].phase == FIRM_CALL:
            return NO_CANCEL_PERIOD, cursor
        return ACCEPTED, sweep(x, number, row.side, target, EVERY_ORDER, MASS_CANCELLED, i, output, cursor)
    for each in range(x.instruments.shape[0]):
        if x.instruments[each].phase != FIRM_CALL:
            cursor = sweep(x, each, row.side, target, EVERY_ORDER, MASS_CANCELLED, i, output, cursor)
    return ACCEPTED, cursor


@helper
def settle_row(x: Any, row: Any, output: Any, first: int, last: int, cash_minor: int) -> int:
    """Post what a row caused; the hold of a market buy that trades at once ends with the row, spent or not.

    Returns the cursor behind the charges of its trades.
    """
    spent, cursor = post_order_events(x, output, first, last)
    if row.command == NEW and row.order_type == MARKET and row.side == BUY and event_at(output, first).price_ticks == 0:
        hold_cash(x, row.actor, spent - cash_minor)
    return cursor


@helper
def classes_of(row: Any) -> int:
    """The classes that may send a row: the operator only takes back orders, and only it takes back another's."""
    if row.command != MASS_CANCEL:
        return ORDER_CLASSES
    return EVERY_CLASS if row.participant == 0 or row.participant == row.actor else OPERATOR_ONLY


@helper
def run_row(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int, int]:
    """Judge and carry out one row: (outcome, parameter, instrument, cursor).

    The sender is judged first, so that a good request id is used up, and its outcome is given way to by a bad shape's.
    """
    sender = judge_envelope(x, row.actor, row.session, row.request_id, classes_of(row), False)
    outcome = check_shape(row) if row.command != TAKE else check_take_shape(row)
    number = np.int64(row.instrument)
    if outcome == ACCEPTED:
        outcome = sender
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER, number, cursor
    first, parameter, cash = cursor, NO_PARAMETER, 0
    if row.command == NEW:
        outcome, parameter, cash, cursor = run_new(x, row, i, output, cursor)
    elif row.command == MASS_CANCEL:
        outcome, cursor = run_mass_cancel(x, row, i, output, cursor)
    else:
        outcome, parameter, number, cursor = run_change(x, row, i, output, cursor)
    if outcome == ACCEPTED:
        last = cursor
        cursor = settle_row(x, row, output, first, last, cash)
        if row.command != MASS_CANCEL:
            count_trades(x, number, output, first, last)
    return outcome, parameter, number, cursor


@helper
def refuse(x: Any, output: Any, cursor: int, row: Any, i: int, outcome: int, parameter: int, instrument: int) -> int:
    """Write the REFUSED event of a row about an instrument; returns the new cursor."""
    event = event_at(output, cursor)
    event.kind = REFUSED
    event.side = 0
    event.outcome = outcome
    event.parameter = parameter
    event.instrument = instrument & 0xFFFF
    event.row = i
    event.participant = row.actor
    event.counterparty = 0
    event.reference = 0
    event.order_id = row.order_id if row.command != NEW else np.int64(row.session) << 40 | row.request_id
    event.counter_order_id = 0
    event.price_ticks = row.price_ticks
    event.quantity_lots = row.quantity_lots
    event.remaining_lots = 0
    event.amount_minor = 0
    if outcome == HOLDING_NOT_SETTLED:
        tell_unsettled(x, np.int64(row.actor), np.int64(instrument), event)
    return cursor + 1


@helper
def reference_of(row: Any) -> int:
    """What a row opens or names: the order that a NEW or a TAKE opens, for any other the order it names."""
    opens = row.command == NEW or row.command == TAKE
    return np.int64(row.session) << 40 | row.request_id if opens else row.order_id


@helper
def in_call(x: Any) -> bool:
    """Whether any instrument is in a call."""
    found = False
    for number in range(x.instruments.shape[0]):
        found |= x.instruments[number].phase >= OPENING_CALL
    return found


@helper
def room_needed(x: Any) -> int:
    """Room in the output that suffices for one row and, where some instrument's trades are charged, for the charges."""
    return 2 * events_needed(x) if x.totals.charged != 0 else events_needed(x)


@helper
def run_orders(x: Any, task: Any, rows: Any, output: Any, room: int, answers: Any, homes: Any) -> None:
    """Carry out rows from the task's first on; stop early when the output might not hold what the next row causes."""
    cursor = np.int64(0)
    i = np.int64(task.first)
    time_ns = task.argument
    if time_ns >= 0 and room >= room_needed(x) + x.blocks.used:
        cursor = begin_batch(x, time_ns, output, cursor)
        _, cursor = post_order_events(x, output, 0, cursor)
        if x.blocks.used > 0:
            cursor = expire_blocks(x, time_ns, output, cursor)
    look_ahead_first(x, rows, i, homes)
    while i < rows.shape[0] and room - cursor >= room_needed(x):
        look_ahead(x, rows, i, homes)
        row = rows[np.uint32(i)]
        outcome, parameter, instrument, cursor = run_row(x, row, i, output, cursor)
        if outcome != ACCEPTED:
            cursor = refuse(x, output, cursor, row, i, outcome, parameter, instrument)
        answer = answers[np.uint32(i)]
        answer.outcome = outcome
        answer.parameter = parameter
        answer.reference = reference_of(row)
        i += 1
    task.reached = i
    task.written = cursor
    task.in_call = in_call(x)


def build_run(state_dtype: np.dtype) -> Callable[..., None]:
    """The kernel `run(state, task, rows, output, answers)` for one state layout.

    `state` is the record's bytes, `task` bytes of one TASK, which also says how far the kernel came, `output` room for
    events as bytes of `EVENT`, the last of them scratch. For ORDERS `rows` are the batch's rows as bytes of
    `ROWS[Table.ORDERS]`, and what each row is told goes into `answers`, bytes of `ANSWER`. For a part of a change of
    phase `rows` are bytes of CALL_FILL.

    One kernel for both, because what they call is compiled anew for each kernel that calls it.
    """

    @kernel
    def run(
        state: np.ndarray,
        task_bytes: np.ndarray,
        rows_bytes: np.ndarray,
        output_bytes: np.ndarray,
        answers_bytes: np.ndarray,
    ) -> None:
        x = state.view(state_dtype)[0]
        task = task_bytes.view(TASK)[0]
        output = open_tape(output_bytes)
        if task.part != ORDERS:
            task.written = run_part(x, task, rows_bytes.view(CALL_FILL), output)
            return
        room = output_bytes.shape[0] // EVENT_BYTES - 1
        homes = output_bytes[room * EVENT_BYTES : room * EVENT_BYTES + 4 * AHEAD].view(np.int32)
        run_orders(x, task, rows_bytes.view(ORDER_ROW), output, room, answers_bytes.view(ANSWER), homes)

    return run
