"""Phases: which mode an instrument trades in, and what has to happen when that changes.

One row of PHASES is one step of the operator's, in this order:

1. orders whose expiry has come go, as at the beginning of any batch;
2. leaving CLOSED a trading day begins: its terms are resolved out of the rule book and copied into the guards;
3. leaving a call for anything but another call or a halt, it is uncrossed: CALL_UNCROSSED, then its trades; what a
   market order did not get is cancelled. Orders that were stopped in a firm call go now;
4. entering CLOSED the trading day ends: DAY orders go, and where the book has a formula the closing price is made;
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
from engine.events import EventKind
from engine.exchange.blocks import Blocks
from engine.exchange.calls import Calls
from engine.exchange.day.prices import DayPrices
from engine.exchange.gates.stops import Stops
from engine.exchange.parts import Parts
from engine.exchange.picture import depth
from engine.exchange.switching.kernels import DROP_MARKET, END_DAY, EXPIRE, UNCROSS, WAKE
from engine.exchange.terms import Before, OffStep, TradingTerms, terms_of
from engine.limits import INT64_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.register import Register

_DAY_NS = 86_400_000_000_000


class Phases:
    """Carries out rows of PHASES."""

    def __init__(
        self,
        capacity: Capacity,
        state: np.ndarray,
        register: Register,
        books: Books,
        calls: Calls,
        blocks: Blocks,
        prices: DayPrices,
        parts: Parts,
        stops: Stops,
    ) -> None:
        self._capacity = capacity
        self._bytes = state.view(np.uint8)
        self._x = state[0]
        self._register = register
        self._books = books
        self._calls = calls
        self._blocks = blocks
        self._prices = prices
        self._parts = parts
        self._stops = stops

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
        self._parts.run(EXPIRE, number, row, out, batch.time_ns)
        if terms is not None:
            self._begin_day(number, terms, batch.time_ns // _DAY_NS, row, out)
        if uncrosses:
            self._uncross(number, row, out)
        if before is Phase.FIRM_CALL and phase is not Phase.FIRM_CALL:
            self._stops.after_firm_call(number, row, out)
        if phase not in CALLS and phase is not Phase.HALTED:
            self._parts.run(DROP_MARKET, number, row, out)
            self._calls.forget(number)
        if phase is Phase.CLOSED:
            self._parts.run(END_DAY, number, row, out)
            if before is not Phase.CLOSED:
                self._end_day(number, row, out)
        self._enter(number, phase, row, out)

    def _enter(self, number: int, phase: Phase, row: int, out: Recorder) -> None:
        """From here on the instrument is in the phase."""
        self._x["instruments"]["phase"][number] = phase
        self._x["guards"]["median"][number] = phase is Phase.MEDIAN
        self._x["guards"]["halted"][number] = phase is Phase.HALTED
        out.add(EventKind.PHASE_CHANGED, row, instrument=number, reference=phase)
        if phase in MATCHING:
            self._parts.run(WAKE, number, row, out)
        self._calls.tell(np.array([number]), row, out)

    def _terms(self, number: int, time_ns: int) -> TradingTerms:
        instrument = next(view for view in self._register.instruments() if view.number == number)
        before = Before(
            last_price_ticks=int(self._x["guards"]["last_price_ticks"][number]),
            close_ticks=self._prices.close_ticks(number),
            listed_on=self._prices.listed_on(number),
        )
        return terms_of(self._books, instrument, before, time_ns // _DAY_NS)

    def _begin_day(self, number: int, terms: TradingTerms, day: int, row: int, out: Recorder) -> None:
        guard, gate = self._x["guards"][number], self._x["gates"][number]
        listed_on = day if terms.first_day else self._prices.listed_on(number)
        self._prices.begin(number, terms.prices, listed_on, first_day=terms.first_day)
        gate["interval_ns"], gate["depth_ns"] = terms.interval_ns, terms.depth_ns
        if terms.prices.close_formula and self._prices.close_ticks(number):
            # The close stands for the last price until something trades.
            guard["last_price_ticks"] = terms.reference_price_ticks
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

    def _end_day(self, number: int, row: int, out: Recorder) -> None:
        reference = int(self._x["guards"]["reference_price_ticks"][number])
        step = int(self._x["instruments"]["price_step_ticks"][number])
        closing = self._prices.end(number, reference, step)
        if closing is not None:
            out.add(
                EventKind.TRADING_DAY_ENDED,
                row,
                instrument=number,
                reference=closing.source,
                price_ticks=closing.close_ticks,
                counter_order_id=closing.open_ticks,
                quantity_lots=min(closing.volume_lots, INT64_MAX),
                remaining_lots=closing.trades,
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
        self._parts.run(UNCROSS, number, row, out, ended.price_ticks or 0, fills)

    def _crosses(self, number: int) -> bool:
        """Whether orders of the two sides could trade with each other as they stand."""
        book = depth(self._capacity, self._bytes, number, 1, 0)
        return bool(book.bids and book.asks and book.bids[0].price_ticks >= book.asks[0].price_ticks)
