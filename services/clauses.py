"""The clause behind a refusal, looked up in the rule book that was in force.

The engine's events carry a parameter's number. The book that an instrument or a round goes by is in the journal with
its whole text; here it is read once and asked what it says of the parameter, for a class, on a day.
"""

from __future__ import annotations

from functools import lru_cache

from engine.core import Core
from engine.parameters import Parameter
from engine.rules.explain import explain
from engine.rules.loader import adopted_book
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound

_DAY_NS = 86_400_000_000_000


@lru_cache(maxsize=64)
def readable_book(text: str) -> Book | None:
    """The book of an adopted text; None for a text that this release cannot read (its numbers still hold)."""
    try:
        return adopted_book(text)
    except ProblemsFound:
        return None


@lru_cache(maxsize=4096)
def clause_text(text: str, parameter: int, participant_class: int, day: int) -> str:
    """What an adopted text says of a parameter for a class (0: all) on a day, in one line; empty when nothing."""
    book = readable_book(text)
    return "" if book is None else explain(book, Parameter(parameter), participant_class, day).text


class Clauses:
    """Clauses by instrument and by round, for the books that a core has adopted."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def of_instrument(self, instrument: int, parameter: int, participant_class: int = 0) -> str:
        """What the book of an instrument says today; empty for an instrument that does not exist."""
        for view in self._core.instruments():
            if view.number == instrument:
                return self.of_book(view.rule_book, parameter, participant_class)
        return ""

    def of_round(self, number: int, parameter: int, participant_class: int = 0) -> str:
        """What the book of a round says on its day; empty for a round that does not exist."""
        for view in self._core.rounds():
            if view.number == number:
                return self.of_book(view.rule_book, parameter, participant_class, view.day)
        return ""

    def of_book(self, number: int, parameter: int, participant_class: int = 0, day: int | None = None) -> str:
        """What an adopted book says on a day (None: that of the last batch); empty without such a book."""
        day = self._core.time_ns // _DAY_NS if day is None else day
        for view in self._core.rule_books():
            if view.number == number:
                return clause_text(view.text, parameter, participant_class, day)
        return ""
