"""Judging a row of ORDERS: shape, terms, the instrument's guards, the state of the book, room in the pools.

Every check answers with a number of `engine.outcomes.Outcome` and changes nothing. The order of the checks is the order
of that file, so a row that is wrong in several ways always gets the same answer. A plain limit order passes the terms
with one test, and an instrument whose guards watch nothing costs one more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderCommand, OrderType, SelfTrade, Side, TimeInForce
from engine.jit import helper, routine, stand_alone
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.entries.kernels import guard_at, ladder_at, level_at, order_at, terms_at
from engine.orderbook.ids.kernels import find_slot
from engine.orderbook.layout import LADDERS, SLICES_MAX
from engine.orderbook.levels.kernels import find_level, key_at, key_of, price_of
from engine.orderbook.matching.kernels import other_ladder, would_trade
from engine.outcomes import Outcome

NEW = np.int64(OrderCommand.NEW)
CANCEL = np.int64(OrderCommand.CANCEL)
REDUCE = np.int64(OrderCommand.REDUCE)
REPLACE = np.int64(OrderCommand.REPLACE)
MASS_CANCEL = np.int64(OrderCommand.MASS_CANCEL)

BUY = np.int64(Side.BUY)
LIMIT = np.int64(OrderType.LIMIT)
MARKET = np.int64(OrderType.MARKET)
POST_ONLY = np.int64(OrderType.POST_ONLY)
MARKET_TO_LIMIT = np.int64(OrderType.MARKET_TO_LIMIT)
STOP = np.int64(OrderType.STOP)
STOP_LIMIT = np.int64(OrderType.STOP_LIMIT)
IOC = np.int64(TimeInForce.IOC)
FOK = np.int64(TimeInForce.FOK)
GTD = np.int64(TimeInForce.GTD)

ORDER_TYPES_LAST = max(OrderType)
TIMES_IN_FORCE_LAST = max(TimeInForce)
SELF_TRADES_LAST = max(SelfTrade)

ACCEPTED = np.int64(Outcome.ACCEPTED)
UNKNOWN_COMMAND = np.int64(Outcome.UNKNOWN_COMMAND)
PRICE_OUT_OF_BOUNDS = np.int64(Outcome.PRICE_OUT_OF_BOUNDS)
QUANTITY_OUT_OF_BOUNDS = np.int64(Outcome.QUANTITY_OUT_OF_BOUNDS)
MARKET_WITH_PRICE = np.int64(Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER)
REDUCTION_NOT_BELOW_REMAINING = np.int64(Outcome.REDUCTION_NOT_BELOW_REMAINING)
ORDER_ALREADY_LIVE = np.int64(Outcome.ORDER_ALREADY_LIVE)
ORDER_TERMS_CONTRADICTORY = np.int64(Outcome.ORDER_TERMS_CONTRADICTORY)
STOP_PRICE_OUT_OF_BOUNDS = np.int64(Outcome.STOP_PRICE_OUT_OF_BOUNDS)
DISPLAY_QUANTITY_INVALID = np.int64(Outcome.DISPLAY_QUANTITY_INVALID)
MINIMUM_QUANTITY_INVALID = np.int64(Outcome.MINIMUM_QUANTITY_INVALID)
EXPIRY_NOT_IN_FUTURE = np.int64(Outcome.EXPIRY_NOT_IN_FUTURE)
INSTRUMENT_HALTED = np.int64(Outcome.INSTRUMENT_HALTED)
QUANTITY_BELOW_MINIMUM = np.int64(Outcome.QUANTITY_BELOW_MINIMUM)
QUANTITY_ABOVE_MAXIMUM = np.int64(Outcome.QUANTITY_ABOVE_MAXIMUM)
PRICE_OUTSIDE_BAND = np.int64(Outcome.PRICE_OUTSIDE_BAND)
PRICE_OUTSIDE_DYNAMIC_BAND = np.int64(Outcome.PRICE_OUTSIDE_DYNAMIC_BAND)
STOP_PRICE_ALREADY_REACHED = np.int64(Outcome.STOP_PRICE_ALREADY_REACHED)
POST_ONLY_WOULD_TRADE = np.int64(Outcome.POST_ONLY_WOULD_TRADE)
NO_LIQUIDITY = np.int64(Outcome.NO_LIQUIDITY)
ORDERS_FULL = np.int64(Outcome.ORDERS_FULL)
LEVELS_FULL = np.int64(Outcome.LEVELS_FULL)


@helper
def is_unpriced(order_type: int) -> bool:
    """Whether orders of this type come without a limit."""
    return order_type == MARKET or order_type == MARKET_TO_LIMIT or order_type == STOP


@helper
def is_stop_type(order_type: int) -> bool:
    return order_type == STOP or order_type == STOP_LIMIT


@helper
def check_shape(row: Any) -> int:
    """Whether a row's own numbers are in their ranges, whatever the state and the other numbers."""
    command = row.command
    if command < NEW or command > MASS_CANCEL:
        return UNKNOWN_COMMAND
    if command == CANCEL:
        return ACCEPTED
    if command == MASS_CANCEL:
        return ACCEPTED if row.side <= 2 else UNKNOWN_COMMAND
    if command == NEW and (
        row.side < 1
        or row.side > 2
        or row.order_type < 1
        or row.order_type > ORDER_TYPES_LAST
        or row.time_in_force < 1
        or row.time_in_force > TIMES_IN_FORCE_LAST
        or row.self_trade > SELF_TRADES_LAST
    ):
        return UNKNOWN_COMMAND
    priced = command == REPLACE or (command == NEW and not is_unpriced(row.order_type))
    if priced and (row.price_ticks < 1 or row.price_ticks > PRICE_TICKS_MAX):
        return PRICE_OUT_OF_BOUNDS
    if row.quantity_lots < 1 or row.quantity_lots > QUANTITY_LOTS_MAX:
        return QUANTITY_OUT_OF_BOUNDS
    return ACCEPTED


@helper
def check_display(row: Any) -> bool:
    """Whether the quantity to be shown, which is not 0, suits the order."""
    rests = (
        row.order_type != MARKET and row.order_type != STOP and row.time_in_force != IOC and row.time_in_force != FOK
    )
    lots = row.display_lots
    return rests and 0 < lots < row.quantity_lots and row.quantity_lots <= lots * SLICES_MAX


@routine
def check_terms(x: Any, row: Any) -> int:
    """Whether the terms of a new order agree with each other."""
    stand_alone()
    order_type, tif, minimum = row.order_type, row.time_in_force, row.minimum_lots
    immediate = tif == IOC or tif == FOK
    if (
        (order_type == POST_ONLY and (immediate or minimum != 0))
        or (order_type == MARKET and tif == GTD)
        or (minimum != 0 and (tif == FOK or is_stop_type(order_type)))
    ):
        return ORDER_TERMS_CONTRADICTORY
    stop = row.stop_price_ticks
    if is_stop_type(order_type):
        if stop < 1 or stop > PRICE_TICKS_MAX:
            return STOP_PRICE_OUT_OF_BOUNDS
    elif stop != 0:
        return STOP_PRICE_OUT_OF_BOUNDS
    if row.display_lots != 0 and not check_display(row):
        return DISPLAY_QUANTITY_INVALID
    if minimum < 0 or minimum > row.quantity_lots:
        return MINIMUM_QUANTITY_INVALID
    if (tif == GTD and row.expire_ns <= x.book.time_ns) or (tif != GTD and row.expire_ns != 0):
        return EXPIRY_NOT_IN_FUTURE
    return ACCEPTED


@routine
def check_guard(guard: Any, price_ticks: int, quantity_lots: int) -> int:
    """Whether an instrument's guards let a price (0: none) and a quantity pass."""
    stand_alone()
    if guard.halted != 0:
        return INSTRUMENT_HALTED
    if quantity_lots < guard.minimum_lots:
        return QUANTITY_BELOW_MINIMUM
    if guard.maximum_lots != 0 and quantity_lots > guard.maximum_lots:
        return QUANTITY_ABOVE_MAXIMUM
    if price_ticks == 0:
        return ACCEPTED
    if price_ticks < guard.band_low_ticks or (guard.band_high_ticks != 0 and price_ticks > guard.band_high_ticks):
        return PRICE_OUTSIDE_BAND
    middle = guard.last_price_ticks if guard.last_price_ticks != 0 else guard.reference_price_ticks
    if guard.dynamic_band_ticks != 0 and middle != 0 and abs(price_ticks - middle) > guard.dynamic_band_ticks:
        return PRICE_OUTSIDE_DYNAMIC_BAND
    return ACCEPTED


@helper
def guards_watch(guard: Any) -> bool:
    """Whether an instrument's guards watch anything at all."""
    return (
        guard.halted
        | guard.minimum_lots
        | guard.maximum_lots
        | guard.band_low_ticks
        | guard.band_high_ticks
        | guard.dynamic_band_ticks
    ) != 0


@helper
def stop_is_reached(x: Any, instrument: int, side: int, stop_price_ticks: int) -> bool:
    """Whether the last trade is at or beyond a stop price already."""
    last = guard_at(x, instrument).last_price_ticks
    if last == 0:
        return False
    return last >= stop_price_ticks if side == BUY else last <= stop_price_ticks


@helper
def room_for_level(x: Any, levels: int) -> bool:
    """Whether so many levels, and one for every stop that waits, can still be made."""
    book = x.book
    needed = book.waiting_stops + levels
    return book.levels_used + needed < x.levels.shape[0] and book.nodes_used + needed < x.nodes.shape[0]


@helper
def within_band(guard: Any, side: int, price_ticks: int) -> int:
    """A limit kept within the band on the side where it could do harm; 0, no limit, becomes the end of the band."""
    if side == BUY:
        high = guard.band_high_ticks
        return high if high != 0 and (price_ticks == 0 or price_ticks > high) else price_ticks
    return max(price_ticks, guard.band_low_ticks)


@routine
def protected_limit(x: Any, row: Any) -> int:
    """The limit that the instrument's guards give a market-to-limit order or a stop without a limit.

    Market-to-limit reaches `protection_ticks` beyond the best price of the other side (0 when there is none), a stop as
    far beyond its stop price, both within the band. A stop that nothing protects has no limit: 0.
    """
    stand_alone()
    guard = guard_at(x, row.instrument)
    reach = guard.protection_ticks
    start = np.int64(row.stop_price_ticks)
    if row.order_type == MARKET_TO_LIMIT:
        ladder_number = other_ladder(row.instrument, row.side)
        best = ladder_at(x, ladder_number).best
        if best == 0:
            return np.int64(0)
        start = price_of(ladder_number, key_at(level_at(x, best)))
    elif reach == 0:
        return within_band(guard, row.side, np.int64(0))
    limit = min(start + reach, PRICE_TICKS_MAX) if row.side == BUY else max(start - reach, 1)
    return within_band(guard, row.side, limit)


@helper
def limit_on_arrival(x: Any, row: Any) -> int:
    """The limit a new order has once it is in: its own, 0 for a market order, or what protects it."""
    if row.order_type != MARKET_TO_LIMIT and row.order_type != STOP:
        return row.price_ticks
    return protected_limit(x, row)


@helper
def check_room(x: Any, row: Any, waits: bool) -> int:
    """Whether the pools have room for a new order, wherever it may have to go."""
    if x.book.orders_used >= x.orders.shape[0] - 1:
        return ORDERS_FULL
    if is_stop_type(row.order_type):
        return ACCEPTED if room_for_level(x, 2) else LEVELS_FULL
    if room_for_level(x, 1) or row.time_in_force == IOC or row.time_in_force == FOK:
        return ACCEPTED
    if row.order_type == MARKET:
        return LEVELS_FULL if waits else ACCEPTED
    ladder_number = np.int64(row.instrument) * LADDERS + row.side - 1
    price = limit_on_arrival(x, row)
    return ACCEPTED if find_level(x, ladder_number, key_of(ladder_number, price)) != 0 else LEVELS_FULL


@helper
def check_new(x: Any, row: Any, order_id: int, waits: bool) -> int:
    """Whether a new order may enter: `row` passed `check_shape` and its instrument exists.

    `waits`: it will not trade on arrival, whatever is on the other side.
    """
    plain = row.order_type == LIMIT and row.time_in_force < FOK
    if not plain and is_unpriced(row.order_type) and row.price_ticks != 0:
        return MARKET_WITH_PRICE
    if find_slot(x, order_id) != 0:
        return ORDER_ALREADY_LIVE
    extra = row.stop_price_ticks | row.display_lots | row.minimum_lots | row.expire_ns
    if not plain or extra != 0:
        outcome = check_terms(x, row)
        if outcome != ACCEPTED:
            return outcome
    guard = guard_at(x, row.instrument)
    if guards_watch(guard):
        outcome = check_guard(guard, row.price_ticks, row.quantity_lots)
        if outcome != ACCEPTED:
            return outcome
    if not plain:
        if is_stop_type(row.order_type):
            if stop_is_reached(x, row.instrument, row.side, row.stop_price_ticks):
                return STOP_PRICE_ALREADY_REACHED
        elif waits:
            return check_room(x, row, waits)
        elif row.order_type == POST_ONLY:
            if would_trade(x, row.instrument, row.side, row.price_ticks):
                return POST_ONLY_WOULD_TRADE
        elif row.order_type != LIMIT and ladder_at(x, other_ladder(row.instrument, row.side)).best == 0:
            return NO_LIQUIDITY
    return check_room(x, row, waits)


@helper
def check_reduce(x: Any, slot: int, lots: int) -> int:
    """Whether an order may lose so many lots and still be there."""
    return REDUCTION_NOT_BELOW_REMAINING if lots >= order_at(x, slot).remaining_lots else ACCEPTED


@routine
def check_replace(x: Any, slot: int, price_ticks: int, quantity_lots: int, waits: bool) -> int:
    """Whether a live order may take a new price and quantity; `waits` as in `check_new`."""
    stand_alone()
    order = order_at(x, slot)
    if order.order_type == STOP or order.order_type == MARKET:
        return MARKET_WITH_PRICE
    display = terms_at(x, slot).display_lots if order.has_terms != 0 else 0
    if display != 0 and quantity_lots > display * SLICES_MAX:
        return DISPLAY_QUANTITY_INVALID
    guard = guard_at(x, order.instrument)
    if guards_watch(guard):
        outcome = check_guard(guard, price_ticks, quantity_lots)
        if outcome != ACCEPTED:
            return outcome
    if not waits and order.order_type == POST_ONLY and would_trade(x, order.instrument, order.side, price_ticks):
        return POST_ONLY_WOULD_TRADE
    if order.is_stop != 0 or room_for_level(x, 1):
        return ACCEPTED
    ladder_number = np.int64(order.instrument) * LADDERS + order.side - 1
    return ACCEPTED if find_level(x, ladder_number, key_of(ladder_number, price_ticks)) != 0 else LEVELS_FULL
