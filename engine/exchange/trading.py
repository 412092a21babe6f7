"""Batches of orders: the owner of the compiled path and of the buffer it writes events into.

How many events a row can cause depends on how many orders are live, which only compiled code knows; it stops when the
buffer might not hold what comes next, and is called again with an empty or a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from engine.capacity import Capacity
from engine.commands import Batch, Phase
from engine.events import EVENT, EventKind
from engine.exchange.calls import Calls
from engine.exchange.kernels import build_run
from engine.exchange.switching.kernels import TASK
from engine.recorder import Recorder
from engine.state import state_dtype

_EVENTS_AT_FIRST = 4_096
MARKET_DATA_DEPTH = 1
"""`market_data` of a book that tells each changed level (`engine.orderbook.layout`)."""


@cache
def kernel_of(capacity: Capacity) -> Callable[..., None]:
    """The exchange's kernel (`engine.exchange.kernels.build_run`) for one capacity class."""
    return build_run(state_dtype(capacity))


class Trading:
    """Runs batches of orders over the state record."""

    KEPT = ()
    SCRATCH = ("_task", "_output", "_progress")

    def __init__(self, capacity: Capacity, state: np.ndarray, calls: Calls) -> None:
        self._calls = calls
        self._instruments = state[0]["instruments"]
        self._groups = state[0]["self_trade_groups"]
        self._state = state.view(np.uint8)
        self._run = kernel_of(capacity)
        self._task = np.zeros(1, TASK)
        self._output = np.zeros(_EVENTS_AT_FIRST, EVENT)
        # Public market data is a fold over events, so a venue always tells the depth of its books.
        state[0]["book"]["market_data"] = MARKET_DATA_DEPTH
        self._progress = np.zeros(2, np.int64)

    def keep_apart(self, groups: Iterable[tuple[int, ...]]) -> None:
        """Take these groups of linked participants for self-trade groups; orders that are live keep theirs.

        The lowest number of a group stands for it.
        """
        self._groups[:] = 0
        for group in groups:
            self._groups[list(group)] = min(group)

    def run(self, batch: Batch) -> np.ndarray:
        """Events of a batch of ORDERS, in the order of its rows; then how calls would end that it has changed."""
        rows = np.ascontiguousarray(batch.rows).view(np.uint8)
        parts: list[np.ndarray] = []
        done, time_ns = 0, batch.time_ns
        task, task_bytes = self._task[0], self._task.view(np.uint8)
        while done < len(batch.rows):
            task["first"], task["argument"] = done, time_ns
            self._run(self._state, task_bytes, rows, self._output.view(np.uint8), self._progress)
            reached, written = self._progress.tolist()
            if written:
                parts.append(self._output[:written].copy())
                time_ns = -1
            elif reached == done:
                self._output = np.zeros(2 * len(self._output), EVENT)
            done = reached
        # A mass cancel that finds nothing to cancel is accepted and causes no event.
        events = parts[0] if len(parts) == 1 else np.concatenate([self._output[:0], *parts])
        if (self._instruments["phase"] >= Phase.OPENING_CALL).any():
            return self._with_indications(events, len(batch.rows) - 1)
        return events

    def _with_indications(self, events: np.ndarray, last_row: int) -> np.ndarray:
        out = Recorder()
        out.extend(events)
        self._calls.tell(np.unique(events["instrument"][events["kind"] != EventKind.REFUSED]), last_row, out)
        return out.array()
