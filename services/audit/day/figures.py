"""The report of a day as plain values: decimal text for prices and money, integers for quantities, names for numbers.

Concentration is by side and participant, in lots of the day's trades: the share of the five largest, and the
Herfindahl-Hirschman index (the sum of squared shares in per cent, 10,000 when one has all), both exact and rounded half
up only in the end. Large holders are those with most units at the end of the day, in whatever pocket of their account.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from engine.commands import Phase
from engine.core import Core
from engine.outcomes import ADVICE
from engine.parameters import DEFINITIONS, Parameter
from engine.views import Instrument
from services.audit.day.fold import DayFold, Trade
from services.audit.reading import Reading
from services.clauses import Clauses
from services.errors import BadInput
from services.journal.replay import Progress
from services.reports.scale import decimals, money
from services.reports.words import STATUS

SCHEMA = 1
HOLDERS_SHOWN = 10
LARGEST = 5
MODES = ("continuous", "call", "block")
_DAY_NS = 86_400_000_000_000


@dataclass(frozen=True)
class Share:
    """One participant's part of something: lots as units, the share in per cent."""

    participant: str
    units: int
    per_cent: str


@dataclass(frozen=True)
class Concentration:
    """How much of a side lies with how few."""

    side: str
    participants: int
    herfindahl: int
    top_per_cent: str
    largest: tuple[Share, ...]


@dataclass(frozen=True)
class Traded:
    """An instrument's day. Prices are of continuous trading and calls; None where there was none."""

    instrument: str
    reference: str | None
    band: tuple[str, str] | None
    open: str | None
    high: str | None
    low: str | None
    close: str | None
    official_close: str | None
    """The closing price by the rule of the book, where the day has ended."""
    average: str | None
    trades: int
    units: int
    turnover: str
    by_mode: dict[str, dict[str, Any]]
    concentration: tuple[Concentration, ...]
    holders: tuple[Share, ...]
    phases: tuple[tuple[str, str], ...]
    halts: int
    halted_minutes: int
    ticks: tuple[tuple[int, int, int, str], ...] = ()
    """For the picture: (nanoseconds since the day began, price in minor units a unit, units, mode) of each trade."""


@dataclass(frozen=True)
class RefusedRows:
    """Rows refused for one reason."""

    table: str
    outcome: str
    parameter: str
    clause: str
    rows: int
    advice: str


@dataclass
class DayReport:
    """A day of a venue. Times are the day's own, `utc_offset` away from UTC."""

    day: str
    utc_offset: str
    journal: str
    first_batch: int
    last_batch: int
    commands: int
    events: int
    event_chain: str
    state_digest: str
    counts: dict[str, int]
    instruments: list[Traded] = field(default_factory=list)
    refusals: list[RefusedRows] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    rounds: list[dict[str, Any]] = field(default_factory=list)
    watched: list[dict[str, Any]] = field(default_factory=list)
    schema: int = SCHEMA

    def plain(self) -> dict[str, Any]:
        """For JSON: everything but what only the picture needs."""
        found = asdict(self)
        for one in found["instruments"]:
            del one["ticks"]
        return found


def report_of_day(reading: Reading, day: date, offset_minutes: int, progress: Progress | None = None) -> DayReport:
    """Replays up to the end of the day and reports it. Raises BadInput for a day without batches, CheckFailed."""
    begin_ns = (day - date(1970, 1, 1)).days * _DAY_NS - offset_minutes * 60 * 1_000_000_000
    core, fold = reading.fresh_core(), DayFold()
    days: set[int] = set()
    for step in reading.steps(core, progress):
        days.add((step.entry.time_ns + offset_minutes * 60_000_000_000) // _DAY_NS)
        if begin_ns <= step.entry.time_ns < begin_ns + _DAY_NS:
            fold.add(step, core)
        following = reading.journal.store.read(step.entry.number, 1)
        if fold.batches and following and following[0].entry.time_ns >= begin_ns + _DAY_NS:
            break
    if not fold.batches:
        known = [date(1970, 1, 1) + timedelta(number) for number in sorted(days)]
        raise BadInput(f"--day {day}: no batch on that day; the journal has {known[0]} to {known[-1]}")
    return _Writer(core, fold, begin_ns, offset_minutes).report(reading, day)


class _Writer:
    """Makes text of a fold; knows names, steps and clauses."""

    def __init__(self, core: Core, fold: DayFold, begin_ns: int, offset_minutes: int) -> None:
        self._core, self._fold, self._begin_ns, self._offset = core, fold, begin_ns, offset_minutes
        self._names = {one.number: one.name for one in core.participants()}
        self._clauses = Clauses(core)

    def report(self, reading: Reading, day: date) -> DayReport:
        core, fold = self._core, self._fold
        sign, minutes = ("-", -self._offset) if self._offset < 0 else ("+", self._offset)
        return DayReport(
            day=day.isoformat(),
            utc_offset=f"{sign}{minutes // 60:02}:{minutes % 60:02}",
            journal=reading.journal.identity.journal_id.hex(),
            first_batch=fold.batches[0],
            last_batch=fold.batches[-1],
            commands=fold.rows,
            events=fold.events,
            event_chain=core.event_chain.hex(),
            state_digest=core.digest(),
            counts={kind.name.lower(): count for kind, count in sorted(fold.counts.items())},
            instruments=[self._traded(view) for view in core.instruments()],
            refusals=self._refusals(),
            blocks=[self._block(trade) for trade in fold.trades if trade.mode == "block"],
            rounds=self._rounds(),
            watched=self._watched(),
        )

    # -- an instrument -------------------------------------------------------------------------------------------

    def _traded(self, view: Instrument) -> Traded:
        trades = [trade for trade in self._fold.trades if trade.instrument == view.number]
        priced = [trade for trade in trades if trade.mode != "block"]
        prices = [trade.price_ticks for trade in priced]
        opening = next((one for one in self._fold.openings if one.instrument == view.number), None)
        lots, value = sum(t.quantity_lots for t in priced), sum(t.price_ticks * t.quantity_lots for t in priced)
        halts, halted_ns = self._halts(view.number)
        return Traded(
            instrument=view.name,
            reference=self._price(view, opening.reference_ticks if opening else 0),
            band=_band(view, opening.low_ticks, opening.high_ticks) if opening and opening.high_ticks else None,
            open=self._price(view, prices[0]) if prices else None,
            high=self._price(view, max(prices)) if prices else None,
            low=self._price(view, min(prices)) if prices else None,
            close=self._price(view, prices[-1]) if prices else None,
            official_close=self._price(view, self._fold.closes.get(view.number, 0)),
            average=decimals(Fraction(value * view.tick_minor, lots * 100), 4) if lots else None,
            trades=len(trades),
            units=sum(trade.quantity_lots for trade in trades) * view.lot_units,
            turnover=money(sum(_amount(view, trade) for trade in trades)),
            by_mode={mode: _mode(view, [trade for trade in trades if trade.mode == mode]) for mode in MODES},
            concentration=(
                self._concentration(view, "buy", Counter(), [(t.buyer, t.quantity_lots) for t in trades]),
                self._concentration(view, "sell", Counter(), [(t.seller, t.quantity_lots) for t in trades]),
            ),
            holders=self._holders(view),
            phases=tuple(
                (self._clock(turn.time_ns), turn.phase.name.lower())
                for turn in self._fold.turns
                if turn.instrument == view.number
            ),
            halts=halts,
            halted_minutes=halted_ns // 60_000_000_000,
            ticks=tuple(
                (t.time_ns - self._begin_ns, t.price_ticks * view.tick_minor, t.quantity_lots * view.lot_units, t.mode)
                for t in trades
            ),
        )

    def _concentration(
        self, view: Instrument, side: str, lots: Counter[int], parts: list[tuple[int, int]]
    ) -> Concentration:
        for participant, quantity in parts:
            lots[participant] += quantity
        whole = sum(lots.values())
        largest = tuple(self._share(view, who, quantity, whole) for who, quantity in _most(lots, LARGEST))
        index = sum(Fraction(100 * quantity, whole) ** 2 for quantity in lots.values()) if whole else Fraction(0)
        top = sum(quantity for _, quantity in _most(lots, LARGEST))
        return Concentration(
            side=side,
            participants=len(lots),
            herfindahl=int(decimals(Fraction(index), 0)),
            top_per_cent=decimals(Fraction(100 * top, whole), 2) if whole else "0.00",
            largest=largest,
        )

    def _holders(self, view: Instrument) -> tuple[Share, ...]:
        held: Counter[int] = Counter()
        for participant in self._names:
            for holding in self._core.holdings(participant):
                if holding.instrument == view.number:
                    pockets = (name for name in asdict(holding) if name.endswith("_lots"))
                    held[participant] = sum(getattr(holding, name) for name in pockets)
        whole = sum(held.values())
        return tuple(self._share(view, who, lots, whole) for who, lots in _most(held, HOLDERS_SHOWN) if lots)

    def _halts(self, instrument: int) -> tuple[int, int]:
        """How often trading was interrupted, and for how long within the day."""
        count, halted_ns, since = 0, 0, 0
        end_ns = max((turn.time_ns for turn in self._fold.turns), default=0)
        for turn in (turn for turn in self._fold.turns if turn.instrument == instrument):
            if turn.phase is Phase.HALTED and not since:
                count, since = count + 1, turn.time_ns
            elif turn.phase is not Phase.HALTED and since:
                halted_ns, since = halted_ns + turn.time_ns - since, 0
        return count, halted_ns + (end_ns - since if since else 0)

    def _share(self, view: Instrument, participant: int, lots: int, whole: int) -> Share:
        return Share(self._names[participant], lots * view.lot_units, decimals(Fraction(100 * lots, whole), 2))

    def _price(self, view: Instrument, ticks: int) -> str | None:
        return money(ticks * view.tick_minor) if ticks else None

    # -- the venue -----------------------------------------------------------------------------------------------

    def _refusals(self) -> list[RefusedRows]:
        rows: defaultdict[tuple[str, str, str, str, str], int] = defaultdict(int)
        for refusal, count in self._fold.refusals.items():
            parameter = Parameter(refusal.parameter)
            clause = ""
            if parameter is not Parameter.NONE:
                number = refusal.round_number
                clause = self._clauses.of_round(number, parameter) if number else ""
                clause = clause or self._clauses.of_instrument(refusal.instrument or 1, parameter)
            key = DEFINITIONS[parameter].key if parameter in DEFINITIONS else ""
            rows[refusal.table.name, refusal.outcome.name, key, clause, ADVICE[refusal.outcome]] += count
        found = [RefusedRows(*names[:4], count, names[4]) for names, count in rows.items()]
        return sorted(found, key=lambda one: (-one.rows, one.table, one.outcome, one.parameter))

    def _block(self, trade: Trade) -> dict[str, Any]:
        view = self._core.instruments()[trade.instrument - 1]
        return {
            "time": self._clock(trade.time_ns),
            "instrument": view.name,
            "buyer": self._names[trade.buyer],
            "seller": self._names[trade.seller],
            "price": self._price(view, trade.price_ticks),
            "units": trade.quantity_lots * view.lot_units,
            "amount": money(_amount(view, trade)),
        }

    def _watched(self) -> list[dict[str, Any]]:
        """Stops of trading, and holders above the mark of the rules, as they were told."""
        views = {view.number: view for view in self._core.instruments()}
        found = []
        for one in self._fold.watched:
            view = views.get(one.instrument)
            found.append(
                {
                    "time": self._clock(one.time_ns),
                    "what": one.what,
                    "participant": self._names.get(one.participant, ""),
                    "instrument": view.name if view else "",
                    "units": one.quantity_lots * (view.lot_units if view else 0),
                }
            )
        return found

    def _rounds(self) -> list[dict[str, Any]]:
        views, found = self._core.rounds(), []
        for turn in self._fold.rounds:
            view = views[turn.number - 1]
            instrument = self._core.instruments()[view.instrument - 1]
            row: dict[str, Any] = {"time": self._clock(turn.time_ns), "round": view.name, "what": turn.what}
            if turn.what == "result":
                status = next(one for one in STATUS if int(one) == turn.status)
                row |= {
                    "instrument": instrument.name,
                    "status": status.name.lower(),
                    "price": self._price(instrument, turn.price_ticks),
                    "offered": turn.offered_lots * instrument.lot_units,
                    "sold": turn.sold_lots * instrument.lot_units,
                    "proceeds": money(turn.proceeds_minor),
                }
            found.append(row)
        return found

    def _clock(self, time_ns: int) -> str:
        """The time of day, to the second."""
        moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC) + timedelta(minutes=self._offset)
        return moment.strftime("%H:%M:%S")


def _amount(view: Instrument, trade: Trade) -> int:
    return trade.price_ticks * trade.quantity_lots * view.tick_value_minor


def _band(view: Instrument, low: int, high: int) -> tuple[str, str]:
    return money(low * view.tick_minor), money(high * view.tick_minor)


def _mode(view: Instrument, trades: list[Trade]) -> dict[str, Any]:
    return {
        "trades": len(trades),
        "units": sum(trade.quantity_lots for trade in trades) * view.lot_units,
        "turnover": money(sum(_amount(view, trade) for trade in trades)),
    }


def _most(lots: Counter[int], count: int) -> list[tuple[int, int]]:
    """The largest, by number where they are equal."""
    return sorted(lots.items(), key=lambda one: (-one[1], one[0]))[:count]
