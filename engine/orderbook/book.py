"""The bare order book: rows of ORDERS in, events out, without accounts, sessions or rule books.

For replays, research and tests; the exchange runs the same compiled code with accounts around it. Rows are judged and
carried out one after the other, each on its own: a refused row leaves a REFUSED event and changes nothing else. The
book has no clock: the time of a batch comes with it. Equal rows at equal times give equal events on every machine.

Not here: who may trade, what it costs, ticks and lots of a market; prices are whole ticks, quantities whole lots.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.capacity import SMALL, Capacity
from engine.commands import ROWS, SelfTrade, Table
from engine.events import EVENT
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook.bare.kernels import (
    EVENTS_A_ROW,
    build_copy_depth,
    build_copy_orders,
    build_end_day,
    build_run,
)
from engine.orderbook.layout import GUARD, LADDERS, MarketData, aligned_bytes, book_dtype, initialise_book
from engine.orderbook.reading.kernels import DEPTH_LEVEL, QUEUED_ORDER
from engine.views import Depth, Level

ORDER_ROWS = ROWS[Table.ORDERS]
_EVENTS_A_ROW = 4
_SPARE_EVENTS = 64 + 16 * EVENTS_A_ROW
"""Room for the largest row and, so that the kernel seldom has to look at it, for some more of them."""
_CONTINUED = -1

GUARDED = tuple(name for name in GUARD.names or () if name not in {"trade_low_ticks", "trade_high_ticks", "unused"})
"""What `set_guard` can set; see `engine.orderbook.layout.GUARD`."""

_LARGEST = {"self_trade": max(SelfTrade), "halted": 1, "median": 1, "any_at_level": 1}


def _largest(name: str) -> int:
    """The largest value of a guard. A price beyond the last one has no place in a ladder."""
    bound = QUANTITY_LOTS_MAX if name.endswith("_lots") else PRICE_TICKS_MAX
    return int(_LARGEST.get(name, bound))


class OrderBook:
    """Price-time order books of one or more instruments, compiled.

    Two orders and their trade:

    >>> from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
    >>> from engine.events import EventKind
    >>> from engine.orderbook import OrderBook
    >>> rows = rows_of(Table.ORDERS, 2)
    >>> rows["command"] = OrderCommand.NEW
    >>> rows["order_id"] = [1, 2]
    >>> rows["actor"] = [501, 502]
    >>> rows["side"] = [Side.SELL, Side.BUY]
    >>> rows["order_type"] = OrderType.LIMIT
    >>> rows["time_in_force"] = TimeInForce.GTC
    >>> rows["price_ticks"] = [4350, 4360]
    >>> rows["quantity_lots"] = [10, 4]
    >>> book = OrderBook()
    >>> events = book.apply(rows)
    >>> [EventKind(kind).name for kind in events["kind"]]
    ['ORDER_ACCEPTED', 'ORDER_ACCEPTED', 'TRADE']
    >>> trade = events[-1]
    >>> int(trade["price_ticks"]), int(trade["quantity_lots"]), int(trade["remaining_lots"])
    (4350, 4, 6)
    >>> book.depth().asks
    (Level(price_ticks=4350, quantity_lots=6, orders=1),)

    `rows` is an array of `engine.commands.ROWS[Table.ORDERS]`. A NEW row brings its own `order_id`, 1 or more, not in
    use. Columns that don't apply stay 0. Instruments are numbered from 0. `engine.events.MEANING` says what each event
    holds.

    Cost: tens of nanoseconds a row in large batches, some microseconds for a batch of one. The first call compiles
    the kernels for this capacity class (seconds); later processes load them.
    """

    def __init__(self, capacity: Capacity = SMALL, market_data: MarketData = MarketData.NONE) -> None:
        self.capacity = capacity
        dtype = book_dtype(capacity)
        self._bytes = aligned_bytes(dtype.itemsize)
        self._state = self._bytes.view(dtype)
        self._x = self._state.view(np.recarray)[0]
        initialise_book(self._x)
        self._x.book.market_data = int(market_data)
        self._run: Callable[..., None] = build_run(capacity)
        # Fields of the record as arrays: read at every call, and attributes of a record are slow to come by.
        numbers = self._state["book"]
        self._time, self._orders_used = numbers["time_ns"], numbers["orders_used"]
        self._hidden_slices, self._waiting_stops = numbers["hidden_slices"], numbers["waiting_stops"]
        self._output = np.empty(0, EVENT)
        self._output_bytes = self._output.view(np.uint8)
        self._progress = np.zeros(2, np.int64)
        self._told = 0

    @property
    def state(self) -> Any:
        """The record that is the book (`engine.orderbook.layout`), not a copy: to look at, not to change."""
        return self._x

    @property
    def time_ns(self) -> int:
        """The time of the last batch."""
        return int(self._time.item())

    def apply(self, rows: np.ndarray, time_ns: int | None = None) -> np.ndarray:
        """Judge and carry out rows of ORDERS, in their order; returns their events, an array of EVENT.

        `time_ns`: the time of the batch, not before the last one (default: the same). Orders whose expiry it has
        reached are cancelled first. Raises ValueError when the rows are not rows of ORDERS or the time runs backwards.
        """
        if (rows.dtype is not ORDER_ROWS and rows.dtype != ORDER_ROWS) or rows.ndim != 1:
            raise ValueError(f"expected a 1-d array of ROWS[Table.ORDERS], got {rows.ndim}-d of {rows.dtype}")
        before = self.time_ns
        now = before if time_ns is None else time_ns
        if now < before:
            raise ValueError(f"the time of a batch, {now}, is before the last one's, {before}")
        row_bytes = np.ascontiguousarray(rows).view(np.uint8)
        count, done = len(rows), 0
        self._make_room(_EVENTS_A_ROW * count)
        parts = []
        while True:
            self._run(self._bytes, row_bytes, self._output_bytes, done, now, self._progress)
            done, written = self._progress.tolist()
            parts.append(self._copy_of(written))
            if done == count:
                break
            now = _CONTINUED
            self._make_room(_EVENTS_A_ROW * (count - done))
        events = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._told += len(events)
        return events

    def end_day(self, instrument: int = 0) -> np.ndarray:
        """Cancel the DAY orders of an instrument; returns the events."""
        self._check_instrument(instrument)
        self._make_room(0)
        written = build_end_day(self.capacity)(self._bytes, instrument, self._output_bytes)
        self._told += written
        return self._copy_of(written)

    def depth(self, instrument: int = 0, levels: int = 10) -> Depth:
        """The best `levels` prices of both sides: price, quantity shown, number of orders. O(levels).

        `sequence` of the answer counts the events this book has told so far.
        """
        self._check_instrument(instrument)
        last = int(self._x.guards[instrument].last_price_ticks)
        bids, asks = (self._levels(instrument * LADDERS + place, levels) for place in (0, 1))
        return Depth(instrument, self._told, bids, asks, last or None)

    def orders(self) -> np.ndarray:
        """Every live order, an array of QUEUED_ORDER: by instrument, then bids, asks, buy stops, sell stops, best price
        first, oldest first. O(live orders)."""
        lines = np.zeros(int(self._x.book.orders_used), QUEUED_ORDER)
        build_copy_orders(self.capacity)(self._bytes, lines.view(np.uint8))
        return lines

    def snapshot(self) -> bytes:
        """The whole book as bytes, for `restore` in a book of the same capacity class and release."""
        return self._bytes.tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Become the book of a snapshot. Raises ValueError when it is of another capacity class or release."""
        if len(snapshot) != len(self._bytes):
            raise ValueError(f"a snapshot of {len(snapshot)} bytes is none of this book's {len(self._bytes)}")
        self._bytes[:] = np.frombuffer(snapshot, np.uint8)

    def set_guard(self, instrument: int = 0, **values: int) -> None:
        """Set what the book watches in an instrument: `set_guard(0, band_low_ticks=900, band_high_ticks=1100)`.

        The names and their meaning are the fields of `engine.orderbook.layout.GUARD`; 0 stops watching. Holds from the
        next row on; orders already in the book stay.
        """
        self._check_instrument(instrument)
        unknown = sorted(set(values) - set(GUARDED))
        if unknown:
            raise ValueError(f"no such guard: {', '.join(unknown)}; there are {', '.join(GUARDED)}")
        outside = [
            f"{name}={value}: 0 (not watched) to {_largest(name)} is allowed"
            for name, value in sorted(values.items())
            if not 0 <= value <= _largest(name)
        ]
        if outside:
            raise ValueError("; ".join(outside))
        for name, value in values.items():
            setattr(self._x.guards[instrument], name, value)

    def set_self_trade_group(self, participant: int, head: int) -> None:
        """Put a participant into the self-trade group that `head`'s number stands for; new orders are judged by it."""
        if not 0 <= participant < self.capacity.participants:
            raise ValueError(f"participant {participant} is not below {self.capacity.participants}")
        self._x.self_trade_groups[participant] = head

    def _check_instrument(self, instrument: int) -> None:
        if not 0 <= instrument < self.capacity.instruments:
            raise ValueError(f"instrument {instrument} is not below {self.capacity.instruments}")

    def _levels(self, ladder_number: int, levels: int) -> tuple[Level, ...]:
        count = min(levels, int(self._x.ladders[ladder_number].levels))
        lines = np.zeros(count, DEPTH_LEVEL)
        build_copy_depth(self.capacity)(self._bytes, ladder_number, lines.view(np.uint8))
        return tuple(Level(*line) for line in lines.tolist())

    def _copy_of(self, written: int) -> np.ndarray:
        """The first events of the output. As bytes: an array copies records field by field."""
        return np.ndarray(written, EVENT, bytearray(self._output_bytes[: written * EVENT.itemsize]))

    def _make_room(self, events: int) -> None:
        """See to it that the output holds what any one row can cause now, and `events` more."""
        orders, slices, stops = self._orders_used.item(), self._hidden_slices.item(), self._waiting_stops.item()
        needed = events + 5 * orders + 4 * slices + 8 * stops + _SPARE_EVENTS
        if len(self._output) < needed:
            self._output = np.empty(needed + needed // 4, EVENT)
            self._output_bytes = self._output.view(np.uint8)
