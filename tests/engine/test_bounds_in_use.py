"""The largest values that admission lets through, taken all the way: held, traded, cleared and paid, to the last unit.

Compiled arithmetic overflows without a word, so each case compares with Python integers computed here, and looks at
what is just beyond the bound as well.
"""

from __future__ import annotations

import pytest

from engine.commands import OrderType, ParticipantClass, RoundAction, Side, Table, TimeInForce
from engine.limits import (
    AMOUNT_MINOR_MAX,
    CASH_TOTAL_MINOR_MAX,
    HOLDING_LOTS_MAX,
    PRICE_TICKS_MAX,
    QUANTITY_LOTS_MAX,
    TICK_VALUE_MINOR_MAX,
)
from engine.outcomes import Outcome
from engine.views import Cash
from tests.core.venue import CONSIGNED, UNIFORM, Venue, outcomes

ACCEPTED, OUT_OF_BOUNDS = [Outcome.ACCEPTED], [Outcome.AMOUNT_OUT_OF_BOUNDS]


def venue_of_two(tick_value_minor: int = 1, **values: int | str) -> tuple[Venue, int, int]:
    """A venue whose one tick of one lot is worth `tick_value_minor`; a rich buyer and a rich seller."""
    venue = Venue()
    steps = dict.fromkeys(("trading.tick", "bid.tick", "auction.reserve_price"), tick_value_minor)
    book = venue.adopt({**UNIFORM, **steps, **values})
    name = b"SZEA"
    row = {"rule_book": book, "tick_minor": tick_value_minor, "lot_units": 1, "text_length": len(name)}
    assert outcomes(venue.send(Table.INSTRUMENTS, [row], name)) == ACCEPTED
    venue.send(Table.PHASES, [{"instrument": 1, "phase": 1}])
    buyer = venue.register("buyer", ParticipantClass.INSTITUTION)
    seller = venue.register("seller", ParticipantClass.INSTITUTION)
    for _ in range(CASH_TOTAL_MINOR_MAX // AMOUNT_MINOR_MAX):
        venue.deposit_cash(buyer, AMOUNT_MINOR_MAX)
    venue.deposit_units(seller, 1, HOLDING_LOTS_MAX)
    return venue, buyer, seller


@pytest.mark.parametrize("price", [PRICE_TICKS_MAX, PRICE_TICKS_MAX - 1, 1_000_003])
def test_the_dearest_order_is_held_and_paid_exactly(price: int) -> None:
    venue, buyer, seller = venue_of_two()
    lots = min(AMOUNT_MINOR_MAX // price, QUANTITY_LOTS_MAX)
    venue.order(buyer, Side.BUY, price, lots)
    assert outcomes(venue.applied) == ACCEPTED
    assert venue.core.cash(buyer) == Cash(buyer, CASH_TOTAL_MINOR_MAX - price * lots, price * lots)
    venue.order(seller, Side.SELL, price, lots)
    assert venue.core.cash(buyer) == Cash(buyer, CASH_TOTAL_MINOR_MAX - price * lots, 0)
    assert venue.core.cash(seller) == Cash(seller, price * lots, 0)
    assert venue.core.conservation() == []


def test_one_lot_more_is_refused() -> None:
    venue, buyer, _ = venue_of_two()
    before = venue.core.cash(buyer)
    for price in (PRICE_TICKS_MAX, PRICE_TICKS_MAX // 2):
        venue.order(buyer, Side.BUY, price, AMOUNT_MINOR_MAX // price + 1)
        assert outcomes(venue.applied) == OUT_OF_BOUNDS
    assert venue.core.cash(buyer) == before


@pytest.mark.parametrize("tick_value", [3, 1_000, TICK_VALUE_MINOR_MAX - 1])
def test_a_tick_of_great_value_does_not_overflow(tick_value: int) -> None:
    """price x quantity x tick value would pass 2**63 many times over before it is compared."""
    venue, buyer, _ = venue_of_two(tick_value)
    venue.order(buyer, Side.BUY, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX)
    assert outcomes(venue.applied) == OUT_OF_BOUNDS
    lots = AMOUNT_MINOR_MAX // tick_value // PRICE_TICKS_MAX
    venue.order(buyer, Side.BUY, PRICE_TICKS_MAX, lots + 1)
    assert outcomes(venue.applied) == OUT_OF_BOUNDS
    if lots:
        venue.order(buyer, Side.BUY, PRICE_TICKS_MAX, lots)
        assert outcomes(venue.applied) == ACCEPTED
        assert venue.core.cash(buyer).held_minor == PRICE_TICKS_MAX * lots * tick_value


def test_a_market_order_against_a_deep_book_is_bounded_by_what_it_would_cost() -> None:
    venue, buyer, seller = venue_of_two(1_000)
    for _ in range(3):
        venue.order(seller, Side.SELL, PRICE_TICKS_MAX, 2**20)
    venue.order(buyer, Side.BUY, 0, 3 * 2**20, order_type=OrderType.MARKET, time_in_force=TimeInForce.IOC)
    assert outcomes(venue.applied) == OUT_OF_BOUNDS
    assert venue.core.cash(buyer).available_minor == CASH_TOTAL_MINOR_MAX
    assert venue.core.conservation() == []


@pytest.mark.parametrize("guarantee", ["sum_of_values", "maximum_value"])
def test_the_dearest_bids_are_held_cleared_and_paid_exactly(guarantee: str) -> None:
    """A bidder puts up, in two bids, the most that one account may hold; neither a larger bid nor a third gets in."""
    venue, first, seller = venue_of_two(**{"bid.guarantee": guarantee})
    lots = AMOUNT_MINOR_MAX // PRICE_TICKS_MAX
    number = venue.round("largest", 1)
    assert outcomes(venue.supply(number, seller, lots)) == ACCEPTED
    assert outcomes(venue.act(number, RoundAction.OPEN)) == ACCEPTED
    assert outcomes(venue.bid(number, first, PRICE_TICKS_MAX, lots + 1)) == OUT_OF_BOUNDS
    assert outcomes(venue.bid(number, first, PRICE_TICKS_MAX, lots // 2)) == ACCEPTED
    assert outcomes(venue.bid(number, first, PRICE_TICKS_MAX, lots // 2 + 1)) == OUT_OF_BOUNDS
    assert outcomes(venue.bid(number, first, PRICE_TICKS_MAX, lots // 2)) == ACCEPTED
    assert outcomes(venue.bid(number, first, PRICE_TICKS_MAX, 1)) == OUT_OF_BOUNDS
    assert venue.core.cash(first) == Cash(first, CASH_TOTAL_MINOR_MAX - AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)
    venue.act(number, RoundAction.CLOSE)
    venue.act(number, RoundAction.CLEAR)
    result = venue.core.round_result(number)
    assert result is not None
    assert (result.sold_lots, result.proceeds_minor) == (lots, AMOUNT_MINOR_MAX)
    assert venue.core.cash(seller) == Cash(seller, AMOUNT_MINOR_MAX, 0)
    assert venue.core.conservation() == []


def test_a_share_of_the_largest_holding_is_exact() -> None:
    """ratio x holding passes 2**63 for the largest holding; what may be consigned is still its exact share."""
    venue = Venue()
    book = venue.adopt({**CONSIGNED, ("consignment.ratio", ParticipantClass.KEY_EMITTER): 3})
    instrument = venue.instrument("SZEA", book)
    emitter = venue.register("emitter", ParticipantClass.KEY_EMITTER)
    venue.deposit_units(emitter, instrument, HOLDING_LOTS_MAX)
    number = venue.round("share", book)
    permitted = HOLDING_LOTS_MAX * 3 // 1_000_000
    while permitted > QUANTITY_LOTS_MAX // 2:
        assert outcomes(venue.consign(number, emitter, QUANTITY_LOTS_MAX // 2)) == ACCEPTED
        permitted -= QUANTITY_LOTS_MAX // 2
    assert outcomes(venue.consign(number, emitter, permitted + 1)) == [Outcome.CONSIGNMENT_RATIO_EXCEEDED]
    assert outcomes(venue.consign(number, emitter, permitted)) == ACCEPTED


def test_units_of_an_instrument_and_cash_of_the_venue_end_at_their_bounds() -> None:
    venue, buyer, seller = venue_of_two()
    venue.deposit_units(buyer, 1, 1)
    assert outcomes(venue.applied) == [Outcome.HOLDING_LIMIT_EXCEEDED]
    venue.deposit_cash(seller, 1)
    assert outcomes(venue.applied) == [Outcome.CASH_TOTAL_EXCEEDED]
    assert venue.core.conservation() == []
