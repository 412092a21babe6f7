"""Looking up what a rule book says of units, and choosing the answer when several things speak against a row.

A rule that its book calls unknown stands in the way of whatever would be judged by it.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.outcomes import PRECEDENCE, Outcome
from engine.parameters import Basis, Parameter, allowed
from engine.registry.books import Books

Verdict = tuple[Outcome, Parameter]

_PLACE = {outcome: place for place, outcome in enumerate(PRECEDENCE)}


class UnitRules:
    """One book on one day. Raises nothing: what is unknown is collected in `unknown`."""

    def __init__(self, books: Books, book: int, day: int) -> None:
        self._books, self._book, self._day = books, book, day
        self.unknown: list[Verdict] = []

    def known(self, parameter: Parameter, klass: int = 0) -> int | None:
        """The value as it is stored; None where the book has none, or says that it is unknown."""
        entry = self._books.entry(self._book, parameter, klass, self._day)
        if entry is None:
            return None
        if entry.basis is Basis.UNKNOWN or not allowed(parameter, entry.value):
            self.unknown.append((Outcome.PARAMETER_WITHOUT_VALUE, parameter))
            return None
        return entry.value

    def is_unknown(self, parameter: Parameter) -> bool:
        """Whether a look-up of the parameter found that the book calls it unknown."""
        return any(said is parameter for _, said in self.unknown)


def first_of(found: Iterable[Verdict]) -> Verdict | None:
    """Of all that speaks against a row, what comes first in the order of `engine.outcomes`; of equals the first."""
    return min(found, key=lambda verdict: _PLACE[verdict[0]], default=None)
