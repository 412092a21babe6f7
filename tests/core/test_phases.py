"""Changes of phase that cannot be, what a day goes by, groups of linked participants, and what a core shows."""

from __future__ import annotations

import pytest

from engine.capacity import SMALL
from engine.commands import ALL_INSTRUMENTS, BlockCommand, OrderCommand, ParticipantClass, Phase, SelfTrade, Side, Table
from engine.core import Core
from engine.events import CancelReason, EventKind
from engine.exchange.terms import Band, band_around
from engine.orderbook.modes.block.layout import OFFERS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from tests.core.venue import TRADING, Venue, outcomes


def venue(**book: int | str) -> Venue:
    """Two traders and instrument 1, closed, under a book of these parameters."""
    found = Venue()
    values = TRADING | {name.replace("__", "."): value for name, value in book.items()}
    found.instrument("instrument", found.adopt(values), trading=False)
    for name in ("alpha", "beta"):
        number = found.register(name, ParticipantClass.INSTITUTION)
        found.deposit_cash(number, 10**9)
        found.deposit_units(number, 1, 10**6)
    return found


def switch(found: Venue, phase: int, instrument: int = 1) -> tuple[Outcome, Parameter]:
    applied = found.send(Table.PHASES, [{"instrument": instrument, "phase": phase}])
    return outcomes(applied)[0], Parameter(int(applied.parameters[0]))


@pytest.mark.parametrize(
    ("book", "phase", "instrument", "expected"),
    [
        ({}, 77, 1, (Outcome.UNKNOWN_COMMAND, Parameter.NONE)),
        ({}, Phase.CONTINUOUS, 7, (Outcome.INSTRUMENT_UNKNOWN, Parameter.NONE)),
        ({}, Phase.OPENING_CALL, 1, (Outcome.PARAMETER_WITHOUT_VALUE, Parameter.TRADING_CALL_RULE)),
        (
            {"trading__tick": 5, "trading__reference_price": 1_001},
            Phase.CONTINUOUS,
            1,
            (Outcome.PARAMETER_VALUE_NOT_ALLOWED, Parameter.TRADING_REFERENCE_PRICE),
        ),
    ],
)
def test_a_phase_that_cannot_be_is_refused_and_changes_nothing(
    book: dict[str, int], phase: int, instrument: int, expected: tuple[Outcome, Parameter]
) -> None:
    found = venue(**book)
    before = found.core._state.tobytes()
    assert switch(found, phase, instrument) == expected
    assert found.core._state.tobytes() == before


def test_an_instrument_without_steps_has_no_phases() -> None:
    found = Venue()
    found.instrument("rounds only", found.adopt({"trading.tick": 1}), trading=False)
    assert switch(found, Phase.PICK_LIST) == (Outcome.PARAMETER_WITHOUT_VALUE, Parameter.TRADING_TICK)


def test_bands_are_half_up_on_the_step() -> None:
    """10 % of 45.05 is 4.505: the ends are 40.545 and 49.555, half up 40.55 and 49.56."""
    assert band_around(4_505, 100_000, 1) == Band(4_055, 4_956)
    assert band_around(4_505, 100_000, 5) == Band(4_055, 4_955)
    assert band_around(1, 100_000, 1) == Band(1, 1)
    assert band_around(0, 100_000, 1) == band_around(4_505, 0, 1) == Band()


def test_the_next_day_is_measured_from_the_last_price() -> None:
    found = venue(trading__band=100_000, trading__reference_price=1_000)
    assert switch(found, Phase.CONTINUOUS)[0] is Outcome.ACCEPTED
    found.order(2, Side.SELL, 1_050, 5)
    found.order(3, Side.BUY, 1_050, 5)
    switch(found, Phase.CLOSED)
    switch(found, Phase.CONTINUOUS)
    assert found.applied is not None
    began = found.applied.events[found.applied.events["kind"] == EventKind.TRADING_DAY_BEGAN][0]
    assert (began["price_ticks"], began["quantity_lots"], began["remaining_lots"]) == (1_050, 945, 1_155)


def test_linked_participants_do_not_trade_with_each_other() -> None:
    found = venue(trading__self_trade="cancel_newest")
    switch(found, Phase.CONTINUOUS)
    found.link(2, 9)
    found.link(3, 9)
    found.order(2, Side.SELL, 100, 5)
    found.order(3, Side.BUY, 100, 5)
    assert found.applied is not None
    last = found.applied.events[-1]
    assert (last["kind"], last["reference"]) == (EventKind.ORDER_CANCELLED, CancelReason.SELF_TRADE)
    found.link(3, 0)
    found.order(3, Side.BUY, 100, 5)
    assert EventKind.TRADE in found.applied.events["kind"]
    assert SelfTrade.CANCEL_NEWEST == 2


def test_a_mass_cancel_of_everything_passes_over_a_firm_call() -> None:
    found = venue(trading__call_rule="sse")
    found.instrument("other", 1)
    switch(found, Phase.OPENING_CALL)
    kept, gone = found.order(2, Side.BUY, 100, 5), found.order(2, Side.BUY, 100, 5, instrument=2)
    switch(found, Phase.FIRM_CALL)
    row = {**found.key(2), "command": OrderCommand.MASS_CANCEL, "instrument": ALL_INSTRUMENTS}
    applied = found.send(Table.ORDERS, [row], actor=2)
    assert [int(event["order_id"]) for event in applied.events if event["kind"] == EventKind.ORDER_CANCELLED] == [gone]
    assert found.core.orders(1)["order_id"].tolist() == [kept]


def test_a_full_pool_of_block_offers_is_a_refusal() -> None:
    found = venue(block__allowed=1)
    switch(found, Phase.CONTINUOUS)
    found.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
    offer = {"command": BlockCommand.OFFER, "instrument": 1, "side": Side.SELL, "price_ticks": 5, "quantity_lots": 1}
    rows = [{**found.key(2), **offer} for _ in range(OFFERS_MAX + 1)]
    applied = found.send(Table.BLOCKS, rows, actor=2)
    assert outcomes(applied)[-2:] == [Outcome.ACCEPTED, Outcome.BLOCK_OFFERS_FULL]
    assert found.core.holdings(2)[0].held_lots == OFFERS_MAX
    assert found.core.conservation() == []


def test_phases_and_blocks_are_in_the_digest() -> None:
    """What changes what comes next changes the digest; a state that uses nothing of it keeps the one it had."""
    found = venue(block__allowed=1, trading__maximum=10)
    seen = {found.core.digest(), Core(SMALL).digest()}
    switch(found, Phase.CONTINUOUS)
    seen.add(found.core.digest())
    found.send(Table.BLOCKS, [{"command": BlockCommand.START, "instrument": 1}])
    seen.add(found.core.digest())
    offer = {"command": BlockCommand.OFFER, "instrument": 1, "side": Side.SELL, "price_ticks": 5, "quantity_lots": 1}
    found.send(Table.BLOCKS, [{**found.key(2), **offer}], actor=2)
    seen.add(found.core.digest())
    assert len(seen) == 5
