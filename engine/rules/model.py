"""A rule book as it stands after loading: sources, and a dated history of values for each parameter.

Everything here is immutable and already checked (`engine.rules.loader`). Days are counted since 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.commands import ParticipantClass
from engine.parameters import DEFINITIONS, Basis, Parameter

ALL_CLASSES = 0
"""The class number of a value that holds for every class."""

BIDDERS: tuple[ParticipantClass, ...] = (
    ParticipantClass.KEY_EMITTER,
    ParticipantClass.INSTITUTION,
    ParticipantClass.INDIVIDUAL,
)
"""The classes that a value may differ by; a book says something about each of them."""

CLASS_WORDS: dict[str, int] = {"all": ALL_CLASSES} | {member.name.lower(): int(member) for member in BIDDERS}
"""How a book writes classes."""

CURRENCIES = ("CNY", "NZD", "USD", "CAD", "EUR", "GBP", "KRW")
"""Currencies a book can name; each has 100 minor units (of the won too, which has none in circulation)."""


UNITS_FIRST, UNITS_LAST = 680, 699
"""Numbers of the parameters of the life of a unit."""


class Chapter(StrEnum):
    """What a book can cover.

    A covered chapter has an entry for each of its parameters that may not be absent, `unknown` where need be.
    """

    TRADING = "trading"
    AUCTION = "auction"
    CONSIGNMENT = "consignment"
    RESERVE = "reserve"
    ALLOCATION = "allocation"
    UNITS = "units"


class SourceKind(StrEnum):
    """How a source was come by."""

    READ = "R"
    """The text itself was read."""
    NEWS = "N"
    """A report about it was read, not the text."""
    INFERRED = "I"
    """A conclusion from texts or results."""


def chapter_of(parameter: Parameter) -> Chapter | None:
    """The chapter a parameter belongs to; None for what the head of a book holds.

    Whether there is consignment at all belongs to every auction; how it works is a chapter of its own.
    """
    number = int(parameter)
    if number < 100:
        return None
    if number < 200:
        return Chapter.TRADING
    if DEFINITIONS[parameter].key.startswith("consignment.") and parameter is not Parameter.CONSIGNMENT_ALLOWED:
        return Chapter.CONSIGNMENT
    if DEFINITIONS[parameter].key.startswith("reserve."):
        return Chapter.RESERVE
    if DEFINITIONS[parameter].key.startswith("allocation."):
        return Chapter.ALLOCATION
    if UNITS_FIRST <= number <= UNITS_LAST:
        return Chapter.UNITS
    return Chapter.AUCTION


def parameters_of(chapter: Chapter) -> tuple[Parameter, ...]:
    """The parameters of a chapter, in number order."""
    return tuple(sorted(parameter for parameter in DEFINITIONS if chapter_of(parameter) is chapter))


@dataclass(frozen=True)
class Source:
    """A text that values rest on. `when` is its date as far as it is known: year-month-day, year-month,
    year, or the word unknown."""

    identifier: str
    title: str
    title_zh: str
    where: str
    when: str
    kind: SourceKind


@dataclass(frozen=True)
class Entry:
    """One value of one parameter from one day on, until the next entry of the same parameter and class.

    `classes` holds class numbers (`ALL_CLASSES` alone: everybody). `value` is None exactly when `basis` is UNKNOWN.
    `source` is empty for what an operator chose and for what is unknown; `clause` and `quote` are empty where none is
    known. `note` says in a sentence what the value means or why it was chosen; `decided_by` and `decided_on` are set
    for what the texts leave unsaid.
    """

    parameter: Parameter
    classes: tuple[int, ...]
    from_day: int
    value: int | None
    basis: Basis
    source: str
    clause: str
    quote: str
    note: str
    decided_by: str
    decided_on: int | None
    file: str
    line: int


@dataclass(frozen=True)
class ClosedDay:
    """A day on which the venue is closed although its calendar calls it a trading day; `line` in its file."""

    day: int
    source: str
    clause: str
    note: str
    line: int


@dataclass(frozen=True)
class Book:
    """A whole rule book. `entries` are in the order of the files; `files` is what it was read from, as text."""

    name: str
    title: str
    title_zh: str
    market: str
    currency: str
    provisional: bool
    covers: tuple[Chapter, ...]
    last_confirmed: int | None
    sources: dict[str, Source]
    entries: tuple[Entry, ...]
    closed_days: tuple[ClosedDay, ...]
    files: dict[str, str]

    def history(self, parameter: Parameter, participant_class: int) -> tuple[Entry, ...]:
        """The entries of one parameter that hold for one class, by day."""
        held = (
            entry
            for entry in self.entries
            if entry.parameter is parameter and (participant_class in entry.classes or ALL_CLASSES in entry.classes)
        )
        return tuple(sorted(held, key=lambda entry: entry.from_day))

    def entry_at(self, parameter: Parameter, participant_class: int, day: int) -> Entry | None:
        """The entry in force on a day, None before the first one."""
        held = [entry for entry in self.history(parameter, participant_class) if entry.from_day <= day]
        return held[-1] if held else None
