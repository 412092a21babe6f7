"""What a case can end with, and the comparison of an expected answer with what the engine found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from services.conform.cases import Fields
from services.conform.numbers import exact, plain


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CaseResult:
    """One line of the report. `reasons` say why it failed or was skipped, or what a passed case left open."""

    case_id: str
    kind: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()


Found = Fraction | int | str | None
"""A value of the engine as an adapter hands it over: exact number, word, or nothing."""


@dataclass
class Comparison:
    """Collects the differences between a case's expected answer and what was found, key by key.

    Every key of the answer has to be compared or left out with a reason; `expected.unread()` tells which were not.
    Comparing a key that the answer does not have does nothing.
    """

    expected: Fields
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compared: int = 0

    def number(self, key: str, found: Fraction | int | None) -> None:
        """Compare one number, or `null` with None."""
        if key in self.expected:
            self._compare(key, self.expected.take(key), found)

    def numbers(self, key: str, found: list[Fraction | int | None]) -> None:
        """Compare a list of numbers of the same length."""
        if key not in self.expected:
            return
        wanted = self.expected.take(key)
        if not isinstance(wanted, list) or len(wanted) != len(found):
            self.differences.append(f"{key}: expected {wanted}, found {[plain(value) for value in found]}")
            return
        for position, (one, other) in enumerate(zip(wanted, found, strict=True)):
            self._compare(f"{key}[{position}]", one, other)

    def table(self, key: str, found: dict[str, Fraction | int]) -> None:
        """Compare a table of numbers by name: the expected names, no more and no fewer than `found` has of them."""
        if key not in self.expected:
            return
        for name, wanted in self.expected.child(key).items():
            self._compare(f"{key}.{name}", wanted, found.get(name))

    def leave_out(self, key: str, why: str) -> None:
        """Say that a key of the answer is not compared, and why."""
        if key in self.expected:
            self.expected.take(key)
            self.notes.append(f"not compared: {key} ({why})")

    def differ(self, text: str) -> None:
        """Record a difference that the other methods do not cover."""
        self.differences.append(text)

    def _compare(self, key: str, wanted: object, found: Fraction | int | None) -> None:
        self.compared += 1
        same = found is None if wanted is None else found is not None and exact(wanted, key) == found
        if not same:
            self.differences.append(f"{key}: expected {plain(wanted)}, found {plain(found)}")
