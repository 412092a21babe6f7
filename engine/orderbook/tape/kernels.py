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
from engine.orderbook.levels.kernels import price_of

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
    event: Any, kind: int, side: int, instrument: int, row: int, participant: int, order_id: int, price_ticks: int
) -> None:
    """Fill an event with what every event about an order says, and nothing in the other columns."""
    event.kind = kind
    event.side = side
    event.outcome = 0
    event.parameter = 0
    event.instrument = instrument
    event.row = row
    event.participant = participant
    event.counterparty = 0
    event.reference = 0
    event.order_id = order_id
    event.counter_order_id = 0
    event.price_ticks = price_ticks
    event.quantity_lots = 0
    event.remaining_lots = 0
    event.amount_minor = 0


@helper
def start_event(event: Any, kind: int, row: int, order: Any) -> None:
    """`write_event` about an order of the book."""
    write_event(event, kind, order.side, order.instrument, row, order.participant, order.order_id, order.price_ticks)


@helper
def tell_accepted(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_ACCEPTED, row, order)
    event.reference = order.time_in_force
    event.quantity_lots = order.remaining_lots
    return cursor + 1


@helper
def tell_entry(
    instrument: int,
    side: int,
    time_in_force: int,
    participant: int,
    order_id: int,
    price_ticks: int,
    lots: int,
    row: int,
    output: Any,
    cursor: int,
) -> int:
    """`tell_accepted` by the order's numbers."""
    event = event_at(output, cursor)
    write_event(event, ORDER_ACCEPTED, side, instrument, row, participant, order_id, price_ticks)
    event.reference = time_in_force
    event.quantity_lots = lots
    return cursor + 1


@helper
def tell_terms(x: Any, slot: int, minimum_lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell the further terms of an order that has some."""
    order = order_at(x, slot)
    terms = terms_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_TERMS, row, order)
    event.price_ticks = terms.stop_price_ticks
    event.quantity_lots = terms.display_lots
    event.remaining_lots = minimum_lots
    event.counter_order_id = terms.expire_ns
    event.reference = order.order_type
    return cursor + 1


@helper
def tell_trade(taker: Any, maker: Any, price_ticks: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a trade; the maker's quantity is already without it. The buyer's limit says what cash was held for it."""
    event = event_at(output, cursor)
    start_event(event, TRADE, row, taker)
    event.counterparty = maker.participant
    event.reference = taker.price_ticks if taker.side == BUY else maker.price_ticks
    event.counter_order_id = maker.order_id
    event.price_ticks = price_ticks
    event.quantity_lots = lots
    event.remaining_lots = maker.remaining_lots
    return cursor + 1


@helper
def tell_call_trade(buy: Any, sell: Any, price_ticks: int, lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a trade of a call, which is not yet taken off its two orders."""
    event = event_at(output, cursor)
    start_event(event, CALL_TRADE, row, buy)
    event.side = 0
    event.counterparty = sell.participant
    event.reference = buy.price_ticks
    event.counter_order_id = sell.order_id
    event.price_ticks = price_ticks
    event.quantity_lots = lots
    event.remaining_lots = buy.remaining_lots - lots
    event.amount_minor = sell.remaining_lots - lots
    return cursor + 1


@helper
def tell_cancelled(x: Any, slot: int, reason: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_CANCELLED, row, order)
    event.reference = reason
    event.quantity_lots = order.remaining_lots
    return cursor + 1


@helper
def tell_reduced(x: Any, slot: int, lots: int, reason: int, row: int, output: Any, cursor: int) -> int:
    """Tell a reduction; the order's quantity is already without it."""
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_REDUCED, row, order)
    event.reference = reason
    event.quantity_lots = lots
    event.remaining_lots = order.remaining_lots
    return cursor + 1


@helper
def tell_replaced(x: Any, slot: int, old_lots: int, row: int, output: Any, cursor: int) -> int:
    """Tell a replacement; the order already has its new price and quantity."""
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_REPLACED, row, order)
    event.quantity_lots = order.remaining_lots
    event.remaining_lots = old_lots
    return cursor + 1


@helper
def tell_triggered(x: Any, slot: int, price_ticks: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_TRIGGERED, row, order)
    event.price_ticks = price_ticks
    event.remaining_lots = order.remaining_lots
    return cursor + 1


@helper
def tell_refreshed(x: Any, slot: int, row: int, output: Any, cursor: int) -> int:
    order = order_at(x, slot)
    event = event_at(output, cursor)
    start_event(event, ORDER_REFRESHED, row, order)
    event.quantity_lots = order.shown_lots
    event.remaining_lots = order.remaining_lots
    return cursor + 1


@helper
def start_market_event(event: Any, kind: int, row: int, ladder_number: int) -> None:
    """Fill an event about a price of a ladder of bids or asks."""
    event.kind = kind
    event.side = (ladder_number & 3) + 1
    event.outcome = 0
    event.parameter = 0
    event.instrument = ladder_number >> 2
    event.row = row
    event.participant = 0
    event.counterparty = 0
    event.reference = 0
    event.order_id = 0
    event.counter_order_id = 0
    event.price_ticks = 0
    event.quantity_lots = 0
    event.remaining_lots = 0
    event.amount_minor = 0


@helper
def tell_depth(
    x: Any, ladder_number: int, price_ticks: int, lots: int, orders: int, row: int, output: Any, cursor: int
) -> int:
    """Tell what is now shown at a price, if market data is asked for; stops are nobody's business."""
    if x.book.market_data == 0 or ladder_number & 2 != 0:
        return cursor
    event = event_at(output, cursor)
    start_market_event(event, DEPTH_CHANGED, row, ladder_number)
    event.price_ticks = price_ticks
    event.quantity_lots = lots
    event.reference = orders
    return cursor + 1


@helper
def tell_top(x: Any, ladder_number: int, row: int, output: Any, cursor: int) -> int:
    """Tell the best level of a ladder if it is not what was told last."""
    ladder = ladder_at(x, ladder_number)
    level = level_at(x, ladder.best)
    orders = level.orders if ladder.best != 0 else 0
    lots = level.quantity_lots
    if orders == ladder.told_orders and (orders == 0 or (level.key == ladder.told_key and lots == ladder.told_lots)):
        return cursor
    ladder.told_orders = orders
    ladder.told_key = level.key
    ladder.told_lots = lots
    event = event_at(output, cursor)
    start_market_event(event, TOP_CHANGED, row, ladder_number)
    if orders != 0:
        event.price_ticks = price_of(ladder_number, level.key)
        event.quantity_lots = lots
        event.reference = orders
    return cursor + 1


@helper
def tell_refused(command: Any, order_id: int, outcome: int, parameter: int, row: int, output: Any, cursor: int) -> int:
    """Tell that a row of ORDERS was refused, and what it had asked for."""
    event = event_at(output, cursor)
    event.kind = REFUSED
    event.side = 0
    event.outcome = outcome
    event.parameter = parameter
    event.instrument = command.instrument & 0xFFFF
    event.row = row
    event.participant = command.actor
    event.counterparty = 0
    event.reference = 0
    event.order_id = order_id
    event.counter_order_id = 0
    event.price_ticks = command.price_ticks
    event.quantity_lots = command.quantity_lots
    event.remaining_lots = 0
    event.amount_minor = 0
    return cursor + 1
