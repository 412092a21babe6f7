"""Filling orders where they stand in their queues, which need not be at the head: listings, and the orders of a call.

A fill changes nothing but quantities. What is filled whole leaves its queue; an iceberg keeps its place and shows its
next slice, since nobody has come past it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import routine, stand_alone
from engine.orderbook.entries.kernels import guard_at, level_at, order_at, terms_at
from engine.orderbook.ids.kernels import find_slot
from engine.orderbook.orders.kernels import end_order, hidden_slices, leave_queue
from engine.orderbook.tape.kernels import tell_call_trade, tell_depth_at


@routine
def fill_standing(x: Any, slot: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Take traded lots off an order that stands in a queue."""
    stand_alone()
    order = order_at(x, slot)
    level = level_at(x, order.level)
    if order.has_terms != 0:
        x.book.hidden_slices -= hidden_slices(x, slot)
    shown = np.int64(0)
    if lots < order.shown_lots:
        shown = order.shown_lots - lots
    elif lots < order.remaining_lots:
        shown = min(terms_at(x, slot).display_lots, order.remaining_lots - lots)
    level.quantity_lots += shown - order.shown_lots
    order.shown_lots = shown
    order.remaining_lots -= lots
    if order.remaining_lots == 0:
        cursor = leave_queue(x, slot, row, output, cursor)
        end_order(x, slot)
        return cursor
    if order.has_terms != 0:
        x.book.hidden_slices += hidden_slices(x, slot)
    return tell_depth_at(x, order, order.price_ticks, level.quantity_lots, level.orders, row, output, cursor)


@routine
def trade_in_call(
    x: Any, buy_id: int, sell_id: int, price_ticks: int, lots: int, row: int, output: Any, cursor: int
) -> int:
    """Carry out one trade of a call between two live orders."""
    stand_alone()
    buy_slot, sell_slot = find_slot(x, buy_id), find_slot(x, sell_id)
    buy = order_at(x, buy_slot)
    guard_at(x, buy.instrument).last_price_ticks = price_ticks
    cursor = tell_call_trade(buy, order_at(x, sell_slot), price_ticks, lots, row, output, cursor)
    cursor = fill_standing(x, buy_slot, lots, row, output, cursor)
    return fill_standing(x, sell_slot, lots, row, output, cursor)
