"""A rule book as integers, and as the one text that is adopted and hashed.

Compiled rows are what the core judges by: one row for each entry and class, sorted by parameter, class and day. The
text carries every file of the book word for word, so that whoever holds a journal can read the clause behind a number
that was used years ago, and compile the same rows again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from engine.commands import Table, rows_of
from engine.parameters import Basis, Parameter
from engine.rules.model import ALL_CLASSES, Book
from engine.rules.problems import Problem, ProblemsFound
from engine.trading_days import TradingDays

WITHOUT_VALUE = 0
"""`value` of a row whose basis is UNKNOWN. It means nothing: look at the basis."""


@dataclass(frozen=True)
class Resolved:
    """What compiled rows say for one parameter, class and day. `value` is None exactly when the basis is UNKNOWN."""

    value: int | None
    basis: Basis
    effective_day: int


def compiled_rows(book: Book, days: TradingDays | None = None) -> np.ndarray:
    """The rows of `Table.RULE_BOOKS` for a book: parameter, class (0: all), basis, effective day, value.

    `actor`, `session`, `request_id` are 0, for whoever adopts the book to fill in. The last confirmed day, if the book
    names one, is the row of `BOOK_LAST_CONFIRMED`. Each known month of `days` is a row of `BOOK_TRADING_DAYS`: its
    first day, and the bitmap of its trading days.
    """
    values = [
        (entry.parameter, number, entry.basis, entry.from_day, WITHOUT_VALUE if entry.value is None else entry.value)
        for entry in book.entries
        for number in entry.classes
    ]
    if book.last_confirmed is not None:
        values.append((Parameter.BOOK_LAST_CONFIRMED, ALL_CLASSES, Basis.STATED, 0, book.last_confirmed))
    for month, bitmap in days.months.items() if days else ():
        values.append((Parameter.BOOK_TRADING_DAYS, ALL_CLASSES, Basis.ASSUMED, month, bitmap))
    values.sort(key=lambda row: (row[0], row[1], row[3]))
    rows = rows_of(Table.RULE_BOOKS, len(values))
    for column, name in enumerate(("parameter", "participant_class", "basis", "effective_day", "value")):
        rows[name] = [row[column] for row in values]
    return rows


def resolve(rows: np.ndarray, parameter: Parameter, participant_class: int, day: int) -> Resolved | None:
    """What `rows` say on `day`: the latest row of that class, else the latest for all classes; None where none holds.

    `rows` are those of one book in any order; O(rows).
    """
    for number in dict.fromkeys((int(participant_class), ALL_CLASSES)):
        held = rows[
            (rows["parameter"] == int(parameter))
            & (rows["participant_class"] == number)
            & (rows["effective_day"] <= day)
        ]
        if len(held):
            row = held[int(np.argmax(held["effective_day"]))]
            basis = Basis(int(row["basis"]))
            value = None if basis is Basis.UNKNOWN else int(row["value"])
            return Resolved(value, basis, int(row["effective_day"]))
    return None


def value_at(rows: np.ndarray, parameter: Parameter, participant_class: int, day: int) -> int | None:
    """The value in force on `day`, None where the book has none: not yet in force, unknown, or not covered."""
    resolved = resolve(rows, parameter, participant_class, day)
    return resolved.value if resolved else None


def is_confirmed_for(rows: np.ndarray, day: int) -> bool:
    """Whether a round of `day` may run on the book: not after its last confirmed day, if it has one."""
    last = value_at(rows, Parameter.BOOK_LAST_CONFIRMED, ALL_CLASSES, max(day, 0))
    return last is None or day <= last


def book_text(name: str, files: Mapping[str, str | bytes]) -> bytes:
    """The one text of a book: JSON of its name and files, keys sorted, no spaces, UTF-8 as it is.

    Equal files give equal bytes, whatever order they come in. Raises UnicodeDecodeError on bytes that are not UTF-8.
    """
    texts = {file: content.decode() if isinstance(content, bytes) else content for file, content in files.items()}
    document = {"name": name, "files": texts}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_book_text(text: bytes | str) -> tuple[str, dict[str, bytes]]:
    """The name and files of an adopted text, ready for `engine.rules.loader`. Raises `ProblemsFound`."""
    try:
        document = json.loads(text)
        name, files = document["name"], document["files"]
        if set(document) == {"name", "files"} and isinstance(name, str) and isinstance(files, dict):
            return name, {str(file): str(content).encode() for file, content in files.items()}
        reason = "other keys than name and files"
    except (ValueError, KeyError, TypeError) as error:
        reason = f"no such document: {error}"
    raise ProblemsFound(
        [
            Problem(
                "(adopted text)",
                1,
                "",
                reason,
                'JSON {"files": {NAME: TEXT, …}, "name": NAME}',
                "Make the text with engine.rules.compile.book_text.",
            )
        ]
    )


def book_sha256(text: bytes | str) -> str:
    """The hash by which an adopted text is named, in hex."""
    return hashlib.sha256(text if isinstance(text, bytes) else text.encode()).hexdigest()
