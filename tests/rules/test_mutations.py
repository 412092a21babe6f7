"""No single slip in a shipped rule book passes: every key renamed, deleted, doubled, every value corrupted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.rules.loader import read_book
from services.rule_books.files import BookFiles, find_book, shipped_names
from tests.conftest import Seen
from tests.rules.mutants import Mutant, mutants


def survivors(book: BookFiles, drawn: Iterator[Mutant]) -> tuple[int, list[str]]:
    """How many mutants were tried, and what was wrong with how they were refused."""
    tried, faults = 0, []
    for mutant in drawn:
        tried += 1
        files = {**book.files, mutant.file: mutant.text.encode()}
        reading = read_book(book.name, files)
        name = f"{book.name}/{mutant.file}:{mutant.line}: {mutant.what}"
        if reading.book is not None or not reading.problems:
            faults.append(f"{name}: was accepted")
        elif mutant.unnamed and all(mutant.unnamed not in problem.found for problem in reading.problems):
            faults.append(f"{name}: no problem names what is missing: {reading.problems[0]}")
        elif not mutant.unnamed and all(problem.file != mutant.file for problem in reading.problems):
            faults.append(f"{name}: no problem names the file: {reading.problems[0]}")
        for problem in reading.problems:
            lines = str(problem).split("\n")
            if len(lines) > 3 or not lines[0].startswith(f"{problem.file}:{problem.line}: "):
                faults.append(f"{name}: not told in three lines with a place: {problem}")
            if not 1 <= problem.line <= files[problem.file].count(b"\n") + 1:
                faults.append(f"{name}: a line outside the file: {problem}")
    return tried, faults


def all_mutants(book: BookFiles) -> Iterator[Mutant]:
    for file, content in book.files.items():
        yield from mutants(file, content.decode())


def one_of_each_kind(book: BookFiles, seen: set[tuple[str, ...]]) -> Iterator[Mutant]:
    """The mutants of kinds not seen yet: same role of file, kind of parameter, basis, key and change."""
    for mutant in all_mutants(book):
        if mutant.kind not in seen:
            seen.add(mutant.kind)
            yield mutant


def test_every_kind_of_slip_is_refused() -> None:
    seen: set[tuple[str, ...]] = set()
    results = [survivors(book, one_of_each_kind(book, seen)) for book in map(find_book, shipped_names())]
    assert sum(tried for tried, _ in results) == len(seen) > 500
    faults = [fault for _, found in results for fault in found]
    assert not faults, "\n".join(faults[:20])


@pytest.mark.long
@pytest.mark.parametrize("name", shipped_names())
def test_every_slip_is_refused(name: str, seen: Seen) -> None:
    book = find_book(name)
    tried, faults = survivors(book, all_mutants(book))
    assert tried > 50
    assert not faults, "\n".join(faults[:20])
    seen("rule books with one slip in them, each refused in three lines with its place", tried)


@pytest.mark.parametrize("name", shipped_names())
def test_no_file_of_a_book_can_be_left_out(name: str) -> None:
    book = find_book(name)
    for file in book.files:
        without = {other: content for other, content in book.files.items() if other != file}
        assert read_book(name, without).problems, file
