"""TOML with line numbers: the standard parser, a key-to-line index, and every fault instead of the first.

tomllib gives values without places and stops at the first fault. So the text is also cut into statements, each with
its lines; a faulty statement is blanked, its fault kept, and the parser tried again. Fractions come out as
`FractionText`, never as a float, so that a reader can refuse them and show what was written.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field

from engine.rules.problems import Problem

Path = tuple[str | int, ...]
"""The way to a value: names of tables and keys, and positions in arrays of tables."""

FAULTS_MAX = 40
"""After so many faults a file is given up: it is probably not TOML."""

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*|\n|[\[\]{}]"
    r"""|[^"'\#\n\[\]{}]+|.""",
    re.DOTALL,
)
_HEADER = re.compile(r"\s*(\[\[|\[)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([A-Za-z0-9_.\-\"' ]+?)\s*=")
_KEY_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9_-]+)")
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_DATE_LIKE = re.compile(r"=\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*(?:#.*)?$")


@dataclass(frozen=True)
class FractionText:
    """A TOML float, as it was written. No string either, so that no check for text lets it pass."""

    text: str


@dataclass(frozen=True)
class _Statement:
    first_line: int
    last_line: int
    source: str
    path: Path = ()

    @property
    def is_header(self) -> bool:
        return self.source.lstrip().startswith("[")


@dataclass
class Document:
    """What a file says and where. `data` holds what could be parsed; `faulty` the paths of blanked statements."""

    file: str
    data: dict[str, object]
    problems: list[Problem]
    faulty: set[Path]
    _lines: dict[Path, int] = field(default_factory=dict)

    def note_line(self, path: Path, line: int) -> None:
        """Remember where `path` begins, and the table or array around it; the first place counts."""
        for known in (path, path[:-1]):
            self._lines.setdefault(known, line)

    def line_of(self, path: Path) -> int:
        """The line of `path`, or of the nearest table around it that has one."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def read_toml(file: str, content: bytes) -> Document:
    """Read one file. Never raises: what cannot be read is in `problems` of the document."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        fault = Problem(file, line, "", "bytes that are not UTF-8", "text in UTF-8", "Save the file as UTF-8.")
        return Document(file, {}, [fault], {()})
    text = text.replace("\r\n", "\n")
    statements = _with_paths(_statements(text))
    document = Document(file, {}, [], set())
    for statement in statements:
        document.note_line(statement.path, statement.first_line)
    lines = text.split("\n")
    while len(document.problems) < FAULTS_MAX:
        try:
            document.data = tomllib.loads("\n".join(lines), parse_float=FractionText)
        except tomllib.TOMLDecodeError as error:
            if not _blank_fault(document, lines, statements, str(error)):
                break
        else:
            break
    return document


def _blank_fault(document: Document, lines: list[str], statements: list[_Statement], message: str) -> bool:
    """Note the fault and blank the statement (with its block, if it is a header); False when none can be blamed."""
    place = _PLACE.search(message)
    line = int(place[1]) if place and place[1] else len(lines)
    reason = message[: place.start()] if place else message
    position = max((i for i, statement in enumerate(statements) if statement.first_line <= line), default=-1)
    if position < 0 or not any(lines[statements[position].first_line - 1 : statements[position].last_line]):
        document.problems.append(
            Problem(document.file, line, "", reason, "a file in TOML", "Correct the text at this line.")
        )
        document.faulty.add(())
        return False
    blamed = statements[position]
    document.problems.append(_fault(document.file, blamed, reason))
    document.faulty.add(blamed.path)
    end = blamed.last_line
    if blamed.is_header:
        for statement in statements[position + 1 :]:
            if statement.is_header:
                break
            end = statement.last_line
    lines[blamed.first_line - 1 : end] = [""] * (end - blamed.first_line + 1)
    return True


def _fault(file: str, statement: _Statement, reason: str) -> Problem:
    key = dotted(statement.path)
    shown = statement.source.strip()
    date = _DATE_LIKE.search(shown)
    if date:
        year, month, day = date.groups()
        swapped = f" Month and day look swapped: {year}-{day:0>2}-{month:0>2}?" if int(month) > 12 >= int(day) else ""
        return Problem(
            file,
            statement.first_line,
            key,
            f"{year}-{month}-{day} is no day of the calendar",
            "a date written year-month-day, such as 2022-08-12",
            f"Write the day that is meant.{swapped}",
        )
    if "overwrite" in reason or "twice" in reason:
        return Problem(
            file,
            statement.first_line,
            key,
            f"written a second time: {shown}",
            "every key once in its table",
            "Remove one of the two.",
        )
    return Problem(
        file, statement.first_line, key, f"{reason}: {shown}", "a statement of TOML: key = value", "Correct the line."
    )


def _statements(text: str) -> list[_Statement]:
    """The text cut at the line ends that lie outside strings and brackets; empty lines and comments left out."""
    found: list[_Statement] = []
    first_line, line, depth, parts = 1, 1, 0, list[str]()
    is_header = False
    for piece in _TOKEN.findall(text + "\n"):
        if piece == "\n" and (depth <= 0 or is_header):
            source = "".join(parts)
            if source.strip():
                found.append(_Statement(first_line, line, source))
            line += 1
            first_line, depth, parts, is_header = line, 0, [], False
            continue
        if not piece.startswith("#"):
            is_header = is_header or (piece == "[" and not any(part.strip() for part in parts))
            parts.append(piece)
        if len(piece) == 1:
            depth += (piece in "[{") - (piece in "]}")
        line += piece.count("\n")
    if any(part.strip() for part in parts):
        found.append(_Statement(first_line, line, "".join(parts)))
    return found


def _with_paths(statements: list[_Statement]) -> list[_Statement]:
    """The statements with the path each one sets."""
    table: Path = ()
    counts: dict[Path, int] = {}
    placed = []
    for statement in statements:
        header = _HEADER.match(statement.source)
        key = _KEY.match(statement.source)
        if header:
            table = _names(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            path = table
        elif key:
            path = (*table, *_names(key[1]))
        else:
            path = table
        placed.append(_Statement(statement.first_line, statement.last_line, statement.source, path))
    return placed


def _names(text: str) -> Path:
    return tuple(double or single or bare for double, single, bare in _KEY_PART.findall(text))


def dotted(path: Path) -> str:
    """A path for people: positions in arrays left out, since the line tells which one."""
    return ".".join(str(part) for part in path if isinstance(part, str))
