"""The bare book of negotiated blocks: rows of BLOCKS in, events out, no accounts behind it.

The exchange runs the same helpers with accounts around them (`engine.exchange.blocks`). Here a row's session may be 0:
an offer's id is then its request id. START and STOP are the exchange's; here `set_terms` says what is open.

Rows are judged one by one in order, each whatever became of the others; a refused row changes nothing. Every row gives
exactly one event; offers that have expired by the batch's time come first, as events of row 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.commands import ROWS, Table
from engine.events import EVENT
from engine.limits import BATCH_ROWS_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX, TIME_NS_MAX
from engine.orderbook.modes.block.kernels import build_run
from engine.orderbook.modes.block.layout import OFFERS_MAX, block_dtype


@dataclass(frozen=True)
class BlockTerms:
    """What blocks of an instrument have to keep; a bound of 0 is not watched. `open_now`: whether they may trade."""

    minimum_lots: int = 0
    band_low_ticks: int = 0
    band_high_ticks: int = 0
    open_now: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.minimum_lots <= QUANTITY_LOTS_MAX:
            raise ValueError(f"minimum of {self.minimum_lots} lots: 0 to {QUANTITY_LOTS_MAX} is allowed")
        low, high = self.band_low_ticks, self.band_high_ticks
        if not 0 <= low <= PRICE_TICKS_MAX or not 0 <= high <= PRICE_TICKS_MAX or 0 < high < low:
            raise ValueError(f"band from {low} to {high} ticks: 0 <= low <= high <= {PRICE_TICKS_MAX} is allowed")


class BlockBook:
    """Waiting offers of all instruments.

    >>> book = BlockBook([BlockTerms(minimum_lots=100_000, band_low_ticks=3360, band_high_ticks=6240)])
    """

    def __init__(self, terms: list[BlockTerms]) -> None:
        dtype = block_dtype(len(terms))
        self._state = np.zeros(1, dtype)
        self._run = build_run(len(terms))
        for instrument, each in enumerate(terms):
            self.set_terms(instrument, each)

    def set_terms(self, instrument: int, terms: BlockTerms) -> None:
        """Replace what blocks of an instrument have to keep, as at the beginning of a day; offers that wait stay."""
        guard = self._state[0].block_guards[instrument]
        guard.minimum_lots = terms.minimum_lots
        guard.band_low_ticks = terms.band_low_ticks
        guard.band_high_ticks = terms.band_high_ticks
        guard.open_now = terms.open_now

    def apply(self, rows: np.ndarray, time_ns: int) -> np.ndarray:
        """Judge and carry out a batch of rows of BLOCKS at one time: its events, a 1-d array of `EVENT`.

        Raises ValueError when the rows are none of these, are too many, or the time goes back.
        """
        if rows.dtype != ROWS[Table.BLOCKS] or rows.ndim != 1 or len(rows) > BATCH_ROWS_MAX:
            raise ValueError(f"up to {BATCH_ROWS_MAX} rows of BLOCKS are needed, found {rows.shape} of {rows.dtype}")
        if not int(self._state[0].blocks.time_ns) <= time_ns <= TIME_NS_MAX:
            raise ValueError(f"time {time_ns} goes back: the last batch was at {int(self._state[0].blocks.time_ns)}")
        output = np.zeros(len(rows) + OFFERS_MAX, EVENT)
        state, given = self._state.view(np.uint8), np.ascontiguousarray(rows).view(np.uint8)
        count = self._run(state, given, output.view(np.uint8), np.int64(time_ns))
        return output[:count]

    def waiting(self) -> np.ndarray:
        """The offers that wait, oldest first: a copy, columns as in `layout.OFFER`."""
        record = self._state[0]
        offers: np.ndarray = record.block_offers[: int(record.blocks.used)].copy()
        return offers
