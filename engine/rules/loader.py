"""From the files of a rule book to a `Book`, or to everything that is wrong with it.

A book is a set of files in one folder: `book.toml` (the head and the table of sources), files numbered in legal order
(`10_notice.toml`), and last `assumptions.toml`. Loading is pure: names and bytes in, a reading out; it never raises for
what a file says and never stops at the first problem. A book that loads obeys all of these:

- every key is known, there once, of the right type and within its range or list;
- every parameter of a covered chapter has a value, or says that it is unknown, for every class that may bid;
- the entries of one parameter and class follow each other by day, in the order of the files;
- every value's basis fits its source, every source is cited, and nothing starts after the book's last confirmed day.

Cost: linear in the text, a few milliseconds a book.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.limits import TEXT_BYTES_MAX
from engine.parameters import DEFINITIONS, Parameter
from engine.rules import forms
from engine.rules.compile import parse_book_text
from engine.rules.entries import ASSUMPTIONS_FILE, identifier, read_entries
from engine.rules.forms import NotAllowed, add, fill, form, table_at
from engine.rules.model import (
    ALL_CLASSES,
    BIDDERS,
    CURRENCIES,
    Book,
    Chapter,
    Entry,
    Source,
    SourceKind,
    parameters_of,
)
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.toml_text import Document, Path, read_toml

HEAD_FILE = "book.toml"

_FILE_NAME = re.compile(r"[0-9]{2}_[a-z0-9_]+\.toml")
_WHEN = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?|unknown")


@dataclass(frozen=True)
class Reading:
    """What came of reading a book: the book, or None and the problems, ordered by place."""

    book: Book | None
    problems: tuple[Problem, ...]


def load_book(name: str, files: Mapping[str, bytes]) -> Book:
    """The book, or `ProblemsFound`. `files`: file name to content; `name`: the folder's name."""
    reading = read_book(name, files)
    if reading.book is None:
        raise ProblemsFound(reading.problems)
    return reading.book


def adopted_book(text: bytes | str) -> Book:
    """The book of an adopted text (`engine.rules.compile.book_text`), or `ProblemsFound`.

    A text adopted by an earlier release need not speak of parameters that came later.
    """
    name, files = parse_book_text(text)
    reading = read_book(name, files, whole=False)
    if reading.book is None:
        raise ProblemsFound(reading.problems)
    return reading.book


def read_book(name: str, files: Mapping[str, bytes], *, whole: bool = True) -> Reading:
    """Read a book and collect every problem. `whole` False: covered chapters may lack parameters."""
    problems = _file_problems(name, files)
    ordered = sorted((file for file in files if _is_book_file(file)), key=_legal_order)
    documents = [read_toml(file, files[file]) for file in ordered]
    head, sources = _read_head(name, documents, problems)
    covers: tuple[Chapter, ...] = head.get("covers", tuple(Chapter))
    entries = [
        entry
        for document in documents
        if document.file != HEAD_FILE
        for entry in read_entries(document, sources, covers)
    ]
    by_file = {document.file: document for document in documents}
    _check_order(entries, by_file)
    _check_dates(entries, head.get("last_confirmed"), by_file)
    problems += [problem for document in documents for problem in document.problems]
    if HEAD_FILE in by_file and not any(document.faulty for document in documents):
        # What a blanked statement said is unknown, so nothing is called missing beside one.
        troubled = {problem.key for problem in problems}
        if whole:
            problems += _missing_entries(entries, covers, troubled, by_file[HEAD_FILE])
        problems += _unused_sources(documents, by_file[HEAD_FILE])
    if problems:
        return Reading(None, tuple(sorted(problems)))
    texts = {file: files[file].decode() for file in ordered}
    return Reading(Book(**head, sources=sources, entries=tuple(entries), files=texts), ())


def _is_book_file(file: str) -> bool:
    return file in (HEAD_FILE, ASSUMPTIONS_FILE) or bool(_FILE_NAME.fullmatch(file))


def _legal_order(file: str) -> tuple[int, str]:
    return (0 if file == HEAD_FILE else 2 if file == ASSUMPTIONS_FILE else 1, file)


def _file_problems(name: str, files: Mapping[str, bytes]) -> list[Problem]:
    problems = [
        Problem(
            file, 1, "", "no file at this place", "a rule book has book.toml and assumptions.toml", f"Write {file}."
        )
        for file in (HEAD_FILE, ASSUMPTIONS_FILE)
        if file not in files
    ]
    problems += [
        Problem(
            file,
            1,
            "",
            "a file name that is not allowed",
            "book.toml, assumptions.toml, names such as 10_notice.toml (digits give the legal order)",
            "Rename the file, or move it out of the folder.",
        )
        for file in files
        if not _is_book_file(file)
    ]
    length = sum(len(content) for content in files.values())
    if length > TEXT_BYTES_MAX // 2:
        found, allowed = f"{length} bytes in all files of {name}", f"at most {TEXT_BYTES_MAX // 2} bytes"
        problems.append(Problem(HEAD_FILE, 1, "", found, allowed, "Shorten the notes and quotes."))
    return problems


def _read_head(
    name: str, documents: list[Document], problems: list[Problem]
) -> tuple[dict[str, Any], dict[str, Source]]:
    """The values of [book] and the sources. Values that were wrong are left out."""
    document = next((document for document in documents if document.file == HEAD_FILE), None)
    if document is None:
        return {}, {}
    head: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for key, raw in document.data.items():
        if key == "book":
            table = table_at(document, (key,), raw)
            head = fill(document, (key,), table, _HEAD) if table is not None else {}
        elif key == "source":
            sources = _read_sources(document, (key,), table_at(document, (key,), raw) or {})
        else:
            found = "unknown table" if isinstance(raw, dict | list) else "unknown key"
            add(document, (key,), found, "[book] and [source.NAME]", "Move it to one of the two, or remove it.")
    for key in ("book", "source"):
        if key not in document.data and (key,) not in document.faulty:
            add(document, (), f"no [{key}…]", "[book] and at least one [source.NAME]", "Add it.")
    if head.get("name", name) != name:
        found = f'found "{head["name"]}" in a folder named "{name}"'
        add(document, ("book", "name"), found, "the name of the folder", "Rename one of the two.")
    return head, sources


def _read_sources(document: Document, path: Path, tables: Mapping[str, object]) -> dict[str, Source]:
    sources = {}
    for name, raw in tables.items():
        at = (*path, name)
        table = table_at(document, at, raw)
        if table is None:
            continue
        try:
            identifier(name)
        except NotAllowed as refusal:
            add(document, at, f'found "{name}"', refusal.allowed, "Rename the source.")
        values: dict[str, Any] = fill(document, at, table, _SOURCE)
        # A source with a fault of its own is still known by name, or every entry that cites it would be a problem too.
        sources[name] = Source(
            name,
            values.get("title", ""),
            values.get("title_zh", ""),
            values.get("where", ""),
            values.get("date", ""),
            values.get("kind", SourceKind.READ),
        )
    return sources


def _last_confirmed(raw: object) -> object:
    if raw == "none":
        return None
    try:
        return forms.day(raw)
    except NotAllowed:
        raise NotAllowed('a date without quotes, year-month-day, or the word "none"') from None


def _when(raw: object) -> object:
    if isinstance(raw, str) and _WHEN.fullmatch(raw):
        return raw
    try:
        return forms.day_text(forms.day(raw))
    except NotAllowed:
        raise NotAllowed('a date without quotes, or as far as it is known: "2013-10", "2013", "unknown"') from None


def _chapters(raw: object) -> object:
    return forms.words_from({str(chapter): chapter for chapter in Chapter})(raw)


_HEAD = form(
    "[book]",
    {
        "name": identifier,
        "title": forms.text,
        "title_zh": forms.text,
        "market": forms.text,
        "currency": forms.word_of(list(CURRENCIES)),
        "provisional": forms.switch,
        "covers": _chapters,
        "last_confirmed": _last_confirmed,
    },
)
_SOURCE = form(
    "a source",
    {
        "title": forms.text,
        "title_zh": forms.text,
        "where": forms.text,
        "date": _when,
        "kind": forms.word_of({str(kind): kind for kind in SourceKind}),
    },
)


def _check_order(entries: list[Entry], documents: Mapping[str, Document]) -> None:
    """Entries of one parameter and class come one after the other, in the order of the files."""
    histories: dict[tuple[Parameter, int], list[Entry]] = {}
    for entry in entries:
        for number in entry.classes:
            histories.setdefault((entry.parameter, number), []).append(entry)
    for (parameter, number), history in histories.items():
        for before, after in pairwise(history):
            if after.from_day > before.from_day:
                continue
            same = after.from_day == before.from_day
            relation = "the same day as" if same else "before"
            _at_entry(
                documents,
                after,
                f"from {forms.day_text(after.from_day)}, {relation} {before.file}:{before.line}",
                "entries of one parameter and class in the order of their days, one a day",
                "Remove one of the two, or correct its day." if same else "Move it up, or correct its day.",
            )
        if number == ALL_CLASSES and any(other == parameter and named for other, named in histories):
            _at_entry(
                documents,
                history[0],
                'classes = ["all"] beside entries for named classes',
                'either ["all"] throughout, or named classes throughout',
                "Name the classes in every entry of this parameter.",
            )


def _check_dates(entries: list[Entry], last_confirmed: int | None, documents: Mapping[str, Document]) -> None:
    for entry in entries:
        if last_confirmed is not None and entry.from_day > last_confirmed:
            _at_entry(
                documents,
                entry,
                f"from {forms.day_text(entry.from_day)}, after the last confirmed day {forms.day_text(last_confirmed)}",
                "days up to `last_confirmed` of book.toml: a later value could never be used",
                "Correct the day (are month and day swapped?), or confirm the book for longer.",
            )


def _missing_entries(
    entries: list[Entry], covers: tuple[Chapter, ...], troubled: set[str], head: Document
) -> list[Problem]:
    """Parameters of a covered chapter that are not spoken of for every class that may bid.

    `troubled` holds the keys of problems already found: a parameter with a faulty entry is not called missing too.
    """
    spoken = {(entry.parameter, number) for entry in entries for number in entry.classes}
    line = head.line_of(("book", "covers"))
    found = []
    for parameter in (parameter for chapter in covers for parameter in parameters_of(chapter)):
        key = DEFINITIONS[parameter].key
        missing = [bidder.name.lower() for bidder in BIDDERS if (parameter, bidder) not in spoken]
        faulty = any(name == key or name.startswith(f"{key}.") for name in troubled)
        if (parameter, ALL_CLASSES) in spoken or not missing or faulty:
            continue
        whom = f" for {', '.join(missing)}" if DEFINITIONS[parameter].by_class else ""
        found.append(
            Problem(
                HEAD_FILE,
                line,
                "book.covers",
                f"no entry of {key}{whom}",
                "an entry for every parameter of a covered chapter",
                f"Add [[{key}]] to a file; where nothing is known, to {ASSUMPTIONS_FILE} with basis unknown.",
            )
        )
    return found


def _unused_sources(documents: list[Document], head: Document) -> list[Problem]:
    """Sources that no entry names, entries with problems of their own included."""
    cited = {
        str(table.get("source"))
        for document in documents
        for group in document.data.values()
        if isinstance(group, dict)
        for tables in group.values()
        if isinstance(tables, list)
        for table in tables
        if isinstance(table, dict)
    }
    sources = head.data.get("source")
    return [
        Problem(
            HEAD_FILE,
            head.line_of(("source", name)),
            f"source.{name}",
            "no value cites this source",
            "sources that a value rests on",
            "Cite it in an entry, or remove it.",
        )
        for name in (sources if isinstance(sources, dict) else {})
        if name not in cited
    ]


def _at_entry(documents: Mapping[str, Document], entry: Entry, found: str, allowed: str, next_step: str) -> None:
    documents[entry.file].problems.append(
        Problem(entry.file, entry.line, DEFINITIONS[entry.parameter].key, found, allowed, next_step)
    )
