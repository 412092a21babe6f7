"""The digest tells apart what the future would: states that differ in meaning have different digests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.commands import OrderCommand, ParticipantClass, RoundAction, Side
from tests.core.venue import UNIFORM, Venue


def venue_with_two_drafts() -> tuple[Venue, int, int]:
    """A venue with one member who has a resting order, and two rounds in draft; the member and its order."""
    venue = Venue()
    book = venue.adopt(UNIFORM)
    instrument = venue.instrument("SZEA", book)
    member = venue.register("member", ParticipantClass.KEY_EMITTER)
    venue.deposit_cash(member, 10**9)
    venue.deposit_units(member, instrument, 10**6)
    order = venue.order(member, Side.SELL, 5_000, 10)
    venue.order(member, Side.SELL, 5_000, 10)
    for name in ("first", "second"):
        venue.round(name, book)
    return venue, member, order


STEPS: dict[str, tuple[Callable[[Venue, int, int], object], Callable[[Venue, int, int], object]]] = {
    "a value set in the one round or in the other": (
        lambda venue, member, order: venue.set_value(1, "bid.lot", 5),
        lambda venue, member, order: venue.set_value(2, "bid.lot", 5),
    ),
    "supply in the one round or in the other": (
        lambda venue, member, order: venue.supply(1, member, 100),
        lambda venue, member, order: venue.supply(2, member, 100),
    ),
    "the first or the second of two equal orders cancelled": (
        lambda venue, member, order: venue.change(member, OrderCommand.CANCEL, order),
        lambda venue, member, order: venue.change(member, OrderCommand.CANCEL, order + 1),
    ),
    "priority kept or lost by an order": (
        lambda venue, member, order: venue.change(member, OrderCommand.REDUCE, order, 0, 5),
        lambda venue, member, order: venue.change(member, OrderCommand.REPLACE, order, 5_000, 5),
    ),
    "the first or the second round cancelled": (
        lambda venue, member, order: venue.act(1, RoundAction.CANCEL),
        lambda venue, member, order: venue.act(2, RoundAction.CANCEL),
    ),
    "cash deposited by the one or by the other": (
        lambda venue, member, order: venue.deposit_cash(member, 1),
        lambda venue, member, order: venue.deposit_cash(1, 1),
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_different_steps_lead_to_different_digests(name: str) -> None:
    digests = set()
    for step in STEPS[name]:
        venue, member, order = venue_with_two_drafts()
        step(venue, member, order)
        assert venue.applied is not None
        assert venue.applied.outcomes.tolist() == [0]
        digests.add(venue.core.digest())
    assert len(digests) == 2


def test_the_same_steps_lead_to_the_same_digest() -> None:
    assert venue_with_two_drafts()[0].core.digest() == venue_with_two_drafts()[0].core.digest()
