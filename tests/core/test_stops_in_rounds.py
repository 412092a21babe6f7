"""The kill switch and rounds: nothing new of who is stopped is taken; what is sealed already stays."""

from __future__ import annotations

import pytest

from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, Change, RoundAction, Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.words.floor import ControlAction
from tests.core.test_rounds import venue_with
from tests.core.venue import CONSIGNED, UNIFORM, Venue, only, outcomes

BIDDER, OTHER = 3, 4
STOPPED = [Outcome.TRADING_STOPPED]
TARGETS = {
    "the bidder": {"participant": BIDDER, "instrument": ALL_INSTRUMENTS},
    "the instrument": {"participant": ALL_PARTICIPANTS, "instrument": 1},
    "everything": {"participant": ALL_PARTICIPANTS, "instrument": ALL_INSTRUMENTS},
}


def stop(venue: Venue, target: str) -> None:
    row = {"action": ControlAction.STOP, **TARGETS[target]}
    assert outcomes(venue.worded(Table.MARKET_CONTROLS, "alarm", **row)) == [Outcome.ACCEPTED]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_new_is_taken_and_what_was_bid_is_awarded(target: str) -> None:
    venue = venue_with({**UNIFORM, "bid.amendable": 1})
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, BIDDER, 1_500, 60)
    first = venue.bid_id(BIDDER)
    stop(venue, target)
    held = venue.core.cash(BIDDER)
    assert outcomes(venue.bid(1, BIDDER, 1_600, 10)) == STOPPED
    assert outcomes(venue.amend(1, BIDDER, Change.AMEND_BID, first, 1_700, 60)) == STOPPED
    assert venue.core.cash(BIDDER) == held
    other = outcomes(venue.bid(1, OTHER, 1_400, 10))
    assert other == ([Outcome.ACCEPTED] if target == "the bidder" else STOPPED)
    venue.act(1, RoundAction.CLOSE)
    cleared = venue.act(1, RoundAction.CLEAR)
    assert first in only(cleared, EventKind.BID_AWARDED)["order_id"].tolist()


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_consigned(target: str) -> None:
    venue = venue_with(CONSIGNED)
    venue.deposit_units(BIDDER, 1, 50)
    venue.round("first", 1)
    stop(venue, target)
    before = venue.core.holdings(BIDDER)
    assert outcomes(venue.consign(1, BIDDER, 10)) == STOPPED
    assert venue.core.holdings(BIDDER) == before
