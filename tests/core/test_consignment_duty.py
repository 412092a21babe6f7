"""A duty to consign: a round by which it is due opens once everybody has brought its part of the year's allocation."""

from __future__ import annotations

from engine.commands import Fact, ParticipantClass, RoundAction
from engine.outcomes import Outcome
from engine.parameters import Parameter
from tests.core.venue import CONSIGNED, Venue, outcomes

OK = [Outcome.ACCEPTED]
EMITTER = ParticipantClass.KEY_EMITTER
DUTY = {
    **CONSIGNED,
    ("consignment.ratio", EMITTER): 1_000_000,
    ("consignment.duty_ratio", EMITTER): 650_000,
    "consignment.unsold": "next_round",
}
YEAR = 2022
UTILITY, OTHER, BIDDER = 2, 3, 4


def year_of_rounds(rounds: int) -> Venue:
    """Drafts over the same instrument in one year; 65 % of 101 are 66 for the utility, nothing for the other."""
    venue = Venue()
    for name in ("utility", "other"):
        venue.register(name, EMITTER)
    venue.register("bidder", ParticipantClass.INSTITUTION)
    book = venue.adopt(DUTY)
    venue.instrument("X", book)
    for who in (UTILITY, OTHER):
        venue.deposit_units(who, 1, 500)
    venue.deposit_cash(BIDDER, 10**9)
    assert outcomes(venue.fact(UTILITY, Fact.ALLOCATION, YEAR, 101)) == OK
    for number in range(1, rounds + 1):
        venue.round(f"round {number}", book)
    return venue


def test_the_round_by_which_the_duty_is_due_waits_for_it() -> None:
    venue = year_of_rounds(1)
    assert outcomes(venue.set_value(1, "consignment.duty_due", 1)) == OK
    assert outcomes(venue.consign(1, UTILITY, 65)) == OK
    before = venue.core.holdings(UTILITY), venue.core.rounds()
    refused = venue.act(1, RoundAction.OPEN)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.CONSIGNMENT_DUTY_NOT_MET],
        Parameter.CONSIGNMENT_DUTY_RATIO,
    )
    assert (venue.core.holdings(UTILITY), venue.core.rounds()) == before
    assert outcomes(venue.consign(1, UTILITY, 1)) == OK
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK


def test_no_other_round_waits() -> None:
    venue = year_of_rounds(1)
    assert outcomes(venue.consign(1, OTHER, 1)) == OK
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK


def test_rounds_of_the_year_count_together_and_what_is_carried_over_once() -> None:
    venue = year_of_rounds(2)
    assert outcomes(venue.consign(1, UTILITY, 40)) == OK
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    assert outcomes(venue.bid(1, BIDDER, 1_200, 10)) == OK
    for action in (RoundAction.CLOSE, RoundAction.CLEAR):
        assert outcomes(venue.act(1, action)) == OK
    # 30 of the 40 come over to the second round: 26 more are due, not none.
    assert outcomes(venue.set_value(2, "consignment.duty_due", 1)) == OK
    assert outcomes(venue.consign(2, UTILITY, 25)) == OK
    assert outcomes(venue.act(2, RoundAction.OPEN)) == [Outcome.CONSIGNMENT_DUTY_NOT_MET]
    assert outcomes(venue.consign(2, UTILITY, 1)) == OK
    assert outcomes(venue.act(2, RoundAction.OPEN)) == OK
    assert venue.core.conservation() == []


def test_a_cancelled_round_counts_for_nothing() -> None:
    venue = year_of_rounds(2)
    assert outcomes(venue.consign(1, UTILITY, 66)) == OK
    assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    assert outcomes(venue.act(1, RoundAction.CANCEL)) == OK
    assert outcomes(venue.set_value(2, "consignment.duty_due", 1)) == OK
    assert outcomes(venue.consign(2, OTHER, 1)) == OK
    assert outcomes(venue.act(2, RoundAction.OPEN)) == [Outcome.CONSIGNMENT_DUTY_NOT_MET]
