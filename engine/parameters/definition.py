"""How a parameter is described: the kinds of values, what a value rests on, and the entry of one parameter.

The parameters themselves, with their numbers, are in `engine.parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Kind(IntEnum):
    """What kind of value a parameter takes; each is stored as one integer."""

    MONEY = 1
    """A price per unit: a decimal string in a book, minor units as integer."""
    UNITS = 2
    """A quantity in units (t)."""
    SHARE = 3
    """A fraction from 0 to 1: a decimal string in a book, parts per million as integer."""
    COUNT = 4
    """A number of things, at least 0."""
    SWITCH = 5
    """true or false, stored as 1 or 0."""
    WORD = 6
    """One of a list of words, stored as the number of the enum's member."""
    CLOCK = 7
    """A time of day on the venue's clock: "HH:MM" in a book, minutes since midnight as integer."""
    DAY = 8
    """A day: a date without quotes in a book, days since 1970-01-01 as integer."""


class Basis(IntEnum):
    """What a value rests on: read in a text, inferred or reported, chosen by the operator, or not known at all."""

    STATED = 1
    ASSUMED = 2
    OPERATOR = 3
    UNKNOWN = 4


@dataclass(frozen=True)
class Definition:
    """One parameter: its key in a rule book, what it takes, and what it means.

    `term` is its name in Chinese. `by_class`: the value may differ by class of participant. `words`: the enum behind a
    WORD. `least`: the smallest value as integer. `enforced` False: the value is published with the round and shown
    with its clause, but the engine does not judge by it. `absent`: what it means that a book does not speak of it;
    empty where a book that covers the chapter has to.
    """

    key: str
    kind: Kind
    meaning: str
    term: str
    by_class: bool = False
    words: type[IntEnum] | None = None
    least: int = 0
    enforced: bool = True
    absent: str = ""
