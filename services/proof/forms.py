"""Reading the JSON files of a proof: an object of a named format with known keys, everything wrong with it at once.

A problem says the file, the key, what was found, what is allowed and what to do, as `engine.rules.problems` does.
JSON has no lines worth naming, so a place is a key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.rules.forms import did_you_mean
from engine.rules.problems import clip
from services.errors import BadInput


@dataclass
class Fields:
    """The keys of one object, and what is wrong with them so far."""

    file: str
    values: dict[str, Any]
    problems: list[str] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)

    def refuse(self, key: str, found: str, allowed: str, next_step: str) -> None:
        """Add a problem with a key."""
        self.bad.add(key)
        where = f"{self.file}: {key}" if key else self.file
        self.problems.append(f"{where}: found {clip(found)}\n  allowed: {clip(allowed)}\n  next: {clip(next_step)}")

    def is_good(self, key: str) -> bool:
        """Whether the key is there and nothing was said against it."""
        return key in self.values and key not in self.bad

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value:
            self._refuse_type(key, "a text in quotes")
            return ""
        return value

    def whole(self, key: str, least: int = 0) -> int:
        """A whole number."""
        value = self.values.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            self._refuse_type(key, f"a whole number from {least}")
            return least
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
            self._refuse_type(key, "a list of texts in quotes")
            return []
        return value

    def objects(self, key: str) -> list[dict[str, Any]]:
        """A list of objects."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self._refuse_type(key, "a list of objects")
            return []
        return value

    def close(self) -> None:
        """Raise BadInput if there are problems."""
        if self.problems:
            raise BadInput(self.problems)

    def _refuse_type(self, key: str, allowed: str) -> None:
        if key in self.values and key not in self.bad:
            self.refuse(key, show(self.values[key]), allowed, "Correct it, or make the file anew.")


def read_object(file: str, content: bytes, form: str, version: int, keys: Sequence[str]) -> Fields:
    """The object in a file of one format and version. Raises BadInput when it is no such object at all."""
    fields = Fields(file, load(file, content, f"a file of the format {form!r}"))
    if fields.values.get("format") != form:
        found = f"the format {show(fields.values.get('format'))}"
        fields.refuse("format", found, f'"{form}"', "Name the right file: this one is something else.")
        fields.close()
    if fields.values.get("version") != version:
        fields.refuse("version", show(fields.values.get("version")), str(version), "Use the release that wrote it.")
        fields.close()
    known = ("format", "version", *keys)
    for key in keys:
        if key not in fields.values:
            fields.refuse(key, "nothing", f"the key `{key}`", "Restore it, or make the file anew.")
    for key in fields.values:
        if key not in known:
            fields.refuse(key, "an unknown key", ", ".join(known), did_you_mean(key, list(known)) or "Remove it.")
    return fields


def load(file: str, content: bytes, allowed: str) -> dict[str, Any]:
    """The JSON object in a file, every key once. Raises BadInput, with line and column where it is no JSON."""
    try:
        value = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise BadInput(f"{file}: found bytes that are not UTF-8\n  allowed: {allowed}\n  next: Restore it.") from None
    except json.JSONDecodeError as error:
        where = f"{file}:{error.lineno}: column {error.colno}"
        raise BadInput(f"{where}: found no JSON ({error.msg})\n  allowed: {allowed}\n  next: Restore it.") from None
    except (ValueError, RecursionError):
        raise BadInput(f"{file}: found JSON that nobody writes\n  allowed: {allowed}\n  next: Restore it.") from None
    except _Twice as error:
        raise BadInput(f"{file}: {error.key}: found twice\n  allowed: every key once\n  next: Remove one.") from None
    if not isinstance(value, dict):
        raise BadInput(f"{file}: found {show(value)}\n  allowed: {allowed}\n  next: Name the right file.")
    return value


def show(value: object) -> str:
    """A JSON value in a message."""
    return clip(json.dumps(value, ensure_ascii=False))


class _Twice(Exception):
    def __init__(self, key: str) -> None:
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twice(key)
        found[key] = value
    return found
