"""Batches of orders: the owner of the compiled path and of the buffer it writes events into.

How many events a row can cause depends on how many orders are live, which only compiled code knows; it stops when the
buffer might not hold what comes next, and is called again with an empty or a larger one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np

from engine.answers import ANSWER
from engine.capacity import Capacity
from engine.commands import Batch
from engine.events import EVENT, EventKind
from engine.exchange.calls import Calls
from engine.exchange.kernels import build_run
from engine.exchange.switching.kernels import TASK
from engine.recorder import Recorder
from engine.state import state_dtype

_EVENTS_AT_FIRST = 4_096
_EVENT_BYTES, _ANSWER_BYTES = EVENT.itemsize, ANSWER.itemsize
MARKET_DATA_DEPTH = 1
"""`market_data` of a book that tells each changed level (`engine.orderbook.layout`)."""

_NUMBERS = TASK.names or ()
_FIRST, _ARGUMENT = _NUMBERS.index("first"), _NUMBERS.index("argument")
_REACHED = _NUMBERS.index("reached")
"""Places in a TASK seen as integers: fields of a record are ten times as slow to come by."""


@cache
def kernel_of(capacity: Capacity) -> Callable[..., None]:
    """The exchange's kernel (`engine.exchange.kernels.build_run`) for one capacity class."""
    return build_run(state_dtype(capacity))


class Trading:
    """Runs batches of orders over the state record."""

    KEPT = ()
    SCRATCH = ("_task", "_task_bytes", "_output")

    def __init__(self, capacity: Capacity, state: np.ndarray, calls: Calls) -> None:
        self._calls = calls
        self._groups = state[0]["self_trade_groups"]
        self._state = state.view(np.uint8)
        self._run = kernel_of(capacity)
        self._task = np.zeros(len(_NUMBERS), np.int64)
        self._task_bytes = self._task.view(np.uint8)
        self._output = np.zeros(_EVENTS_AT_FIRST * _EVENT_BYTES, np.uint8)
        # Public market data is a fold over events, so a venue always tells the depth of its books.
        state[0]["book"]["market_data"] = MARKET_DATA_DEPTH

    def keep_apart(self, groups: Iterable[tuple[int, ...]]) -> None:
        """Take these groups of linked participants for self-trade groups; orders that are live keep theirs.

        The lowest number of a group stands for it.
        """
        self._groups[:] = 0
        for group in groups:
            self._groups[list(group)] = min(group)

    def run(self, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
        """Events of a batch of ORDERS, in the order of its rows, then how calls would end that it has changed; and what
        each row is told, an array of `ANSWER`."""
        count = len(batch.rows)
        rows = np.ascontiguousarray(batch.rows).view(np.uint8)
        answers = np.empty(count * _ANSWER_BYTES, np.uint8)
        parts: list[bytes] = []
        done, time_ns, in_call = 0, batch.time_ns, 0
        while done < count:
            self._task[_FIRST], self._task[_ARGUMENT] = done, time_ns
            self._run(self._state, self._task_bytes, rows, self._output, answers)
            reached, written, in_call = self._task[_REACHED:].tolist()
            if written:
                parts.append(self._output[: written * _EVENT_BYTES].tobytes())
                time_ns = -1
            elif reached == done:
                self._output = np.zeros(2 * len(self._output), np.uint8)
            done = reached
        # A mass cancel that finds nothing to cancel is accepted and causes no event.
        told = parts[0] if len(parts) == 1 else b"".join(parts)
        # As bytes, because an array copies records field by field; and they cannot be changed any more.
        events = np.ndarray(len(told) // _EVENT_BYTES, EVENT, told)
        if in_call:
            events = self._with_indications(events, count - 1)
        return events, np.ndarray(count, ANSWER, answers)

    def _with_indications(self, events: np.ndarray, last_row: int) -> np.ndarray:
        out = Recorder()
        out.extend(events)
        self._calls.tell(np.unique(events["instrument"][events["kind"] != EventKind.REFUSED]), last_row, out)
        return out.array()
