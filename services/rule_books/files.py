"""Rule books from disk: the folders that ship with the package, and folders of one's own.

The engine reads no files; this is where names become (name, bytes). A book is named either as shipped
(`shenzhen_2022`) or by the path of its folder; a shipped name wins. Hidden files are passed over, every other file of
the folder belongs to the book or is a problem of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.rules.forms import did_you_mean
from engine.rules.loader import Reading, read_book
from engine.rules.model import Book
from engine.rules.problems import ProblemsFound

CASES_FOLDER = "cases"
"""The folder of a book's worked cases, inside the book's own."""


class BookNotFound(Exception):
    """No shipped book and no folder of that name; the text says what there is."""


@dataclass(frozen=True)
class BookFiles:
    """The files of one book. `where` is the folder as a person would name it, `place` as `find_book` finds it again.

    `cases` holds the files of its worked cases (`services.rule_books.cases`), by the names of their folders.
    """

    name: str
    where: str
    place: str
    files: dict[str, bytes]
    cases: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def read(self) -> Reading:
        """The book or its problems, each with the folder before its file name."""
        reading = read_book(self.name, self.files)
        return replace(
            reading,
            problems=tuple(replace(problem, file=f"{self.where}/{problem.file}") for problem in reading.problems),
        )


def shipped_names() -> list[str]:
    """The names of the books in the package, sorted."""
    return sorted(folder.name for folder in _shipped_folders())


def find_book(name_or_folder: str) -> BookFiles:
    """The files of a shipped book or of a folder. Raises `BookNotFound`, and OSError where a folder cannot be read."""
    for folder in _shipped_folders():
        if folder.name == name_or_folder:
            where = f"engine/rules/books/{folder.name}"
            return BookFiles(folder.name, where, folder.name, _contents(folder), _cases(folder))
    path = Path(name_or_folder)
    if path.is_dir():
        where = str(path).rstrip("/")
        return BookFiles(path.resolve().name, where, where, _contents(path), _cases(path))
    names = shipped_names()
    advice = did_you_mean(name_or_folder, names) or "Name one of them, or the folder of a book of your own."
    raise BookNotFound(f"no rule book {name_or_folder!r}; shipped: {', '.join(names)}. {advice}")


def load_book(name_or_folder: str) -> Book:
    """The book. Raises `BookNotFound`, or `ProblemsFound` with everything that is wrong with it."""
    reading = find_book(name_or_folder).read()
    if reading.book is None:
        raise ProblemsFound(reading.problems)
    return reading.book


def _shipped_folders() -> Iterator[Traversable]:
    for folder in (resources.files("engine.rules") / "books").iterdir():
        if folder.is_dir() and (folder / "book.toml").is_file():
            yield folder


def _contents(folder: Traversable | Path) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in folder.iterdir() if file.is_file() and not file.name.startswith(".")
    }


def _cases(folder: Traversable | Path) -> dict[str, dict[str, bytes]]:
    cases = folder / CASES_FOLDER
    if not cases.is_dir():
        return {}
    return {case.name: _contents(case) for case in cases.iterdir() if case.is_dir() and not case.name.startswith(".")}
