"""Files of cases and strict reading: what is in a case, and which parts of it nobody has looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from services.errors import BadInput


class NotSupported(Exception):
    """The case needs something that the engine or the adapter does not have; the text names it."""


class Unreadable(Exception):
    """The case itself cannot be read: where, what was found, what is allowed."""


class Schema(StrEnum):
    """The two shapes of a file of cases, named by the list that holds them."""

    EXAMPLES = "examples"
    CASES = "cases"


class Fields:
    """An object of a case whose keys are taken one by one, so that what was not taken can be told.

    `where` is the path that messages name.
    """

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise Unreadable(f"{where or 'the case'}: an object is needed, found {type(values).__name__}")
        self._values: dict[str, object] = values
        self._where = where
        self._taken: set[str] = set()
        self._children: list[Fields] = []

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def take(self, key: str) -> object:
        """The value of a key that has to be there."""
        if key not in self._values:
            raise Unreadable(f"{self.path(key)} is missing")
        self._taken.add(key)
        return self._values[key]

    def optional(self, key: str) -> object:
        """The value of a key, None when it is absent."""
        self._taken.add(key)
        return self._values.get(key)

    def text(self, key: str) -> str:
        """The value of a key that has to be text; empty when it is absent."""
        value = self.optional(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Unreadable(f"{self.path(key)}: text is needed, found {value!r}")
        return value

    def texts(self, key: str) -> list[str]:
        """The value of a key that has to be a list of texts."""
        values = self.take(key)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise Unreadable(f"{self.path(key)}: a list of texts is needed, found {values!r}")
        return [str(value) for value in values]

    def elements(self, key: str) -> list[object]:
        """The value of a key that has to be a list."""
        values = self.take(key)
        if not isinstance(values, list):
            raise Unreadable(f"{self.path(key)}: a list is needed, found {values!r}")
        return values

    def child(self, key: str) -> Fields:
        """The object behind a key; what it leaves unread counts here too."""
        return self.adopt(self.take(key), self.path(key))

    def adopt(self, values: object, where: str) -> Fields:
        """An object found inside this one (an element of a list), watched as part of it."""
        child = Fields(values, where)
        self._children.append(child)
        return child

    def items(self) -> Iterator[tuple[str, object]]:
        """All keys and values; all of them count as taken."""
        self._taken.update(self._values)
        yield from self._values.items()

    def unread(self) -> list[str]:
        """Paths of the keys that were never taken, here and below."""
        own = [self.path(key) for key in self._values if key not in self._taken]
        return own + [path for child in self._children for path in child.unread()]

    def path(self, key: str) -> str:
        """`where.key`, as messages name it."""
        return f"{self._where}.{key}" if self._where else key


@dataclass(frozen=True)
class Case:
    """One case. `mechanism` and `source` are words for the choice of a venue's rule; both may be empty.

    `rule` is empty in the second schema, where the rule is a text: `input.text("rule")`.
    """

    case_id: str
    schema: Schema
    kind: str
    mechanism: str
    source: str
    rule: Fields
    input: Fields
    expected: Fields


_DESCRIPTIVE = {"id", "kind", "source", "note", "notes", "name", "checked"}
"""Keys of a case of the second schema that say where it comes from and change nothing."""


def load(path: Path) -> list[Case]:
    """All cases of a file, in its order.

    Raises BadInput, naming what was found and what is allowed, when the file is missing, is no JSON, or has neither
    schema; all cases that lack their skeleton (id, kind, answer) are told at once.
    """
    document = _document(path)
    present = [schema for schema in Schema if isinstance(document.get(schema.value), list)]
    if len(present) != 1:
        found = ", ".join(sorted(document)) or "nothing"
        raise BadInput(
            f"{path}: unknown schema; a list `examples` or a list `cases` is needed at the top, found {found}"
        )
    schema = present[0]
    cases: list[Case] = []
    problems: list[str] = []
    for position, body in enumerate(document[schema.value]):
        try:
            cases.append(_case(schema, body))
        except Unreadable as problem:
            problems.append(f"{path}: {schema.value}[{position}]: {problem}")
    if problems:
        raise BadInput(problems)
    return cases


def _document(path: Path) -> dict[str, list[object]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file; give a file of cases in JSON") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path}: cannot be read: {problem}") from None
    try:
        document = json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as problem:
        raise BadInput(f"{path}:{problem.lineno}: no JSON: {problem.msg} (column {problem.colno})") from None
    if not isinstance(document, dict):
        raise BadInput(f"{path}: unknown schema; an object is needed at the top, found {type(document).__name__}")
    return document


def _case(schema: Schema, body: object) -> Case:
    fields = Fields(body, "")
    case_id, kind = fields.take("id"), fields.take("kind")
    for key, value in (("id", case_id), ("kind", kind)):
        if not isinstance(value, str) or not value:
            raise Unreadable(f"{key}: text is needed, found {value!r}")
    source = json.dumps(fields.optional("source"), default=str)
    if schema is Schema.EXAMPLES:
        rule = Fields(fields.take("rule"), "rule")
        given = Fields(fields.take("input"), "input")
        expected = Fields(fields.take("expected"), "expected")
        return Case(str(case_id), schema, str(kind), fields.text("mechanism"), source, rule, given, expected)
    answer = "data" if "data" in fields else "expect"
    expected = Fields(fields.take(answer), answer)
    values = {key: value for key, value in fields.items() if key not in _DESCRIPTIVE and key != answer}
    return Case(str(case_id), schema, str(kind), "", source, Fields({}, "rule"), Fields(values, ""), expected)
