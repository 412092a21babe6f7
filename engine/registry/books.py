"""Adopted rule books: the whole text, and the dated integers compiled from it.

The core never reads the text. It looks a parameter up by number, class and day in the integers that travelled with the
adoption, so replay needs no loader, and a later release that compiles a book differently changes no history.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from engine.commands import Batch, ParticipantClass, is_code
from engine.events import EventKind
from engine.limits import TEXT_BYTES_MAX
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Basis, Parameter
from engine.recorder import Recorder
from engine.trading_days import TradingDays, is_month
from engine.views import RuleBook

_DAY_NS = 86_400_000_000_000
_CLASSES = {0, *map(int, ParticipantClass)}


@dataclass(frozen=True)
class Value:
    """One dated value as adopted; `value` means nothing when the basis is `UNKNOWN`."""

    basis: Basis
    value: int


class Books:
    """All adopted books, numbered from 1 in the order of their adoption."""

    KEPT = ("_books", "_values", "_rows", "_days")

    def __init__(self) -> None:
        self._books: list[RuleBook] = []
        self._values: list[dict[tuple[int, int], list[tuple[int, Value]]]] = []
        self._rows: list[np.ndarray] = []
        self._days: list[TradingDays] = []

    def adopt(self, batch: Batch, out: Recorder) -> None:
        """A whole batch of RULE_BOOKS: one book, adopted as a whole or refused as a whole (at its first bad row)."""
        if self.adoption_four_eyes(batch.time_ns // _DAY_NS):
            return out.refuse(0, Outcome.CHANGE_NEEDS_SECOND_PERSON, Parameter.GOVERNANCE_ADOPTION_FOUR_EYES)
        fault = self.fault_in(batch.rows, batch.text)
        if fault is not None:
            return out.refuse(*fault)
        self.add(batch.rows, batch.text, 0, out)

    def fault_in(self, rows: np.ndarray, text: bytes) -> tuple[int, Outcome, Parameter] | None:
        """The first row of a book that cannot be adopted, with what is wrong; None when all is well."""
        if len(text) > TEXT_BYTES_MAX:
            return 0, Outcome.NAME_EMPTY_OR_TOO_LONG, Parameter.NONE
        for i, row in enumerate(rows):
            parameter, basis = int(row["parameter"]), int(row["basis"])
            if parameter not in DEFINITIONS:
                return i, Outcome.PARAMETER_UNKNOWN, Parameter.NONE
            if not is_code(Basis, basis) or int(row["participant_class"]) not in _CLASSES:
                return i, Outcome.PARAMETER_VALUE_NOT_ALLOWED, Parameter(parameter)
            if parameter == Parameter.BOOK_TRADING_DAYS and not is_month(int(row["effective_day"]), int(row["value"])):
                return i, Outcome.PARAMETER_VALUE_NOT_ALLOWED, Parameter.BOOK_TRADING_DAYS
        return None

    def add(self, rows: np.ndarray, text: bytes, row: int, out: Recorder) -> int:
        """Adopt a book without a fault; `row` of the batch did it. Returns its number."""
        months = rows[rows["parameter"] == Parameter.BOOK_TRADING_DAYS]
        values: dict[tuple[int, int], list[tuple[int, Value]]] = {}
        for entry in rows:
            history = values.setdefault((int(entry["parameter"]), int(entry["participant_class"])), [])
            history.append((int(entry["effective_day"]), Value(Basis(int(entry["basis"])), int(entry["value"]))))
        for history in values.values():
            history.sort(key=lambda dated: dated[0])
        written = text.decode()
        number = len(self._books) + 1
        self._books.append(RuleBook(number, _name_in(written), written, hashlib.sha256(text).hexdigest()))
        self._values.append(values)
        self._rows.append(rows.copy())
        self._days.append(
            TradingDays(dict(zip(months["effective_day"].tolist(), months["value"].tolist(), strict=True)))
        )
        out.add(EventKind.RULE_BOOK_ADOPTED, row, reference=number, quantity_lots=len(rows))
        return number

    def adoption_four_eyes(self, day: int) -> bool:
        """Whether any adopted book has further ones adopted by two persons, on a day."""
        rule = Parameter.GOVERNANCE_ADOPTION_FOUR_EYES
        return any(self.value(book.number, rule, 0, day) for book in self._books)

    def exists(self, number: int) -> bool:
        """Whether a book has this number."""
        return 1 <= number <= len(self._books)

    def entry(self, number: int, parameter: Parameter, participant_class: int, day: int) -> Value | None:
        """The value in force on `day` (days since 1970-01-01): the class's own, else that of all classes."""
        values = self._values[number - 1]
        for klass in (participant_class, 0):
            history = values.get((int(parameter), klass), [])
            in_force = [value for effective_day, value in history if effective_day <= day]
            if in_force:
                return in_force[-1]
        return None

    def value(self, number: int, parameter: Parameter, participant_class: int, day: int) -> int | None:
        """The known value in force on `day`; None when the book has none or says that it is unknown."""
        entry = self.entry(number, parameter, participant_class, day)
        return None if entry is None or entry.basis is Basis.UNKNOWN else entry.value

    def trading_days(self, number: int) -> TradingDays:
        """The trading days that the book was adopted with; without any month where it has no calendar."""
        return self._days[number - 1]

    def views(self) -> list[RuleBook]:
        """All books in the order of adoption."""
        return list(self._books)

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the books: text hash and compiled rows."""
        return [
            part
            for book, rows in zip(self._books, self._rows, strict=True)
            for part in (bytes.fromhex(book.sha256), rows.tobytes())
        ]


def _name_in(text: str) -> str:
    """The name inside a book's canonical JSON; an unreadable text has none (the loader refuses it long before)."""
    try:
        return str(json.loads(text)["name"])
    except (ValueError, KeyError, TypeError):
        return ""
