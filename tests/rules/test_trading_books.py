"""Shipped trading books in the exchange: bands, sizes and prices come out as the texts have them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from engine.commands import ParticipantClass, Phase, Side, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rules.compile import book_text, compiled_rows
from engine.rules.model import Chapter
from services.rule_books.files import load_book, shipped_names
from services.rule_books.trading_days import trading_days
from tests.core.venue import OPERATOR, Venue, outcomes

STEPS = (Parameter.TRADING_TICK, Parameter.TRADING_LOT)
TRADING = [
    name
    for name in shipped_names()
    if Chapter.TRADING in load_book(name).covers
    and all(load_book(name).history(step, 0)[-1].value is not None for step in STEPS)
]
"""The trading books that know their tick and lot: Beijing's holds limits of holdings only."""


@pytest.fixture
def trading(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Phase], Venue]:
    def begun(name: str, on: str, phase: Phase) -> Venue:
        monkeypatch.setattr("tests.core.venue.DAY", (date.fromisoformat(on) - date(1970, 1, 1)).days)
        return in_phase(name, phase)

    return begun


def in_phase(name: str, phase: Phase) -> Venue:
    """A venue with one instrument of a shipped book, in a phase, and two participants (2 and 3) with all they need."""
    venue = Venue()
    book = load_book(name)
    rows = compiled_rows(book, trading_days(book))
    rows["actor"] = OPERATOR
    as_given = [{column: int(row[column]) for column in rows.dtype.names} for row in rows]
    applied = venue.send(Table.RULE_BOOKS, as_given, book_text(book.name, book.files))
    venue.instrument("UNIT", int(applied.references[0]), trading=False)
    for trader in ("seller", "buyer"):
        number = venue.register(trader, ParticipantClass.KEY_EMITTER)
        venue.deposit_units(number, 1, 10**6)
        venue.deposit_cash(number, 10**12)
    assert outcomes(venue.send(Table.PHASES, [{"instrument": 1, "phase": phase}])) == [Outcome.ACCEPTED]
    return venue


def entered(venue: Venue, price_ticks: int, lots: int, side: Side = Side.BUY, trader: int = 3) -> tuple[Outcome, int]:
    """What became of an order, and the parameter behind it."""
    venue.order(trader, side, price_ticks, lots)
    (outcome,) = outcomes(venue.applied)
    return outcome, int(venue.applied.parameters[0])


def trade_prices(venue: Venue) -> list[int]:
    events: np.ndarray = venue.applied.events
    return events["price_ticks"][events["kind"] == EventKind.TRADE].tolist()


@pytest.mark.parametrize("name", TRADING)
def test_every_trading_book_is_adopted_and_trades(name: str, trading: Callable[[str, str, Phase], Venue]) -> None:
    book = load_book(name)
    first = max(book.history(step, 0)[0].from_day for step in STEPS)
    last = first if book.last_confirmed is None else book.last_confirmed
    venue = trading(name, date.fromordinal(last + date(1970, 1, 1).toordinal()).isoformat(), Phase.CONTINUOUS)
    assert entered(venue, 4_800, 10, Side.SELL, trader=2) == (Outcome.ACCEPTED, 0)
    assert entered(venue, 4_800, 10) == (Outcome.ACCEPTED, 0)
    assert trade_prices(venue) == [4_800]


def test_the_opening_day_of_the_national_market(trading: Callable[[str, str, Phase], Venue]) -> None:
    """Reference 48.00: 43.20 to 52.80; a listing is below 100,000 t."""
    venue = trading("national_cea", "2021-07-16", Phase.PICK_LIST)
    assert entered(venue, 5_280, 99_999) == (Outcome.ACCEPTED, 0)
    assert entered(venue, 5_278, 1) == (Outcome.ACCEPTED, 0)
    assert entered(venue, 4_320, 1) == (Outcome.ACCEPTED, 0)
    assert entered(venue, 5_281, 1) == (Outcome.PRICE_OUTSIDE_BAND, Parameter.TRADING_BAND)
    assert entered(venue, 4_319, 1) == (Outcome.PRICE_OUTSIDE_BAND, Parameter.TRADING_BAND)
    assert entered(venue, 4_800, 100_000) == (Outcome.QUANTITY_ABOVE_MAXIMUM, Parameter.TRADING_MAXIMUM)
    assert trade_prices(venue) == []


def test_hubei_trades_at_the_middle_of_bid_ask_and_last(trading: Callable[[str, str, Phase], Venue]) -> None:
    venue = trading("hubei_spot", "2020-01-02", Phase.MEDIAN)
    for ask, bid, price in ((2_480, 2_480, 2_480), (2_450, 2_500, 2_480), (2_440, 2_460, 2_460), (2_470, 2_490, 2_470)):
        entered(venue, ask, 10, Side.SELL, trader=2)
        assert entered(venue, bid, 10) == (Outcome.ACCEPTED, 0)
        assert trade_prices(venue) == [price]


def charged(venue: Venue) -> list[tuple[int, int]]:
    """(payer, amount) of every charge of the last batch."""
    events = venue.applied.events[venue.applied.events["kind"] == EventKind.TRADE_CHARGED]
    return list(zip(events["participant"].tolist(), events["amount_minor"].tolist(), strict=True))


def test_the_national_market_locks_what_was_bought_on_the_same_day(
    trading: Callable[[str, str, Phase], Venue],
) -> None:
    venue = trading("national_cea", "2021-07-16", Phase.CONTINUOUS)
    newcomer = venue.register("newcomer", ParticipantClass.INSTITUTION)
    venue.deposit_cash(newcomer, 10**9)
    entered(venue, 4_800, 100, Side.SELL, trader=2)
    assert entered(venue, 4_800, 100, trader=newcomer) == (Outcome.ACCEPTED, 0)
    locked = (Outcome.HOLDING_NOT_SETTLED, Parameter.TRADING_SAME_DAY_RESALE)
    assert entered(venue, 4_800, 1, Side.SELL, trader=newcomer) == locked
    assert entered(venue, 4_800, 101, Side.SELL, trader=newcomer) == (Outcome.HOLDING_INSUFFICIENT, 0)
    venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CLOSED}])
    venue.time_ns += 86_400_000_000_000
    venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CONTINUOUS}])
    assert entered(venue, 4_800, 100, Side.SELL, trader=newcomer) == (Outcome.ACCEPTED, 0)
    assert charged(venue) == []


def test_hubei_takes_half_a_percent_of_each_side(trading: Callable[[str, str, Phase], Venue]) -> None:
    venue = trading("hubei_spot", "2020-01-02", Phase.CONTINUOUS)
    entered(venue, 2_475, 3, Side.SELL, trader=2)
    assert entered(venue, 2_475, 3) == (Outcome.ACCEPTED, 0)
    assert charged(venue) == [(3, 37), (2, 37)]
    assert venue.core.cash(OPERATOR).available_minor == 74
