"""Changing and withdrawing bids, the window's times, and how often one may submit."""

from __future__ import annotations

import pytest

from engine.commands import Change, RoundAction
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.views import Cash
from tests.core.test_round_inputs import OK, closed, opened, result_of
from tests.core.test_rounds import venue_with
from tests.core.venue import DAY, UNIFORM, Key, Venue, kinds, outcomes

AMENDABLE: dict[Key, int | str] = {"bid.amendable": 1, "bid.guarantee": "maximum_value"}
MINUTE_NS = 60_000_000_000
WINDOW: dict[Key, int | str] = {
    **AMENDABLE,
    "auction.clock": "utc_plus_8",
    "auction.opens": 9 * 60,
    "auction.closes": 15 * 60,
    "bid.withdraw_closes": 14 * 60,
}


def at(hour: int, minute: int = 0) -> int:
    """A time of the round's day on a clock eight hours ahead of UTC, in nanoseconds."""
    return (DAY * 1_440 + (hour - 8) * 60 + minute) * MINUTE_NS


def test_an_amended_bid_is_judged_anew_and_loses_its_place() -> None:
    venue = opened(AMENDABLE)
    venue.bid(1, 3, 1_200, 60)
    first = venue.bid_id(3)
    venue.bid(1, 4, 1_200, 60)
    amended = venue.amend(1, 3, Change.AMEND_BID, first, 1_200, 50)
    assert kinds(amended) == [EventKind.BID_WITHDRAWN, EventKind.BID_ACCEPTED]
    assert amended.references[0] == venue.bid_id(3) == amended.events["counter_order_id"][0]
    assert venue.core.cash(3) == Cash(3, 1_000_000 - 60_000, 60_000)
    assert venue.core.rounds()[0].bids == 2
    closed(venue)
    assert [(a.bidder, a.awarded_lots) for a in result_of(venue).awards] == [(4, 60), (3, 40)]


def test_a_refused_amendment_leaves_the_bid_as_it_was() -> None:
    venue = opened({**AMENDABLE, ("bid.cap_quantity"): 60})
    venue.bid(1, 3, 1_300, 20)
    venue.bid(1, 3, 1_200, 40)
    target = venue.bid_id(3)
    before = venue.core.cash(3)
    refused = venue.amend(1, 3, Change.AMEND_BID, target, 1_200, 41)
    assert (outcomes(refused), refused.parameters[0]) == ([Outcome.BID_CAP_EXCEEDED], Parameter.BID_CAP_QUANTITY)
    assert outcomes(venue.amend(1, 3, Change.AMEND_BID, target, 999, 40)) == [Outcome.BID_BELOW_RESERVE]
    assert outcomes(venue.amend(1, 3, Change.AMEND_BID, target, 0, 40)) == [Outcome.PRICE_OUT_OF_BOUNDS]
    assert venue.core.cash(3) == before
    assert outcomes(venue.amend(1, 3, Change.AMEND_BID, target, 1_250, 40)) == OK
    assert venue.core.cash(3).held_minor == 1_250 * 60
    closed(venue)
    assert [a.bid_price_ticks for a in result_of(venue).awards] == [1_300, 1_250]


def test_a_withdrawn_bid_frees_its_cash_and_counts_no_more() -> None:
    venue = opened({**AMENDABLE, "bid.count_max": 2})
    for price, lots in ((1_500, 10), (1_200, 10)):
        venue.bid(1, 3, price, lots)
    low = venue.bid_id(3)
    assert venue.core.cash(3).held_minor == 24_000
    assert kinds(venue.amend(1, 3, Change.WITHDRAW_BID, low)) == [EventKind.BID_WITHDRAWN]
    assert venue.core.cash(3).held_minor == 15_000
    assert outcomes(venue.amend(1, 3, Change.WITHDRAW_BID, low)) == [Outcome.BID_UNKNOWN]
    assert outcomes(venue.bid(1, 3, 1_100, 10)) == OK
    venue.amend(1, 3, Change.WITHDRAW_BID, venue.bid_id(3) - 3)
    closed(venue)
    assert len(result_of(venue).awards) == 2


def test_bids_stand_where_the_rules_do_not_let_them_change() -> None:
    venue = opened({"bid.amendable": 0})
    venue.bid(1, 3, 1_200, 60)
    for change in (Change.AMEND_BID, Change.WITHDRAW_BID):
        refused = venue.amend(1, 3, change, venue.bid_id(3), 1_300, 60)
        assert (outcomes(refused), refused.parameters[0]) in (
            ([Outcome.BID_NOT_AMENDABLE], Parameter.BID_AMENDABLE),
            ([Outcome.BID_UNKNOWN], Parameter.NONE),
        )
    target = venue.bid_id(3) - 2
    assert outcomes(venue.amend(1, 3, Change.AMEND_BID, target, 1_300, 60)) == [Outcome.BID_NOT_AMENDABLE]
    assert outcomes(venue.amend(1, 4, Change.AMEND_BID, target, 1_300, 60)) == [Outcome.BID_UNKNOWN]
    assert outcomes(venue.amend(9, 3, Change.AMEND_BID, target, 1_300, 60)) == [Outcome.ROUND_UNKNOWN]
    assert outcomes(venue.amend(1, 3, 9, target, 1_300, 60)) == [Outcome.UNKNOWN_COMMAND]


@pytest.mark.parametrize(
    ("time_ns", "outcome", "parameter"),
    [
        (at(9) - 1, Outcome.WINDOW_NOT_OPEN_YET, Parameter.AUCTION_OPENS),
        (at(9), Outcome.ACCEPTED, Parameter.NONE),
        (at(15) - 1, Outcome.ACCEPTED, Parameter.NONE),
        (at(15), Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES),
        (at(15) + 1, Outcome.WINDOW_CLOSED, Parameter.AUCTION_CLOSES),
    ],
)
def test_a_bid_counts_from_the_opening_time_on_and_before_the_closing_time(
    time_ns: int, outcome: Outcome, parameter: Parameter
) -> None:
    venue = opened(WINDOW)
    venue.session(3)
    venue.time_ns = time_ns - 1
    applied = venue.bid(1, 3, 1_200, 10)
    assert venue.core.time_ns == time_ns
    assert (outcomes(applied), applied.parameters[0]) == ([outcome], parameter)


@pytest.mark.parametrize(
    ("time_ns", "outcome", "parameter"),
    [
        (at(14) - 1, Outcome.ACCEPTED, Parameter.NONE),
        (at(14), Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES),
        (at(15), Outcome.WITHDRAWAL_CLOSED, Parameter.BID_WITHDRAW_CLOSES),
    ],
)
def test_withdrawing_has_a_deadline_of_its_own(time_ns: int, outcome: Outcome, parameter: Parameter) -> None:
    venue = opened(WINDOW)
    venue.session(3)
    venue.time_ns = at(10)
    venue.bid(1, 3, 1_200, 10)
    venue.time_ns = time_ns - 1
    applied = venue.amend(1, 3, Change.WITHDRAW_BID, venue.bid_id(3))
    assert (outcomes(applied), applied.parameters[0]) == ([outcome], parameter)


def test_an_extension_moves_the_closing_time() -> None:
    venue = opened({**WINDOW, "governance.extension_max": 20})
    venue.session(3)
    venue.time_ns = at(14, 50)
    assert outcomes(venue.step(1, RoundAction.EXTEND, argument=15, reason="")) == [Outcome.REASON_MISSING]
    assert outcomes(venue.step(1, RoundAction.EXTEND, argument=15)) == OK
    refused = venue.step(1, RoundAction.EXTEND, argument=6)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.EXTENSION_TOO_LONG],
        Parameter.GOVERNANCE_EXTENSION_MAX,
    )
    venue.time_ns = at(15, 14)
    assert outcomes(venue.bid(1, 3, 1_200, 10)) == OK
    venue.time_ns = at(15, 15) - 1
    assert outcomes(venue.bid(1, 3, 1_200, 10)) == [Outcome.WINDOW_CLOSED]


def test_without_a_clock_the_times_are_only_published() -> None:
    venue = opened({key: value for key, value in WINDOW.items() if key != "auction.clock"})
    assert outcomes(venue.bid(1, 3, 1_200, 10)) == OK
    assert venue.core.rounds()[0].closes_ns == 0


def test_submissions_are_counted_by_batch_and_amendment() -> None:
    venue = opened({**AMENDABLE, "bid.submissions_max": 2})
    venue.bid(1, 3, 1_200, 10)
    assert outcomes(venue.amend(1, 3, Change.AMEND_BID, venue.bid_id(3), 1_250, 10)) == OK
    refused = venue.bid(1, 3, 1_300, 10)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.BID_SUBMISSIONS_EXCEEDED],
        Parameter.BID_SUBMISSIONS_MAX,
    )
    assert outcomes(venue.bid(1, 4, 1_300, 10)) == OK


def test_a_mistaken_bid_is_taken_out_after_the_close_and_before_the_price() -> None:
    values: dict[Key, int | str] = {"governance.mistaken_bids": 1}
    venue = opened(values)
    venue.bid(1, 3, 15_000, 60)
    mistake = venue.bid_id(3)
    venue.bid(1, 4, 1_200, 60)
    assert outcomes(venue.amend(1, 1, Change.WITHDRAW_BID, mistake)) == [Outcome.ROUND_NOT_CLOSED]
    closed(venue)
    assert outcomes(venue.amend(1, 3, Change.WITHDRAW_BID, mistake)) == [Outcome.ROUND_NOT_OPEN]
    assert outcomes(venue.amend(1, 1, Change.WITHDRAW_BID, mistake)) == OK
    assert venue.core.cash(3).held_minor == 0
    assert [a.bidder for a in result_of(venue).awards] == [4]


def test_a_mistaken_bid_stays_where_the_rules_do_not_provide() -> None:
    venue = venue_with(UNIFORM)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    venue.bid(1, 3, 1_500, 60)
    mistake = venue.bid_id(3)
    closed(venue)
    refused = venue.amend(1, 1, Change.WITHDRAW_BID, mistake)
    assert (outcomes(refused), refused.parameters[0]) == (
        [Outcome.BID_NOT_AMENDABLE],
        Parameter.GOVERNANCE_MISTAKEN_BIDS,
    )


def test_a_suspended_round_takes_no_bids_but_lets_them_go() -> None:
    venue = opened(AMENDABLE)
    venue.bid(1, 3, 1_200, 10)
    bid = venue.bid_id(3)
    assert kinds(venue.step(1, RoundAction.SUSPEND)) == [EventKind.ROUND_STEPPED]
    assert outcomes(venue.bid(1, 4, 1_200, 10)) == [Outcome.ROUND_NOT_OPEN]
    assert outcomes(venue.amend(1, 3, Change.WITHDRAW_BID, bid)) == OK
    assert outcomes(venue.step(1, RoundAction.RESUME)) == OK
    assert outcomes(venue.bid(1, 4, 1_200, 10)) == OK


def test_changes_are_part_of_the_state() -> None:
    def after(change: bool) -> Venue:
        venue = opened(AMENDABLE)
        venue.bid(1, 3, 1_200, 10)
        if change:
            venue.amend(1, 3, Change.WITHDRAW_BID, venue.bid_id(3))
        return venue

    assert after(True).core.digest() != after(False).core.digest()
