"""Every way to spoil one line of a rule book that the loader has to notice.

The files are taken apart here by lines, not by the reader under test: a header, one `key = value`, or one item of
a list that has a line for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.parameters import BY_KEY, DEFINITIONS

FREE_TEXT = {"title", "title_zh", "where", "market", "note", "why", "decided_by"}
MAY_BE_EMPTY = {"clause", "quote"}

HEADER = re.compile(r"(\[\[?)([^\]]+?)(\]\]?)")
PAIR = re.compile(r"([a-z_]+) = (.+)")
AN_ITEM = "an item of a list"
ITEM = re.compile(r' +"([a-z_.]+)",')


@dataclass(frozen=True)
class Mutant:
    """One file of a book with one line changed; `kind` groups mutants that test the same thing. `unnamed` is what the
    line named, where no line of the file speaks of it any more."""

    file: str
    line: int
    what: str
    kind: tuple[str, ...]
    text: str
    unnamed: str = ""


def mutants(file: str, text: str, free_text: set[str] = FREE_TEXT) -> Iterator[Mutant]:
    """All mutants of one file. `free_text`: keys that may hold any text."""
    lines = text.split("\n")
    table, basis = "", ""
    role = "source" if file[0].isdigit() else file
    for i, line in enumerate(lines):
        key = line.split(" = ")[0] if " = " in line else ""
        if header := HEADER.fullmatch(line):
            table = kind_of(header[2])
            basis = next((later for later in lines[i:] if later.startswith("basis")), "")
            changes = {
                "renamed": f"{header[1]}{header[2]}x{header[3]}",
                "deleted": "",
                "doubled": f"{line}\n{line}",
            }
        elif pair := PAIR.fullmatch(line):
            changes = {
                "renamed": f"{pair[1]}x = {pair[2]}",
                "deleted": "",
                "doubled": f"{line}\n{line}",
                **{what: f"{pair[1]} = {value}" for what, value in wrong_values(pair[1], pair[2], free_text)},
            }
        elif item := ITEM.fullmatch(line):
            key = AN_ITEM
            changes = {
                "renamed": f'    "{item[1]}x",',
                "deleted": "",
                "doubled": f"{line}\n{line}",
                "wrong type": "    7,",
            }
        else:
            continue
        for what, changed in changes.items():
            mutated = "\n".join([*lines[:i], changed, *lines[i + 1 :]])
            unnamed = line.strip(' ",') if key == AN_ITEM and what == "deleted" else ""
            yield Mutant(file, i + 1, f"{line!r} {what}", (role, table, basis, key, what), mutated, unnamed)


def kind_of(table: str) -> str:
    """What the loader tells tables apart by: the kind of value of a parameter, and whether classes may differ."""
    if table not in BY_KEY:
        return table.split(".")[0]
    definition = DEFINITIONS[BY_KEY[table]]
    return f"{definition.kind.name} {definition.by_class} {definition.least}"


def wrong_values(key: str, value: str, free_text: set[str]) -> Iterator[tuple[str, str]]:
    """Values that a key of this kind may never hold, judged by how the right one is written."""
    yield "a table", "{ a = 1 }"
    if value.startswith('"'):
        yield "wrong type", "7.5" if re.fullmatch(r'"[0-9.]+"', value) else "7"
        if key not in MAY_BE_EMPTY:
            yield "empty", '""'
        if key not in free_text | MAY_BE_EMPTY:
            yield "no word of the list", '"nonsense word"'
        if key == "value" and re.fullmatch(r'"[0-9.]+"', value):
            yield "too small", '"-0.01"'
            yield "too large", '"99999999999"'
            yield "too fine", '"0.0000001"'
            yield "unquoted", value.strip('"')
    elif value in ("true", "false"):
        yield "wrong type", f'"{value}"'
        yield "a number", "1"
    elif re.fullmatch(r"[0-9_]+", value):
        yield "wrong type", f'"{value}"'
        yield "a switch", "true"
        yield "too small", "-1"
        yield "too large", "9_999_999_999_999_999_999"
        yield "a fraction", f"{value}.0"
    elif re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        yield "wrong type", f'"{value} "'
        yield "month and day exchanged", f"{value[:5]}31-{value[5:7]}"
        yield "out of range", f"1066{value[4:]}"
        yield "a time as well", f"{value}T09:30:00"
    elif value == "[":
        yield "wrong type", '"all"'
    elif value.startswith("["):
        yield "wrong type", '"all"'
        yield from () if key == "files" and value == "[]" else [("empty", "[]")]
        yield "no word of the list", '["nobody"]'
        yield "a word twice", value.replace("]", ", " + value[1:]) if len(value) > 2 else '["x", "x"]'
    else:
        raise ValueError(f"{key} = {value}: teach the mutants this way of writing")
