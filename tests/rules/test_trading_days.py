"""Trading days: the calendar, the venue's own closed days, and what the core makes of them."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.commands import RoundAction, Table
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rules.compile import book_text, compiled_rows
from engine.rules.model import Book
from engine.trading_days import TradingDays, is_month
from services.cli.rules import app
from services.errors import BadInput
from services.rule_books.files import load_book
from services.rule_books.trading_days import CHINA_LAST_YEAR, day_after, trading_days
from tests.core.venue import OPERATOR, Venue, outcomes
from tests.rules.drafts import BOOK, FILES, read

CLOSED = '[[closed]]\nday = 2024-10-08\nsource = "notice"\nclause = "3"\nnote = "A typhoon."\n'
CALENDAR = """
[[trading.calendar]]
from = 2024-03-01
value = "china_mainland"
basis = "operator"
decided_by = "the editors"
decided_on = 2024-02-01
why = "A venue of the mainland."
"""


def number(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def draft(closed: str = CLOSED) -> Book:
    files = {**FILES, "assumptions.toml": FILES["assumptions.toml"] + CALENDAR, "closed_days.toml": closed}
    reading = read(files)
    assert reading.book is not None, reading.problems
    return reading.book


@given(st.integers(0, 60_000), st.integers(0, 900), st.sets(st.integers(0, 900)))
def test_days_come_out_as_they_went_in(first: int, length: int, offsets: set[int]) -> None:
    trading = {first + offset for offset in offsets if offset <= length}
    days = TradingDays.of(first, first + length, trading)
    assert all(is_month(month, bitmap) for month, bitmap in days.months.items())
    assert {day for day in range(first, first + length + 1) if days.is_trading_day(day)} == trading
    assert days.is_trading_day(min(days.months) - 1) is None
    assert days.is_trading_day(max(days.months) + 31) is None
    for count, day in enumerate(sorted(trading - {first}), start=1):
        assert days.after(first, count) == day
    assert days.after(first, len(trading) + 1) is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-09-14", False),  # a Saturday that was worked
        ("2024-09-13", True),
        ("2024-09-17", False),  # mid-autumn
        ("2024-09-29", False),  # a Sunday that was worked
        ("2024-09-30", True),
        ("2024-10-01", False),
        ("2024-10-07", False),
        ("2024-10-08", False),  # closed by the venue
        ("2024-10-09", True),
        ("2024-03-01", True),
        ("2024-02-29", None),  # before the book
        ("2025-12-31", True),
        ("2026-01-05", None),  # after its last confirmed day
    ],
)
def test_a_day_of_the_mainland(day: str, expected: bool | None) -> None:
    assert trading_days(draft()).is_trading_day(number(day)) is expected


def test_settlement_days_pass_over_holidays_and_closed_days_and_end_with_what_is_known() -> None:
    book = draft()
    assert day_after(book, number("2024-09-30"), 1) == number("2024-10-09")
    assert day_after(book, number("2024-09-30"), 0) == number("2024-09-30")
    with pytest.raises(
        BadInput, match="no trading days are known for 2025-12-31: draft has them from 2024-03 to 2025-12"
    ):
        day_after(book, number("2025-12-31"), 1)


def test_no_year_is_made_up() -> None:
    known = trading_days(load_book("us_so2"))
    assert known == TradingDays()
    with pytest.raises(BadInput, match="us_so2 names no calendar"):
        day_after(load_book("us_so2"), number("2000-03-27"), 1)
    endless = read(
        {
            **FILES,
            "book.toml": BOOK.replace("last_confirmed = 2025-12-31", 'last_confirmed = "none"'),
            "assumptions.toml": FILES["assumptions.toml"] + CALENDAR,
        }
    ).book
    assert endless is not None
    days = trading_days(endless)
    assert days.is_trading_day(number(f"{CHINA_LAST_YEAR}-12-31")) is not None
    assert days.is_trading_day(number(f"{CHINA_LAST_YEAR + 1}-01-04")) is None


@pytest.mark.parametrize("name", ["shanghai_2023", "shenzhen_2022", "national_cea"])
def test_every_weekday_of_a_shipped_book_is_open_or_a_public_holiday(name: str) -> None:
    book = load_book(name)
    days = trading_days(book)
    epoch = date(1970, 1, 1)
    all_days = range(min(days.months), book.last_confirmed)
    weekdays = {day for day in all_days if (epoch + timedelta(day)).weekday() < 5}
    open_days = {day for day in all_days if days.is_trading_day(day)}
    assert open_days <= weekdays
    assert len(weekdays - open_days) <= len(weekdays) * 0.08 + 5


BAD_CLOSED = {
    "an unknown key": (CLOSED + 'reason = "wind"\n', "closed_days.toml:6: closed.reason: unknown key"),
    "no source of that name": (CLOSED.replace('"notice"', '"gazette"'), "closed_days.toml:3: closed.source: found"),
    "no day": (CLOSED.replace("day = 2024-10-08\n", ""), "closed_days.toml:1: closed: no `day`"),
    "a day twice": (CLOSED + CLOSED, "closed_days.toml:7: closed.day: 2024-10-08 after 2024-10-08 of line 2"),
    "another table": (CLOSED.replace("closed", "shut"), "closed_days.toml:1: shut: found a list"),
    "nothing": ("", "closed_days.toml:1: no [[closed]]"),
    "month and day exchanged": (
        CLOSED.replace("2024-10-08", "2024-31-10"),
        "closed_days.toml:2: closed.day: 2024-31-10 is no",
    ),
}


@pytest.mark.parametrize("case", BAD_CLOSED)
def test_a_slip_among_closed_days_is_told(case: str) -> None:
    closed, expected = BAD_CLOSED[case]
    reading = read({**FILES, "closed_days.toml": closed})
    assert reading.book is None
    assert any(str(problem).startswith(expected) for problem in reading.problems), reading.problems


def adopted(book: Book) -> Venue:
    venue = Venue()
    rows = compiled_rows(book, trading_days(book))
    rows["actor"] = OPERATOR
    as_given = [{column: int(row[column]) for column in rows.dtype.names} for row in rows]
    applied = venue.send(Table.RULE_BOOKS, as_given, book_text(book.name, book.files))
    assert set(outcomes(applied)) == {Outcome.ACCEPTED}
    return venue


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        ("2022-08-12", Outcome.ACCEPTED),
        ("2022-08-06", Outcome.NOT_A_TRADING_DAY),
    ],
)
def test_a_round_opens_on_a_trading_day_only(day: str, outcome: Outcome) -> None:
    venue = adopted(load_book("shenzhen_2022"))
    venue.instrument("UNIT", 1, trading=False)
    seller = venue.register("government", 2)
    venue.deposit_units(seller, 1, 1_000)
    venue.round("round", 1, day=number(day))
    venue.supply(1, seller, 1_000)
    before = venue.core.digest()
    applied = venue.act(1, RoundAction.OPEN)
    assert outcomes(applied) == [outcome]
    if outcome is not Outcome.ACCEPTED:
        assert int(applied.parameters[0]) == Parameter.AUCTION_CALENDAR
        assert venue.core.rounds()[0].stage == "draft"
        assert venue.core.digest() != before  # only the sequence has moved on
    assert venue.core.conservation() == []


def test_a_day_in_a_month_that_was_never_looked_up_is_refused() -> None:
    book = load_book("shenzhen_2022")
    venue = Venue()
    days = trading_days(book)
    july_only = TradingDays({min(days.months): days.months[min(days.months)]})
    rows = compiled_rows(book, july_only)
    rows["actor"] = OPERATOR
    as_given = [{column: int(row[column]) for column in rows.dtype.names} for row in rows]
    venue.send(Table.RULE_BOOKS, as_given, book_text(book.name, book.files))
    venue.instrument("UNIT", 1, trading=False)
    seller = venue.register("government", 2)
    venue.deposit_units(seller, 1, 1_000)
    venue.round("round", 1, day=number("2022-08-12"))
    venue.supply(1, seller, 1_000)
    assert outcomes(venue.act(1, RoundAction.OPEN)) == [Outcome.DAY_OUTSIDE_CALENDAR]


@pytest.mark.parametrize(("first_day", "bitmap"), [("2022-07-02", 1), ("2022-07-01", 1 << 31), ("2022-07-01", -1)])
def test_a_month_that_is_none_is_refused_with_its_book(first_day: str, bitmap: int) -> None:
    venue = Venue()
    row = {"parameter": Parameter.BOOK_TRADING_DAYS, "basis": 2, "effective_day": number(first_day), "value": bitmap}
    applied = venue.send(Table.RULE_BOOKS, [row], b"{}")
    assert outcomes(applied) == [Outcome.PARAMETER_VALUE_NOT_ALLOWED]
    assert venue.core.rule_books() == []


def test_the_command_lists_a_year_and_refuses_one_that_nobody_knows() -> None:
    shown = CliRunner().invoke(app, ["days", "national_cea", "2022"])
    assert shown.exit_code == 0
    assert "2022-10  10 11 12 13 14 17 18 19 20 21 24 25 26 27 28 31\n" in shown.output
    listed = json.loads(CliRunner().invoke(app, ["days", "national_cea", "2022", "--json"]).output)["trading_days"]
    assert "2022-10-10" in listed
    assert "2022-10-08" not in listed  # a Saturday that was worked
    refused = CliRunner().invoke(app, ["days", "national_cea", "2031"])
    assert isinstance(refused.exception, BadInput)
    assert "national_cea has them from 2021-06 to 2023-08" in str(refused.exception)
