"""Timing the order book's kernel over batches of rows: several whole runs, each through a new book.

Every run does exactly the same work, so of each batch the fastest time over all runs counts: that is what the batch
costs when nothing else interrupts it. Only time inside the kernel counts: reading rows from a file and looking at
events is not what is asked. The rows of a batch are copied into one buffer just before, as they are when an edge has
just decoded them. On a busy machine ratios between figures of one run hold better than the figures themselves.
"""

from __future__ import annotations

import time

import numpy as np

from engine.capacity import Capacity
from engine.events import EVENT
from engine.orderbook.bare.kernels import build_run
from engine.orderbook.layout import MarketData, aligned_bytes, book_dtype, initialise_book

RUNS = 9
_EVENTS_A_ROW = 4
_EVENTS_AN_ORDER = 8


def time_batches(
    rows: np.ndarray,
    capacity: Capacity,
    batch: int,
    market_data: MarketData = MarketData.DEPTH,
    runs: int = RUNS,
    uncounted: int = 0,
) -> float:
    """Nanoseconds a row, all checks and events included, of the rows after the first `uncounted`."""
    cuts = [np.ascontiguousarray(rows[start : start + batch]) for start in range(0, len(rows), batch)]
    first = uncounted // batch
    return float(time_cuts(cuts, capacity, market_data, runs)[first:].sum()) / sum(map(len, cuts[first:]))


def time_cuts(
    cuts: list[np.ndarray], capacity: Capacity, market_data: MarketData = MarketData.DEPTH, runs: int = RUNS
) -> np.ndarray:
    """Nanoseconds of each batch, of all runs the fastest."""
    best = np.full(len(cuts), np.iinfo(np.int64).max)
    for _ in range(runs):
        np.minimum(best, _time_once(cuts, capacity, market_data), out=best)
    return best


def _time_once(cuts: list[np.ndarray], capacity: Capacity, market_data: MarketData) -> np.ndarray:
    """Nanoseconds of each batch, in a new book."""
    run, dtype = build_run(capacity), book_dtype(capacity)
    state = aligned_bytes(dtype.itemsize)
    x = state.view(dtype).view(np.recarray)[0]
    initialise_book(x)
    x.book.market_data = int(market_data)
    longest = max(cuts, key=len)
    events = _EVENTS_A_ROW * len(longest) + _EVENTS_AN_ORDER * capacity.orders
    output = np.empty(events * EVENT.itemsize, np.uint8)
    progress = np.zeros(2, np.int64)
    spent = np.zeros(len(cuts), np.int64)
    decoded = np.empty_like(longest)
    for position, cut in enumerate(cuts):
        rows = decoded[: len(cut)]
        rows[:] = cut
        row_bytes = rows.view(np.uint8)
        started = time.perf_counter_ns()
        run(state, row_bytes, output, 0, 0, progress)
        spent[position] = time.perf_counter_ns() - started
        if progress[0] != len(cut):
            raise RuntimeError(f"{progress[0]} rows of a batch done, {len(cut)} given")
    return spent
