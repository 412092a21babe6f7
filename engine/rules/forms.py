"""Forms: which keys a table must have, and what each may hold.

A form is total: every key of it must be there and no other may, so that a mistyped, forgotten or doubled key cannot
pass. What is not known is written as such (an empty clause, the word "none"), never left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeVar

from engine.rules.problems import Problem
from engine.rules.toml_text import Document, FractionText, Path, dotted

T = TypeVar("T")
Check = Callable[[object], object]
"""Returns the cleaned value, or raises `NotAllowed`."""

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class NotAllowed(Exception):
    """A value that its key may not hold: what is allowed, and what to do (a general advice when empty)."""

    def __init__(self, allowed: str, next_step: str = "") -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.next_step = next_step


@dataclass(frozen=True)
class Form:
    """The keys of one kind of table. `refused` holds keys that belong elsewhere, each with the reason.

    `optional` keys may be left out: their absence says that there is no such thing.
    """

    name: str
    keys: Mapping[str, Check]
    refused: Mapping[str, str]
    optional: Mapping[str, Check] = field(default_factory=dict)

    @property
    def listing(self) -> str:
        """What a table of this form holds, for a message."""
        more = f"; and may have: {', '.join(self.optional)}" if self.optional else ""
        return f"{self.name} has exactly: {', '.join(self.keys)}{more}"


def form(
    name: str,
    keys: Mapping[str, Check],
    refused: Mapping[str, str] | None = None,
    optional: Mapping[str, Check] | None = None,
) -> Form:
    """A form whose `refused` and `optional` keys default to none."""
    return Form(name, keys, refused or {}, optional or {})


def fill(document: Document, path: Path, table: Mapping[str, object], wanted: Form) -> dict[str, object]:
    """The cleaned values of a table, problems added to the document. Keys that were wrong are left out."""
    values: dict[str, object] = {}
    for key, raw in table.items():
        check = wanted.keys.get(key) or wanted.optional.get(key)
        if check is None:
            document.problems.append(_unknown(document, path, key, raw, wanted))
            continue
        try:
            values[key] = check(raw)
        except NotAllowed as refusal:
            add(
                document, (*path, key), f"found {show(raw)}", refusal.allowed, refusal.next_step or "Correct the value."
            )
    missing = [key for key in wanted.keys if key not in table and (*path, key) not in document.faulty]
    if missing and path not in document.faulty:
        quoted = ", ".join(f"`{key}`" for key in missing)
        add(
            document,
            path,
            f"no {quoted}",
            wanted.listing,
            "Add what is missing; where nothing is known, the page on writing books says how that is written.",
        )
    return values


def add(document: Document, path: Path, found: str, allowed: str, next_step: str) -> None:
    """Add one problem at the line of `path`."""
    document.problems.append(Problem(document.file, document.line_of(path), dotted(path), found, allowed, next_step))


def table_at(document: Document, path: Path, raw: object) -> dict[str, object] | None:
    """`raw` if it is a table, else a problem."""
    if isinstance(raw, dict):
        return raw
    add(document, path, f"found {show(raw)}", "a table of keys", f"Write it as [{dotted(path)}] with its keys below.")
    return None


def tables_at(document: Document, path: Path, raw: object) -> list[dict[str, object]]:
    """`raw` if it is an array of tables (`[[...]]`), else a problem and an empty list."""
    if isinstance(raw, list) and raw and all(isinstance(item, dict) for item in raw):
        return raw
    name = dotted(path)
    add(document, path, f"found {show(raw)}", f"one or more tables [[{name}]]", f"Write each entry under [[{name}]].")
    return []


def _unknown(document: Document, path: Path, key: str, raw: object, wanted: Form) -> Problem:
    where = (*path, key)
    line, name = document.line_of(where), dotted(where)
    if key in wanted.refused:
        return Problem(document.file, line, name, f"found {show(raw)}", wanted.refused[key], f"Remove `{key}`.")
    return Problem(
        document.file,
        line,
        name,
        "unknown key",
        wanted.listing,
        did_you_mean(key, [*wanted.keys, *wanted.optional]) or "Remove it, or correct its name.",
    )


def did_you_mean(word: str, known: Mapping[str, object] | list[str]) -> str:
    """Advice that names the nearest known word, empty when none is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean `{near[0]}`?" if near else ""


def show(raw: object) -> str:
    """A TOML value for people, near to how it was written."""
    match raw:
        case FractionText():
            return f"the fraction {raw.text}"
        case bool():
            return "true" if raw else "false"
        case str():
            return f'the text "{raw}"'
        case int():
            return f"the number {raw}"
        case datetime():
            return f"the date and time {raw.isoformat()}"
        case date():
            return f"the date {raw.isoformat()}"
        case dict():
            return "a table"
        case list():
            return "a list with " + ", ".join(show(item) for item in raw[:3]) if raw else "an empty list"
        case _:
            return f"the value {raw}"


def text(raw: object) -> str:
    """A sentence or name; not empty."""
    cleaned = text_or_empty(raw)
    if not cleaned:
        raise NotAllowed("text in quotes, not empty")
    return cleaned


def text_or_empty(raw: object) -> str:
    """Text that may be empty, where empty says: not known."""
    if not isinstance(raw, str):
        raise NotAllowed("text in quotes")
    return " ".join(raw.split())


def switch(raw: object) -> bool:
    """true or false."""
    if not isinstance(raw, bool):
        raise NotAllowed("true or false, without quotes")
    return raw


def day(raw: object) -> int:
    """A date, as days since 1970-01-01."""
    if not isinstance(raw, date) or isinstance(raw, datetime):
        raise NotAllowed("a date without quotes, year-month-day, such as 2022-08-12")
    if not 1990 <= raw.year <= 2100:
        raise NotAllowed("a date from 1990 to 2100", "Look at the year.")
    return raw.toordinal() - EPOCH_ORDINAL


def date_of(number: int) -> date:
    """A day number as a date."""
    return date.fromordinal(number + EPOCH_ORDINAL)


def day_text(number: int) -> str:
    """A day number as year-month-day."""
    return date_of(number).isoformat()


def word_of(words: Mapping[str, T] | list[str]) -> Check:
    """One word of a list."""

    def check(raw: object) -> object:
        if not isinstance(raw, str) or raw not in words:
            advice = did_you_mean(raw, words) if isinstance(raw, str) else ""
            raise NotAllowed("one of: " + ", ".join(words), advice)
        return words[raw] if isinstance(words, Mapping) else raw

    return check


def words_from(words: Mapping[str, T]) -> Check:
    """A list of one or more different words."""
    one = word_of(words)

    def check(raw: object) -> object:
        if not isinstance(raw, list) or not raw:
            raise NotAllowed(f"a list of one or more of: {', '.join(words)}")
        numbers = tuple(_one_of(item, one) for item in raw)
        if len(set(numbers)) != len(numbers):
            raise NotAllowed("each word once")
        return numbers

    return check


def _one_of(item: object, one: Check) -> object:
    """The checked item; a refusal says which item of the list it was."""
    try:
        return one(item)
    except NotAllowed as refusal:
        raise NotAllowed(refusal.allowed, f"Correct {show(item)}. {refusal.next_step}".rstrip()) from None


def identifier(raw: object) -> str:
    """A name made of lower-case letters, digits and underscores."""
    if not isinstance(raw, str) or not _IDENTIFIER.fullmatch(raw):
        raise NotAllowed("lower-case letters, digits and underscores in quotes, beginning with a letter")
    return raw
