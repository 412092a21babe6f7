"""Reserve prices as rule books compute them: published figures, the trades that count, and what is missing."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from engine.rules.floor_price import (
    Formula,
    NoFloor,
    Trade,
    calendar_months_before,
    floor_from_last_year,
    floor_from_trades,
    formula_on,
)
from engine.rules.problems import ProblemsFound
from engine.words.market import FloorFormula, TradesCounted
from services.cli.main import call
from services.cli.rules import app
from services.errors import BadInput
from services.offline.trade_files import read_trades
from services.rule_books.files import load_book
from tests.conftest import ROOT

HEAD = "day,price,quantity,mode,period\n"


def number(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def trade(day: str, price: str, quantity: int = 100, mode: str = "listing", period: str = "") -> Trade:
    return Trade(number(day), int(Fraction(price) * 100), quantity, mode, period)


@pytest.mark.parametrize(
    ("book", "on", "average", "price", "uncapped"),
    [
        ("shanghai_compliance", "2017-06-30", "36.00", 4200, 4320),  # 1.2 times, at most 42
        ("shanghai_compliance", "2017-06-30", "30.00", 3600, 3600),
        ("guangdong_2015", "2015-09-16", "16.05", 1284, 1284),  # 80 %: the published 12.84
        ("guangdong_2015", "2017-03-16", "16.09", 1609, 1609),  # all of it: the published 16.09
        ("beijing_2023", "2023-10-24", "100.01", 10501, 10501),  # 105.0105
        ("shenzhen_2014", "2014-06-06", "70.86", 3543, 3543),  # half: the published 35.43
    ],
)
def test_the_formula_of_a_book(book: str, on: str, average: str, price: int, uncapped: int) -> None:
    formula = formula_on(load_book(book), number(on))
    day = formula.last_day if formula.last_day is not None else number(on)
    floor = floor_from_trades(formula, [Trade(day, int(Fraction(average) * 100), 7, "listing", "")])
    assert (floor.price_minor, floor.uncapped_minor) == (price, uncapped)


def test_shenzhen_2022_takes_the_plain_mean_of_the_periods() -> None:
    """A period with a hundred times the trades weighs no more than another."""
    formula = formula_on(load_book("shenzhen_2022"), number("2022-07-21"))
    trades = [trade("2014-06-01", "60.00", 100, period="2014"), trade("2015-06-01", "30.00", 10_000, period="2015")]
    assert floor_from_trades(formula, trades).price_minor == 4500


def test_last_year_raised_by_percentage_and_inflation() -> None:
    """5 % and 2.6 % are added, not compounded: 20.00 becomes 21.52. RGGI raises 9.00 by 7 %, year by year."""
    california = formula_on(load_book("california_quebec"), number("2024-05-15"))
    assert floor_from_last_year(california, 2_000, 26_000).price_minor == 2_152
    rggi = Formula(FloorFormula.LAST_YEAR_RAISED, 100, None, None, None, None, 7, with_inflation=False)
    price = 2_925
    for _ in range(10):
        price = floor_from_last_year(rggi, price, 0).price_minor
    assert price == 5_753


def test_only_trades_in_the_window_and_of_the_kind_count() -> None:
    formula = formula_on(load_book("shanghai_2023"), number("2023-10-31"))
    counted = [trade("2023-01-01", "60.00"), trade("2023-09-30", "62.00")]
    others = [
        trade("2022-12-31", "1.00"),
        trade("2023-10-01", "1.00"),
        trade("2023-05-05", "1.00", mode="block"),
        trade("2023-05-05", "1.00", mode="other"),
    ]
    floor = floor_from_trades(formula, others + counted)
    assert (floor.price_minor, floor.counted, floor.quantity) == (6_100, 2, 200)
    with pytest.raises(NoFloor, match="none of the trades"):
        floor_from_trades(formula, others)
    beijing = formula_on(load_book("beijing_2023"), number("2023-10-24"))
    public = [trade("2023-05-05", "100.00", mode="other"), trade("2023-05-05", "1.00", mode="block")]
    assert floor_from_trades(beijing, public).counted == 1


@pytest.mark.parametrize(
    ("day", "months", "first", "last"),
    [
        ("2017-03-16", 3, "2016-12-01", "2017-02-28"),
        ("2016-03-31", 1, "2016-02-01", "2016-02-29"),
        ("2017-01-01", 12, "2016-01-01", "2016-12-31"),
    ],
)
def test_whole_calendar_months_before_a_notice(day: str, months: int, first: str, last: str) -> None:
    assert calendar_months_before(number(day), months) == (number(first), number(last))


@given(st.lists(st.tuples(st.integers(1, 20_000), st.integers(1, 10**9)), min_size=1, max_size=30), st.integers(1, 200))
def test_an_average_is_exact_until_it_is_rounded_once(rows: list[tuple[int, int]], percent: int) -> None:
    formula = Formula(FloorFormula.WEIGHTED_AVERAGE, percent, None, None, None, TradesCounted.ALL, 0, False)
    price = floor_from_trades(formula, [Trade(0, minor, quantity, "other", "") for minor, quantity in rows]).price_minor
    exact = Fraction(sum(p * q for p, q in rows), sum(q for _, q in rows)) * Fraction(percent, 100)
    assert exact - Fraction(1, 2) < price <= exact + Fraction(1, 2)


@pytest.mark.parametrize(
    ("book", "on", "told"),
    [
        ("beijing_2024", "2024-09-02", "beijing_2024 has no formula on 2024-09-02"),
        ("shanghai_compliance", "2019-11-29", "auction.floor_window_from has no known value"),
    ],
)
def test_a_book_without_the_whole_formula_says_what_is_missing(book: str, on: str, told: str) -> None:
    with pytest.raises(NoFloor, match=told):
        formula_on(load_book(book), number(on))


def test_all_that_is_wrong_with_a_file_is_told_at_once() -> None:
    rows = "2023-31-01,60,1,listing,\n2023-01-31,60.001,1,listing,\n2023-01-31,60,0,listed,\n2023-01-31,60\n"
    with pytest.raises(ProblemsFound) as found:
        read_trades("t.csv", (HEAD + rows).encode())
    assert [(problem.line, problem.key) for problem in found.value.problems] == [
        (2, "day"),
        (3, "price"),
        (4, "mode"),
        (4, "quantity"),
        (5, ""),
    ]
    with pytest.raises(ProblemsFound, match=r"t\.csv:1: found price"):
        read_trades("t.csv", b"price\n1\n")


def test_the_command_prints_the_price_and_what_it_rests_on(tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    file.write_text(HEAD + "2017-01-03,36.00,500,listing,\n2017-01-04,1.00,500,block,\n")
    shown = CliRunner().invoke(app, ["floor", "shanghai_compliance", str(file), "--on", "2017-06-30"])
    assert shown.exit_code == 0
    assert shown.output.startswith("42.00 CNY\nfrom 1 trades, 500 t\ncapped: the formula gives 43.20\n")
    assert "auction.floor_formula = weighted_average" in shown.output
    as_json = CliRunner().invoke(
        app, ["floor", "california_quebec", "--last", "20.00", "--inflation", "0.026", "--json"]
    )
    assert json.loads(as_json.output)["reserve_price"] == "21.52"


def test_a_round_is_checked_against_its_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """80 % of 11.71 are 9.368, the published 9.37; of 20.00 they would be 16.00."""
    trades = tmp_path / "trades.csv"
    case = ROOT / "engine/rules/books/guangdong_2015/cases/third_auction_2016"
    words = ["auction", "check", str(case / "round.toml"), "--trades", str(trades)]
    trades.write_text(HEAD + "2016-08-31,11.71,100,listing,\n")
    assert call([*words, "--notice", "2016-09-14", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reserve_price_by_formula"]["price_minor"] == 937
    trades.write_text(HEAD + "2016-08-31,20.00,100,listing,\n")
    assert call(words) == 2
    assert "found 9.37\n  allowed: 16.00" in capsys.readouterr().err
    trades.write_text(HEAD + "2016-09-21,11.71,100,listing,\n")
    assert call(words) == 2
    assert "cannot be judged on 2016-09-21: none of the trades" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("shanghai_2023",), "give either a file of trades or --last"),
        (("shanghai_2023", "--last", "20.00"), "the formula averages trades"),
        (("california_quebec", "--last", "20.001"), "--last and --inflation: allowed is a decimal number"),
        (("shanghai_2023", "nowhere.csv"), "nowhere.csv: No such file"),
        (("shanghai_2023", "nowhere.csv", "--on", "2023-31-10"), "no day of the calendar"),
    ],
)
def test_what_cannot_be_computed_is_bad_input(arguments: tuple[str, ...], told: str) -> None:
    result = CliRunner().invoke(app, ["floor", *arguments])
    assert isinstance(result.exception, BadInput)
    assert told in str(result.exception)
