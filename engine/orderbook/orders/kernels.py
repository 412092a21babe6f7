"""Slots of orders, and the queue at each price: first come, first served.

A queue is a doubly linked list through the orders of a level, oldest first. Links of 0 end it; entry 0 of the pool
takes the writes that would need a test otherwise, and is never read.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.jit import helper
from engine.orderbook.entries.kernels import level_at, order_at, terms_at
from engine.orderbook.expiry.kernels import unwatch_expiry
from engine.orderbook.ids.kernels import forget
from engine.orderbook.layout import LADDERS
from engine.orderbook.levels.kernels import key_of, open_level, remove_level
from engine.orderbook.tape.kernels import tell_depth_at


@helper
def take_slot(x: Any) -> int:
    """A slot for a new order; the caller has seen to it that there is one."""
    slot = np.int64(x.book.orders_free)
    x.book.orders_free = slot + 1 + order_at(x, slot).newer
    x.book.orders_used += 1
    return slot


@helper
def give_slot(x: Any, slot: int) -> None:
    """Put a slot back; the next order takes it."""
    order_at(x, slot).newer = x.book.orders_free - slot - 1
    x.book.orders_free = slot
    x.book.orders_used -= 1


@helper
def ladder_of(order: Any) -> int:
    """The number of the ladder an order stands in: of its side, or of its side's stops."""
    return np.int64(order.instrument) * LADDERS + order.is_stop * 2 + order.side - 1


@helper
def append_to(x: Any, level_number: int, slot: int) -> None:
    """Put an order at the end of a level's queue; quantities are the caller's business."""
    level = level_at(x, level_number)
    order = order_at(x, slot)
    tail = level.tail
    order.level = level_number
    order.older = tail
    order.newer = 0
    order_at(x, tail).newer = slot
    if tail == 0:
        level.head = slot
    level.tail = slot


@helper
def cut_from(x: Any, slot: int) -> None:
    """Take an order out of its level's queue; quantities are the caller's business."""
    order = order_at(x, slot)
    level = level_at(x, order.level)
    older, newer = order.older, order.newer
    order_at(x, older).newer = newer
    order_at(x, newer).older = older
    # No branch: nobody can foresee whether it is the oldest or the youngest that goes.
    level.head += (newer - level.head) * (older == 0)
    level.tail += (older - level.tail) * (newer == 0)


@helper
def cut_head(x: Any, level_number: int) -> None:
    """`cut_from` for the oldest order of a level."""
    level = level_at(x, level_number)
    newer = order_at(x, level.head).newer
    order_at(x, newer).older = 0
    level.head = newer
    if newer == 0:
        level.tail = 0


@helper
def step_in(x: Any, level_number: int, slot: int, shown_lots: int) -> tuple[int, int]:
    """Put an order at the end of a level's queue: (lots, orders) that the level now shows."""
    append_to(x, level_number, slot)
    level = level_at(x, level_number)
    orders, lots = level.orders + 1, level.quantity_lots + shown_lots
    level.orders = orders
    level.quantity_lots = lots
    return lots, orders


@helper
def step_out(x: Any, slot: int) -> tuple[int, int]:
    """Take an order out of its level's queue, with what it still shows: (lots, orders) that the level now shows."""
    order = order_at(x, slot)
    level = level_at(x, order.level)
    cut_from(x, slot)
    orders, lots = level.orders - 1, level.quantity_lots - order.shown_lots
    level.orders = orders
    level.quantity_lots = lots
    return lots, orders


@helper
def join_queue(x: Any, slot: int, price_ticks: int, row: int, output: Any, cursor: int) -> int:
    """Put an order into its ladder at a price, behind those already there."""
    order = order_at(x, slot)
    ladder_number = ladder_of(order)
    level_number = open_level(x, ladder_number, key_of(ladder_number, price_ticks))
    lots, orders = step_in(x, level_number, slot, order.shown_lots)
    return tell_depth_at(x, order, price_ticks, lots, orders, row, output, cursor)


@helper
def leave_queue(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    """Take an order out of its ladder, with what it still shows."""
    order = order_at(x, slot)
    lots, orders = step_out(x, slot)
    if orders == 0:
        remove_level(x, np.int64(order.level))
    return tell_depth_at(x, order, order.price_ticks, lots, orders, row, output, cursor)


@helper
def hidden_slices(x: Any, slot: int) -> int:
    """How many more times an iceberg can show a new slice; a stop that waits has shown none yet."""
    order = order_at(x, slot)
    hidden = order.remaining_lots if order.is_stop != 0 else order.remaining_lots - order.shown_lots
    if hidden == 0 or terms_at(x, slot).display_lots == 0:
        return 0
    display = terms_at(x, slot).display_lots
    return (hidden + display - 1) // display


@helper
def end_order(x: Any, slot: int) -> None:
    """Forget an order that stands in no queue any more."""
    order = order_at(x, slot)
    forget(x, slot)
    if order.has_terms != 0 and terms_at(x, slot).expire_ns != 0:
        unwatch_expiry(x, slot)
    give_slot(x, slot)
