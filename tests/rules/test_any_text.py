"""Whatever is in the files, the loader answers with a book or with problems: it never fails, and never answers twice
differently."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from engine.rules.loader import read_book
from engine.rules.problems import ProblemsFound
from services.offline.bid_files import read_bids
from services.offline.round_files import read_round
from tests.rules.drafts import FILES, NAME
from tests.rules.test_round_files import ROUND

PIECES = st.sampled_from(
    [
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        "=",
        "\n",
        '"',
        "'''",
        '"""',
        "#",
        ".",
        ",",
        "a",
        "\\",
        "\x00",
        "值",
        "1e9",
        "nan",
        "\r",
        "[book]\n",
        "[[trading.lot]]\n",
        "[trading]\n",
        "trading = 1\n",
        "a.b = 1\n",
        "value = [[1]]\n",
        "2024-03-01T00:00:00Z",
    ]
)
EDIT = st.tuples(st.integers(0, 2_000), st.integers(0, 60), PIECES)


def spliced(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, length, piece in edits:
        start %= len(text) + 1
        text = text[:start] + piece + text[start + length :]
    return text


@given(st.sampled_from(sorted(FILES)), st.lists(EDIT, min_size=1, max_size=4))
def test_a_spliced_book_is_read_or_refused(file: str, edits: list[tuple[int, int, str]]) -> None:
    files = {name: text.encode() for name, text in FILES.items()}
    files[file] = spliced(FILES[file], edits).encode()
    reading = read_book(NAME, files)
    assert (reading.book is None) == bool(reading.problems)
    assert reading == read_book(NAME, files)
    for problem in reading.problems:
        assert len(str(problem).split("\n")) == 3
        assert problem.file not in files or 1 <= problem.line <= files[problem.file].count(b"\n") + 1


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    assert read_book(NAME, {"book.toml": content, "assumptions.toml": content}).problems


@given(st.lists(EDIT, min_size=1, max_size=4))
def test_a_spliced_round_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    with suppress(ProblemsFound):
        assert read_round("r.toml", spliced(ROUND, edits).encode()).supply


@given(st.binary(max_size=200))
def test_any_file_of_bids_is_read_or_refused(content: bytes) -> None:
    with suppress(ProblemsFound):
        bids = read_bids("b.csv", b"bid_id,bidder,class,price,quantity,time\n" + content, 1, 1)
        assert all(bid.quantity_lots > 0 for bid in bids)
