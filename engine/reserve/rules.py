"""Looking up the rules of a reserve or of a year: scaled to lots and ticks, 0 where a book leaves a rule out.

A rule that its book calls unknown is remembered in `unknown`: whoever asked refuses by it, because nothing is moved on
a rule that nobody knows.
"""

from __future__ import annotations

from engine.parameters import Basis, Parameter, allowed
from engine.registry.books import Books


class Rules:
    """One book on one day."""

    def __init__(self, books: Books, book: int, day: int, tick_minor: int, lot_units: int) -> None:
        self._books, self._book, self._day = books, book, day
        self._tick_minor, self._lot_units = tick_minor, lot_units
        self.unknown: Parameter | None = None

    def value(self, parameter: Parameter, klass: int = 0) -> int:
        """The value as it is stored; 0 where the book has none."""
        entry = self._books.entry(self._book, parameter, klass, self._day)
        if entry is None:
            return 0
        if entry.basis is Basis.UNKNOWN or not allowed(parameter, entry.value):
            self.unknown = self.unknown or parameter
            return 0
        return entry.value

    def lots(self, parameter: Parameter, absent: int) -> int:
        """A quantity in lots, rounded down; `absent` where the book has none."""
        units = self.value(parameter)
        return units // self._lot_units if units else absent

    def ticks(self, parameter: Parameter) -> int:
        """A price in ticks, rounded down; 0 where the book has none."""
        return self.value(parameter) // self._tick_minor
