"""Closing prices: the worked cases under the shipped books, sums at their bounds, and any trades like the slow twin."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import BlockCommand, ParticipantClass, Phase, Side, Table
from engine.events import CloseSource, EventKind
from engine.exchange.day.layout import DAY, WORD_BITS
from engine.exchange.day.prices import DayPrices
from engine.exchange.day.reference import SlowDay
from engine.rules.compile import book_text, compiled_rows
from engine.units import parse_scaled
from services.rule_books.files import load_book
from services.rule_books.trading_days import trading_days
from tests.core.venue import OPERATOR, TRADING, Venue, only

CASES = sorted((Path(__file__).resolve().parents[2] / "engine" / "exchange" / "day" / "cases").glob("*.toml"))


def ticks(text: str) -> int:
    return parse_scaled(text, 100)


def venue_of(name: str) -> Venue:
    """A venue with one instrument of a shipped book, a seller (2) and a buyer (3)."""
    venue = Venue()
    book = load_book(name)
    rows = compiled_rows(book, trading_days(book))
    rows["actor"] = OPERATOR
    as_given = [{column: int(row[column]) for column in rows.dtype.names} for row in rows]
    number = int(venue.send(Table.RULE_BOOKS, as_given, book_text(book.name, book.files)).references[0])
    venue.instrument("UNIT", number, trading=False)
    for trader in ("seller", "buyer"):
        participant = venue.register(trader, ParticipantClass.KEY_EMITTER)
        venue.deposit_units(participant, 1, 10**7)
        venue.deposit_cash(participant, 10**14)
    return venue


def trade(venue: Venue, price: int, lots: int) -> None:
    venue.order(2, Side.SELL, price, lots)
    venue.order(3, Side.BUY, price, lots)
    assert only(venue.applied, EventKind.TRADE)["price_ticks"].tolist() == [price]  # type: ignore[arg-type]


def block(venue: Venue, price: int, lots: int) -> None:
    venue.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
    row = {"command": BlockCommand.OFFER, "side": Side.SELL, "instrument": 1, "price_ticks": price}
    key = venue.key(2)
    venue.send(Table.BLOCKS, [{**key, **row, "quantity_lots": lots, "counterparty": 3}], actor=2)
    offer = key["session"] << 40 | key["request_id"]
    venue.send(Table.BLOCKS, [{**venue.key(3), "command": BlockCommand.CONFIRM, "offer_id": offer}], actor=3)
    assert len(only(venue.applied, EventKind.BLOCK_TRADED)) == 1  # type: ignore[arg-type]


def close(venue: Venue) -> np.void:
    venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CLOSED}])
    (event,) = only(venue.applied, EventKind.TRADING_DAY_ENDED)  # type: ignore[arg-type]
    return event


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    monkeypatch.setattr("tests.core.venue.DAY", (case["day"] - date(1970, 1, 1)).days)
    venue = venue_of(case["book"])
    for _ in range(2):
        venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CONTINUOUS}])
        if venue.core.floor.day_prices(1).last_close_ticks is None:
            trade(venue, ticks(case["previous_close"]), 1_000)
            close(venue)
    for entry in case["trades"]:
        (block if entry.get("block") else trade)(venue, ticks(entry["price"]), entry["quantity"])
    ended, answer = close(venue), case["answer"]
    assert (ended["counter_order_id"], ended["price_ticks"]) == (ticks(answer["open"]), ticks(answer["close"]))
    assert CloseSource(ended["reference"]).name.lower() == answer["source"]


def test_every_case_says_its_rule_its_source_and_its_arithmetic() -> None:
    assert len(CASES) >= 7
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "source", "rule", "arithmetic")), path.name


def test_sums_that_leave_a_word_are_carried() -> None:
    """Volume and turnover just below a word, then one trade of the largest amount."""
    venue = Venue()
    venue.instrument("UNIT", venue.adopt({**TRADING, "trading.close_formula": "day_average"}))
    for trader in ("seller", "buyer"):
        venue.deposit_units(venue.register(trader, ParticipantClass.KEY_EMITTER), 1, 2**40)
    venue.deposit_cash(3, 2**60)
    day = venue.core._state[0]["days"][1]
    word, price, lots = 2**WORD_BITS, 2**29, 2**31
    for name, value in (("trades", 9), ("volume_low", word - 1), ("turnover_low", word - 1), ("turnover_high", 2**28)):
        day[name] = value
    trade(venue, price, lots)
    day = venue.core._state[0]["days"][1]
    volume, turnover = word - 1 + lots, (2**28 + 1) * word - 1 + price * lots
    assert (day["volume_high"], day["volume_low"]) == divmod(volume, word)
    assert (day["turnover_high"], day["turnover_low"]) == divmod(turnover, word)
    ended = close(venue)
    assert ended["price_ticks"] == (2 * turnover + volume) // (2 * volume)
    assert ended["quantity_lots"] == volume


@given(
    st.lists(st.tuples(st.integers(1, 2**30), st.integers(1, 2**30)), max_size=12),
    st.integers(1, 2),
    st.integers(0, 6),
    st.integers(0, 2**31),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(1, 2),
)
def test_any_trades_like_the_twin(
    trades: list[tuple[int, int]], formula: int, last: int, above: int, otherwise: int, rounding: int, opening: int
) -> None:
    """The owner, given what the compiled path would have counted."""
    state = np.zeros(1, np.dtype([("days", DAY, (2,))]))
    day = state[0]["days"][1]
    names = ("close_formula", "close_trades", "close_volume_above_lots", "close_otherwise", "close_rounding")
    for name, value in zip(names, (formula, last if formula == 2 else 0, above, otherwise, rounding), strict=True):
        day[name] = value
    day["open_formula"], day["trades"] = opening, len(trades)
    for name, total in (("volume", sum(q for _, q in trades)), ("turnover", sum(p * q for p, q in trades))):
        day[f"{name}_high"], day[f"{name}_low"] = divmod(total, 2**WORD_BITS)
    if trades:
        day["first_ticks"] = trades[0][0]
    for place, (price, lots) in enumerate(trades if day["close_trades"] else []):
        day["last_ticks"][place % last], day["last_lots"][place % last] = price, lots
    found = DayPrices(state).now(1, 777, 1)
    assert found is not None
    slow = SlowDay(opening, formula, last, above, otherwise, rounding, trades=trades)
    assert (found.close_ticks, found.open_ticks, found.source) == slow.ended(777, 1)
