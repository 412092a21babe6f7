"""The exchange's compiled path against its slow twin, event by event and account by account, over drawn flows."""

from __future__ import annotations

import numpy as np
import pytest

from engine.commands import (
    ROWS,
    Batch,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Table,
    TimeInForce,
    order_id,
    rows_of,
)
from engine.events import EventKind
from engine.exchange.reference import Account, Market, ReferenceExchange, Row
from tests.core.venue import TRADING, Venue

TRADERS = (2, 3, 4, 5)
INSTRUMENTS = (1, 2)
STEPS = {1: (1, 1), 2: (5, 10)}
CASH, UNITS = 3_000_000, 4_000


def venue_and_twin() -> tuple[Venue, ReferenceExchange]:
    """Four traders with cash and units of two instruments, one of them with coarse steps."""
    venue, twin = Venue(), ReferenceExchange()
    venue.instrument("fine", venue.adopt(TRADING, name="fine"))
    venue.instrument("coarse", venue.adopt({"trading.tick": 5, "trading.lot": 10}, name="coarse"))
    twin.classes = {1: ParticipantClass.OPERATOR}
    for trader in TRADERS:
        venue.register(f"trader {trader}", ParticipantClass.INSTITUTION)
        venue.deposit_cash(trader, CASH)
        for instrument in INSTRUMENTS:
            venue.deposit_units(trader, instrument, UNITS)
        twin.classes[trader] = ParticipantClass.INSTITUTION
        twin.accounts[trader] = Account(cash=CASH, units=dict.fromkeys(INSTRUMENTS, UNITS))
        twin.sessions[venue.session(trader)] = (trader, 0)
    for instrument, (price_step, quantity_step) in STEPS.items():
        twin.markets[instrument] = Market(price_step, quantity_step, value=1)
    return venue, twin


class Flow:
    """Draws rows: mostly sensible orders around a price, some changes of live or dead orders, some nonsense."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._venue = venue
        self._requests = dict.fromkeys(TRADERS, 0)
        self._ids: list[tuple[int, int]] = []

    def rows(self, count: int) -> np.ndarray:
        rows = rows_of(Table.ORDERS, count)
        for i in range(count):
            for name, value in self._row().items():
                rows[name][i] = value
        return rows

    def _row(self) -> dict[str, int]:
        rng = self._rng
        actor = int(rng.choice(TRADERS))
        session = self._venue.session(actor)
        step = int(rng.choice([1, 1, 1, 1, 1, 1, 1, 1, 1, 0]))
        self._requests[actor] += step
        row = {"actor": actor, "session": session, "request_id": self._requests[actor]}
        if self._ids and rng.random() < 0.35:
            owner, target = self._ids[int(rng.integers(max(0, len(self._ids) - 60), len(self._ids)))]
            if rng.random() < 0.95:
                self._requests[actor] -= step
                self._requests[owner] += 1
                row = {"actor": owner, "session": self._venue.session(owner), "request_id": self._requests[owner]}
            command = int(rng.choice([OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE]))
            return row | {
                "command": command,
                "order_id": target,
                "price_ticks": self._price() if command == OrderCommand.REPLACE else 0,
                "quantity_lots": self._lots(),
            }
        self._ids.append((actor, order_id(session, row["request_id"])))
        market = rng.random() < 0.1
        return row | {
            "command": OrderCommand.NEW if rng.random() < 0.99 else 9,
            "side": int(rng.integers(1, 3)),
            "order_type": OrderType.MARKET if market else OrderType.LIMIT,
            "time_in_force": int(rng.choice([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC])),
            "instrument": int(rng.choice([*INSTRUMENTS, *INSTRUMENTS, *INSTRUMENTS, 3])),
            "price_ticks": 0 if market else self._price(),
            "quantity_lots": self._lots(),
        }

    def _price(self) -> int:
        price = int(self._rng.integers(95, 106)) * 5
        return price if self._rng.random() < 0.97 else int(self._rng.choice([0, price + 1, 2**30 + 1, 2**30]))

    def _lots(self) -> int:
        lots = int(self._rng.integers(1, 30)) * 10
        return lots if self._rng.random() < 0.97 else int(self._rng.choice([0, lots + 1, 2**32 - 1, 2**32]))


def as_row(record: np.void) -> Row:
    return {name: int(record[name]) for name in ROWS[Table.ORDERS].names}


def compare(seed: int, batches: int, rows_a_batch: int) -> None:
    venue, twin = venue_and_twin()
    flow = Flow(venue, seed)
    for number in range(batches):
        rows = flow.rows(rows_a_batch)
        venue.time_ns += 1
        applied = venue.core.apply(Batch(Table.ORDERS, venue.time_ns, rows))
        expected = twin.apply([as_row(row) for row in rows])
        where = f"seed {seed}, batch {number}"
        # Levels are told by the book alone; its own tests hold them against a twin.
        events = applied.events[applied.events["kind"] != EventKind.DEPTH_CHANGED]
        assert len(events) == len(expected), where
        for event, columns in zip(events, expected, strict=True):
            found = {name: int(event[name]) for name in columns}
            assert found == {name: int(value) for name, value in columns.items()}, where
        for trader, account in twin.accounts.items():
            cash = venue.core.cash(trader)
            assert (cash.available_minor, cash.held_minor) == (account.cash, account.cash_held), where
            held = {h.instrument: (h.available_lots, h.held_lots) for h in venue.core.holdings(trader)}
            for instrument in INSTRUMENTS:
                own = (account.units.get(instrument, 0), account.units_held.get(instrument, 0))
                assert held.get(instrument, (0, 0)) == own, where
        assert venue.core.conservation() == [], where


@pytest.mark.parametrize("seed", range(4))
def test_small_batches_agree(seed: int) -> None:
    compare(seed, batches=60, rows_a_batch=5)


def test_one_large_batch_agrees() -> None:
    compare(99, batches=1, rows_a_batch=600)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 150))
def test_long_flows_agree(seed: int) -> None:
    compare(seed, batches=400, rows_a_batch=50)
