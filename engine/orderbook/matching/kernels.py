"""Executing an order: what it can trade, its trades, and what becomes of the rest.

Price first, then time: the best price of the other side is served first, the oldest order at a price before the
younger. A trade is at the maker's price or, where the instrument's guard says so, at the middle of bid, ask and last.
An iceberg's new slice goes to the end of its queue. What meets an order of its own group of participants follows the
incoming order's self-trade rule.

Fill-or-kill and a minimum are decided before anything trades. What counts for them is certain: with a rule that cancels
the incoming order or decrements both, only what stands before the first order of the own group (and, at that price,
what is shown before it); with a rule that cancels the resting order, everything but the own group's.

An order that a stop sets off runs through the same code. Stops are set off when the incoming order has run its course:
buy stops at or below the highest trade first, by price and time, then sell stops at or above the lowest; each runs its
course before the next, and its own trades count.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import OrderType, SelfTrade, Side, TimeInForce
from engine.events import CancelReason
from engine.jit import helper, routine, stand_alone
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.entries.kernels import guard_at, ladder_at, level_at, order_at, terms_at
from engine.orderbook.layout import KEY_MAX, LADDERS
from engine.orderbook.levels.kernels import key_at, key_of, next_level, remove_level
from engine.orderbook.modes.median.kernels import median_price
from engine.orderbook.orders.kernels import (
    append_to,
    cut_head,
    end_order,
    hidden_slices,
    join_queue,
    leave_queue,
)
from engine.orderbook.packed.kernels import whose
from engine.orderbook.tape.kernels import (
    tell_cancelled,
    tell_depth,
    tell_reduced,
    tell_refreshed,
    tell_trade,
    tell_triggered,
)

BUY = np.int64(Side.BUY)
BOTH_SIDES = np.int64(Side.BUY + Side.SELL)
MARKET = np.int64(OrderType.MARKET)
STOP = np.int64(OrderType.STOP)
IOC = np.int64(TimeInForce.IOC)
FOK = np.int64(TimeInForce.FOK)
ALLOW = np.int64(SelfTrade.ALLOW)
CANCEL_NEWEST = np.int64(SelfTrade.CANCEL_NEWEST)
CANCEL_OLDEST = np.int64(SelfTrade.CANCEL_OLDEST)
CANCEL_BOTH = np.int64(SelfTrade.CANCEL_BOTH)
MAY_NOT_REST = np.int64(CancelReason.MAY_NOT_REST)
MINIMUM_NOT_MET = np.int64(CancelReason.MINIMUM_NOT_MET)
SELF_TRADE = np.int64(CancelReason.SELF_TRADE)


@helper
def other_ladder(instrument: int, side: int) -> int:
    """The ladder that an order of this side trades against."""
    return np.int64(instrument) * LADDERS + 2 - side


@helper
def limit_key(ladder_number: int, price_ticks: int) -> int:
    """The last key of a ladder that an order with this limit (0: none) trades with."""
    return key_of(ladder_number, price_ticks) if price_ticks > 0 else KEY_MAX


@routine
def certain_lots(x: Any, slot: int, needed_lots: int) -> int:
    """How much an order is certain to trade now, counted until `needed_lots` is reached."""
    stand_alone()
    order = order_at(x, slot)
    ladder_number = other_ladder(order.instrument, order.side)
    last_key = limit_key(ladder_number, order.price_ticks)
    level_number = np.int64(ladder_at(x, ladder_number).best)
    lots = 0
    while level_number != 0 and lots < needed_lots and key_at(level_at(x, level_number)) <= last_key:
        shown, whole = 0, 0
        maker_slot = level_at(x, level_number).head
        while maker_slot != 0:
            maker = order_at(x, maker_slot)
            if order.self_trade == ALLOW or maker.self_trade_group != order.self_trade_group:
                shown += maker.shown_lots
                whole += maker.remaining_lots
            elif order.self_trade != CANCEL_OLDEST:
                return lots + shown
            maker_slot = maker.newer
        lots += whole
        level_number = next_level(x, level_number)
    return lots


@helper
def spend_maker(x: Any, maker_slot: int, lots: int) -> None:
    """Take lots off the order at the head of a queue, its level and nothing else."""
    maker = order_at(x, maker_slot)
    maker.shown_lots -= lots
    maker.remaining_lots -= lots
    level_at(x, maker.level).quantity_lots -= lots


@helper
def retire_maker(x: Any, maker_slot: int, row: int, output: Any, cursor: int) -> int:
    """What follows when the order at the head of a queue shows nothing any more: a new slice, or its end."""
    maker = order_at(x, maker_slot)
    level_number = np.int64(maker.level)
    level = level_at(x, level_number)
    cut_head(x, level_number)
    if maker.remaining_lots == 0:
        level.orders -= 1
        end_order(x, maker_slot)
        return cursor
    maker.shown_lots = min(terms_at(x, maker_slot).display_lots, maker.remaining_lots)
    level.quantity_lots += maker.shown_lots
    x.book.hidden_slices -= 1
    append_to(x, level_number, maker_slot)
    return tell_refreshed(x, maker_slot, row, output, cursor)


@routine
def prevent_self_trade(
    x: Any, slot: int, maker_slot: int, open_lots: int, row: int, output: Any, cursor: int
) -> tuple[int, int]:
    """Keep two orders of one group apart: (lots the incoming order may still trade, cursor).

    0 lots left with lots still on the order: the rest of it is cancelled by `finish`.
    """
    stand_alone()
    rule = order_at(x, slot).self_trade
    maker = order_at(x, maker_slot)
    if rule == CANCEL_OLDEST or rule == CANCEL_BOTH:
        x.book.hidden_slices -= hidden_slices(x, maker_slot)
        cursor = tell_cancelled(x, maker_slot, SELF_TRADE, row, output, cursor)
        spend_maker(x, maker_slot, maker.shown_lots)
        maker.remaining_lots = 0
        cursor = retire_maker(x, maker_slot, row, output, cursor)
    elif rule != CANCEL_NEWEST:
        lots = min(open_lots, maker.shown_lots)
        spend_maker(x, maker_slot, lots)
        order_at(x, slot).remaining_lots = open_lots - lots
        cursor = tell_reduced(x, maker_slot, lots, SELF_TRADE, row, output, cursor)
        cursor = tell_reduced(x, slot, lots, SELF_TRADE, row, output, cursor)
        if maker.shown_lots == 0:
            cursor = retire_maker(x, maker_slot, row, output, cursor)
        return open_lots - lots, cursor
    if rule != CANCEL_OLDEST:
        order_at(x, slot).remaining_lots = open_lots
        cursor = tell_cancelled(x, slot, SELF_TRADE, row, output, cursor)
        order_at(x, slot).remaining_lots = 0
        open_lots = 0
    return open_lots, cursor


@routine
def price_in_the_middle(guard: Any, taker: Any, maker: Any) -> int:
    """The middle one of bid, ask and last price; a taker without a limit stands at the end of all prices."""
    stand_alone()
    last = guard.last_price_ticks if guard.last_price_ticks != 0 else guard.reference_price_ticks
    if last == 0:
        last = maker.price_ticks
    if taker.side == BUY:
        return median_price(taker.price_ticks if taker.price_ticks != 0 else PRICE_TICKS_MAX, maker.price_ticks, last)
    return median_price(maker.price_ticks, taker.price_ticks, last)


@helper
def trade_price(guard: Any, taker: Any, maker: Any) -> int:
    """What a trade is at: the maker's limit, unless the instrument trades at the middle of three prices."""
    return np.int64(maker.price_ticks) if guard.median == 0 else price_in_the_middle(guard, taker, maker)


@helper
def note_trade(x: Any, guard: Any, price_ticks: int) -> None:
    """Remember a trade's price, for the book's picture and for the stops that wait, if any."""
    guard.last_price_ticks = price_ticks
    if x.book.waiting_stops == 0:
        return
    if guard.trade_low_ticks == 0 or price_ticks < guard.trade_low_ticks:
        guard.trade_low_ticks = price_ticks
    if price_ticks > guard.trade_high_ticks:
        guard.trade_high_ticks = price_ticks


@helper
def match(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Trade an order, which stands in no queue, as far as it goes."""
    taker = order_at(x, slot)
    ladder_number = other_ladder(taker.instrument, taker.side)
    ladder = ladder_at(x, ladder_number)
    last_key = limit_key(ladder_number, taker.price_ticks)
    guard = guard_at(x, taker.instrument)
    prevents = taker.self_trade != ALLOW
    other_side = whose(BOTH_SIDES - np.int64(taker.side), taker.instrument)
    open_lots = taker.remaining_lots
    while open_lots > 0 and reaches_best(x, ladder_number, last_key):
        level_number = np.int64(ladder.best)
        level = level_at(x, level_number)
        price = order_at(x, level.head).price_ticks
        orders_before, lots_before = level.orders, level.quantity_lots
        while open_lots > 0 and level.head != 0:
            maker_slot = np.int64(level.head)
            maker = order_at(x, maker_slot)
            if prevents and maker.self_trade_group == taker.self_trade_group:
                open_lots, cursor = prevent_self_trade(x, slot, maker_slot, open_lots, row, output, cursor)
                continue
            lots = min(open_lots, maker.shown_lots)
            open_lots -= lots
            spend_maker(x, maker_slot, lots)
            traded_at = trade_price(guard, taker, maker)
            cursor = tell_trade(taker, maker, traded_at, lots, row, output, cursor)
            note_trade(x, guard, traded_at)
            if maker.shown_lots == 0:
                cursor = retire_maker(x, maker_slot, row, output, cursor)
        if level.orders != orders_before or level.quantity_lots != lots_before:
            lots_now, orders_now = level.quantity_lots, level.orders
            cursor = tell_depth(x, other_side, price, lots_now, orders_now, row, output, cursor)
        if level.orders == 0:
            remove_level(x, level_number)
    taker.remaining_lots = open_lots
    return cursor


@helper
def rest(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Put what is left of an order into its queue."""
    order = order_at(x, slot)
    order.shown_lots = order.remaining_lots
    if order.has_terms != 0 and terms_at(x, slot).display_lots != 0:
        order.shown_lots = min(terms_at(x, slot).display_lots, order.remaining_lots)
        x.book.hidden_slices += hidden_slices(x, slot)
    return join_queue(x, slot, order.price_ticks, row, output, cursor)


@routine
def rest_as_it_is(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Put an order into its queue without a look at the other side."""
    stand_alone()
    return rest(x, slot, row, output, cursor)


@routine
def wake_stops(x: Any, instrument: int, row: int, output: Any, cursor: int) -> int:
    """Run the stops that the last price has reached while nothing could trade, and what they set off."""
    stand_alone()
    guard = guard_at(x, instrument)
    guard.trade_low_ticks = guard.last_price_ticks
    guard.trade_high_ticks = guard.last_price_ticks
    slot = next_stop(x, instrument) if guard.last_price_ticks != 0 else np.int64(0)
    if slot != 0:
        cursor = set_off(x, slot, row, output, cursor)
        return trade_with_stops(x, slot, np.int64(0), row, output, cursor)
    guard.trade_low_ticks = 0
    guard.trade_high_ticks = 0
    return cursor


@helper
def run_order(x: Any, slot: int, minimum_lots: int, row: int, output: Any, cursor: int) -> int:
    """Trade an order that stands in no queue, then rest, cancel or end it."""
    order = order_at(x, slot)
    needed = order.remaining_lots if order.time_in_force == FOK else minimum_lots
    if needed > 0 and certain_lots(x, slot, needed) < needed:
        cursor = tell_cancelled(x, slot, MINIMUM_NOT_MET, row, output, cursor)
        end_order(x, slot)
        return cursor
    cursor = match(x, slot, row, output, cursor)
    if order.remaining_lots == 0:
        end_order(x, slot)
    elif may_rest(order):
        cursor = rest(x, slot, row, output, cursor)
    else:
        cursor = tell_cancelled(x, slot, MAY_NOT_REST, row, output, cursor)
        end_order(x, slot)
    return cursor


@helper
def may_rest(order: Any) -> bool:
    """Whether what is left of an order may wait in the book."""
    kind, tif = order.order_type, order.time_in_force
    return kind != MARKET and kind != STOP and tif != IOC and tif != FOK


@helper
def next_stop(x: Any, instrument: int) -> int:
    """The slot of the stop that the trades so far set off next, or 0."""
    guard = guard_at(x, instrument)
    base = np.int64(instrument) * LADDERS
    buys = ladder_at(x, base + 2).best
    if buys != 0 and key_at(level_at(x, buys)) <= key_of(base + 2, guard.trade_high_ticks):
        return np.int64(level_at(x, buys).head)
    sells = ladder_at(x, base + 3).best
    if sells != 0 and key_at(level_at(x, sells)) <= key_of(base + 3, guard.trade_low_ticks):
        return np.int64(level_at(x, sells).head)
    return np.int64(0)


@routine
def set_off(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Take a stop out of its queue: from now on it is an order like any other."""
    stand_alone()
    order = order_at(x, slot)
    guard = guard_at(x, order.instrument)
    cursor = leave_queue(x, slot, row, output, cursor)
    x.book.hidden_slices -= hidden_slices(x, slot)
    order.is_stop = 0
    x.book.waiting_stops -= 1
    price = guard.trade_high_ticks if order.side == BUY else guard.trade_low_ticks
    return tell_triggered(x, slot, price, row, output, cursor)


@routine
def trade_with_stops(x: Any, slot: int, minimum_lots: int, row: int, output: Any, cursor: int) -> int:
    """Run an order that may trade, then every stop that its trades, and theirs, set off."""
    stand_alone()
    instrument = order_at(x, slot).instrument
    guard = guard_at(x, instrument)
    while slot != 0:
        cursor = run_order(x, slot, minimum_lots, row, output, cursor)
        slot = np.int64(0)
        if x.book.waiting_stops > 0 and guard.trade_high_ticks != 0:
            slot = next_stop(x, instrument)
            if slot != 0:
                cursor = set_off(x, slot, row, output, cursor)
                minimum_lots = np.int64(0)
    guard.trade_low_ticks = 0
    guard.trade_high_ticks = 0
    return cursor


@helper
def would_trade(x: Any, instrument: int, side: int, price_ticks: int) -> bool:
    """Whether an order at this price would trade on arrival."""
    ladder_number = other_ladder(instrument, side)
    return reaches_best(x, ladder_number, key_of(ladder_number, price_ticks))


@helper
def reaches_best(x: Any, ladder_number: int, last_key: int) -> bool:
    """Whether an order that trades up to this key of a ladder trades with its best level."""
    return ladder_at(x, ladder_number).nearness + last_key > KEY_MAX


@helper
def run_with_stops(x: Any, slot: int, minimum_lots: int, row: int, output: Any, cursor: int) -> int:
    """Run an order that stands in no queue, and what follows from it. Most orders only rest: those need no more."""
    order = order_at(x, slot)
    if minimum_lots == 0 and may_rest(order) and not would_trade(x, order.instrument, order.side, order.price_ticks):
        return rest(x, slot, row, output, cursor)
    return trade_with_stops(x, slot, minimum_lots, row, output, cursor)
