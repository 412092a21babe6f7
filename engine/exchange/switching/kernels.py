"""The compiled parts of a change of phase; `engine.exchange.phases` says which of them happen, and in which order.

Each part writes its events and posts them to the accounts, so that what one part frees the next one finds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import ALL_PARTICIPANTS, Side
from engine.events import CancelReason
from engine.exchange.blocks.kernels import clear_blocks, drop_buys, expire_blocks
from engine.exchange.day.kernels import count_trades
from engine.jit import routine, stand_alone
from engine.ledger.kernels import post_order_events
from engine.orderbook.filling.kernels import trade_in_call
from engine.orderbook.kernels import begin_batch
from engine.orderbook.matching.kernels import wake_stops
from engine.orderbook.sweep.kernels import DAY_ORDERS, EVERY_ORDER, MARKET_ORDERS, sweep

ORDERS, EXPIRE, UNCROSS, DROP_MARKET, END_DAY, WAKE, STOP, CLEAR_OFFERS, DROP_BUYS = range(9)
"""What a task asks for: rows of orders, or one of the parts of a change of phase: orders and block offers expire whose
time has come; the trades of a call are carried out; market orders that a call left over go; DAY orders go; stops wake
that the last price has reached; orders of a stopped participant go; block offers go; buy orders and offers to buy go,
because other charges make what they hold wrong."""

TASK = np.dtype(
    (
        np.record,
        [
            ("part", "i8"),
            ("first", "i8"),
            ("argument", "i8"),
            ("instrument", "i8"),
            ("row", "i8"),
            ("reached", "i8"),
            ("written", "i8"),
            ("in_call", "i8"),
        ],
    )
)
"""What the exchange's kernel is to do, and how far it came.

ORDERS: `first` row to carry out, `argument` the time (-1: a batch continued). The parts: `instrument`, the `row` that
their events belong to, and as `argument` the time for EXPIRE, the price for UNCROSS, the participant for STOP
(everybody: ALL_PARTICIPANTS) and for CLEAR_OFFERS (0: anybody; instrument 0: any). The kernel writes how many events it
has `written`, and for ORDERS the row that it `reached` and whether any instrument is `in_call`."""

CALL_FILL = np.dtype((np.record, [("buy_id", "i8"), ("sell_id", "i8"), ("quantity_lots", "i8")]))
"""One trade of a call, by the ids of its two orders."""

EVERYBODY = int(ALL_PARTICIPANTS)
MAY_NOT_REST = int(CancelReason.MAY_NOT_REST)
STOPPED = int(CancelReason.STOPPED)
DAY_ENDED = int(CancelReason.DAY_ENDED)
CHARGES_CHANGED = int(CancelReason.CHARGES_CHANGED)
BUY = int(Side.BUY)


@routine
def run_part(x: Any, task: Any, fills: Any, output: Any) -> int:
    """Carry out one part of a change of phase; `fills` (CALL_FILL) are the trades of UNCROSS. Returns the cursor."""
    stand_alone()
    cursor = np.int64(0)
    instrument, row = task.instrument, task.row
    if task.part == EXPIRE:
        cursor = begin_batch(x, task.argument, output, cursor)
        _, cursor = post_order_events(x, output, 0, cursor)
        return expire_blocks(x, task.argument, output, cursor)
    if task.part == CLEAR_OFFERS:
        return clear_blocks(x, task.argument, instrument, row, output, cursor)
    if task.part == UNCROSS:
        for i in range(fills.shape[0]):
            fill = fills[i]
            cursor = trade_in_call(x, fill.buy_id, fill.sell_id, task.argument, fill.quantity_lots, row, output, cursor)
    elif task.part == DROP_MARKET:
        cursor = sweep(x, instrument, 0, EVERYBODY, MARKET_ORDERS, MAY_NOT_REST, row, output, cursor)
    elif task.part == END_DAY:
        cursor = sweep(x, instrument, 0, EVERYBODY, DAY_ORDERS, DAY_ENDED, row, output, cursor)
    elif task.part == STOP:
        cursor = sweep(x, instrument, 0, task.argument, EVERY_ORDER, STOPPED, row, output, cursor)
    elif task.part == DROP_BUYS:
        cursor = sweep(x, instrument, BUY, EVERYBODY, EVERY_ORDER, CHARGES_CHANGED, row, output, cursor)
        _, cursor = post_order_events(x, output, 0, cursor)
        return drop_buys(x, instrument, row, output, cursor)
    else:
        cursor = wake_stops(x, instrument, row, output, cursor)
    told = cursor
    _, cursor = post_order_events(x, output, 0, told)
    count_trades(x, instrument, output, 0, told)
    return cursor
