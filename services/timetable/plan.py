"""What a rule book's sessions come to on a day: a list of times, and what happens at each.

A session trades in the book's mode; between two sessions an instrument is halted (orders may be taken back), after the
last one it is closed. An opening call gathers orders before the first session and ends as it begins; a closing call
takes the end of the last one. The session of blocks opens and shuts the blocks.

Nothing here reads a clock or sends anything: `services.timetable.timetable` does.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from engine.commands import Phase
from engine.parameters import DEFINITIONS, Parameter
from engine.words.rounds import Clock
from engine.words.venue import TradingCalendar, TradingMode

Value = Callable[[Parameter], "int | None"]
"""What the rules say of a parameter on the day; None where nobody knows."""

MINUTE_NS = 60_000_000_000
DAY_MINUTES = 1_440

MODES = {
    TradingMode.PICK_LIST: Phase.PICK_LIST,
    TradingMode.PRICE_TIME: Phase.CONTINUOUS,
    TradingMode.MEDIAN: Phase.MEDIAN,
}
"""The phase that trades as a book's mode says."""

_P = Parameter
NEEDED = (_P.TRADING_MODE, _P.TRADING_SESSION_1_CLOSES, _P.TRADING_CALENDAR)
"""What a book has to say beside the beginning of its first session."""

PAIRS = (
    (_P.TRADING_SESSION_2_OPENS, _P.TRADING_SESSION_2_CLOSES),
    (_P.BLOCK_SESSION_OPENS, _P.BLOCK_SESSION_CLOSES),
)


@dataclass(frozen=True)
class Boundary:
    """At `minute` of the venue's day, or `time_ns` since 1970-01-01T00:00:00Z: a phase, or blocks open or shut."""

    minute: int
    time_ns: int
    phase: Phase | None = None
    blocks: bool | None = None


class Incomplete(ValueError):
    """A book that has sessions, but not all that a timetable needs: one line a fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def has_sessions(value: Value) -> bool:
    """Whether the rules say when an instrument trades; without that its phases are switched by hand."""
    return value(_P.TRADING_SESSION_1_OPENS) is not None


def minutes_ahead(value: Value) -> int:
    """By how much the venue's clock is ahead of UTC. A calendar of the mainland goes by Beijing time."""
    clock = value(_P.TRADING_CLOCK)
    return Clock.UTC_PLUS_8.minutes_ahead if clock is None else Clock(clock).minutes_ahead


def day_at(value: Value, time_ns: int) -> int:
    """The venue's day at a time, in days since 1970-01-01."""
    return (time_ns // MINUTE_NS + minutes_ahead(value)) // DAY_MINUTES


def begin_of(value: Value, day: int) -> int:
    """When a day of the venue begins, in nanoseconds."""
    return (day * DAY_MINUTES - minutes_ahead(value)) * MINUTE_NS


def plan(value: Value, day: int) -> list[Boundary]:
    """The boundaries of a trading day in order. Raises Incomplete, with every fault at once."""
    _check(value)
    mode = MODES[TradingMode(value(_P.TRADING_MODE) or 0)]
    first_opens, first_closes, second_opens, second_closes = (
        value(parameter)
        for parameter in (
            _P.TRADING_SESSION_1_OPENS,
            _P.TRADING_SESSION_1_CLOSES,
            _P.TRADING_SESSION_2_OPENS,
            _P.TRADING_SESSION_2_CLOSES,
        )
    )
    phases = [(first_opens, mode), (first_closes, Phase.CLOSED if second_opens is None else Phase.HALTED)]
    if second_opens is not None:
        phases += [(second_opens, mode), (second_closes, Phase.CLOSED)]
    phases += [
        (value(_P.TRADING_OPENING_CALL_OPENS), Phase.OPENING_CALL),
        (value(_P.TRADING_OPENING_CALL_FIRM), Phase.FIRM_CALL),
        (value(_P.TRADING_CLOSING_CALL_OPENS), Phase.CLOSING_CALL),
        (value(_P.TRADING_CLOSING_CALL_FIRM), Phase.FIRM_CALL),
    ]
    begin = begin_of(value, day)
    found = [
        Boundary(minute, begin + minute * MINUTE_NS, phase=phase) for minute, phase in phases if minute is not None
    ]
    for parameter, opens in ((_P.BLOCK_SESSION_OPENS, True), (_P.BLOCK_SESSION_CLOSES, False)):
        minute = value(parameter)
        if minute is not None and value(_P.BLOCK_ALLOWED):
            found.append(Boundary(minute, begin + minute * MINUTE_NS, blocks=opens))
    # Blocks shut before trading ends, and open after it has begun.
    return sorted(found, key=lambda boundary: (boundary.minute, boundary.blocks is not False, boundary.blocks is True))


def _check(value: Value) -> None:
    """Raises Incomplete where the sessions do not make a day."""
    faults = [_says_not(parameter) for parameter in NEEDED if value(parameter) is None]
    faults += [
        _says_not(without)
        for opens, closes in PAIRS
        for given, without in ((opens, closes), (closes, opens))
        if value(given) is not None and value(without) is None
    ]
    if value(_P.TRADING_CLOCK) is None and value(_P.TRADING_CALENDAR) == TradingCalendar.WEEKDAYS:
        faults.append(_says_not(_P.TRADING_CLOCK))
    in_order = [
        parameter
        for parameter in (
            _P.TRADING_OPENING_CALL_OPENS,
            _P.TRADING_OPENING_CALL_FIRM,
            _P.TRADING_SESSION_1_OPENS,
            _P.TRADING_SESSION_1_CLOSES,
            _P.TRADING_SESSION_2_OPENS,
            _P.TRADING_SESSION_2_CLOSES,
        )
        if value(parameter) is not None
    ]
    faults += [
        f"{DEFINITIONS[after].key} is not after {DEFINITIONS[before].key}"
        for before, after in itertools.pairwise(in_order)
        if (value(after) or 0) <= (value(before) or 0)
    ]
    if faults:
        raise Incomplete(faults)


def _says_not(parameter: Parameter) -> str:
    return f"does not say {DEFINITIONS[parameter].key}"
