"""Until when units are consigned and taken back: what speaks against it, in its precedence, and that nothing moves."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.commands import Change, ParticipantClass, RoundAction, SupplyKind
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.views import Applied
from tests.core.test_round_changes import at
from tests.core.venue import CONSIGNED, Key, Venue, kinds, only, outcomes

OK = [Outcome.ACCEPTED]
EMITTER, OTHER, BIDDER = 2, 3, 4
BACK = {**CONSIGNED, "consignment.withdrawable": 1}


def consigned(values: Mapping[Key, int | str], stage: RoundAction | None = None) -> tuple[Venue, int]:
    """A round, drafted or open, with 50 of the emitter's 500 lots on offer; and the line that they are."""
    venue = Venue()
    for name in ("emitter", "other"):
        venue.register(name, ParticipantClass.KEY_EMITTER)
    venue.register("bidder", ParticipantClass.INSTITUTION)
    book = venue.adopt(values)
    venue.instrument("SZEA", book)
    venue.deposit_units(EMITTER, 1, 500)
    venue.deposit_units(BIDDER, 1, 500)
    venue.deposit_cash(BIDDER, 10**9)
    venue.round("first", book)
    applied = venue.consign(1, EMITTER, 50)
    assert outcomes(applied) == OK
    line = int(only(applied, EventKind.UNITS_CONSIGNED)["order_id"][0])
    if stage is not None:
        assert outcomes(venue.act(1, stage)) == OK
    for actor in (EMITTER, OTHER, BIDDER):
        venue.session(actor)
    return venue, line


def take_back(venue: Venue, line: int, actor: int = EMITTER, number: int = 1) -> Applied:
    return venue.amend(number, actor, Change.WITHDRAW_CONSIGNMENT, line)


def assert_refused(venue: Venue, applied: Applied, outcome: Outcome, parameter: Parameter = Parameter.NONE) -> None:
    """It is, with this rule, and the 50 lots are still locked for the round."""
    assert (outcomes(applied), applied.parameters[0]) == ([outcome], parameter)
    assert kinds(applied) == [EventKind.REFUSED]
    assert (venue.core.holdings(EMITTER)[0].locked_lots, venue.core.holdings(EMITTER)[0].available_lots) == (50, 450)
    assert venue.core.conservation() == []


@pytest.mark.parametrize("stage", [None, RoundAction.OPEN])
def test_consigned_units_come_back_where_the_book_says_so(stage: RoundAction | None) -> None:
    venue, line = consigned(BACK, stage)
    assert outcomes(take_back(venue, line)) == OK
    assert (venue.core.holdings(EMITTER)[0].locked_lots, venue.core.holdings(EMITTER)[0].available_lots) == (0, 500)
    again = take_back(venue, line)
    assert outcomes(again) == [Outcome.SUPPLY_LINE_UNKNOWN]


def test_without_that_rule_they_stay() -> None:
    venue, line = consigned(CONSIGNED)
    applied = take_back(venue, line)
    assert_refused(venue, applied, Outcome.CONSIGNMENT_NOT_WITHDRAWABLE, Parameter.CONSIGNMENT_WITHDRAWABLE)


def test_only_ones_own_consigned_line_comes_back() -> None:
    venue, line = consigned(BACK)
    assert_refused(venue, take_back(venue, line, OTHER), Outcome.SUPPLY_LINE_UNKNOWN)
    assert_refused(venue, take_back(venue, line + 7), Outcome.SUPPLY_LINE_UNKNOWN)
    applied = venue.supply(1, BIDDER, 10, SupplyKind.RETURNED)
    assert outcomes(applied) == OK
    own = int(only(applied, EventKind.SUPPLY_ADDED)["order_id"][0])
    assert_refused(venue, take_back(venue, own, BIDDER), Outcome.SUPPLY_LINE_UNKNOWN)


def test_an_open_round_is_closed_to_consignors_where_the_book_says_until_the_opening() -> None:
    venue, line = consigned({**BACK, "consignment.until": "opening"}, RoundAction.OPEN)
    for applied in (take_back(venue, line), venue.consign(1, EMITTER, 1)):
        assert_refused(venue, applied, Outcome.CONSIGNMENT_CLOSED, Parameter.CONSIGNMENT_UNTIL)


@pytest.mark.parametrize(("time_ns", "closed"), [(at(12) - 1, False), (at(12), True), (at(12) + 1, True)])
def test_consigning_ends_at_its_time_of_day_to_the_nanosecond(time_ns: int, closed: bool) -> None:
    venue, line = consigned({**BACK, "auction.clock": "utc_plus_8", "consignment.deadline": 12 * 60})
    for act in (lambda: take_back(venue, line), lambda: venue.consign(1, EMITTER, 50)):
        venue.time_ns = time_ns - 1
        applied = act()
        if closed:
            assert_refused(venue, applied, Outcome.CONSIGNMENT_CLOSED, Parameter.CONSIGNMENT_DEADLINE)
        else:
            assert outcomes(applied) == OK


def test_the_first_bid_ends_it_in_any_case() -> None:
    venue, line = consigned(BACK, RoundAction.OPEN)
    assert outcomes(venue.bid(1, BIDDER, 1_200, 5)) == OK
    assert_refused(venue, take_back(venue, line), Outcome.CONSIGNMENT_AFTER_FIRST_BID)


def test_a_closed_round_keeps_what_it_has() -> None:
    venue, line = consigned(BACK, RoundAction.OPEN)
    assert outcomes(venue.act(1, RoundAction.CLOSE)) == OK
    assert_refused(venue, take_back(venue, line), Outcome.ROUND_NOT_OPEN)
