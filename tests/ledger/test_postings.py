"""The fold of events into postings: what only a few scenarios reach, and that a fold which forgets is noticed.

That it comes to the core's accounts after every batch is held in all of `tests/core` (its conftest), in the worlds of
`tests/simulation`, and over stored journals (`tests.ledger.watching`).
"""

from __future__ import annotations

import pytest

from engine.commands import Change, OrderCommand, ParticipantClass, RoundAction, Side
from engine.events import EVENT, EventKind
from engine.ledger.postings import CASH_ASSET, OUTSIDE, Pocket
from engine.ledger.postings.entries import Balances, Slip, available, held
from engine.ledger.postings.reading import Event
from engine.ledger.postings.rounds import RoundPostings
from engine.ledger.postings.trading import OrderPostings
from tests.core.venue import CONSIGNED, DAY, UNIFORM, Key, Venue, kinds, only
from tests.ledger.watching import watched

SELLER, BUYER, OTHER = 2, 3, 4


def venue_with(rules: dict[Key, int | str]) -> Venue:
    """A key emitter that has units, two institutions that have cash."""
    venue = Venue()
    venue.instrument("SZA", venue.adopt(rules))
    for name, klass in (
        ("seller", ParticipantClass.KEY_EMITTER),
        ("buyer", ParticipantClass.INSTITUTION),
        ("other", ParticipantClass.INSTITUTION),
    ):
        venue.register(name, klass)
    venue.deposit_units(SELLER, 1, 1_000)
    for buyer in (BUYER, OTHER):
        venue.deposit_cash(buyer, 1_000_000)
    return venue


def sold(venue: Venue, bids: list[tuple[int, int, int]], name: str = "first", day: int = DAY) -> int:
    """A round with 100 lots of the seller's and these bids, cleared."""
    number = venue.round(name, 1, day=day)
    venue.supply(number, SELLER, 100)
    venue.act(number, RoundAction.OPEN)
    for bidder, price, lots in bids:
        venue.bid(number, bidder, price, lots)
    venue.act(number, RoundAction.CLOSE)
    venue.act(number, RoundAction.CLEAR)
    return number


def test_events_have_the_columns_that_a_fold_reads() -> None:
    assert Event._fields == EVENT.names


def test_a_slip_sums_to_zero_and_writes_no_nothing() -> None:
    slip = Slip()
    slip.move(CASH_ASSET, 0, available(2), held(2))
    slip.move(CASH_ASSET, 5, available(2), available(2))
    assert slip.postings == []
    slip.move(CASH_ASSET, -5, available(2), held(3))
    balances = Balances()
    balances.post(slip.postings)
    assert balances.by_place == {(2, Pocket.AVAILABLE, CASH_ASSET): 5, (3, Pocket.HELD, CASH_ASSET): -5}


def test_all_that_participants_have_the_outside_has_given() -> None:
    with watched() as books:
        venue = venue_with(UNIFORM)
        venue.order(SELLER, Side.SELL, 1_000, 10)
        venue.order(BUYER, Side.BUY, 1_200, 4)
    balances = books[venue.core].balances
    assert balances.of(OUTSIDE, Pocket.NONE, CASH_ASSET) == -2_000_000
    assert balances.of(OUTSIDE, Pocket.NONE, 1) == -1_000
    assert balances.of(SELLER, Pocket.HELD, 1) == 6
    assert balances.of(SELLER, Pocket.AVAILABLE, CASH_ASSET) == 4_000


def test_units_kept_for_a_year_that_is_over_are_told_and_free() -> None:
    with watched():
        venue = venue_with({**UNIFORM, "supply.unsold": "next_in_year"})
        sold(venue, [(BUYER, 1_500, 40)])
        assert venue.core.holdings(SELLER)[0].locked_lots == 60
        later = venue.round("a year later", 1, day=DAY + 400)
        venue.supply(later, SELLER, 10)
        opened = venue.act(later, RoundAction.OPEN)
    assert only(opened, EventKind.UNITS_LAPSED)["quantity_lots"].tolist() == [60]
    assert venue.core.holdings(SELLER)[0].locked_lots == 10


def test_consigned_units_that_are_kept_are_told() -> None:
    with watched():
        venue = venue_with({**CONSIGNED, "consignment.unsold": "next_round"})
        number = venue.round("first", 1)
        venue.consign(number, SELLER, 100)
        venue.act(number, RoundAction.OPEN)
        venue.bid(number, BUYER, 1_500, 40)
        venue.act(number, RoundAction.CLOSE)
        cleared = venue.act(number, RoundAction.CLEAR)
        assert only(cleared, EventKind.UNITS_CARRIED)["quantity_lots"].tolist() == [60]
        second = venue.round("second", 1)
        assert EventKind.UNITS_CONSIGNED in kinds(venue.act(second, RoundAction.OPEN))


@pytest.mark.parametrize("forgotten", ["charged", "carried", "offered", "guaranteed", "withdrawn", "_release_holds"])
def test_a_fold_that_forgets_is_noticed(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the fold's parts, taken out, is missed by the comparison with the core."""

    def nothing(*_: object) -> None:
        return None

    as_static = isinstance(vars(RoundPostings)[forgotten], staticmethod)
    monkeypatch.setattr(RoundPostings, forgotten, staticmethod(nothing) if as_static else nothing)
    with pytest.raises((AssertionError, KeyError)), watched():
        play_round(RULES_OF_A_ROUND)


RULES_OF_A_ROUND: dict[Key, int | str] = {
    **UNIFORM,
    "fee.buyer_share": 10_000,
    "supply.unsold": "next_round",
    "bid.amendable": 1,
}


def play_round(rules: dict[Key, int | str]) -> None:
    """A bid is withdrawn, another one wins a part, and the rest is kept for the next round."""
    venue = venue_with(rules)
    number = venue.round("first", 1)
    venue.supply(number, SELLER, 100)
    venue.act(number, RoundAction.OPEN)
    venue.bid(number, OTHER, 1_100, 10)
    venue.amend(number, OTHER, Change.WITHDRAW_BID, venue.bid_id(OTHER))
    venue.bid(number, BUYER, 1_500, 40)
    venue.act(number, RoundAction.CLOSE)
    assert EventKind.UNITS_CARRIED in kinds(venue.act(number, RoundAction.CLEAR))


@pytest.mark.parametrize("forgotten", ["accepted", "traded", "ended", "replaced"])
def test_a_fold_that_forgets_orders_is_noticed(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(OrderPostings, forgotten, nothing)
    with pytest.raises((AssertionError, KeyError)), watched():
        play_orders(venue_with(UNIFORM))


def play_orders(venue: Venue) -> None:
    """An order is replaced, traded in part, and cancelled."""
    resting = venue.order(SELLER, Side.SELL, 1_000, 10)
    venue.change(SELLER, OrderCommand.REPLACE, resting, 1_100, 8)
    venue.order(BUYER, Side.BUY, 1_200, 4)
    venue.change(SELLER, OrderCommand.CANCEL, resting)


def test_what_is_forgotten_above_is_kept_here() -> None:
    with watched():
        play_orders(venue_with(UNIFORM))
        play_round(RULES_OF_A_ROUND)
