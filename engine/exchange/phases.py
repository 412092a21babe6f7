"""Phases: which mode an instrument trades in, and what has to happen when that changes.

One row of PHASES is one step of the operator's, in this order:

1. orders whose expiry has come go, as at the beginning of any batch;
2. leaving CLOSED a trading day begins: its terms are resolved out of the rule book and copied into the guards; what is
   due on that day settles (`engine.exchange.settlement`);
3. leaving a call for anything but another call or a halt, it is uncrossed: CALL_UNCROSSED, then its trades; what a
   market order did not get is cancelled. Orders that were stopped in a firm call go now;
4. entering CLOSED the trading day ends: DAY orders go, and where the book has a formula the closing price is made,
   and large holders are reported;
5. PHASE_CHANGED;
6. where orders match from here on, stops wake that the last price has reached.

Where orders match they may not cross: entering such a phase with a crossed book, out of a pick-list or a halted call,
is refused until a call has uncrossed it or orders were withdrawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import numpy as np

from engine.capacity import Capacity
from engine.commands import CALLS, MATCHING, Batch, Phase, is_code
from engine.events import EventKind
from engine.exchange.blocks import Blocks
from engine.exchange.calls import Calls
from engine.exchange.day.holders import LargeHolder, LargeHolders
from engine.exchange.day.prices import DayPrices
from engine.exchange.gates.stops import Stops
from engine.exchange.parts import Parts
from engine.exchange.picture import depth
from engine.exchange.settlement import Settlement, TradeTerms
from engine.exchange.switching.kernels import DROP_BUYS, DROP_MARKET, END_DAY, EXPIRE, UNCROSS, WAKE
from engine.exchange.terms import Before, OffStep, TradingTerms, terms_of
from engine.limits import INT64_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.register import Register
from engine.views import DayPricesView, Instrument

_DAY_NS = 86_400_000_000_000


class Phases:
    """Carries out rows of PHASES."""

    KEPT = ("_switched", "_blocks_switched")

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
        holders: LargeHolders,
        own_values: Callable[[int], dict[Parameter, int]],
        settlement: Settlement,
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
        self._holders = holders
        self._own_values = own_values
        self._settlement = settlement
        self._switched: dict[int, tuple[int, int]] = {}
        self._blocks_switched: dict[int, tuple[int, int]] = {}

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
            trades = self._trade_terms(number, batch.time_ns) if begins else None
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
        if trades is not None:
            if self._settlement.changes_holds(number, trades):
                self._parts.run(DROP_BUYS, number, row, out)
            self._settlement.begin_day(number, trades, batch.time_ns // _DAY_NS, row, out)
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
                self._end_day(number, batch.time_ns // _DAY_NS, row, out)
        self._enter(number, phase, row, out)
        self._switched[number] = batch.time_ns, int(batch.rows["actor"][row])

    def _enter(self, number: int, phase: Phase, row: int, out: Recorder) -> None:
        """From here on the instrument is in the phase."""
        self._x["instruments"]["phase"][number] = phase
        self._x["guards"]["median"][number] = phase is Phase.MEDIAN
        self._x["guards"]["halted"][number] = phase is Phase.HALTED
        out.add(EventKind.PHASE_CHANGED, row, instrument=number, reference=phase)
        if phase in MATCHING:
            self._parts.run(WAKE, number, row, out)
        self._calls.tell(np.array([number]), row, out)

    def _trade_terms(self, number: int, time_ns: int) -> TradeTerms:
        return self._settlement.terms(self._view(number), time_ns // _DAY_NS)

    def _terms(self, number: int, time_ns: int) -> TradingTerms:
        return terms_of(
            self._books, self._view(number), self._before(number), time_ns // _DAY_NS, self._own_values(number)
        )

    def _before(self, number: int) -> Before:
        """What the days before have left; within a day also the price that it began from."""
        closed = self._x["instruments"]["phase"][number] == Phase.CLOSED
        return Before(
            last_price_ticks=int(self._x["guards"]["last_price_ticks"][number]),
            close_ticks=self._prices.close_ticks(number),
            listed_on=self._prices.listed_on(number),
            reference_ticks=None if closed else int(self._x["guards"]["reference_price_ticks"][number]),
            first_day=not closed and self._prices.is_first_day(number),
        )

    def _begin_day(self, number: int, terms: TradingTerms, day: int, row: int, out: Recorder) -> None:
        listed_on = day if terms.first_day else self._prices.listed_on(number)
        self._prices.begin(number, terms.prices, listed_on, first_day=terms.first_day)
        if terms.prices.close_formula and self._prices.close_ticks(number):
            # The close stands for the last price until something trades.
            self._x["guards"]["last_price_ticks"][number] = terms.reference_price_ticks
        self._watch(number, terms)
        out.add(
            EventKind.TRADING_DAY_BEGAN,
            row,
            instrument=number,
            price_ticks=terms.reference_price_ticks,
            quantity_lots=terms.band.low_ticks,
            remaining_lots=terms.band.high_ticks,
        )

    def _watch(self, number: int, terms: TradingTerms) -> None:
        """The guards, the gate and the blocks go by these terms from here on."""
        guard, gate = self._x["guards"][number], self._x["gates"][number]
        for name, value in asdict(terms).items():
            if name in (guard.dtype.names or ()):
                guard[name] = value
        guard["band_low_ticks"], guard["band_high_ticks"] = terms.band.low_ticks, terms.band.high_ticks
        gate["interval_ns"], gate["depth_ns"] = terms.interval_ns, terms.depth_ns
        self._x["instruments"]["call_rule"][number] = terms.call_rule
        self._blocks.begin_day(number, terms)

    # -- changes of the rules ------------------------------------------------------------------------------------

    def misfit(self, instrument: int, own: Mapping[Parameter, int], rule_book: int, day: int) -> Parameter | None:
        """The parameter that an instrument could not go by on a day, with these values of its own and this rule book
        (0: its own); None when it could."""
        view = self._view(instrument)
        if rule_book:
            for parameter, unit, steps in (
                (Parameter.TRADING_TICK, view.tick_minor, view.price_step_ticks),
                (Parameter.TRADING_LOT, view.lot_units, view.quantity_step_lots),
            ):
                if (self._books.value(rule_book, parameter, 0, day) or 0) != unit * steps:
                    return parameter
            view = replace(view, rule_book=rule_book)
        if not view.price_step_ticks:
            return Parameter.TRADING_TICK
        try:
            terms_of(self._books, view, self._before(instrument), day, own)
        except OffStep as fault:
            return fault.parameter
        return None

    def change_book(self, instrument: int, rule_book: int) -> None:
        """The instrument goes by another book from here on."""
        self._x["instruments"]["rule_book"][instrument] = rule_book

    def retune(self, instrument: int, time_ns: int) -> tuple[int, int]:
        """Go by the rules as they are now, within a trading day; the band of orders (0, 0: none, or no day)."""
        if self._x["instruments"]["phase"][instrument] == Phase.CLOSED:
            return 0, 0
        terms = self._terms(instrument, time_ns)
        self._watch(instrument, terms)
        return terms.band.low_ticks, terms.band.high_ticks

    # -- the end of a day ----------------------------------------------------------------------------------------

    def _end_day(self, number: int, day: int, row: int, out: Recorder) -> None:
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
        for holder in self._holders.of(self._view(number), day):
            out.add(
                EventKind.LARGE_HOLDER_REPORTED,
                row,
                participant=holder.participant,
                instrument=number,
                quantity_lots=holder.held_lots,
                remaining_lots=holder.counted_lots,
                counter_order_id=holder.threshold_lots,
                reference=holder.allocation_year,
            )

    def day_prices(self, instrument: int) -> DayPricesView:
        """Opening and closing price as they would be now, and the last close."""
        guard, step = self._x["guards"], self._x["instruments"]["price_step_ticks"]
        reference = int(guard["reference_price_ticks"][instrument])
        now = self._prices.now(instrument, reference, int(step[instrument]))
        return DayPricesView(
            instrument=instrument,
            reference_price_ticks=reference or None,
            last_close_ticks=self._prices.close_ticks(instrument) or None,
            open_ticks=None if now is None else now.open_ticks or None,
            close_ticks=None if now is None else now.close_ticks or None,
            source=None if now is None else now.source,
            volume_lots=0 if now is None else now.volume_lots,
            trades=0 if now is None else now.trades,
            band_low_ticks=int(guard["band_low_ticks"][instrument]) or None,
            band_high_ticks=int(guard["band_high_ticks"][instrument]) or None,
        )

    def large_holders(self, instrument: int, day: int) -> list[LargeHolder]:
        """The accounts that would be reported if the day ended now."""
        return self._holders.of(self._view(instrument), day)

    def note_blocks(self, batch: Batch, events: np.ndarray) -> None:
        """Remember who has switched blocks in a batch of BLOCKS, and when."""
        for event in events[events["kind"] == EventKind.BLOCKS_SWITCHED]:
            self._blocks_switched[int(event["instrument"])] = batch.time_ns, int(batch.rows["actor"][event["row"]])

    def last_blocks_switch(self, instrument: int) -> tuple[int, int]:
        """When blocks were last switched, and by whom; 0, 0 where nobody has."""
        return self._blocks_switched.get(instrument, (0, 0))

    def last_switch(self, instrument: int) -> tuple[int, int]:
        """When the phase was last switched, and by whom; 0, 0 where nobody has."""
        return self._switched.get(instrument, (0, 0))

    def _view(self, number: int) -> Instrument:
        return next(view for view in self._register.instruments() if view.number == number)

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
