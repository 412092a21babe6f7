"""The compiled book does what its slow twin does, event by event, over generated rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from engine.commands import ALL_PARTICIPANTS, OrderCommand, OrderType, SelfTrade, Side, Table, TimeInForce, rows_of
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.layout import MarketData
from tests.conftest import Seen
from tests.orderbook.flows import Mix, draw_rows, highest_id
from tests.orderbook.twins import Twins

MIXES = {
    "a few prices": Mix(width_ticks=3),
    "many prices": Mix(width_ticks=400, middle=100_000, ids_alive=400),
    "the whole range": Mix(width_ticks=2**28, middle=2**29, ids_alive=300),
    "the lowest prices": Mix(width_ticks=20, middle=1),
    "the highest prices": Mix(width_ticks=20, middle=PRICE_TICKS_MAX),
    "all types": Mix(width_ticks=10, plain=0.0, participants=3),
    "one participant": Mix(width_ticks=5, plain=0.2, participants=1, instruments=1),
    "mostly faults": Mix(faulty=0.6),
}


def play(seed: int, mix: Mix, batches: int, rows_a_batch: int, market_data: MarketData, one_by_one: int = 6) -> None:
    """Random batches through both books, guards and groups changing on the way; every invariant checked after each.

    One batch in `one_by_one` goes in row by row, each a batch of its own: there the invariants hold after every row.
    """
    draw = np.random.default_rng(seed)
    twins = Twins(market_data)
    next_id, time_ns = 1, 0
    for batch in range(batches):
        if batch % 5 == 4:
            instrument = int(draw.integers(mix.instruments))
            low = max(mix.middle - 4 * mix.width_ticks, 1)
            twins.set_guard(
                instrument,
                halted=int(draw.random() < 0.1),
                band_low_ticks=int(draw.integers(0, low + 1)),
                band_high_ticks=int(draw.integers(0, 2)) * min(mix.middle + 4 * mix.width_ticks, PRICE_TICKS_MAX),
                dynamic_band_ticks=int(draw.integers(0, 2)) * 3 * mix.width_ticks,
                reference_price_ticks=int(draw.integers(0, 2)) * mix.middle,
                protection_ticks=int(draw.integers(0, 5)),
                minimum_lots=int(draw.integers(0, 3)),
                maximum_lots=int(draw.integers(0, 2)) * 38,
                self_trade=int(draw.integers(0, 6)),
                median=int(draw.random() < 0.2),
            )
            twins.set_self_trade_group(int(draw.integers(1, 7)), int(draw.integers(0, 4)))
        if batch % 11 == 10:
            twins.end_day(int(draw.integers(mix.instruments)))
        rows = draw_rows(draw, rows_a_batch, next_id, time_ns, mix)
        try:
            for part in np.split(rows, len(rows) if batch % one_by_one == one_by_one - 1 else 1):
                twins.apply(part, time_ns)
                twins.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, batch {batch}, {mix}") from error
        next_id = max(next_id, highest_id(rows) + 1)
        time_ns += int(draw.integers(0, 20))


@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
def test_every_event_is_the_twins(mix: Mix) -> None:
    play(seed=1, mix=mix, batches=12, rows_a_batch=50, market_data=MarketData.DEPTH_AND_TOP)


@pytest.mark.parametrize("market_data", MarketData)
def test_market_data_changes_nothing_else(market_data: MarketData) -> None:
    play(seed=2, mix=MIXES["all types"], batches=6, rows_a_batch=60, market_data=market_data)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("mix", MIXES.values(), ids=MIXES)
@pytest.mark.parametrize("seed", range(100, 110))
def test_every_event_is_the_twins_at_length(mix: Mix, seed: int, seen: Seen) -> None:
    play(seed, mix, batches=260, rows_a_batch=100, market_data=MarketData.DEPTH_AND_TOP, one_by_one=60)
    seen("book commands, every event like the slow twin", 260 * 100)


class BookMachine(RuleBasedStateMachine):
    """Hypothesis picks the steps: it shrinks a failure to the few orders that show it."""

    def __init__(self) -> None:
        super().__init__()
        self.twins = Twins()
        self.next_id = 1
        self.time_ns = 0

    def send(self, **columns: int) -> None:
        rows = rows_of(Table.ORDERS, 1)
        for name, value in columns.items():
            rows[name] = value
        self.twins.apply(rows, self.time_ns)

    prices = st.integers(95, 105)
    lots = st.integers(1, 12)

    @rule(
        actor=st.integers(1, 3),
        side=st.sampled_from(list(Side)),
        order_type=st.sampled_from(list(OrderType)),
        tif=st.sampled_from(list(TimeInForce)),
        price=prices,
        lots=lots,
        stop=prices,
        display=st.integers(0, 5),
        minimum=st.integers(0, 4),
        expires_in=st.integers(0, 3),
        self_trade=st.sampled_from(list(SelfTrade)),
    )
    def new(
        self,
        actor: int,
        side: int,
        order_type: int,
        tif: int,
        price: int,
        lots: int,
        stop: int,
        display: int,
        minimum: int,
        expires_in: int,
        self_trade: int,
    ) -> None:
        unpriced = order_type in (OrderType.MARKET, OrderType.MARKET_TO_LIMIT, OrderType.STOP)
        stops = order_type in (OrderType.STOP, OrderType.STOP_LIMIT)
        self.send(
            command=OrderCommand.NEW,
            actor=actor,
            order_id=self.next_id,
            side=side,
            order_type=order_type,
            time_in_force=tif,
            price_ticks=0 if unpriced else price,
            quantity_lots=lots,
            stop_price_ticks=stop if stops else 0,
            display_lots=display,
            minimum_lots=minimum,
            expire_ns=self.time_ns + expires_in if tif == TimeInForce.GTD else 0,
            self_trade=self_trade,
        )
        self.next_id += 1

    @precondition(lambda self: self.next_id > 1)
    @rule(data=st.data(), command=st.sampled_from([OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE]))
    def change(self, data: st.DataObject, command: int) -> None:
        self.send(
            command=command,
            actor=1,
            order_id=data.draw(st.integers(1, self.next_id)),
            price_ticks=data.draw(self.prices),
            quantity_lots=data.draw(self.lots),
        )

    @rule(side=st.integers(0, 2), participant=st.sampled_from([0, 1, 2, 3, ALL_PARTICIPANTS]))
    def mass_cancel(self, side: int, participant: int) -> None:
        self.send(command=OrderCommand.MASS_CANCEL, actor=1, side=side, participant=participant)

    @rule()
    def end_day(self) -> None:
        self.twins.end_day(0)

    @rule(passed=st.integers(1, 3))
    def let_time_pass(self, passed: int) -> None:
        self.time_ns += passed

    @rule(halted=st.integers(0, 1), low=st.integers(0, 99), band=st.integers(0, 4), protection=st.integers(0, 3))
    def guard(self, halted: int, low: int, band: int, protection: int) -> None:
        self.twins.set_guard(0, halted=halted, band_low_ticks=low, dynamic_band_ticks=band, protection_ticks=protection)

    @invariant()
    def same_book(self) -> None:
        self.twins.check()


BookMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
TestBookMachine = BookMachine.TestCase


@pytest.mark.long
@pytest.mark.compiled
def test_book_machine_at_length() -> None:
    """The same machine, more and longer runs."""
    run_state_machine_as_test(BookMachine, settings=settings(max_examples=1_500, stateful_step_count=60, deadline=None))
