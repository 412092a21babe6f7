"""The compiled path of a batch of orders: judge, hold, match, post; row after row.

One row goes through `run_row`: sender and shape, references, rules of the instrument, room in the pools, funds; and
when nothing speaks against it, through the book, whose events are then posted to the accounts. A refused row leaves a
REFUSED event and changes nothing but the session's last request id. Precedence of refusals is the order of
`engine.outcomes`.

The kernel knows no market: steps and phases are integers that the rule book put into the instrument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.commands import ROWS, OrderCommand, OrderType, ParticipantClass, Phase, SelfTrade, Side, Table, TimeInForce
from engine.events import EVENT, EventKind
from engine.jit import helper, kernel
from engine.ledger.kernels import hold_cash, hold_order, post_order_events
from engine.limits import AMOUNT_MINOR_MAX
from engine.orderbook.kernels import (
    begin_batch,
    cancel_order,
    check_new,
    check_reduce,
    check_replace,
    check_shape,
    cost_to_fill,
    events_needed,
    find_order,
    mass_cancel,
    new_order,
    reduce_order,
    replace_order,
    self_trade_group_of,
    self_trade_rule_of,
    tell_tops,
)
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.registry.kernels import judge_envelope

ORDER_ROW = ROWS[Table.ORDERS]

NEW = int(OrderCommand.NEW)
CANCEL = int(OrderCommand.CANCEL)
REDUCE = int(OrderCommand.REDUCE)
MASS_CANCEL = int(OrderCommand.MASS_CANCEL)
BUY = int(Side.BUY)
MARKET = int(OrderType.MARKET)
POST_ONLY = int(OrderType.POST_ONLY)
DAY = int(TimeInForce.DAY)
ALLOW = int(SelfTrade.ALLOW)
CONTINUOUS = int(Phase.CONTINUOUS)
REFUSED = int(EventKind.REFUSED)

ACCEPTED = int(Outcome.ACCEPTED)
AMOUNT_OUT_OF_BOUNDS = int(Outcome.AMOUNT_OUT_OF_BOUNDS)
NOT_PERMITTED_FOR_CLASS = int(Outcome.NOT_PERMITTED_FOR_CLASS)
INSTRUMENT_UNKNOWN = int(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = int(Outcome.ORDER_UNKNOWN)
ORDER_NOT_OF_PARTICIPANT = int(Outcome.ORDER_NOT_OF_PARTICIPANT)
INSTRUMENT_NOT_TRADING = int(Outcome.INSTRUMENT_NOT_TRADING)
ORDER_TYPE_NOT_OFFERED = int(Outcome.ORDER_TYPE_NOT_OFFERED)
PRICE_OFF_TICK = int(Outcome.PRICE_OFF_TICK)
QUANTITY_OFF_LOT = int(Outcome.QUANTITY_OFF_LOT)
MARKET_WITH_PRICE = int(Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER)
CASH_INSUFFICIENT = int(Outcome.CASH_INSUFFICIENT)
HOLDING_INSUFFICIENT = int(Outcome.HOLDING_INSUFFICIENT)

NO_PARAMETER = int(Parameter.NONE)
TRADING_TICK = int(Parameter.TRADING_TICK)
TRADING_LOT = int(Parameter.TRADING_LOT)

ORDER_CLASSES = sum(1 << member for member in ParticipantClass if member is not ParticipantClass.OPERATOR)
"""Classes that may trade: everyone but the operator of the venue."""

ALL_INSTRUMENTS = 0xFFFFFFFF


@helper
def offered(row: Any) -> bool:
    """Whether the exchange funds this kind of order: those whose cost is bounded when they arrive.

    Stops and market-to-limit get their price later; DAY orders need a trading day that ends.
    """
    return (row.order_type <= MARKET or row.order_type == POST_ONLY) and row.time_in_force != DAY


@helper
def judge_steps(instrument: Any, price_ticks: int, quantity_lots: int) -> tuple[int, int]:
    """Whether price and quantity stand on the instrument's steps: (outcome, parameter)."""
    if price_ticks % instrument.price_step_ticks != 0:
        return PRICE_OFF_TICK, TRADING_TICK
    if quantity_lots % instrument.quantity_step_lots != 0:
        return QUANTITY_OFF_LOT, TRADING_LOT
    return ACCEPTED, NO_PARAMETER


@helper
def judge_funds(x: Any, participant: int, number: int, side: int, cash_minor: int, quantity_lots: int) -> int:
    """Whether free cash (for a buy) or free units (for a sell) suffice."""
    if side == BUY:
        if cash_minor > x.cash[participant].available_minor:
            return CASH_INSUFFICIENT
    elif quantity_lots > x.holdings[participant, number].available_lots:
        return HOLDING_INSUFFICIENT
    return ACCEPTED


@helper
def cost_ticks(x: Any, row: Any) -> int:
    """What a new buy order may cost, in ticks x lots: at its limit, or for a market order what it would pay now."""
    if row.order_type != MARKET:
        return row.price_ticks * row.quantity_lots
    avoided = self_trade_group_of(x, row.actor) if self_trade_rule_of(x, row) != ALLOW else 0
    return cost_to_fill(x, row.instrument, row.side, 0, row.quantity_lots, avoided)


@helper
def judge_new(x: Any, row: Any, order_id: int) -> tuple[int, int, int]:
    """Outcome and parameter of a new order whose sender is good, and the cash a buy has to set aside."""
    number, side, price, lots = row.instrument, row.side, row.price_ticks, row.quantity_lots
    if number >= x.instruments.shape[0] or x.instruments[number].defined == 0:
        return INSTRUMENT_UNKNOWN, NO_PARAMETER, 0
    instrument = x.instruments[number]
    largest = AMOUNT_MINOR_MAX // instrument.tick_value_minor
    market = row.order_type == MARKET
    if not market and price * lots > largest:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    if instrument.phase != CONTINUOUS:
        return INSTRUMENT_NOT_TRADING, NO_PARAMETER, 0
    if not offered(row):
        return ORDER_TYPE_NOT_OFFERED, NO_PARAMETER, 0
    if market and price != 0:
        return MARKET_WITH_PRICE, NO_PARAMETER, 0
    outcome, parameter = judge_steps(instrument, price, lots)
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    outcome = check_new(x, row, order_id)
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER, 0
    cost = cost_ticks(x, row) if side == BUY else 0
    if cost > largest:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    cash = cost * instrument.tick_value_minor
    return judge_funds(x, row.actor, number, side, cash, lots), NO_PARAMETER, cash


@helper
def run_new(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int, int]:
    """Judge, fund and match one new order: (outcome, parameter, cash held, cursor)."""
    order_id = np.int64(row.session) << 40 | row.request_id
    outcome, parameter, cash = judge_new(x, row, order_id)
    if outcome == ACCEPTED:
        hold_order(x, row.actor, row.instrument, row.side, cash, row.quantity_lots)
        cursor = new_order(x, row, order_id, i, output, cursor)
    return outcome, parameter, cash, cursor


@helper
def judge_replace(x: Any, row: Any, slot: int) -> tuple[int, int]:
    """Outcome and parameter of new terms for a live order."""
    order = x.orders[slot]
    price, lots = row.price_ticks, row.quantity_lots
    instrument = x.instruments[order.instrument]
    value = instrument.tick_value_minor
    if price * lots > AMOUNT_MINOR_MAX // value:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER
    if instrument.phase != CONTINUOUS:
        return INSTRUMENT_NOT_TRADING, NO_PARAMETER
    outcome, parameter = judge_steps(instrument, price, lots)
    if outcome != ACCEPTED:
        return outcome, parameter
    outcome = check_replace(x, slot, price, lots)
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER
    more = (price * lots - order.price_ticks * order.remaining_lots) * value
    return judge_funds(x, row.actor, order.instrument, order.side, more, lots - order.remaining_lots), NO_PARAMETER


@helper
def run_replace(x: Any, row: Any, slot: int, i: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge, fund and match a live order's new terms: (outcome, parameter, cursor)."""
    outcome, parameter = judge_replace(x, row, slot)
    if outcome == ACCEPTED:
        order = x.orders[slot]
        price, lots = row.price_ticks, row.quantity_lots
        value = x.instruments[order.instrument].tick_value_minor
        more = (price * lots - order.price_ticks * order.remaining_lots) * value
        hold_order(x, row.actor, order.instrument, order.side, more, lots - order.remaining_lots)
        cursor = replace_order(x, slot, price, lots, i, output, cursor)
    return outcome, parameter, cursor


@helper
def run_change(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int, int]:
    """Judge and carry out a cancel, reduce or replace: (outcome, parameter, instrument, cursor)."""
    slot = find_order(x, row.order_id)
    if slot < 0:
        return ORDER_UNKNOWN, NO_PARAMETER, 0, cursor
    order = x.orders[slot]
    number = np.int64(order.instrument)
    if order.participant != row.actor:
        return ORDER_NOT_OF_PARTICIPANT, NO_PARAMETER, number, cursor
    outcome, parameter = ACCEPTED, NO_PARAMETER
    if row.command == CANCEL:
        cursor = cancel_order(x, slot, i, output, cursor)
    elif row.command == REDUCE:
        outcome, parameter = judge_steps(x.instruments[number], 0, row.quantity_lots)
        if outcome == ACCEPTED:
            outcome = check_reduce(x, slot, row.quantity_lots)
        if outcome == ACCEPTED:
            cursor = reduce_order(x, slot, row.quantity_lots, i, output, cursor)
    else:
        outcome, parameter, cursor = run_replace(x, row, slot, i, output, cursor)
    return outcome, parameter, number, cursor


@helper
def run_mass_cancel(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int]:
    """Cancel all of the actor's own orders in one instrument or all: (outcome, cursor)."""
    number = np.int64(row.instrument)
    if number != ALL_INSTRUMENTS and (number >= x.instruments.shape[0] or x.instruments[number].defined == 0):
        return INSTRUMENT_UNKNOWN, cursor
    if row.participant != 0 and row.participant != row.actor:
        return NOT_PERMITTED_FOR_CLASS, cursor
    return ACCEPTED, mass_cancel(x, row, row.actor, i, output, cursor)


@helper
def settle_row(x: Any, row: Any, output: Any, first: int, last: int, cash_minor: int) -> None:
    """Post what a row caused; a market order's hold ends with the row, whatever of it was not spent."""
    spent = post_order_events(x, output, first, last, row.price_ticks)
    if row.command == NEW and row.order_type == MARKET and row.side == BUY:
        hold_cash(x, row.actor, spent - cash_minor)


@helper
def run_row(x: Any, row: Any, i: int, output: Any, cursor: int) -> tuple[int, int, int]:
    """Judge and carry out one row: (outcome, parameter, cursor).

    The sender is judged first, so that a good request id is used up, and its outcome is given way to by a bad shape's.
    """
    sender = judge_envelope(x, row.actor, row.session, row.request_id, ORDER_CLASSES, False)
    outcome = check_shape(row)
    if outcome == ACCEPTED:
        outcome = sender
    if outcome != ACCEPTED:
        return outcome, NO_PARAMETER, cursor
    first, parameter, cash = cursor, NO_PARAMETER, 0
    number = np.int64(row.instrument)
    if row.command == NEW:
        outcome, parameter, cash, cursor = run_new(x, row, i, output, cursor)
    elif row.command == MASS_CANCEL:
        outcome, cursor = run_mass_cancel(x, row, i, output, cursor)
        number = -1
    else:
        outcome, parameter, number, cursor = run_change(x, row, i, output, cursor)
    if outcome == ACCEPTED:
        settle_row(x, row, output, first, cursor, cash)
        cursor = tell_tops(x, number, i, output, cursor)
    return outcome, parameter, cursor


@helper
def refuse(output: Any, cursor: int, row: Any, i: int, outcome: int, parameter: int) -> int:
    """Write the REFUSED event of a row; returns the new cursor."""
    event = output[cursor]
    event.kind = REFUSED
    event.side = 0
    event.outcome = outcome
    event.parameter = parameter
    event.instrument = row.instrument & 0xFFFF
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
    return cursor + 1


def build_run_orders(state_dtype: np.dtype) -> Callable[..., None]:
    """The kernel `run_orders(state, rows, output, first, time_ns, progress)` for one state layout.

    `state` is the record's bytes, `rows` the batch's rows as bytes of `ROWS[Table.ORDERS]`, `output` room for events as
    bytes of `EVENT`. Carries out `rows` from `first` on and stops early when the output might not hold what the next
    row causes. `time_ns` of a continued batch is -1. Writes (rows done, events written) into `progress`.
    """

    @kernel
    def run_orders(
        state: np.ndarray,
        rows_bytes: np.ndarray,
        output_bytes: np.ndarray,
        first: int,
        time_ns: int,
        progress: np.ndarray,
    ) -> None:
        x = state.view(state_dtype)[0]
        rows = rows_bytes.view(ORDER_ROW)
        output = output_bytes.view(EVENT)
        cursor = 0
        i = first
        if time_ns >= 0 and output.shape[0] >= events_needed(x):
            cursor = begin_batch(x, time_ns, output, cursor)
            post_order_events(x, output, 0, cursor, 0)
        while i < rows.shape[0] and output.shape[0] - cursor >= events_needed(x):
            row = rows[i]
            outcome, parameter, cursor = run_row(x, row, i, output, cursor)
            if outcome != ACCEPTED:
                cursor = refuse(output, cursor, row, i, outcome, parameter)
            i += 1
        progress[0] = i
        progress[1] = cursor

    return run_orders
