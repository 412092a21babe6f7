"""Phases: which mode an instrument trades in, and what has to happen when that changes.

One row of PHASES is one step of the operator's, in this order:

1. orders whose expiry has come go, as at the beginning of any batch;
2. leaving CLOSED a trading day begins: its terms are resolved out of the rule book and copied into the guards;
3. leaving a call for anything but another call or a halt, it is uncrossed: CALL_UNCROSSED, then its trades; what a
   market order did not get is cancelled;
4. entering CLOSED the trading day ends: DAY orders go;
5. PHASE_CHANGED;
6. where orders match from here on, stops wake that the last price has reached.

Where orders match they may not cross: entering such a phase with a crossed book, out of a pick-list or a halted call,
is refused until a call has uncrossed it or orders were withdrawn.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from engine.capacity import Capacity
from engine.commands import CALLS, MATCHING, Batch, Phase, is_code
from engine.events import EVENT, EventKind
from engine.exchange.blocks import Blocks
from engine.exchange.calls import Calls
from engine.exchange.picture import depth
from engine.exchange.switching.kernels import CALL_FILL, DROP_MARKET, END_DAY, EXPIRE, TASK, UNCROSS, WAKE
from engine.exchange.terms import OffStep, TradingTerms, terms_of
from engine.exchange.trading import kernel_of
from engine.orderbook.modes.block.layout import OFFERS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.register import Register

_DAY_NS = 86_400_000_000_000
_NO_FILLS = np.zeros(0, CALL_FILL)
_SPARE_EVENTS = 64


class Phases:
    """Carries out rows of PHASES."""

    SCRATCH = ("_progress",)

    def __init__(
        self, capacity: Capacity, state: np.ndarray, register: Register, books: Books, calls: Calls, blocks: Blocks
    ) -> None:
        self._capacity = capacity
        self._bytes = state.view(np.uint8)
        self._x = state[0]
        self._register = register
        self._books = books
        self._calls = calls
        self._blocks = blocks
        self._run = kernel_of(capacity)
        self._progress = np.zeros(2, np.int64)

    def switch(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of PHASES."""
        number, code = int(batch.rows["instrument"][row]), int(batch.rows["phase"][row])
        if not is_code(Phase, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND)
        if not self._register.has_instrument(number):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=number)
        phase, before = Phase(code), Phase(int(self._x["instruments"]["phase"][number]))
        if phase != Phase.CLOSED and not self._x["instruments"]["price_step_ticks"][number]:
            return out.refuse(row, Outcome.PARAMETER_WITHOUT_VALUE, Parameter.TRADING_TICK, instrument=number)
        begins = before is Phase.CLOSED and phase is not Phase.CLOSED
        try:
            terms = self._terms(number, batch.time_ns) if begins else None
        except OffStep as fault:
            return out.refuse(row, Outcome.PARAMETER_VALUE_NOT_ALLOWED, fault.parameter, instrument=number)
        rule = int(self._x["instruments"]["call_rule"][number]) if terms is None else terms.call_rule
        if phase in CALLS and not rule:
            return out.refuse(row, Outcome.PARAMETER_WITHOUT_VALUE, Parameter.TRADING_CALL_RULE, instrument=number)
        uncrosses = before in CALLS and phase not in CALLS and phase is not Phase.HALTED
        if phase in MATCHING and not uncrosses and self._crosses(number):
            return out.refuse(row, Outcome.ORDERS_STILL_CROSS, instrument=number)
        self._part(EXPIRE, number, row, out, batch.time_ns)
        if terms is not None:
            self._begin_day(number, terms, row, out)
        if uncrosses:
            self._uncross(number, row, out)
        if phase not in CALLS and phase is not Phase.HALTED:
            self._part(DROP_MARKET, number, row, out)
            self._calls.forget(number)
        if phase is Phase.CLOSED:
            self._part(END_DAY, number, row, out)
        self._enter(number, phase, row, out)

    def _enter(self, number: int, phase: Phase, row: int, out: Recorder) -> None:
        """From here on the instrument is in the phase."""
        self._x["instruments"]["phase"][number] = phase
        self._x["guards"]["median"][number] = phase is Phase.MEDIAN
        self._x["guards"]["halted"][number] = phase is Phase.HALTED
        out.add(EventKind.PHASE_CHANGED, row, instrument=number, reference=phase)
        if phase in MATCHING:
            self._part(WAKE, number, row, out)
        self._calls.tell(np.array([number]), row, out)

    def _terms(self, number: int, time_ns: int) -> TradingTerms:
        instrument = next(view for view in self._register.instruments() if view.number == number)
        last = int(self._x["guards"]["last_price_ticks"][number])
        return terms_of(self._books, instrument, last, time_ns // _DAY_NS)

    def _begin_day(self, number: int, terms: TradingTerms, row: int, out: Recorder) -> None:
        guard = self._x["guards"][number]
        for name, value in asdict(terms).items():
            if name in (guard.dtype.names or ()):
                guard[name] = value
        guard["band_low_ticks"], guard["band_high_ticks"] = terms.band.low_ticks, terms.band.high_ticks
        self._x["instruments"]["call_rule"][number] = terms.call_rule
        self._blocks.begin_day(number, terms)
        out.add(
            EventKind.TRADING_DAY_BEGAN,
            row,
            instrument=number,
            price_ticks=terms.reference_price_ticks,
            quantity_lots=terms.band.low_ticks,
            remaining_lots=terms.band.high_ticks,
        )

    def _uncross(self, number: int, row: int, out: Recorder) -> None:
        ended, fills = self._calls.result(number)
        out.add(
            EventKind.CALL_UNCROSSED,
            row,
            instrument=number,
            reference=int(self._x["instruments"]["call_rule"][number]),
            price_ticks=ended.price_ticks or 0,
            quantity_lots=ended.volume_lots,
            remaining_lots=ended.surplus_lots,
        )
        self._part(UNCROSS, number, row, out, ended.price_ticks or 0, fills)

    def _crosses(self, number: int) -> bool:
        """Whether orders of the two sides could trade with each other as they stand."""
        book = depth(self._capacity, self._bytes, number, 1, 0)
        return bool(book.bids and book.asks and book.bids[0].price_ticks >= book.asks[0].price_ticks)

    def _part(
        self, part: int, number: int, row: int, out: Recorder, argument: int = 0, fills: np.ndarray = _NO_FILLS
    ) -> None:
        """Carry out one compiled part and collect its events."""
        book = self._x["book"]
        live, hidden, stops = int(book["orders_used"]), int(book["hidden_slices"]), int(book["waiting_stops"])
        output = np.zeros(_SPARE_EVENTS + OFFERS_MAX + 5 * live + 4 * hidden + 8 * stops + 3 * len(fills), EVENT)
        task = np.zeros(1, TASK)
        task[0] = (part, 0, argument, number, row)
        self._run(self._bytes, task.view(np.uint8), fills.view(np.uint8), output.view(np.uint8), self._progress)
        out.extend(output[: int(self._progress[1])])
