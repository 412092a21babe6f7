"""From the files of a rule book to a `Book`, or to everything that is wrong with it.

A book is a set of files in one folder: `book.toml` (the head and the table of sources), files numbered in legal order
(`10_notice.toml`), `closed_days.toml` where the venue has such days, and last `assumptions.toml`. Loading is pure:
names and bytes in, a reading out; it never raises for what a file says and never stops at the first problem. A book
that loads obeys all of these:

- every key is known, there once, of the right type and within its range or list;
- every parameter of a covered chapter has a value, or says that it is unknown, for every class that may bid (but for
  those whose absence has a meaning of its own);
- the entries of one parameter and class have days of their own, in order within each file;
- every value's basis fits its source, every source is cited, and nothing starts after the book's last confirmed day.

Cost: linear in the text, a few milliseconds a book.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from engine.limits import TEXT_BYTES_MAX
from engine.parameters import DEFINITIONS, Parameter
from engine.rules import forms
from engine.rules.closed_days import CLOSED_DAYS_FILE, CLOSED_TABLE, read_closed_days
from engine.rules.compile import parse_book_text
from engine.rules.entries import ASSUMPTIONS_FILE, UNKNOWN_TABLE, read_entries
from engine.rules.head import HEAD_FILE, NUMBERED_FILE, read_head
from engine.rules.model import (
    ALL_CLASSES,
    BIDDERS,
    Book,
    Chapter,
    Entry,
    parameters_of,
)
from engine.rules.problems import Problem, ProblemsFound
from engine.rules.toml_text import Document, read_toml


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
    head, sources = read_head(name, documents)
    problems += _unlisted_files(head.pop("files", None), ordered, documents[0] if documents else None)
    covers: tuple[Chapter, ...] = head.get("covers", tuple(Chapter))
    entries = [
        entry
        for document in documents
        if document.file not in (HEAD_FILE, CLOSED_DAYS_FILE)
        for entry in read_entries(document, sources, covers)
    ]
    by_file = {document.file: document for document in documents}
    closed = read_closed_days(by_file[CLOSED_DAYS_FILE], sources) if CLOSED_DAYS_FILE in by_file else ()
    _check_order(entries, by_file)
    _check_dates(entries, head.get("last_confirmed"), by_file)
    all_was_read = not problems and not any(document.faulty for document in documents)
    problems += [problem for document in documents for problem in document.problems]
    if all_was_read:
        # Beside a lost file, statement or list of unknown parameters, nothing is called missing.
        troubled = {problem.key for problem in problems}
        if whole and not any(key.split(".")[0] == UNKNOWN_TABLE for key in troubled):
            problems += _missing_entries(entries, covers, troubled, by_file[HEAD_FILE])
        problems += _unused_sources(documents, by_file[HEAD_FILE])
    if problems:
        return Reading(None, tuple(sorted(set(problems))))
    texts = {file: files[file].decode() for file in ordered}
    return Reading(Book(**head, sources=sources, entries=tuple(entries), closed_days=closed, files=texts), ())


def _is_book_file(file: str) -> bool:
    return file in (HEAD_FILE, CLOSED_DAYS_FILE, ASSUMPTIONS_FILE) or bool(NUMBERED_FILE.fullmatch(file))


def _legal_order(file: str) -> tuple[int, str]:
    places = {HEAD_FILE: 0, CLOSED_DAYS_FILE: 2, ASSUMPTIONS_FILE: 3}
    return (places.get(file, 1), file)


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
            "book.toml, closed_days.toml, assumptions.toml, names such as 10_notice.toml (in legal order)",
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


def _unlisted_files(listed: tuple[str, ...] | None, ordered: list[str], head: Document | None) -> list[Problem]:
    """Files that the head does not list, or lists and are not there: a file can't get lost without a word."""
    numbered = tuple(file for file in ordered if file not in (HEAD_FILE, CLOSED_DAYS_FILE, ASSUMPTIONS_FILE))
    if listed is None or head is None or listed == numbered:
        return []
    return [
        Problem(
            HEAD_FILE,
            head.line_of(("book", "files")),
            "book.files",
            f"found {', '.join(listed) or 'none'}",
            f"the numbered files of the folder, in order: {', '.join(numbered) or 'none'}",
            "Correct the list, or bring back the file that is missing.",
        )
    ]


def _check_order(entries: list[Entry], documents: Mapping[str, Document]) -> None:
    """Entries of one parameter and class have days of their own, and within a file come in their order.

    (Across files they may alternate: what a later report or an assumption says can lie between two notices.)
    """
    histories: dict[tuple[Parameter, int], list[Entry]] = {}
    for entry in entries:
        for number in entry.classes:
            histories.setdefault((entry.parameter, number), []).append(entry)
    for (parameter, number), history in histories.items():
        in_order = sorted(history, key=lambda entry: entry.from_day)
        for before, after in [*pairwise(history), *pairwise(in_order)]:
            same = after.from_day == before.from_day
            if not same and (after.from_day > before.from_day or after.file != before.file):
                continue
            relation = "the same day as" if same else "before"
            _at_entry(
                documents,
                after,
                f"from {forms.day_text(after.from_day)}, {relation} {before.file}:{before.line}",
                "one entry of a parameter and class for a day, and in each file in the order of their days",
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
        if DEFINITIONS[parameter].absent or (parameter, ALL_CLASSES) in spoken or not missing or faulty:
            continue
        whom = f" for {', '.join(missing)}" if DEFINITIONS[parameter].by_class else ""
        found.append(
            Problem(
                HEAD_FILE,
                line,
                "book.covers",
                f"no entry of {key}{whom}",
                "an entry for every parameter of a covered chapter",
                f"Add [[{key}]] to a file; where nothing is known, list it under [[{UNKNOWN_TABLE}]].",
            )
        )
    return found


def _unused_sources(documents: list[Document], head: Document) -> list[Problem]:
    """Sources that no entry and no closed day names, those with problems of their own included."""
    tables = [
        *(
            tables
            for d in documents
            for group in d.data.values()
            if isinstance(group, dict)
            for tables in group.values()
        ),
        *(document.data.get(CLOSED_TABLE) for document in documents if document.file == CLOSED_DAYS_FILE),
    ]
    cited = {
        str(table.get("source"))
        for array in tables
        if isinstance(array, list)
        for table in array
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
