"""The exchange and its slow twin side by side: same rows, same phases; every event, every account compared."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from engine.commands import MATCHING, Batch, BlockCommand, ParticipantClass, Phase, Table, rows_of
from engine.events import EVENT
from engine.exchange.reference import ReferenceExchange
from engine.exchange.reference_phases import BlockTerms, Session, Terms
from engine.orderbook.call_auction import CALL_RULES
from engine.orderbook.invariants import check_book
from engine.orderbook.reference_tape import Event
from engine.parameters.trading import CallRuleName
from tests.core.venue import OPERATOR, Venue

TRADERS = (2, 3, 4, 5)
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


def terms(book: dict[str, int | str]) -> Terms:
    """What the twin goes by, read off the same book in its own way."""
    rule = CALL_RULES[str(book["trading.call_rule"])]
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
        call_rule=(CallRuleName[rule.name.upper()], rule.candidates.name, [step.name for step in rule.steps]),
    )


class ExchangeTwins:
    """Four traders with cash and units of two instruments; both exchanges, closed until a phase is switched."""

    def __init__(self) -> None:
        self.venue, self.twin = Venue(), ReferenceExchange()
        for number, book in INSTRUMENTS.items():
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
