"""Judging a row of ORDERS in the exchange: what the instrument's mode takes, the steps, what must be set aside.

Nothing here changes anything. A judgement is (outcome, parameter), for a new order also its limit and the cash that a
buy has to set aside. Precedence is the order of `engine.outcomes`.

What an order may cost, and so what is held for it:

- with a limit: limit x quantity;
- market, where it trades on arrival: exactly what it will pay now;
- market in a call, and a stop without a limit: as far as the band, or the protection, lets it go. Without either a buy
  is refused: nobody knows what to hold;
- market-to-limit: at the limit that the protection gives it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, Phase, SelfTrade, Side, TimeInForce
from engine.exchange.gates.kernels import judge_gate
from engine.jit import helper, routine, stand_alone
from engine.limits import AMOUNT_MINOR_MAX, TICK_VALUE_MINOR_MAX
from engine.orderbook.guards.kernels import within_band
from engine.orderbook.kernels import (
    check_new,
    check_replace,
    cost_to_fill,
    limit_on_arrival,
    self_trade_group_of,
    self_trade_rule_of,
)
from engine.orderbook.modes.pick_list.kernels import check_take, is_behind
from engine.outcomes import Outcome
from engine.parameters import Parameter

BUY = int(Side.BUY)
BOTH_SIDES = int(Side.BUY) + int(Side.SELL)
LIMIT = int(OrderType.LIMIT)
MARKET = int(OrderType.MARKET)
POST_ONLY = int(OrderType.POST_ONLY)
MARKET_TO_LIMIT = int(OrderType.MARKET_TO_LIMIT)
STOP = int(OrderType.STOP)
STOP_LIMIT = int(OrderType.STOP_LIMIT)
IOC = int(TimeInForce.IOC)
FOK = int(TimeInForce.FOK)
ALLOW = int(SelfTrade.ALLOW)

CLOSED = int(Phase.CLOSED)
CONTINUOUS = int(Phase.CONTINUOUS)
HALTED = int(Phase.HALTED)
FIRM_CALL = int(Phase.FIRM_CALL)
PICK_LIST = int(Phase.PICK_LIST)
MEDIAN = int(Phase.MEDIAN)

ACCEPTED = int(Outcome.ACCEPTED)
AMOUNT_OUT_OF_BOUNDS = int(Outcome.AMOUNT_OUT_OF_BOUNDS)
INSTRUMENT_UNKNOWN = int(Outcome.INSTRUMENT_UNKNOWN)
ORDER_UNKNOWN = int(Outcome.ORDER_UNKNOWN)
INSTRUMENT_NOT_TRADING = int(Outcome.INSTRUMENT_NOT_TRADING)
ORDER_TYPE_NOT_OFFERED = int(Outcome.ORDER_TYPE_NOT_OFFERED)
PRICE_OFF_TICK = int(Outcome.PRICE_OFF_TICK)
QUANTITY_OFF_LOT = int(Outcome.QUANTITY_OFF_LOT)
MARKET_WITH_PRICE = int(Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER)
QUANTITY_BELOW_MINIMUM = int(Outcome.QUANTITY_BELOW_MINIMUM)
QUANTITY_ABOVE_MAXIMUM = int(Outcome.QUANTITY_ABOVE_MAXIMUM)
PRICE_OUTSIDE_BAND = int(Outcome.PRICE_OUTSIDE_BAND)
PRICE_OUTSIDE_DYNAMIC_BAND = int(Outcome.PRICE_OUTSIDE_DYNAMIC_BAND)
LISTINGS_ONLY_IN_PICK_LIST = int(Outcome.LISTINGS_ONLY_IN_PICK_LIST)
LISTING_OUT_OF_REACH = int(Outcome.LISTING_OUT_OF_REACH)
ORDER_WITHOUT_BOUND = int(Outcome.ORDER_WITHOUT_BOUND)
CASH_INSUFFICIENT = int(Outcome.CASH_INSUFFICIENT)
HOLDING_INSUFFICIENT = int(Outcome.HOLDING_INSUFFICIENT)

SMALL_COST = AMOUNT_MINOR_MAX // TICK_VALUE_MINOR_MAX
"""Ticks x lots that are an amount whatever the tick."""

NO_PARAMETER = int(Parameter.NONE)
TRADING_TICK = int(Parameter.TRADING_TICK)
TRADING_LOT = int(Parameter.TRADING_LOT)
TRADING_MINIMUM = int(Parameter.TRADING_MINIMUM)
TRADING_MAXIMUM = int(Parameter.TRADING_MAXIMUM)
TRADING_BAND = int(Parameter.TRADING_BAND)
TRADING_FIRST_DAY_BAND = int(Parameter.TRADING_FIRST_DAY_BAND)
TRADING_DYNAMIC_BAND = int(Parameter.TRADING_DYNAMIC_BAND)
TRADING_REACH_LEVELS = int(Parameter.TRADING_REACH_LEVELS)
TRADING_ANY_AT_LEVEL = int(Parameter.TRADING_ANY_AT_LEVEL)


@helper
def only_waits(phase: int) -> bool:
    """Whether an order of this phase rests even where it crosses: in a call and in a pick-list."""
    return phase > HALTED and phase != MEDIAN


@routine
def judge_mode(row: Any, phase: int) -> int:
    """Whether an instrument in this phase takes a new order of this kind. (A halt is told by the guards.)"""
    stand_alone()
    kind = row.order_type
    if phase == CLOSED:
        return INSTRUMENT_NOT_TRADING
    if phase == CONTINUOUS or phase == HALTED:
        return ACCEPTED
    if phase == MEDIAN:
        return ACCEPTED if kind == LIMIT or kind == POST_ONLY or kind == STOP_LIMIT else ORDER_TYPE_NOT_OFFERED
    if row.time_in_force == IOC or row.time_in_force == FOK or row.minimum_lots != 0:
        return ORDER_TYPE_NOT_OFFERED
    if phase == PICK_LIST:
        return ACCEPTED if kind == LIMIT and row.display_lots == 0 else ORDER_TYPE_NOT_OFFERED
    return ORDER_TYPE_NOT_OFFERED if kind == POST_ONLY or kind == MARKET_TO_LIMIT else ACCEPTED


@helper
def is_off(value: int, step: int) -> bool:
    """Whether a value is no whole number of steps; most steps are 1, and a division is slow."""
    return step != 1 and value % step != 0


@helper
def is_too_much(cost: int, instrument: Any) -> bool:
    """Whether so many ticks x lots are more money than one amount can be."""
    return cost > SMALL_COST and cost > AMOUNT_MINOR_MAX // instrument.tick_value_minor


@helper
def judge_steps(instrument: Any, price_ticks: int, quantity_lots: int) -> tuple[int, int]:
    """Whether price and quantity stand on the instrument's steps: (outcome, parameter)."""
    if is_off(price_ticks, instrument.price_step_ticks):
        return PRICE_OFF_TICK, TRADING_TICK
    if is_off(quantity_lots, instrument.quantity_step_lots):
        return QUANTITY_OFF_LOT, TRADING_LOT
    return ACCEPTED, NO_PARAMETER


@routine
def parameter_behind(x: Any, number: int, outcome: int) -> int:
    """The parameter behind a refusal of the book's guards."""
    stand_alone()
    if outcome == QUANTITY_BELOW_MINIMUM:
        return TRADING_MINIMUM
    if outcome == QUANTITY_ABOVE_MAXIMUM:
        return TRADING_MAXIMUM
    if outcome == PRICE_OUTSIDE_BAND:
        return TRADING_BAND if x.days[number].first_day == 0 else TRADING_FIRST_DAY_BAND
    if outcome == PRICE_OUTSIDE_DYNAMIC_BAND:
        return TRADING_DYNAMIC_BAND
    return NO_PARAMETER


@helper
def judge_funds(x: Any, participant: int, number: int, side: int, cash_minor: int, quantity_lots: int) -> int:
    """Whether free cash (for a buy) or free units (for a sell) suffice."""
    if side == BUY:
        if cash_minor > x.cash[participant].available_minor:
            return CASH_INSUFFICIENT
    elif quantity_lots > x.holdings[participant, number].available_lots:
        return HOLDING_INSUFFICIENT
    return ACCEPTED


@routine
def cost_now(x: Any, row: Any) -> int:
    """What a market buy would pay if it traded now, in ticks x lots."""
    stand_alone()
    avoided = self_trade_group_of(x, row.actor) if self_trade_rule_of(x, row) != ALLOW else 0
    return cost_to_fill(x, row.instrument, row.side, 0, row.quantity_lots, avoided)


@helper
def limit_of(x: Any, row: Any, waits: bool) -> int:
    """The limit that a new order gets; 0 for a market order that trades on arrival, or that nothing bounds."""
    if waits and row.order_type == MARKET:
        end = within_band(x.guards[row.instrument], row.side, np.int64(0))
        return end if row.side == BUY else max(end, 1)
    return limit_on_arrival(x, row)


@helper
def judge_new(x: Any, row: Any, order_id: int) -> tuple[int, int, int, int]:
    """(outcome, parameter, limit, cash a buy has to set aside) of a new order whose sender is good."""
    number, side, price, lots = row.instrument, row.side, row.price_ticks, row.quantity_lots
    if number >= x.instruments.shape[0] or x.instruments[number].defined == 0:
        return INSTRUMENT_UNKNOWN, NO_PARAMETER, 0, 0
    instrument = x.instruments[number]
    kind = row.order_type
    unpriced = kind == MARKET or kind == MARKET_TO_LIMIT or kind == STOP
    if not unpriced and is_too_much(price * lots, instrument):
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0, 0
    outcome, parameter = judge_gate(x, row.actor, number)
    if outcome != ACCEPTED:
        return outcome, parameter, 0, 0
    waits = False
    if instrument.phase != CONTINUOUS:
        outcome = judge_mode(row, instrument.phase)
        if outcome != ACCEPTED:
            return outcome, NO_PARAMETER, 0, 0
        waits = only_waits(instrument.phase)
    if unpriced and price != 0:
        return MARKET_WITH_PRICE, NO_PARAMETER, 0, 0
    outcome, parameter = judge_steps(instrument, price, lots)
    if outcome != ACCEPTED:
        return outcome, parameter, 0, 0
    outcome = check_new(x, row, order_id, waits)
    if outcome != ACCEPTED:
        return outcome, parameter_behind(x, number, outcome), 0, 0
    limit = limit_of(x, row, waits) if unpriced else price
    cash = 0
    if side == BUY:
        cost = limit * lots
        if limit == 0:
            if kind != MARKET or waits:
                return ORDER_WITHOUT_BOUND, TRADING_BAND, 0, 0
            cost = cost_now(x, row)
        if is_too_much(cost, instrument):
            return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0, 0
        cash = cost * instrument.tick_value_minor
    return judge_funds(x, row.actor, number, side, cash, lots), NO_PARAMETER, limit, cash


@routine
def judge_replace(x: Any, row: Any, slot: int) -> tuple[int, int]:
    """Outcome and parameter of new terms for a live order that may be changed."""
    stand_alone()
    order = x.orders[slot]
    price, lots = row.price_ticks, row.quantity_lots
    instrument = x.instruments[order.instrument]
    value = instrument.tick_value_minor
    if price * lots > AMOUNT_MINOR_MAX // value:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER
    outcome, parameter = judge_gate(x, row.actor, order.instrument)
    if outcome != ACCEPTED:
        return outcome, parameter
    if instrument.phase == CLOSED:
        return INSTRUMENT_NOT_TRADING, NO_PARAMETER
    outcome, parameter = judge_steps(instrument, price, lots)
    if outcome != ACCEPTED:
        return outcome, parameter
    outcome = check_replace(x, slot, price, lots, only_waits(instrument.phase))
    if outcome != ACCEPTED:
        return outcome, parameter_behind(x, order.instrument, outcome)
    more = (price * lots - order.price_ticks * order.remaining_lots) * value
    return judge_funds(x, row.actor, order.instrument, order.side, more, lots - order.remaining_lots), NO_PARAMETER


@routine
def judge_take(x: Any, row: Any, slot: int) -> tuple[int, int, int]:
    """(outcome, parameter, cash a buyer has to set aside) of a row that takes the listing in a slot."""
    stand_alone()
    listing = x.orders[slot]
    price, lots = listing.price_ticks, row.quantity_lots
    instrument = x.instruments[listing.instrument]
    if price * lots > AMOUNT_MINOR_MAX // instrument.tick_value_minor:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    outcome, parameter = judge_gate(x, row.actor, listing.instrument)
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    if instrument.phase == CLOSED:
        return INSTRUMENT_NOT_TRADING, NO_PARAMETER, 0
    outcome, parameter = judge_steps(instrument, 0, lots)
    if outcome != ACCEPTED:
        return outcome, parameter, 0
    outcome = check_take(x, row, slot) if instrument.phase == PICK_LIST else LISTINGS_ONLY_IN_PICK_LIST
    if outcome == LISTING_OUT_OF_REACH:
        return outcome, TRADING_ANY_AT_LEVEL if is_behind(x, slot) else TRADING_REACH_LEVELS, 0
    if outcome != ACCEPTED:
        return outcome, parameter_behind(x, listing.instrument, outcome), 0
    cash = price * lots * instrument.tick_value_minor
    side = BOTH_SIDES - listing.side
    return judge_funds(x, row.actor, listing.instrument, side, cash, lots), NO_PARAMETER, cash
