"""The compiled parts of what happens to a whole instrument at once, called from Python with their events collected."""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity
from engine.events import EVENT
from engine.exchange.switching.kernels import CALL_FILL, CLEAR_OFFERS, TASK
from engine.exchange.trading import kernel_of
from engine.orderbook.modes.block.layout import OFFERS_MAX
from engine.recorder import Recorder

_NO_FILLS = np.zeros(0, CALL_FILL)
_NO_ANSWERS = np.zeros(0, np.uint8)
_SPARE_EVENTS = 64


class Parts:
    """Runs single parts of the exchange's kernel (`engine.exchange.switching`) over the state record."""

    def __init__(self, capacity: Capacity, state: np.ndarray) -> None:
        self._bytes = state.view(np.uint8)
        self._book = state[0]["book"]
        self._totals = state[0]["totals"]
        self._run = kernel_of(capacity)

    def run(
        self,
        part: int,
        instrument: int,
        row: int,
        out: Recorder,
        argument: int = 0,
        fills: np.ndarray = _NO_FILLS,
        first: int = 0,
    ) -> None:
        """Carry out one part and collect its events."""
        book = self._book
        live, hidden, stops = int(book["orders_used"]), int(book["hidden_slices"]), int(book["waiting_stops"])
        room = _SPARE_EVENTS + OFFERS_MAX + 5 * live + 4 * hidden + 8 * stops + 3 * len(fills)
        output = np.zeros(2 * room if self._totals["charged"] else room, EVENT)
        task = np.zeros(1, TASK)
        task[0] = (part, first, argument, instrument, row, 0, 0, 0)
        self._run(self._bytes, task.view(np.uint8), fills.view(np.uint8), output.view(np.uint8), _NO_ANSWERS)
        out.extend(output[: int(task["written"][0])])

    def clear_offers(self, participant: int, instrument: int, row: int, out: Recorder) -> None:
        """End the block offers that a participant proposed (0: anybody), in an instrument (0: any)."""
        self.run(CLEAR_OFFERS, instrument, row, out, participant)
