"""What a trading day does to settlement: impossible values, changed charges, allocations that count, snapshots."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.capacity import SMALL
from engine.commands import BlockCommand, Fact, ParticipantClass, Phase, Side, Table
from engine.core import Core
from engine.events import BlockEnd, CancelReason, EventKind
from engine.limits import FEE_MINIMUM_MINOR_MAX
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, Basis, Parameter
from engine.views import Due
from tests.core.venue import DAY, TRADING, Venue, only, outcomes, stored

DAY_NS = 86_400_000_000_000
EMITTER, INSTITUTION = 2, 3
Dated = tuple[str, int, int | str, ParticipantClass | int]
"""Key, day after the first, value, class (0: all)."""


def venue(*values: Dated, classes: tuple[ParticipantClass, ...] = ()) -> Venue:
    """A key emitter and an institution with cash and units of one closed instrument."""
    found = Venue()
    steps: list[Dated] = [(key, 0, value, 0) for key, value in TRADING.items()]
    rows = [
        {
            "parameter": BY_KEY[key],
            "participant_class": int(klass),
            "effective_day": DAY + after,
            "basis": Basis.OPERATOR,
            "value": stored(key, value),
        }
        for key, after, value, klass in [*steps, *values]
    ]
    text = json.dumps({"files": {}, "name": "book"}).encode()
    book = int(found.send(Table.RULE_BOOKS, rows, text).references[0])
    found.instrument("spot", book, trading=False)
    for klass in (ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION, *classes):
        number = found.register(f"member {len(found.core.participants())}", klass)
        found.deposit_cash(number, 10**6)
        found.deposit_units(number, 1, 1_000)
    return found


def switch(found: Venue, phase: Phase, days: int = 0) -> tuple[Outcome, Parameter]:
    """A phase, so many days after the first."""
    found.time_ns = max(found.time_ns, (DAY + days) * DAY_NS)
    applied = found.send(Table.PHASES, [{"instrument": 1, "phase": phase}])
    return outcomes(applied)[0], Parameter(int(applied.parameters[0]))


def buy(found: Venue, participant: int, price: int, lots: int) -> tuple[Outcome, Parameter]:
    found.order(participant, Side.BUY, price, lots)
    assert found.applied is not None
    return outcomes(found.applied)[0], Parameter(int(found.applied.parameters[0]))


@pytest.mark.parametrize(
    ("values", "parameter"),
    [
        ([("trading.settlement_units_days", 0, 4, 0)], Parameter.TRADING_SETTLEMENT_UNITS_DAYS),
        ([("trading.settlement_cash_days", 0, 4, 0)], Parameter.TRADING_SETTLEMENT_CASH_DAYS),
        ([("trading.fee_minimum", 0, FEE_MINIMUM_MINOR_MAX + 1, 0)], Parameter.TRADING_FEE_MINIMUM),
        (
            [("trading.tax_buyer_share", 0, 1, 0), ("trading.tax_receiver", 0, "government", 0)],
            Parameter.TRADING_TAX_RECEIVER,
        ),
    ],
)
def test_a_day_that_could_not_be_settled_does_not_begin(values: list[Dated], parameter: Parameter) -> None:
    found = venue(*values)
    before = found.core._state.tobytes()
    assert switch(found, Phase.CONTINUOUS) == (Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
    assert found.core._state.tobytes() == before


def test_taxes_go_to_the_first_account_of_the_class() -> None:
    found = venue(
        ("trading.tax_seller_share", 0, 100_000, 0),
        ("trading.tax_receiver", 0, "government", 0),
        classes=(ParticipantClass.GOVERNMENT, ParticipantClass.GOVERNMENT),
    )
    switch(found, Phase.CONTINUOUS)
    found.order(EMITTER, Side.SELL, 50, 10)
    found.order(INSTITUTION, Side.BUY, 50, 10)
    assert found.core.cash(4).available_minor == 10**6 + 50
    assert found.core.cash(EMITTER).available_minor == 10**6 + 450
    assert found.core.cash(5).available_minor == 10**6


def test_buy_orders_go_when_what_they_may_cost_changes() -> None:
    found = venue(
        ("trading.fee_buyer_share", 0, 10_000, 0), ("trading.fee_buyer_share", 2, 20_000, 0), ("block.allowed", 0, 1, 0)
    )
    switch(found, Phase.CONTINUOUS)
    found.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
    found.order(EMITTER, Side.BUY, 100, 10)
    found.order(INSTITUTION, Side.SELL, 200, 10)
    for side in (Side.BUY, Side.SELL):
        offer = {**found.key(INSTITUTION), "command": BlockCommand.OFFER, "instrument": 1, "side": side}
        found.send(Table.BLOCKS, [{**offer, "quantity_lots": 5, "price_ticks": 100}], actor=INSTITUTION)
    assert found.core.cash(EMITTER).held_minor == 10 * 101
    assert found.core.cash(INSTITUTION).held_minor == 5 * 101
    switch(found, Phase.CLOSED)
    switch(found, Phase.CONTINUOUS, 1)
    assert found.core.cash(EMITTER).held_minor == 10 * 101
    switch(found, Phase.CLOSED)
    switch(found, Phase.CONTINUOUS, 2)
    assert found.applied is not None
    assert only(found.applied, EventKind.ORDER_CANCELLED)["reference"].tolist() == [CancelReason.CHARGES_CHANGED]
    assert only(found.applied, EventKind.BLOCK_ENDED)["reference"].tolist() == [BlockEnd.CHARGES_CHANGED]
    assert [found.core.cash(who).held_minor for who in (EMITTER, INSTITUTION)] == [0, 0]
    assert len(found.core.orders(1)) == len(found.core.block_offers()) == 1
    buy(found, EMITTER, 100, 10)
    assert found.core.cash(EMITTER).held_minor == 10 * 102


def test_the_limit_counts_from_the_allocation_of_the_year() -> None:
    found = venue(
        ("trading.holding_limit", 0, 1_100, 0),
        ("trading.holding_limit_above_allocation", 0, 1, ParticipantClass.KEY_EMITTER),
    )
    found.fact(EMITTER, Fact.ALLOCATION, 2022, 300)
    switch(found, Phase.CONTINUOUS)
    assert buy(found, INSTITUTION, 1, 101) == (Outcome.HOLDING_LIMIT_REACHED, Parameter.TRADING_HOLDING_LIMIT)
    assert buy(found, INSTITUTION, 1, 100) == (Outcome.ACCEPTED, Parameter.NONE)
    assert buy(found, EMITTER, 1, 401) == (Outcome.HOLDING_LIMIT_REACHED, Parameter.TRADING_HOLDING_LIMIT)
    assert buy(found, EMITTER, 1, 400) == (Outcome.ACCEPTED, Parameter.NONE)
    assert found.core.cash(EMITTER).held_minor == 400


def test_orders_that_wait_are_counted_when_a_limit_begins() -> None:
    found = venue(("trading.holding_limit", 1, 1_100, 0), ("block.allowed", 0, 1, 0))
    switch(found, Phase.CONTINUOUS)
    assert buy(found, EMITTER, 1, 60) == (Outcome.ACCEPTED, Parameter.NONE)
    found.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
    offer = {**found.key(EMITTER), "command": BlockCommand.OFFER, "instrument": 1, "side": Side.BUY}
    found.send(Table.BLOCKS, [{**offer, "quantity_lots": 30, "price_ticks": 1}], actor=EMITTER)
    switch(found, Phase.CLOSED)
    switch(found, Phase.CONTINUOUS, 1)
    assert buy(found, EMITTER, 1, 11) == (Outcome.HOLDING_LIMIT_REACHED, Parameter.TRADING_HOLDING_LIMIT)
    assert buy(found, EMITTER, 1, 10) == (Outcome.ACCEPTED, Parameter.NONE)


def test_what_is_due_settles_although_the_rule_has_ended() -> None:
    found = venue(("trading.settlement_units_days", 0, 3, 0), ("trading.settlement_units_days", 1, 0, 0))
    switch(found, Phase.CONTINUOUS)
    found.order(EMITTER, Side.SELL, 5, 10)
    buy(found, INSTITUTION, 5, 10)
    seen = []
    for day in range(1, 5):
        switch(found, Phase.CLOSED)
        switch(found, Phase.CONTINUOUS, day)
        seen.append(found.core.holdings(INSTITUTION)[0].unsettled_lots)
    assert seen == [10, 10, 0, 0]
    assert found.core.holdings(INSTITUTION)[0].available_lots == 1_010


def test_what_waits_to_settle_is_part_of_the_digest_and_of_a_snapshot() -> None:
    rules: list[Dated] = [("trading.settlement_units_days", 0, 2, 0), ("trading.settlement_cash_days", 0, 1, 0)]
    digests = []
    for traded_on in (0, 1):
        found = venue(*rules)
        for day in range(2):
            switch(found, Phase.CONTINUOUS, day)
            if day == traded_on:
                found.order(EMITTER, Side.SELL, 5, 10)
                buy(found, INSTITUTION, 5, 10)
            switch(found, Phase.CLOSED)
        digests.append(found.core.digest())
        assert found.core.due(INSTITUTION) == [Due(INSTITUTION, 1, 1 + traded_on, 10, 0)]
        copy = Core(SMALL)
        copy.restore(found.core.dump())
        assert copy.digest() == found.core.digest()
        found.core = copy
        for day in (2, 3):
            switch(found, Phase.CONTINUOUS, day)
            switch(found, Phase.CLOSED)
        assert [h.unsettled_lots for who in (EMITTER, INSTITUTION) for h in found.core.holdings(who)] == [0, 0]
        assert found.core.cash(EMITTER).available_minor == 10**6 + 50
    assert digests[0] != digests[1]


def test_amounts_with_charges_stay_within_their_bound() -> None:
    found = venue(("trading.fee_buyer_share", 0, 1_000_000, 0), ("trading.tax_buyer_share", 0, 1_000_000, 0))
    switch(found, Phase.CONTINUOUS)
    lots = 2**32 - 1
    assert buy(found, EMITTER, 2**27, lots)[0] is Outcome.AMOUNT_OUT_OF_BOUNDS
    assert buy(found, EMITTER, 2**26, lots)[0] is Outcome.CASH_INSUFFICIENT
    assert np.all(found.core._state[0]["cash"]["held_minor"] == 0)
