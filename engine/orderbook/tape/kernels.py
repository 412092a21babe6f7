"""Writing events: every helper fills one row of the output and returns the position after it.

`output` is a tape: compiled, the address of its first event; interpreted, the array. (An array handed from helper to
helper costs a reference count at every step, a tape nothing.) It has room: see `events_needed` in
`engine.orderbook.kernels`. `row` is the position in the batch of the command that caused the event. Every column is
written, so a buffer can be used again as it is.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from engine.commands import Side
from engine.events import EVENT, EventKind
from engine.jit import helper
from engine.orderbook.entries.kernels import ladder_at, level_at, order_at, terms_at
from engine.orderbook.levels.kernels import key_at, price_of
from engine.orderbook.packed.kernels import put_pair, refusal, whose, whose_order, words_of_event

BUY = np.int64(Side.BUY)
ORDER_ACCEPTED = np.int64(EventKind.ORDER_ACCEPTED)
TRADE = np.int64(EventKind.TRADE)
CALL_TRADE = np.int64(EventKind.CALL_TRADE)
ORDER_CANCELLED = np.int64(EventKind.ORDER_CANCELLED)
ORDER_REDUCED = np.int64(EventKind.ORDER_REDUCED)
ORDER_REPLACED = np.int64(EventKind.ORDER_REPLACED)
ORDER_TERMS = np.int64(EventKind.ORDER_TERMS)
ORDER_TRIGGERED = np.int64(EventKind.ORDER_TRIGGERED)
ORDER_REFRESHED = np.int64(EventKind.ORDER_REFRESHED)
DEPTH_CHANGED = np.int64(EventKind.DEPTH_CHANGED)
TOP_CHANGED = np.int64(EventKind.TOP_CHANGED)
REFUSED = np.int64(EventKind.REFUSED)


if numba.config.DISABLE_JIT:

    def open_tape(output: np.ndarray) -> Any:
        """The tape over an output buffer (bytes): what the helpers write events into."""
        return output.view(EVENT)

    def event_at(tape: Any, position: int) -> Any:
        """The event at a position of a tape."""
        return tape[position]

else:
    import llvmlite.ir as llvm

    @helper
    def open_tape(output: np.ndarray) -> Any:
        """The tape over an output buffer (bytes): what the helpers write events into."""
        return output.view(EVENT)[0]

    @intrinsic
    def event_at(typing_context: Any, tape: Any, position: Any) -> Any:
        """The event at a position of a tape (or of an array of EVENT)."""
        event = tape.dtype if isinstance(tape, types.Array) else tape

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            first, index = arguments
            if isinstance(tape, types.Array):
                first = context.make_array(tape)(context, builder, first).data
            byte_pointer = llvm.IntType(8).as_pointer()
            offset = builder.mul(index, llvm.Constant(llvm.IntType(64), event.size))
            address = builder.gep(builder.bitcast(first, byte_pointer), [offset])
            return builder.bitcast(address, context.get_value_type(event))

        return event(tape, types.int64), generate


@helper
def write_event(
    output: Any,
    cursor: int,
    what: int,
    row: int,
    participant: int,
    order_id: int,
    price_ticks: int,
    quantity_lots: int,
    remaining_lots: int = 0,
    reference: int = 0,
    counterparty: int = 0,
    counter_order_id: int = 0,
    amount_minor: int = 0,
) -> int:
    """Write an event, every word once; returns the position after it. `what`: see `engine.orderbook.packed`.

    Once, because the compiler must take an event for memory that the state may share: a column written twice costs two
    writes, and what was read from the state before the first of them is read again after it.
    """
    event = words_of_event(event_at(output, cursor))
    event.what = what
    event.row_participant = put_pair(row, participant)
    event.counterparty_reference = put_pair(counterparty, reference)
    event.order_id = order_id
    event.counter_order_id = counter_order_id
    event.price_ticks = price_ticks
    event.quantity_lots = quantity_lots
    event.remaining_lots = remaining_lots
    event.amount_minor = amount_minor
    return cursor + 1


@helper
def tell_entry(
    side_and_instrument: int,
    time_in_force: int,
    participant: int,
    order_id: int,
    price_ticks: int,
    lots: int,
    row: int,
    output: Any,
    cursor: int,
) -> int:
    """Tell that an order was accepted, by its numbers; `side_and_instrument`: see `engine.orderbook.packed.whose`."""
    what, tif = side_and_instrument | ORDER_ACCEPTED, time_in_force
    return write_event(output, cursor, what, row, participant, order_id, price_ticks, lots, reference=tif)


@helper
def tell_of(
    order: Any,
    kind: int,
    price_ticks: int,
    lots: int,
    remaining_lots: int,
    reference: int,
    row: int,
    output: Any,
    cursor: int,
) -> int:
    """Tell something of an order of the book."""
    what, who, number = whose_order(order) | kind, order.participant, order.order_id
    return write_event(output, cursor, what, row, who, number, price_ticks, lots, remaining_lots, reference)


@helper
def tell_accepted(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    tif = order.time_in_force
    return tell_of(order, ORDER_ACCEPTED, order.price_ticks, order.remaining_lots, 0, tif, row, output, cursor)


@helper
def tell_terms(x: Any, slot: int, minimum_lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell the further terms of an order that has some."""
    order = order_at(x, slot)
    terms = terms_at(x, slot)
    return write_event(
        output,
        cursor,
        whose_order(order) | ORDER_TERMS,
        row,
        order.participant,
        order.order_id,
        terms.stop_price_ticks,
        terms.display_lots,
        minimum_lots,
        reference=order.order_type,
        counter_order_id=terms.expire_ns,
    )


@helper
def tell_trade(taker: Any, maker: Any, price_ticks: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a trade; the maker's quantity is already without it. The buyer's limit says what cash was held for it."""
    return write_event(
        output,
        cursor,
        whose_order(taker) | TRADE,
        row,
        taker.participant,
        taker.order_id,
        price_ticks,
        lots,
        maker.remaining_lots,
        reference=taker.price_ticks if taker.side == BUY else maker.price_ticks,
        counterparty=maker.participant,
        counter_order_id=maker.order_id,
    )


@helper
def tell_call_trade(buy: Any, sell: Any, price_ticks: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a trade of a call, which is not yet taken off its two orders."""
    return write_event(
        output,
        cursor,
        whose(0, buy.instrument) | CALL_TRADE,
        row,
        buy.participant,
        buy.order_id,
        price_ticks,
        lots,
        buy.remaining_lots - lots,
        reference=buy.price_ticks,
        counterparty=sell.participant,
        counter_order_id=sell.order_id,
        amount_minor=sell.remaining_lots - lots,
    )


@helper
def tell_cancelled(x: Any, slot: int, reason: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    return tell_of(order, ORDER_CANCELLED, order.price_ticks, order.remaining_lots, 0, reason, row, output, cursor)


@helper
def tell_reduced(x: Any, slot: int, lots: int, reason: int, row: int, output: Any, cursor: int) -> int:
    """Tell a reduction; the order's quantity is already without it."""
    order = order_at(x, slot)
    return tell_of(order, ORDER_REDUCED, order.price_ticks, lots, order.remaining_lots, reason, row, output, cursor)


@helper
def tell_replaced(x: Any, slot: int, old_lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a replacement; the order already has its new price and quantity."""
    order = order_at(x, slot)
    return tell_of(order, ORDER_REPLACED, order.price_ticks, order.remaining_lots, old_lots, 0, row, output, cursor)


@helper
def tell_triggered(x: Any, slot: int, price_ticks: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    return tell_of(order, ORDER_TRIGGERED, price_ticks, 0, order.remaining_lots, 0, row, output, cursor)


@helper
def tell_refreshed(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    lots, left = order.shown_lots, order.remaining_lots
    return tell_of(order, ORDER_REFRESHED, order.price_ticks, lots, left, 0, row, output, cursor)


@helper
def tell_depth(
    x: Any, side_and_instrument: int, price_ticks: int, lots: int, orders: int, row: int, output: Any, cursor: int
) -> int:
    """Tell what is now shown at a price of the bids or asks, if market data is asked for."""
    if x.book.market_data == 0:
        return cursor
    what = side_and_instrument | DEPTH_CHANGED
    return write_event(output, cursor, what, row, 0, 0, price_ticks, lots, reference=orders)


@helper
def tell_depth_at(
    x: Any, order: Any, price_ticks: int, lots: int, orders: int, row: int, output: Any, cursor: int
) -> int:
    """`tell_depth` of the price where an order stands or stood; stops are nobody's business."""
    if order.is_stop != 0:
        return cursor
    return tell_depth(x, whose_order(order), price_ticks, lots, orders, row, output, cursor)


@helper
def tell_top(x: Any, ladder_number: int, row: int, output: Any, cursor: int) -> int:
    """Tell the best level of a ladder if it is not what was told last."""
    ladder = ladder_at(x, ladder_number)
    level = level_at(x, ladder.best)
    orders, lots, price = np.int64(0), np.int64(0), np.int64(0)
    if ladder.best != 0:
        orders, lots, price = np.int64(level.orders), level.quantity_lots, price_of(ladder_number, key_at(level))
    if orders == ladder.told_orders and price == ladder.told_price_ticks and lots == ladder.told_lots:
        return cursor
    ladder.told_orders = orders
    ladder.told_price_ticks = price
    ladder.told_lots = lots
    what = whose((ladder_number & 3) + 1, ladder_number >> 2) | TOP_CHANGED
    return write_event(output, cursor, what, row, 0, 0, price, lots, reference=orders)


@helper
def tell_refused(command: Any, order_id: int, outcome: int, parameter: int, row: int, output: Any, cursor: int) -> int:
    """Tell that a row of ORDERS was refused, and what it had asked for."""
    what = whose(0, command.instrument & 0xFFFF) | refusal(outcome, parameter) | REFUSED
    price, lots = command.price_ticks, command.quantity_lots
    return write_event(output, cursor, what, row, command.actor, order_id, price, lots)
