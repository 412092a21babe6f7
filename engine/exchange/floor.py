"""What the floor shows when asked: prices of a day, stops, changes, and the rules that an instrument goes by.

Reading changes nothing. Numbers of instruments are those of the register.
"""

from __future__ import annotations

import numpy as np

from engine.exchange.changes import Changes
from engine.exchange.day.holders import LargeHolder
from engine.exchange.gates.stops import Stops
from engine.exchange.phases import Phases
from engine.parameters import Parameter
from engine.registry.books import Books
from engine.views import DayPricesView, RuleChange, Stop


class FloorViews:
    """The floor as the core shows it (`Core.floor`)."""

    def __init__(self, state: np.ndarray, books: Books, phases: Phases, stops: Stops, changes: Changes) -> None:
        self._rule_books = state[0]["instruments"]["rule_book"]
        self._books = books
        self._phases = phases
        self._stops = stops
        self._changes = changes

    def day_prices(self, instrument: int) -> DayPricesView:
        """Opening and closing price of an instrument's day as they would be now, and the last close."""
        return self._phases.day_prices(instrument)

    def large_holders(self, instrument: int, day: int) -> list[LargeHolder]:
        """The accounts that would be reported if an instrument's day, in days since 1970-01-01, ended now."""
        return self._phases.large_holders(instrument, day)

    def stops(self) -> list[Stop]:
        """The stops that stand, in the order they were made."""
        return self._stops.views()

    def changes(self) -> list[RuleChange]:
        """All changes of the rules that were proposed, in that order."""
        return self._changes.views()

    def own_values(self, instrument: int) -> dict[Parameter, int]:
        """The values that an instrument has of its own, which go before its book's."""
        return dict(self._changes.values_of(instrument))

    def rule_value(self, instrument: int, parameter: Parameter, day: int) -> int | None:
        """What an instrument goes by on a day (days since 1970-01-01): a value of its own, else its book's; None where
        there is none."""
        own = self._changes.values_of(instrument)
        book = int(self._rule_books[instrument])
        return own[parameter] if parameter in own else self._books.value(book, parameter, 0, day)

    def is_trading_day(self, instrument: int, day: int) -> bool | None:
        """Whether a day is a trading day under an instrument's book; None where its calendar does not know it."""
        book = int(self._rule_books[instrument])
        return self._books.trading_days(book).is_trading_day(day)

    def last_blocks_switch(self, instrument: int) -> tuple[int, int]:
        """When blocks of an instrument were last switched on or off, and by whom; 0, 0 where nobody has."""
        return self._phases.last_blocks_switch(instrument)

    def last_switch(self, instrument: int) -> tuple[int, int]:
        """When an instrument's phase was last switched, and by whom; 0, 0 where nobody has."""
        return self._phases.last_switch(instrument)

    def proposals_to_resume(self) -> dict[tuple[int, int], int]:
        """Who proposes to lift which stop, by participant and instrument (0: all)."""
        return self._stops.proposals()
