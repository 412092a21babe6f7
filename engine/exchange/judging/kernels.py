"""Judging a row of ORDERS in the exchange: what the instrument's mode takes, the steps, what must be set aside.

Nothing here changes anything. A judgement is (outcome, parameter), for a new order also its limit and the cash that a
buy has to set aside. Precedence is the order of `engine.outcomes`.

What an order may cost, and so what is held for it:

- with a limit: limit x quantity;
- market, where it trades on arrival: exactly what it will pay now;
- market in a call, and a stop without a limit: as far as the band, or the protection, lets it go. Without either a buy
  is refused: nobody knows what to hold;
- market-to-limit: at the limit that the protection gives it.

Where trades are charged, the most that fees and taxes can come to is held with it (`engine.ledger.charges`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, Phase, SelfTrade, Side, TimeInForce
from engine.exchange.gates.kernels import judge_gate
from engine.jit import helper, routine, stand_alone
from engine.ledger.charges.kernels import cost_of, most_on_arrival
from engine.ledger.layout import DUE_SLOTS
from engine.ledger.pocket.kernels import all_units
from engine.limits import AMOUNT_MINOR_MAX, HOLDING_LOTS_MAX, TICK_VALUE_MINOR_MAX
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
HOLDING_LIMIT_REACHED = int(Outcome.HOLDING_LIMIT_REACHED)
HOLDING_NOT_SETTLED = int(Outcome.HOLDING_NOT_SETTLED)
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
HOLDING_LIMIT = int(Parameter.TRADING_HOLDING_LIMIT)


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


@routine
def room_below_limit(x: Any, participant: int, number: int) -> int:
    """What an account may still buy below its holding limit, beside what it has and its buy orders may bring.

    Where the rule counts linked participants as one, the group has the limit of the class of whoever asks.
    """
    stand_alone()
    terms, klass = x.trade_terms[number], x.participants[participant].participant_class
    room = terms.limit_lots[klass]
    if room == 0:
        return HOLDING_LOTS_MAX
    each = np.int64(participant)
    while True:
        holding = x.holdings[each, number]
        if terms.above_allocation[klass] != 0:
            room += holding.allocated_lots
        room -= all_units(holding) + holding.open_buy_lots
        each = np.int64(x.next_linked[each])
        if terms.limit_counts_linked == 0 or each == 0 or each == participant:
            return room


@helper
def judge_means(
    x: Any, participant: int, number: int, side: int, cash_minor: int, quantity_lots: int
) -> tuple[int, int]:
    """(outcome, parameter): whether a buy keeps the holding limit and has the cash, whether a sell has the units."""
    if side == BUY:
        if x.trade_terms[number].limited != 0 and quantity_lots > max(room_below_limit(x, participant, number), 0):
            return HOLDING_LIMIT_REACHED, HOLDING_LIMIT
        account = x.cash[participant]
        if cash_minor > account.available_minor + account.usable_minor:
            return CASH_INSUFFICIENT, NO_PARAMETER
        return ACCEPTED, NO_PARAMETER
    holding = x.holdings[participant, number]
    if quantity_lots <= holding.available_lots:
        return ACCEPTED, NO_PARAMETER
    if quantity_lots <= holding.available_lots + holding.unsettled_lots:
        return HOLDING_NOT_SETTLED, np.int64(x.trade_terms[number].lock_parameter)
    return HOLDING_INSUFFICIENT, NO_PARAMETER


@routine
def tell_unsettled(x: Any, participant: int, number: int, event: Any) -> None:
    """Add to the refusal of a sell what of it is not settled, and after how many trading days all of it is."""
    stand_alone()
    event.remaining_lots = x.holdings[participant, number].unsettled_lots
    for days in range(1, DUE_SLOTS + 1):
        place = (x.trade_terms[number].day_number + days) % DUE_SLOTS
        if x.due[participant, number, place].lots != 0:
            event.counter_order_id = days


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


@routine
def with_charges(x: Any, number: int, limit_ticks: int, quantity_lots: int, cost_minor: int) -> int:
    """What a buy has to set aside with fees and taxes; `limit_ticks` 0: it trades on arrival, for this cost in all."""
    stand_alone()
    if limit_ticks == 0:
        return cost_minor + most_on_arrival(x.trade_terms[number], cost_minor, quantity_lots)
    return cost_of(x, number, limit_ticks, quantity_lots, x.instruments[number].tick_value_minor)


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
        if x.trade_terms[number].charged != 0:
            cash = with_charges(x, number, limit, lots, cash)
            if cash > AMOUNT_MINOR_MAX:
                return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0, 0
    outcome, parameter = judge_means(x, row.actor, number, side, cash, lots)
    return outcome, parameter, limit, cash


@helper
def more_to_hold(x: Any, slot: int, price_ticks: int, quantity_lots: int) -> tuple[int, bool]:
    """How much more cash a live order holds with new terms, if it buys, and whether that is beyond the bounds."""
    order = x.orders[slot]
    number = np.int64(order.instrument)
    value = x.instruments[number].tick_value_minor
    held = cost_of(x, number, order.price_ticks, order.remaining_lots, value)
    cost = cost_of(x, number, price_ticks, quantity_lots, value)
    return cost - held, order.side == BUY and cost > AMOUNT_MINOR_MAX


@routine
def judge_replace(x: Any, row: Any, slot: int) -> tuple[int, int]:
    """Outcome and parameter of new terms for a live order that may be changed."""
    stand_alone()
    order = x.orders[slot]
    price, lots = row.price_ticks, row.quantity_lots
    instrument = x.instruments[order.instrument]
    if price * lots > AMOUNT_MINOR_MAX // instrument.tick_value_minor:
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
    more, beyond = more_to_hold(x, slot, price, lots)
    if beyond:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER
    return judge_means(x, row.actor, np.int64(order.instrument), order.side, more, lots - order.remaining_lots)


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
    number, side = np.int64(listing.instrument), BOTH_SIDES - listing.side
    cash = cost_of(x, number, price, lots, instrument.tick_value_minor) if side == BUY else np.int64(0)
    if cash > AMOUNT_MINOR_MAX:
        return AMOUNT_OUT_OF_BOUNDS, NO_PARAMETER, 0
    outcome, parameter = judge_means(x, row.actor, number, side, cash, lots)
    return outcome, parameter, cash
