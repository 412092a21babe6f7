"""The rows, orders and events of the path of orders as words of 64 bits: the same bytes as their fields.

A processor writes and compares eight bytes as easily as one. So the small columns of a record lie together in a word,
and where much is written or tested at once, it is done by words. `what` is the word that says what a record is:

    byte        0         1     2           3              4           5          6   7
    of a row    command   side  order_type  time_in_force  instrument
    of an order is_stop   side  order_type  time_in_force  self_trade  has_terms  instrument
    of an event kind      side  outcome                    parameter              instrument

Elsewhere records are read and written by their fields.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import ROWS, OrderCommand, OrderType, Table, TimeInForce
from engine.events import EVENT
from engine.jit import helper
from engine.orderbook.bits.kernels import seen_as
from engine.orderbook.layout import ORDER

ROW_WORDS = np.dtype((np.record, {"names": ["what"], "formats": ["i8"], "offsets": [16], "itemsize": 88}))
ORDER_WORDS = np.dtype((np.record, {"names": ["what"], "formats": ["i8"], "offsets": [56], "itemsize": 64}))
EVENT_WORDS = np.dtype(
    (
        np.record,
        [
            ("what", "i8"),
            ("row_participant", "i8"),
            ("counterparty_reference", "i8"),
            ("order_id", "i8"),
            ("counter_order_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("remaining_lots", "i8"),
            ("amount_minor", "i8"),
        ],
    )
)
"""Where two columns share a word the first one is its lower half."""

_SIDE, _ORDER_TYPE, _TIME_IN_FORCE, _SELF_TRADE, _INSTRUMENT = 8, 16, 24, 32, 48
_OUTCOME, _PARAMETER = 16, 32
_UPPER_HALF = 32
_WHOSE = np.int64(0xFF << _SIDE | (0xFFFF << _INSTRUMENT) - (1 << 64))
"""The bits of side and instrument."""

_PLAIN = OrderCommand.NEW | 1 << _SIDE | OrderType.LIMIT << _ORDER_TYPE | TimeInForce.GTC << _TIME_IN_FORCE
_NOT_PLAIN = 0xFFFFFFFF & ~(1 << _SIDE | 1 << _TIME_IN_FORCE)


words_of_row = seen_as(ROW_WORDS, ROWS[Table.ORDERS])
words_of_order = seen_as(ORDER_WORDS, ORDER)
words_of_event = seen_as(EVENT_WORDS, EVENT)


@helper
def whose(side: int, instrument: int) -> int:
    """The `what` of something about a side of an instrument, but for what it is."""
    return np.int64(side) << _SIDE | np.int64(instrument) << _INSTRUMENT


@helper
def whose_order(order: Any) -> int:
    """`whose` of an order's side and instrument."""
    return words_of_order(order).what & _WHOSE


@helper
def refusal(outcome: int, parameter: int) -> int:
    """The part of an event's `what` that says why something was refused."""
    return outcome << _OUTCOME | parameter << _PARAMETER


@helper
def order_terms(order_type: int, time_in_force: int, self_trade: int) -> int:
    """The part of an order's `what` that says how it trades; it is no stop and has no further terms."""
    return (
        np.int64(order_type) << _ORDER_TYPE
        | np.int64(time_in_force) << _TIME_IN_FORCE
        | np.int64(self_trade) << _SELF_TRADE
    )


@helper
def beyond_plain(row: Any) -> int:
    """0 if a row's `what` is a new limit order, good till cancelled or immediate-or-cancel, of one side.

    The two sides are 1 and 2, and so are the two times in force: less one, no bit but the lowest may be set.
    """
    return (words_of_row(row).what - _PLAIN) & _NOT_PLAIN


@helper
def put_pair(lower: int, upper: int) -> int:
    """Two columns of 32 bits as the word they share."""
    return np.int64(upper) << _UPPER_HALF | lower
