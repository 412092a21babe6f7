"""Passes of one flow through the exchange and through the bare book, in batches, each pass from the same filled book.

A pass is cut into stretches of so many batches; of each stretch the fastest of some passes counts. The clock of a
stretch runs from the first batch handed over to the last answer, the event chain after it included: what `Core` does
beside the caller has to be ready by then.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from benchmarks.exchange.market import START_NS
from benchmarks.order_flow import book_hash, trade_hash
from engine.capacity import Capacity
from engine.commands import Batch, SelfTrade, Table
from engine.core import Core
from engine.events import EVENT
from engine.orderbook import OrderBook
from engine.orderbook.bare.kernels import build_run
from engine.orderbook.layout import MarketData
from engine.snapshot import Dump

STRETCH_ROWS = 65_536
_EVENTS_A_ROW = 4
_EVENTS_AN_ORDER = 8


@dataclass(frozen=True, eq=False)
class Passed:
    """Nanoseconds a row of the fastest stretches, and what a pass came to: its events, hash of trades, hash of book."""

    ns: float
    events: np.ndarray
    trades: int
    book: int


def time_exchange(core: Core, filled: Dump, rows: np.ndarray, size: int, passes: int) -> Passed:
    """Rows through `Core.apply` in batches of `size`."""
    batches = [
        Batch(Table.ORDERS, START_NS + at, np.ascontiguousarray(rows[at : at + size]))
        for at in range(0, len(rows), size)
    ]
    best = np.full(_stretches(batches, size), np.iinfo(np.int64).max)
    for _ in range(passes):
        core.restore(filled)
        events, spent = [], []
        for stretch in _cut(batches, size):
            started = time.perf_counter_ns()
            applied = [core.apply(batch) for batch in stretch]
            _ = core.event_chain
            spent.append(time.perf_counter_ns() - started)
            events.append([each.events for each in applied])
        np.minimum(best, spent, out=best)
    told = _together([chunk for chunks in events for chunk in chunks], size)
    live = np.concatenate([core.orders(instrument.number) for instrument in core.instruments()])
    return Passed(best.sum() / len(rows), told, trade_hash(told), book_hash(live))


def time_bare(book: OrderBook, filled: bytes, rows: np.ndarray, size: int, passes: int) -> tuple[Passed, float]:
    """Rows through the kernel of a bare book; and nanoseconds a row of `OrderBook.apply`, which copies the events."""
    cuts = [np.ascontiguousarray(rows[at : at + size]) for at in range(0, len(rows), size)]
    best, best_applied = (np.full(_stretches(cuts, size), np.iinfo(np.int64).max) for _ in range(2))
    run = build_run(book.capacity)
    output = np.zeros(_EVENTS_A_ROW * size + _EVENTS_AN_ORDER * int(book.state.book.orders_used) + size, EVENT)
    output_bytes, progress = output.view(np.uint8), np.zeros(2, np.int64)
    for _ in range(passes):
        book.restore(filled)
        spent = []
        for stretch in _cut([cut.view(np.uint8) for cut in cuts], size):
            started = time.perf_counter_ns()
            for row_bytes in stretch:
                run(book._bytes, row_bytes, output_bytes, 0, 0, progress)
            spent.append(time.perf_counter_ns() - started)
        np.minimum(best, spent, out=best)
        book.restore(filled)
        events, spent = [], []
        for stretch in _cut(cuts, size):
            started = time.perf_counter_ns()
            told = [book.apply(cut) for cut in stretch]
            spent.append(time.perf_counter_ns() - started)
            events += told
        np.minimum(best_applied, spent, out=best_applied)
    told = _together(events, size)
    passed = Passed(best.sum() / len(rows), told, trade_hash(told), book_hash(book.orders()))
    return passed, best_applied.sum() / len(rows)


def fill_bare(capacity: Capacity, rows: np.ndarray, instruments: int) -> tuple[OrderBook, bytes]:
    """A bare book that follows the venue's rule against self-trades, filled with these rows; and what it then is."""
    book = OrderBook(capacity, MarketData.DEPTH)
    for instrument in range(1, instruments + 1):
        book.set_guard(instrument, self_trade=SelfTrade.CANCEL_NEWEST)
    book.apply(rows)
    return book, book.snapshot()


def _cut(batches: list, size: int) -> list[list]:
    """Batches by stretch."""
    many = max(1, STRETCH_ROWS // size)
    return [batches[at : at + many] for at in range(0, len(batches), many)]


def _stretches(batches: list, size: int) -> int:
    return len(_cut(batches, size))


def _together(chunks: list[np.ndarray], size: int) -> np.ndarray:
    """Events of all batches, their rows counted from the first batch's first."""
    told = np.concatenate(chunks)
    told["row"] += np.repeat(np.arange(len(chunks)) * size, [len(chunk) for chunk in chunks]).astype(np.uint32)
    return told
