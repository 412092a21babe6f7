"""The exchange against its slow twin, event by event and account by account, over drawn flows in all phases."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from engine.commands import (
    ALL_INSTRUMENTS,
    ALL_PARTICIPANTS,
    BlockCommand,
    OrderCommand,
    Phase,
    Table,
    order_id,
    rows_of,
)
from engine.events import EventKind
from engine.words.floor import ControlAction
from tests.conftest import Seen
from tests.core.exchange_twins import CHARGED, FLOOR, INSTRUMENTS, TRADERS, Book, ExchangeTwins
from tests.core.venue import OPERATOR
from tests.orderbook.flows import Mix, draw_rows

DAY_NS = 86_400_000_000_000

PHASES = (
    Phase.CONTINUOUS,
    Phase.CONTINUOUS,
    Phase.OPENING_CALL,
    Phase.CLOSING_CALL,
    Phase.FIRM_CALL,
    Phase.PICK_LIST,
    Phase.PICK_LIST,
    Phase.MEDIAN,
    Phase.HALTED,
    Phase.CLOSED,
)

MIXES = {
    "plain": Mix(middle=500, width_ticks=12, instruments=2, participants=4, plain=0.8, faulty=0.03, ids_alive=30),
    "all types": Mix(middle=500, width_ticks=8, instruments=2, participants=4, plain=0.1, faulty=0.03, ids_alive=30),
}


class Flow:
    """Rows of the book's flow, given senders and keys; now and then somebody takes a listing."""

    def __init__(self, twins: ExchangeTwins, seed: int, mix: Mix) -> None:
        self._draw = np.random.default_rng(seed)
        self._twins = twins
        self._mix = mix
        self._requests = dict.fromkeys((OPERATOR, *TRADERS), 0)
        self._owners: dict[int, int] = {}
        self._next = 1
        self._real: dict[int, int] = {}

    def rows(self, count: int, time_ns: int) -> np.ndarray:
        drawn = draw_rows(self._draw, count, self._next, time_ns, self._mix)
        rows = rows_of(Table.ORDERS, count)
        for name in rows.dtype.names:
            rows[name] = drawn[name]
        for row in rows:
            self._address(row)
        return rows

    def blocks(self, count: int, time_ns: int) -> np.ndarray:
        """Rows of BLOCKS: offers, answers of those who are asked and of others, now and then nonsense."""
        draw, rows = self._draw, rows_of(Table.BLOCKS, count)
        for row in rows:
            waiting = list(self._twins.twin.offers.values())
            offer = waiting[int(draw.integers(len(waiting)))] if waiting else None
            actor = int(draw.choice(TRADERS))
            row["command"] = int(draw.choice([1, 2, 3, 4, 5, 6, 7, 9], p=[0.28, 0.2, 0.2, 0.1, 0.1, 0.06, 0.03, 0.03]))
            if offer is None and draw.random() < 0.9:
                row["command"] = BlockCommand.OFFER
            elif offer is not None and draw.random() < 0.9:
                row["offer_id"] = offer.offer_id
                actor = offer.proposer if row["command"] == BlockCommand.WITHDRAW else offer.asked or actor
            if row["command"] >= BlockCommand.START and draw.random() < 0.9:
                actor = OPERATOR
            else:
                self._requests[actor] += int(draw.random() < 0.98)
                row["session"], row["request_id"] = self._twins.venue.session(actor), self._requests[actor]
            row["actor"] = actor
            row["side"] = int(draw.choice([1, 2, 2, 3], p=[0.45, 0.3, 0.2, 0.05]))
            row["instrument"] = int(draw.choice([1, 2, 3], p=[0.5, 0.45, 0.05]))
            row["counterparty"] = int(draw.choice([0, *TRADERS, 9], p=[0.2, 0.19, 0.19, 0.19, 0.19, 0.04]))
            row["price_ticks"] = int(draw.integers(88, 112)) * 5 + int(draw.random() < 0.05)
            row["quantity_lots"] = int(draw.integers(1, 12)) * 10 + int(draw.random() < 0.05)
            row["expire_ns"] = int(draw.choice([0, 0, time_ns, time_ns + 15, time_ns + 40]))
        return rows

    def _address(self, row: np.void) -> None:
        draw, drawn = self._draw, int(row["order_id"])
        actor = TRADERS[int(row["actor"]) % len(TRADERS)]
        new = row["command"] == OrderCommand.NEW
        if row["command"] == OrderCommand.CANCEL and draw.random() < 0.5:
            row["command"] = OrderCommand.TAKE
        elif not new and draw.random() < 0.95:
            actor = self._owners.get(drawn, actor)
        if row["command"] == OrderCommand.MASS_CANCEL and draw.random() < 0.3:
            actor = OPERATOR
        row["instrument"] += int(row["instrument"] < 1_000 and draw.random() < 0.98)
        step_price, step_lots = (5, 10) if row["instrument"] == 2 and draw.random() < 0.95 else (1, 1)
        if step_lots > 1:
            row["price_ticks"] -= row["price_ticks"] % step_price
            row["quantity_lots"] *= step_lots
            row["display_lots"] *= step_lots
        self._requests[actor] += int(draw.random() < 0.98)
        row["actor"] = actor
        row["session"] = self._twins.venue.session(actor)
        row["request_id"] = self._requests[actor]
        if new:
            self._real[drawn] = order_id(int(row["session"]), int(row["request_id"]))
            self._owners[drawn] = actor
            self._next = max(self._next, drawn + 1) if drawn < 2**40 else self._next
            row["order_id"] = 0
        else:
            row["order_id"] = self._real.get(drawn, drawn)
        if row["command"] == OrderCommand.MASS_CANCEL and draw.random() < 0.8:
            row["participant"] = 0


def control(twins: ExchangeTwins, draw: np.random.Generator, time_ns: int) -> None:
    """A stop, or more often a step to lift one that stands; now and then nonsense."""
    stops = list(twins.twin.stops)
    if stops and draw.random() < 0.7:
        who, what = stops[int(draw.integers(len(stops)))]
        for action, actor in ((ControlAction.PROPOSE_RESUMPTION, 1), (ControlAction.APPROVE_RESUMPTION, 6)):
            twins.control(action, actor, who or ALL_PARTICIPANTS, what or ALL_INSTRUMENTS, "over", time_ns)
        return
    action, actor = int(draw.choice([1, 1, 1, 2, 3, 7])), int(draw.choice([1, 1, 6, 2, 3]))
    who = int(draw.choice([ALL_PARTICIPANTS, ALL_PARTICIPANTS, 2, 3, 4, 9, 0]))
    what = int(draw.choice([ALL_INSTRUMENTS, ALL_INSTRUMENTS, 1, 2, 3, 0]))
    twins.control(action, actor, who, what, str(draw.choice(["alarm", "alarm", " "])), time_ns)


def play(
    seed: int, mix: Mix, batches: int, rows_a_batch: int, books: Mapping[int, Book] = INSTRUMENTS
) -> tuple[set[Phase], set[EventKind]]:
    """Random batches through both, phases changing on the way; the phases that were entered, the events that came."""
    twins = ExchangeTwins(books)
    told: set[int] = set()
    draw, flow = np.random.default_rng(seed + 1_000_000), Flow(twins, seed, mix)
    time_ns, seen = twins.venue.time_ns + 1, set()
    for instrument in INSTRUMENTS:
        twins.switch(instrument, Phase.CONTINUOUS, time_ns)
        twins.open_blocks(instrument, time_ns)
    for batch in range(batches):
        try:
            if draw.random() < 0.3:
                phase = PHASES[int(draw.integers(len(PHASES)))]
                events = twins.switch(int(draw.choice(list(INSTRUMENTS))), phase, time_ns)
                told.update(events["kind"].tolist())
                if events["kind"][-1] != EventKind.REFUSED:
                    seen.add(phase)
            told.update(twins.apply(flow.rows(rows_a_batch, time_ns), time_ns)["kind"].tolist())
            twins.check()
            if draw.random() < 0.1:
                control(twins, draw, time_ns)
                twins.check()
            if draw.random() < 0.4:
                twins.negotiate(flow.blocks(4, time_ns), time_ns)
                twins.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, batch {batch}, {mix}: {error}") from error
        time_ns += int(draw.integers(1, 20))
        if books is CHARGED and draw.random() < 0.15:
            time_ns += DAY_NS
            for instrument in books:
                twins.switch(instrument, Phase.CLOSED, time_ns)
                told.update(twins.switch(instrument, Phase.CONTINUOUS, time_ns)["kind"].tolist())
    return seen, {EventKind(kind) for kind in told}


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("seed", range(2))
def test_small_batches_agree(seed: int, mix: Mix) -> None:
    play(seed, mix, batches=70, rows_a_batch=6)


@pytest.mark.parametrize("seed", range(4, 7))
def test_days_with_prices_and_throttles_agree(seed: int) -> None:
    play(seed, MIXES["all types"], batches=120, rows_a_batch=6, books=FLOOR)


def test_every_phase_is_met() -> None:
    assert play(3, MIXES["all types"], batches=150, rows_a_batch=4)[0] == set(PHASES)


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("seed", range(20, 23))
def test_trades_that_cost_something_and_settle_later_agree(seed: int, mix: Mix) -> None:
    _, told = play(seed, mix, batches=60, rows_a_batch=6, books=CHARGED)
    assert {EventKind.TRADE_CHARGED, EventKind.UNITS_SETTLED, EventKind.CASH_SETTLED} <= told


def test_one_large_batch_agrees() -> None:
    play(99, MIXES["plain"], batches=1, rows_a_batch=600)


@pytest.mark.long
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("seed", range(100, 125))
def test_long_flows_agree(seed: int, mix: Mix, seen: Seen) -> None:
    play(seed, mix, batches=400, rows_a_batch=40)
    play(seed, mix, batches=400, rows_a_batch=10, books=FLOOR)
    seen("exchange commands, phases and blocks between them, like the slow exchange", 400 * 50)
    play(seed, mix, batches=200, rows_a_batch=40, books=CHARGED)
