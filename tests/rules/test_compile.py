"""Compiled rows answer as the book does; the adopted text carries the whole book."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from engine.commands import ROWS, ParticipantClass, Table
from engine.parameters import DEFINITIONS, Basis, Parameter
from engine.rules.compile import (
    book_sha256,
    book_text,
    compiled_rows,
    is_confirmed_for,
    parse_book_text,
    resolve,
    value_at,
)
from engine.rules.loader import adopted_book
from engine.rules.model import BIDDERS
from engine.rules.problems import ProblemsFound
from services.rule_books.files import load_book, shipped_names
from tests.rules.drafts import FILES, NAME, NOTICE, edited, read


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def test_rows_have_the_layout_of_their_table_and_are_sorted() -> None:
    rows = compiled_rows(read(FILES).book)
    assert rows.dtype == ROWS[Table.RULE_BOOKS]
    columns = ("parameter", "participant_class", "basis", "effective_day", "value")
    assert [tuple(int(row[name]) for name in columns) for row in rows] == [
        (Parameter.BOOK_LAST_CONFIRMED, 0, Basis.STATED, 0, day("2025-12-31")),
        (Parameter.TRADING_TICK, 0, Basis.STATED, day("2024-03-01"), 1),
        (Parameter.TRADING_TICK, 0, Basis.ASSUMED, day("2025-01-01"), 5),
        (Parameter.TRADING_LOT, 0, Basis.OPERATOR, day("2024-03-01"), 1),
    ]
    assert not rows["actor"].any()
    assert not rows["request_id"].any()


@pytest.mark.parametrize(
    ("on", "tick"),
    [("2024-02-29", None), ("2024-03-01", 1), ("2024-12-31", 1), ("2025-01-01", 5), ("2030-01-01", 5)],
)
def test_a_value_holds_from_its_day_until_the_next(on: str, tick: int | None) -> None:
    rows = compiled_rows(read(FILES).book)
    assert value_at(rows, Parameter.TRADING_TICK, ParticipantClass.INSTITUTION, day(on)) == tick


@pytest.mark.parametrize(("on", "confirmed"), [("2025-12-31", True), ("2026-01-01", False), ("1960-01-01", True)])
def test_a_book_is_confirmed_up_to_its_last_day(on: str, confirmed: bool) -> None:
    assert is_confirmed_for(compiled_rows(read(FILES).book), day(on)) is confirmed


def test_a_book_without_a_last_day_is_confirmed_for_any() -> None:
    rows = compiled_rows(read(edited("book.toml", "last_confirmed = 2025-12-31", 'last_confirmed = "none"')).book)
    assert is_confirmed_for(rows, day("2099-01-01"))


def test_unknown_is_known_to_be_unknown() -> None:
    rows = compiled_rows(load_book("shenzhen_2022"))
    on = day("2022-08-12")
    assert resolve(rows, Parameter.FEE_BUYER_SHARE, 0, on).basis is Basis.UNKNOWN
    assert value_at(rows, Parameter.FEE_BUYER_SHARE, 0, on) is None
    assert resolve(rows, Parameter.TRADING_TICK, 0, on) is None


@pytest.mark.parametrize("name", shipped_names())
def test_rows_agree_with_the_book_for_every_parameter_class_and_day_of_change(name: str) -> None:
    book = load_book(name)
    rows = compiled_rows(book)
    days = {entry.from_day + shift for entry in book.entries for shift in (-1, 0, 1)}
    compared = 0
    for parameter in DEFINITIONS:
        for number in (0, *map(int, BIDDERS)):
            for on in days:
                entry = book.entry_at(parameter, number, on)
                resolved = resolve(rows, parameter, number, on)
                if parameter is Parameter.BOOK_LAST_CONFIRMED:
                    continue
                assert (resolved is None) == (entry is None)
                if resolved is not None:
                    assert (resolved.value, resolved.basis) == (entry.value, entry.basis)
                    compared += resolved.effective_day == entry.from_day
    assert compared >= 2 * len({entry.parameter for entry in book.entries})


def test_text_of_a_book_is_canonical_and_comes_back_whole() -> None:
    text = book_text("b", {"z.toml": "x = 1\n", "a.toml": "名 = 2\n".encode()})
    assert text == '{"files":{"a.toml":"名 = 2\\n","z.toml":"x = 1\\n"},"name":"b"}'.encode()
    assert parse_book_text(text) == ("b", {"a.toml": "名 = 2\n".encode(), "z.toml": b"x = 1\n"})
    assert book_sha256(text) == hashlib.sha256(text).hexdigest() == book_sha256(text.decode())


@pytest.mark.parametrize("name", shipped_names())
def test_an_adopted_text_compiles_to_the_same_rows(name: str) -> None:
    book = load_book(name)
    again = adopted_book(book_text(book.name, book.files))
    assert again == book
    assert compiled_rows(again).tobytes() == compiled_rows(book).tobytes()


def test_a_text_adopted_before_a_parameter_existed_can_still_be_read() -> None:
    files = {**FILES, "assumptions.toml": ""}
    assert read(files).problems
    assert len(adopted_book(book_text(NAME, files)).entries) == NOTICE.count("[[")


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"name":"x"}', b'{"name":1,"files":{}}', b'{"name":"x","files":{},"y":1}']
)
def test_a_text_of_another_shape_is_refused_in_words(text: bytes) -> None:
    with pytest.raises(ProblemsFound, match=r"allowed: JSON"):
        parse_book_text(text)
