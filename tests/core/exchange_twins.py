"""The exchange and its slow twin side by side: same rows, same phases; every event, every account compared."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from engine.commands import MATCHING, Batch, BlockCommand, ParticipantClass, Phase, Table, rows_of
from engine.events import EVENT
from engine.exchange.day.reference import SlowDay
from engine.exchange.reference import ReferenceExchange
from engine.exchange.reference_phases import BlockTerms, Session, Terms
from engine.orderbook.call_auction import CALL_RULES
from engine.orderbook.invariants import check_book
from engine.orderbook.reference_tape import Event
from engine.parameters import BY_KEY, words_of
from engine.parameters.trading import CallRuleName
from engine.words.venue import Rounding
from tests.core.venue import OPERATOR, Venue

TRADERS = (2, 3, 4, 5)
SECOND_OPERATOR = 6
CASH, UNITS = 300_000, 900

FINE = {
    "trading.tick": 1,
    "trading.lot": 1,
    "trading.band": 45_000,
    "trading.dynamic_band": 20,
    "trading.reference_price": 500,
    "trading.protection": 4,
    "trading.call_rule": "szse",
    "trading.reach_levels": 2,
    "trading.any_at_level": 1,
    "trading.minimum": 2,
    "trading.maximum": 38,
    "block.allowed": 1,
    "block.band": 100_000,
    "block.minimum": 20,
}
"""An instrument whose guards watch."""

COARSE = {
    "trading.tick": 5,
    "trading.lot": 10,
    "trading.call_rule": "xetra",
    "trading.self_trade": "cancel_oldest",
    "block.allowed": 1,
}
"""An instrument with steps and without a band."""

INSTRUMENTS = {1: FINE, 2: COARSE}

FLOOR: dict[int, dict[str, int | str]] = {
    1: FINE
    | {
        "trading.open_formula": "first_trade",
        "trading.close_formula": "last_trades_average",
        "trading.close_trades": 5,
        "trading.close_volume_above": 4,
        "trading.close_otherwise": "open",
        "trading.orders_per_second": 200_000_000,
        "trading.orders_burst": 4,
    },
    2: COARSE
    | {
        "block.counts_in_prices": 1,
        "trading.open_formula": "previous_close",
        "trading.close_formula": "day_average",
        "trading.close_rounding": "up",
        "trading.close_otherwise": "previous_close",
        "trading.first_day_band": 300_000,
        "trading.reference_price": 500,
        "trading.orders_per_second": 100_000_000,
    },
}
"""The same with prices of the day, a first day, and throttles."""


def terms(book: dict[str, int | str]) -> Terms:
    """What the twin goes by, read off the same book in its own way."""
    rule, first = CALL_RULES[str(book["trading.call_rule"])], book.get("trading.first_day_band")
    return Terms(
        price_step=int(book["trading.tick"]),
        quantity_step=int(book["trading.lot"]),
        reference=int(book.get("trading.reference_price", 0)),
        band=Fraction(int(book.get("trading.band", 0)), 1_000_000),
        watched={
            "protection_ticks": int(book.get("trading.protection", 0)),
            "dynamic_band_ticks": int(book.get("trading.dynamic_band", 0)),
            "minimum_lots": int(book.get("trading.minimum", 0)),
            "maximum_lots": int(book.get("trading.maximum", 0)),
            "reach_levels": int(book.get("trading.reach_levels", 0)),
            "any_at_level": int(book.get("trading.any_at_level", 0)),
            "self_trade": 3 if "trading.self_trade" in book else 0,
        },
        block_of_the_book=BlockTerms(
            allowed=True,
            minimum=int(book.get("block.minimum", 0)),
            band=Fraction(int(book.get("block.band", 0)), 1_000_000),
        ),
        day=day_of(book),
        first_band=Fraction(int(first), 1_000_000) if first is not None else None,
        pace=(int(book.get("trading.orders_per_second", 0)), int(book.get("trading.orders_burst", 0))),
        call_rule=(CallRuleName[rule.name.upper()], rule.candidates.name, [step.name for step in rule.steps]),
    )


def day_of(book: dict[str, int | str]) -> SlowDay:
    """The rules of the day's prices."""

    def word(key: str) -> int:
        return words_of(BY_KEY[key])[str(book[key])] if key in book else 0

    return SlowDay(
        open_formula=word("trading.open_formula"),
        close_formula=word("trading.close_formula"),
        close_trades=int(book.get("trading.close_trades", 0)),
        volume_above=int(book.get("trading.close_volume_above", 0)),
        otherwise=word("trading.close_otherwise"),
        rounding=word("trading.close_rounding") or Rounding.HALF_UP,
        blocks_count=bool(book.get("block.counts_in_prices", 0)),
    )


class ExchangeTwins:
    """Four traders with cash and units of two instruments; both exchanges, closed until a phase is switched."""

    def __init__(self, books: Mapping[int, dict[str, int | str]] = INSTRUMENTS) -> None:
        self.venue, self.twin = Venue(), ReferenceExchange()
        for number, book in books.items():
            self.venue.instrument(f"instrument {number}", self.venue.adopt(book, name=f"book {number}"), trading=False)
            self.twin.terms[number] = terms(book)
        self.twin.classes[1] = ParticipantClass.OPERATOR
        for trader in TRADERS:
            self.venue.register(f"trader {trader}", ParticipantClass.INSTITUTION)
            self.venue.deposit_cash(trader, CASH)
            self.twin.cash[trader] = CASH
            self.twin.classes[trader] = ParticipantClass.INSTITUTION
            self.twin.sessions[self.venue.session(trader)] = Session(trader)
            for number in INSTRUMENTS:
                self.venue.deposit_units(trader, number, UNITS)
                self.twin.units[trader, number] = UNITS
        self.twin.sessions[self.venue.session(OPERATOR)] = Session(OPERATOR)
        self.venue.register("second operator", ParticipantClass.OPERATOR)
        self.twin.classes[SECOND_OPERATOR] = ParticipantClass.OPERATOR

    def apply(self, rows: np.ndarray, time_ns: int) -> np.ndarray:
        """A batch of ORDERS through both; the events they agree on."""
        events = self.venue.core.apply(Batch(Table.ORDERS, time_ns, rows)).events
        compare(events, self.twin.apply(rows, time_ns), rows)
        return events

    def negotiate(self, rows: np.ndarray, time_ns: int) -> np.ndarray:
        """A batch of BLOCKS through both; the events they agree on."""
        events = self.venue.core.apply(Batch(Table.BLOCKS, time_ns, rows)).events
        compare(events, self.twin.apply_blocks(rows, time_ns), rows)
        return events

    def open_blocks(self, instrument: int, time_ns: int) -> np.ndarray:
        """Blocks of an instrument may be traded from here on."""
        row = rows_of(Table.BLOCKS, 1)
        row["command"], row["actor"], row["instrument"] = BlockCommand.START, OPERATOR, instrument
        return self.negotiate(row, time_ns)

    def switch(self, instrument: int, phase: Phase, time_ns: int) -> np.ndarray:
        """One row of PHASES through both; the events they agree on."""
        self.venue.time_ns = time_ns - 1
        events = self.venue.send(Table.PHASES, [{"instrument": instrument, "phase": phase}]).events
        compare(events, self.twin.switch(instrument, phase, time_ns))
        return events

    def control(
        self, action: int, actor: int, participant: int, instrument: int, reason: str, time_ns: int
    ) -> np.ndarray:
        """One row of MARKET_CONTROLS through both; the events they agree on."""
        self.venue.time_ns = time_ns - 1
        row = {"action": action, "participant": participant, "instrument": instrument}
        events = self.venue.worded(Table.MARKET_CONTROLS, reason, actor, **row).events
        self.twin.time_ns = time_ns
        compare(events, self.twin.control(action, actor, participant, instrument, reason))
        return events

    def check(self) -> None:
        """Cash and units are conserved, accounts agree, holds are what live orders may cost, the book is whole."""
        core = self.venue.core
        assert core.conservation() == []
        may_cross = [view.number for view in core.instruments() if view.phase not in MATCHING]
        check_book(core._state.view(np.recarray)[0], may_cross)
        for trader in TRADERS:
            cash = core.cash(trader)
            found = (cash.available_minor, cash.held_minor)
            assert found == (self.twin.free_cash(trader), self.twin.held_cash(trader)), f"cash of {trader}"
            held = {h.instrument: (h.available_lots, h.held_lots) for h in core.holdings(trader)}
            for number in INSTRUMENTS:
                own = (self.twin.free_units(trader, number), self.twin.held_units(trader, number))
                assert held.get(number, (0, 0)) == own, f"units of {trader}"
        assert core.block_offers()["offer_id"].tolist() == list(self.twin.offers)
        for number in INSTRUMENTS:
            live = [int(order_id) for order_id in core.orders(number)["order_id"]]
            assert live == [order.order_id for order in self.twin.in_order(number)]


def compare(fast: np.ndarray, slow: list[Event], rows: np.ndarray | None = None) -> None:
    """Raise at the first event that differs, with the row that caused it."""
    for position, (mine, expected) in enumerate(zip(fast.tolist(), slow, strict=False)):
        if mine != expected:
            columns = [
                f"{name}: compiled {a}, twin {b}"
                for name, a, b in zip(EVENT.names or (), mine, expected, strict=True)
                if a != b
            ]
            row = "" if rows is None else f"\nrow {dict(zip(rows.dtype.names, rows[expected[5]].item(), strict=True))}"
            raise AssertionError(f"event {position}: {'; '.join(columns)}\n{mine}\n{expected}{row}")
    assert len(fast) == len(slow), f"{len(fast)} events, the twin has {len(slow)}: {(fast.tolist() + slow)[-1]}"
