"""The exchange and its slow twin side by side: same rows, same phases; every event, every account compared."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from engine.commands import MATCHING, Batch, BlockCommand, ParticipantClass, Phase, Side, Table, rows_of
from engine.events import EVENT
from engine.exchange.day.reference import SlowDay
from engine.exchange.reference import ReferenceExchange
from engine.exchange.reference_phases import BlockTerms, Session, Terms
from engine.exchange.reference_settlement import Levies
from engine.orderbook.call_auction import CALL_RULES
from engine.orderbook.invariants import check_book
from engine.orderbook.reference_tape import Event
from engine.parameters import BY_KEY, words_of
from engine.parameters.trading import CallRuleName
from engine.words.venue import Rounding
from tests.core.venue import OPERATOR, Venue

Book = Mapping[Any, int | str]
TRADERS = (2, 3, 4, 5)
SECOND_OPERATOR = 6
GOVERNMENT = 7
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

STEPS = {"trading.tick": 1, "trading.lot": 1, "trading.call_rule": "szse"}

SETTLED = {
    "trading.tick": 1,
    "trading.lot": 1,
    "trading.reference_price": 500,
    "trading.band": 100_000,
    "trading.call_rule": "szse",
    "trading.protection": 4,
    "trading.fee_buyer_share": 5_300,
    "trading.fee_seller_share": 4_700,
    "trading.fee_minimum": 3,
    "trading.tax_seller_share": 1_000,
    "trading.tax_buyer_share": 60_000,
    "trading.tax_base": "fee",
    "trading.tax_receiver": "government",
    "trading.settlement_units_days": 2,
    "trading.settlement_cash_days": 1,
    "trading.settlement_cash_usable": 1,
    ("trading.holding_limit", ParticipantClass.INSTITUTION): 1_000,
    "trading.holding_limit_counts_linked": 0,
    "block.allowed": 1,
}
"""An instrument whose trades cost something and settle later."""

SAME_DAY = {
    "trading.tick": 1,
    "trading.lot": 1,
    "trading.call_rule": "szse",
    "trading.self_trade": "cancel_oldest",
    "trading.reach_levels": 5,
    "trading.any_at_level": 1,
    "trading.same_day_resale": 0,
    "trading.fee_seller_share": 40_000,
    "trading.fee_rounding": "up",
    "block.allowed": 1,
}
"""What was bought may not be sold on the same day."""

ONE_PERCENT = {**STEPS, "trading.fee_buyer_share": 10_000, "trading.fee_seller_share": 10_000, "block.allowed": 1}
"""Half a fen of fee on 50, for each rounding."""

TAXED = {**STEPS, "trading.fee_minimum": 20, "trading.fee_seller_share": 10_000, "trading.tax_seller_share": 500_000}
"""Half of the value goes as tax, and a least fee may take the rest of it."""

LINKED = {
    **STEPS,
    ("trading.holding_limit", ParticipantClass.INSTITUTION): 2_000,
    "trading.holding_limit_counts_linked": 1,
    "block.allowed": 1,
}
"""Linked participants have one limit together."""

INSTRUMENTS = {1: FINE, 2: COARSE}
CHARGED = {1: SETTLED, 2: SAME_DAY}
EDGES = {
    1: ONE_PERCENT,
    2: {**ONE_PERCENT, "trading.fee_rounding": "down"},
    3: {**ONE_PERCENT, "trading.fee_rounding": "up"},
    4: TAXED,
    5: LINKED,
}

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


def terms(book: Book) -> Terms:
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
        levies=levies(book),
    )


def levies(book: Book) -> Levies:
    """What the twin goes by when trades are settled."""

    def shares(key: str) -> dict[int, Fraction]:
        found = {side: book.get(f"trading.{key}_{side.name.lower()}er_share", 0) for side in Side}
        return {side: Fraction(int(ppm), 1_000_000) for side, ppm in found.items()}

    return Levies(
        fee=shares("fee"),
        minimum=int(book.get("trading.fee_minimum", 0)),
        tax=shares("tax"),
        tax_on_fee=book.get("trading.tax_base") == "fee",
        tax_to=GOVERNMENT if book.get("trading.tax_receiver") == "government" else OPERATOR,
        rounding=str(book.get("trading.fee_rounding", "half_up")),
        units_days=int(book.get("trading.settlement_units_days", 0)),
        cash_days=int(book.get("trading.settlement_cash_days", 0)),
        cash_usable=bool(book.get("trading.settlement_cash_usable", 0)),
        resale=bool(book.get("trading.same_day_resale", 1)),
        limits={int(key[1]): int(lots) for key, lots in book.items() if key[0] == "trading.holding_limit"},
        linked=bool(book.get("trading.holding_limit_counts_linked", 0)),
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

    def __init__(self, books: Mapping[int, Book] = INSTRUMENTS) -> None:
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
            for number in books:
                self.venue.deposit_units(trader, number, UNITS)
                self.twin.units[trader, number] = UNITS
        self.twin.sessions[self.venue.session(OPERATOR)] = Session(OPERATOR)
        self.venue.register("second operator", ParticipantClass.OPERATOR)
        self.twin.classes[SECOND_OPERATOR] = ParticipantClass.OPERATOR
        if books is not INSTRUMENTS:
            self.venue.register("government", ParticipantClass.GOVERNMENT)

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
            self.check_account(trader)
        assert core.block_offers()["offer_id"].tolist() == list(self.twin.offers)
        for number in self.twin.terms:
            live = [int(order_id) for order_id in core.orders(number)["order_id"]]
            assert live == [order.order_id for order in self.twin.in_order(number)]

    def check_account(self, trader: int) -> None:
        """Every pocket of an account is what the twin works out."""
        record, twin = self.venue.core._state[0], self.twin
        cash = {name: int(record["cash"][name][trader]) for name in record["cash"].dtype.names}
        assert cash["available_minor"] + cash["usable_minor"] == twin.free_cash(trader), f"cash of {trader}"
        found = (cash["held_minor"], cash["unsettled_minor"])
        assert found == (twin.held_cash(trader), twin.ledger.unsettled_cash(trader)), f"cash of {trader}"
        for number, terms in twin.terms.items():
            holding = record["holdings"][trader, number]
            own = (twin.free_units(trader, number), twin.held_units(trader, number))
            assert (holding["available_lots"], holding["held_lots"]) == own, f"units of {trader}"
            assert holding["unsettled_lots"] == twin.ledger.unsettled_units(trader, number), f"units of {trader}"
            counted = twin.open_buys(trader, number) if terms.levies.limits and terms.begun else 0
            assert holding["open_buy_lots"] == counted, f"open buys of {trader}"


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
