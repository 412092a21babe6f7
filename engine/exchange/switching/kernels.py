"""The compiled parts of a change of phase; `engine.exchange.phases` says which of them happen, and in which order.

Each part writes its events and posts them to the accounts, so that what one part frees the next one finds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.commands import ALL_PARTICIPANTS
from engine.events import EVENT, CancelReason
from engine.exchange.blocks.kernels import expire_blocks
from engine.jit import kernel
from engine.ledger.kernels import post_order_events
from engine.orderbook.filling.kernels import trade_in_call
from engine.orderbook.kernels import begin_batch
from engine.orderbook.matching.kernels import wake_stops
from engine.orderbook.sweep.kernels import DAY_ORDERS, MARKET_ORDERS, sweep

EXPIRE, UNCROSS, DROP_MARKET, END_DAY, WAKE = range(5)
"""The parts: orders expire whose time has come; the trades of a call are carried out; market orders that a call left
over go; DAY orders go; stops wake that the last price has reached."""

EVERYBODY = int(ALL_PARTICIPANTS)
MAY_NOT_REST = int(CancelReason.MAY_NOT_REST)
DAY_ENDED = int(CancelReason.DAY_ENDED)

CALL_FILL = np.dtype((np.record, [("buy_id", "i8"), ("sell_id", "i8"), ("quantity_lots", "i8")]))
"""One trade of a call, by the ids of its two orders."""


def build_switch(state_dtype: np.dtype) -> Callable[..., int]:
    """The kernel `switch(state, part, instrument, row, argument, fills, output) -> events` for one state layout.

    `argument` is the time of the batch for EXPIRE and the price of the call for UNCROSS; `fills` (bytes of CALL_FILL)
    are its trades, none for the other parts. `output` has room for what the part may cause.
    """

    @kernel
    def switch(
        state: np.ndarray,
        part: int,
        instrument: int,
        row: int,
        argument: int,
        fills_bytes: np.ndarray,
        output_bytes: np.ndarray,
    ) -> int:
        x = state.view(state_dtype)[0]
        output = output_bytes.view(EVENT)
        fills = fills_bytes.view(CALL_FILL)
        cursor = np.int64(0)
        if part == EXPIRE:
            cursor = begin_batch(x, argument, output, cursor)
            post_order_events(x, output, 0, cursor)
            return expire_blocks(x, argument, output, cursor)
        if part == UNCROSS:
            for i in range(fills.shape[0]):
                fill = fills[i]
                cursor = trade_in_call(x, fill.buy_id, fill.sell_id, argument, fill.quantity_lots, row, output, cursor)
        elif part == DROP_MARKET:
            cursor = sweep(x, instrument, 0, EVERYBODY, MARKET_ORDERS, MAY_NOT_REST, row, output, cursor)
        elif part == END_DAY:
            cursor = sweep(x, instrument, 0, EVERYBODY, DAY_ORDERS, DAY_ENDED, row, output, cursor)
        else:
            cursor = wake_stops(x, instrument, row, output, cursor)
        post_order_events(x, output, 0, cursor)
        return cursor

    return switch
