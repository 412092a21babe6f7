"""The clause behind a refusal, looked up in the rule book that was in force.

The engine's events carry a parameter's number. The book that an instrument or a round goes by is in the journal with
its whole text; here it is read once and asked what it says of the parameter, for a class, on a day. Where an instrument
has a value of its own, the change that gave it stands behind the refusal, not the clause that it went before.
"""

from __future__ import annotations

from functools import lru_cache

from engine.core import Core
from engine.parameters import DEFINITIONS, Parameter
from engine.rules.explain import explain
from engine.rules.loader import adopted_book
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound
from engine.rules.values import format_value
from engine.views import ChangeState, RuleChange
from services.clock import utc_text

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


def change_text(change: RuleChange) -> str:
    """A change of one value as the ground of a refusal, in one line."""
    key, value = DEFINITIONS[change.parameter].key, format_value(change.parameter, change.value)
    persons = f"proposed by participant {change.proposed_by} at {utc_text(change.proposed_ns)}"
    if change.approved_by:
        persons += f", approved by participant {change.approved_by}"
    which = f"change {change.number} of this instrument's rules, before its book"
    return f"{key} = {value} ({which}); {persons}: {change.reason}"


class Clauses:
    """Clauses by instrument and by round, for the books that a core has adopted."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def of_instrument(self, instrument: int, parameter: int, participant_class: int = 0) -> str:
        """The change that gave an instrument its own value, else what its book says today; empty without such an
        instrument."""
        if change := self._own_value(instrument, parameter):
            return change_text(change)
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

    def _own_value(self, instrument: int, parameter: int) -> RuleChange | None:
        """The change by which an instrument goes in a parameter, if it has a value of its own."""
        floor = self._core.floor
        if Parameter(parameter) not in floor.own_values(instrument):
            return None
        made = [
            change
            for change in floor.changes()
            if (change.instrument, change.parameter, change.state) == (instrument, parameter, ChangeState.IN_FORCE)
        ]
        return made[-1] if made else None

    def of_book(self, number: int, parameter: int, participant_class: int = 0, day: int | None = None) -> str:
        """What an adopted book says on a day (None: that of the last batch); empty without such a book."""
        day = self._core.time_ns // _DAY_NS if day is None else day
        for view in self._core.rule_books():
            if view.number == number:
                return clause_text(view.text, parameter, participant_class, day)
        return ""
