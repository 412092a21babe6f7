"""Bids as commitments: what is judged before anybody knows a price, what at the reveal; and all or nothing."""

from __future__ import annotations

import hashlib
import json

import pytest

from engine.commands import Change, RoundAction, Table
from engine.core import Core
from engine.events import EventKind
from engine.outcomes import PRECEDENCE, Outcome
from engine.parameters import Parameter
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid, to_words
from engine.views import Applied, Cash
from tests.core.test_round_inputs import OK, closed, opened, refused_clear, result_of
from tests.core.test_rounds import EMITTER, INSTITUTION, venue_with
from tests.core.venue import CONSIGNED, OPERATOR, UNIFORM, Key, Venue, kinds, only, outcomes, revealed

COMMITTED: dict[Key, int | str] = {"auction.sealing": "committed", "bid.amendable": 1}


def committed(values: dict[Key, int | str] | None = None, put_up: int = 200_000) -> Venue:
    """An open round of 100 lots whose bidders 3, 4 and 5 have put up a guarantee."""
    venue = opened({**COMMITTED, **(values or {})})
    for bidder in (3, 4, 5):
        assert outcomes(venue.guarantee(1, bidder, put_up)) == OK
    return venue


def sealed(venue: Venue, bidder: int, price: int, lots: int, replaces: int = 0) -> PlainBid:
    """A bid that was committed to and accepted."""
    assert outcomes(venue.commit(1, bidder, price, lots, replaces)) == OK
    return PlainBid(1, bidder, venue.bid_id(bidder), price, lots)


def refusal(applied: Applied) -> tuple[Outcome, Parameter]:
    assert len(applied.outcomes) == 1
    return outcomes(applied)[0], Parameter(int(applied.parameters[0]))


def test_a_committed_round_ends_as_if_its_bids_had_entered_openly() -> None:
    values: dict[Key, int | str] = {"bid.cap_quantity": 70}
    plain = opened(values)
    bids = [(3, 1_500, 60), (4, 1_200, 60), (5, 1_100, 60), (3, 1_400, 20), (4, 999, 5), (5, 1_100, 5)]
    for bidder, price, lots in bids:
        plain.bid(1, bidder, price, lots)
    closed(plain)
    venue = committed(values)
    secret = [sealed(venue, *bid) for bid in bids]
    closed(venue)
    applied = venue.reveal_bids(reversed(secret))
    assert outcomes(applied) == OK * 6
    void = only(applied, EventKind.BID_VOIDED)
    told = [(int(e["order_id"]), Outcome(int(e["outcome"])), Parameter(int(e["parameter"]))) for e in void]
    assert told == [
        (secret[3].bid_id, Outcome.BID_CAP_EXCEEDED, Parameter.BID_CAP_QUANTITY),
        (secret[4].bid_id, Outcome.BID_BELOW_RESERVE, Parameter.AUCTION_RESERVE_PRICE),
    ]
    last = applied.events[-1]
    assert (last["kind"], last["quantity_lots"], last["remaining_lots"]) == (EventKind.BIDS_REVEALED, 6, 2)
    expected, found = result_of(plain), result_of(venue)
    assert [(a.bidder, a.awarded_lots, a.payment_minor) for a in found.awards] == [
        (a.bidder, a.awarded_lots, a.payment_minor) for a in expected.awards
    ]
    for number in range(1, 6):
        assert venue.core.cash(number) == plain.core.cash(number)
        assert venue.core.holdings(number) == plain.core.holdings(number)


def test_nothing_of_a_price_is_in_the_state_before_the_reveal() -> None:
    cheap, dear = committed(), committed()
    sealed(cheap, 3, 1_111, 10)
    sealed(dear, 3, 1_999, 90)
    assert cheap.core.cash(3) == dear.core.cash(3) == Cash(3, 800_000, 200_000)
    assert cheap.core.rounds()[0].bids == dear.core.rounds()[0].bids == 1
    for venue in (cheap, dear):
        assert venue.applied is not None
        assert [int(e["price_ticks"] + e["quantity_lots"] + e["amount_minor"]) for e in venue.applied.events] == [0]
    assert cheap.core.preview_clear(1).submitted_demand_lots == 0


TABLE: list[tuple[str, Outcome, Parameter]] = [
    ("open", Outcome.ROUND_NOT_OPEN, Parameter.NONE),
    ("opens", Outcome.WINDOW_NOT_OPEN_YET, Parameter.AUCTION_OPENS),
    ("committed", Outcome.COMMITMENT_NOT_TAKEN, Parameter.AUCTION_SEALING),
    ("eligible", Outcome.CLASS_NOT_ELIGIBLE, Parameter.AUCTION_ELIGIBLE),
    ("shortfall", Outcome.SHORTFALL_MISSING, Parameter.AUCTION_SHORTFALL_ONLY),
    ("consignor", Outcome.CONSIGNOR_MAY_NOT_BID, Parameter.CONSIGNMENT_MAY_BID),
    ("target", Outcome.BID_UNKNOWN, Parameter.NONE),
    ("guarantee", Outcome.GUARANTEE_NOT_PUT_UP, Parameter.BID_GUARANTEE),
    ("", Outcome.ACCEPTED, Parameter.NONE),
]
"""A commitment that is wrong in every way but those mended so far, what it is told; each row mends one thing more."""


def test_the_table_goes_through_the_outcomes_in_their_precedence() -> None:
    places = [PRECEDENCE.index(outcome) for _, outcome, _ in TABLE[:-1]]
    assert places == sorted(places)


def wrong_in(others: set[str]) -> tuple[Venue, int]:
    """A venue in which a commitment of participant 3 is wrong in these ways, and what it replaces."""
    values: dict[Key, int | str] = {**CONSIGNED, "consignment.may_bid": 0, "bid.amendable": 1}
    values |= {"auction.clock": "utc", "auction.opens": 600} if "opens" in others else {}
    values |= {"auction.sealing": "committed"} if "committed" not in others else {}
    values |= {("auction.eligible", INSTITUTION if "eligible" in others else EMITTER): 1}
    values |= {"auction.shortfall_only": 1} if "shortfall" in others else {}
    venue = venue_with(values)
    venue.deposit_units(3, 1, 50)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    if "consignor" in others:
        assert outcomes(venue.consign(1, 3, 5)) == OK
    if "open" not in others:
        assert outcomes(venue.act(1, RoundAction.OPEN)) == OK
    if "guarantee" not in others:
        assert outcomes(venue.guarantee(1, 3, 10)) == OK
    return venue, 99 if "target" in others else 0


@pytest.mark.parametrize(("wrong", "outcome", "parameter"), TABLE, ids=[wrong or "good" for wrong, _, _ in TABLE])
def test_the_first_thing_that_speaks_against_a_commitment_is_its_outcome(
    wrong: str, outcome: Outcome, parameter: Parameter
) -> None:
    names = [row[0] for row in TABLE]
    venue, replaces = wrong_in(set(names[names.index(wrong) : -1]))
    before = venue.core.cash(3), venue.core.commitments(1), venue.core.conservation()
    applied = venue.commit(1, 3, 1_300, 5, replaces)
    assert refusal(applied) == (outcome, parameter)
    if outcome is not Outcome.ACCEPTED:
        assert kinds(applied) == [EventKind.REFUSED]
        assert (venue.core.cash(3), venue.core.commitments(1), venue.core.conservation()) == before


def test_what_speaks_against_one_commitment_more() -> None:
    venue = committed({"bid.count_max": 1, "bid.submissions_max": 1, "bid.amendable": 0})
    assert refusal(venue.commit(9, 3, 1_300, 5)) == (Outcome.ROUND_UNKNOWN, Parameter.NONE)
    bid = sealed(venue, 3, 1_200, 5)
    for replaces, expected in (
        (0, (Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX)),
        (99, (Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX)),
        (bid.bid_id, (Outcome.BID_SUBMISSIONS_EXCEEDED, Parameter.BID_SUBMISSIONS_MAX)),
    ):
        assert refusal(venue.commit(1, 3, 1_300, 5, replaces)) == expected
    venue = committed({"bid.amendable": 0})
    bid = sealed(venue, 3, 1_200, 5)
    expected = (Outcome.BID_NOT_AMENDABLE, Parameter.BID_AMENDABLE)
    assert refusal(venue.commit(1, 3, 1_300, 5, bid.bid_id)) == expected
    assert refusal(venue.amend(1, 3, Change.WITHDRAW_BID, bid.bid_id)) == expected
    assert [c.bid for c in venue.core.commitments(1)] == [bid.bid_id]


def test_a_round_takes_no_more_commitments_than_one_batch_reveals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.rounds.commitments.BATCH_ROWS_MAX", 2)
    venue = committed()
    first, second = sealed(venue, 3, 1_500, 60), sealed(venue, 4, 1_200, 60)
    refused = venue.commit(1, 5, 1_100, 10)
    assert (refusal(refused), kinds(refused)) == ((Outcome.COMMITMENTS_FULL, Parameter.NONE), [EventKind.REFUSED])
    changed = sealed(venue, 4, 1_250, 60, replaces=second.bid_id)
    closed(venue)
    assert outcomes(venue.reveal_bids([first, changed])) == OK * 2


def test_a_plain_bid_is_refused_where_bids_are_committed_to_and_the_other_way_round() -> None:
    venue = committed()
    assert refusal(venue.bid(1, 3, 1_200, 10)) == (Outcome.BIDS_ARE_COMMITTED, Parameter.AUCTION_SEALING)
    bid = sealed(venue, 3, 1_200, 10)
    amended = venue.amend(1, 3, Change.AMEND_BID, bid.bid_id, 1_300, 10)
    assert refusal(amended) == (Outcome.BIDS_ARE_COMMITTED, Parameter.AUCTION_SEALING)
    plain = opened({})
    assert refusal(plain.commit(1, 3, 1_200, 10)) == (Outcome.COMMITMENT_NOT_TAKEN, Parameter.AUCTION_SEALING)
    assert refusal(plain.guarantee(1, 3, 10)) == (Outcome.GUARANTEE_NOT_TAKEN, Parameter.BID_GUARANTEE_EXCESS)


def test_bids_that_nobody_can_read_have_no_live_demand() -> None:
    venue = venue_with({**UNIFORM, **COMMITTED, "auction.visibility": "live_demand"})
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    assert refusal(venue.act(1, RoundAction.OPEN)) == (Outcome.PARAMETER_VALUE_NOT_ALLOWED, Parameter.AUCTION_SEALING)


def test_the_first_commitment_fixes_the_offer() -> None:
    venue = venue_with({**CONSIGNED, **COMMITTED})
    venue.deposit_units(4, 1, 50)
    venue.round("first", 1)
    venue.supply(1, 2, 100)
    venue.act(1, RoundAction.OPEN)
    venue.guarantee(1, 3, 100_000)
    assert outcomes(venue.consign(1, 4, 5)) == OK
    sealed(venue, 3, 1_200, 10)
    assert outcomes(venue.consign(1, 4, 5)) == [Outcome.CONSIGNMENT_AFTER_FIRST_BID]


def test_a_commitment_is_changed_and_withdrawn_until_the_window_closes() -> None:
    venue = committed({"bid.count_max": 2})
    first, second = sealed(venue, 3, 1_500, 10), sealed(venue, 3, 1_400, 10)
    other = sealed(venue, 4, 1_300, 10)
    assert refusal(venue.commit(1, 3, 1_300, 10)) == (Outcome.BID_COUNT_EXCEEDED, Parameter.BID_COUNT_MAX)
    assert outcomes(venue.commit(1, 4, 1_300, 10, replaces=first.bid_id)) == [Outcome.BID_UNKNOWN]
    changed = sealed(venue, 3, 1_250, 20, replaces=first.bid_id)
    assert venue.applied is not None
    assert venue.applied.events["counter_order_id"][0] == first.bid_id
    assert kinds(venue.amend(1, 3, Change.WITHDRAW_BID, second.bid_id)) == [EventKind.COMMITMENT_WITHDRAWN]
    assert outcomes(venue.amend(1, 3, Change.WITHDRAW_BID, second.bid_id)) == [Outcome.BID_UNKNOWN]
    assert outcomes(venue.amend(1, 4, Change.WITHDRAW_BID, changed.bid_id)) == [Outcome.BID_UNKNOWN]
    assert outcomes(venue.guarantee(1, 3, -1)) == [Outcome.GUARANTEE_IN_USE]
    assert venue.core.rounds()[0].bids == 2
    closed(venue)
    assert outcomes(venue.amend(1, 3, Change.WITHDRAW_BID, changed.bid_id)) == [Outcome.ROUND_NOT_OPEN]
    assert outcomes(venue.reveal_bids([changed, other])) == OK * 2
    assert [a.bid for a in result_of(venue).awards] == [other.bid_id, changed.bid_id]


def test_a_guarantee_comes_back_once_nothing_is_committed_to() -> None:
    venue = committed()
    bid = sealed(venue, 3, 1_500, 10)
    assert outcomes(venue.guarantee(1, 3, -200_000)) == [Outcome.GUARANTEE_IN_USE]
    venue.amend(1, 3, Change.WITHDRAW_BID, bid.bid_id)
    assert outcomes(venue.guarantee(1, 3, -200_000)) == OK
    assert venue.core.cash(3) == Cash(3, 1_000_000, 0)


def test_only_what_was_put_up_counts_whatever_is_free_at_the_reveal() -> None:
    venue = committed(put_up=60_000)
    first, second = sealed(venue, 3, 1_500, 30), sealed(venue, 3, 1_500, 11)
    third = sealed(venue, 3, 1_500, 10)
    venue.deposit_cash(3, 10_000_000)
    closed(venue)
    applied = venue.reveal_bids([first, second, third])
    void = only(applied, EventKind.BID_VOIDED)
    assert [(int(e["order_id"]), Outcome(int(e["outcome"]))) for e in void] == [
        (second.bid_id, Outcome.COMMITTED_AMOUNT_EXCEEDED)
    ]
    assert venue.core.cash(3).held_minor == 60_000
    assert [a.payment_minor for a in result_of(venue).awards] == [45_000, 15_000]
    assert venue.core.cash(3).held_minor == 0


def test_a_wrong_reveal_reveals_nothing_and_the_round_cannot_clear() -> None:
    venue = committed()
    bids = [sealed(venue, 3, 1_500, 10), sealed(venue, 4, 1_400, 10), sealed(venue, 5, 1_300, 10)]
    assert outcomes(venue.reveal_bids(bids)) == [Outcome.ROUND_NOT_CLOSED] * 3
    closed(venue)
    refused_clear(venue, Outcome.BIDS_NOT_REVEALED, Parameter.AUCTION_SEALING)
    assert refusal(venue.draw(1, [bids[0].bid_id])) == (Outcome.BIDS_NOT_REVEALED, Parameter.AUCTION_SEALING)
    good = [revealed(bid) for bid in bids]
    other_price = {**good[1], "price_ticks": 1_401}
    other_salt = {**good[1], "salt_3": good[1]["salt_3"] ^ 1}
    stranger = {**good[1], "target": 77}
    wrong, incomplete = Outcome.REVEAL_NOT_AS_COMMITTED, Outcome.REVEAL_INCOMPLETE
    for rows, expected in (
        ([good[0], other_price, good[2]], [incomplete, wrong, incomplete]),
        ([good[0], other_salt, good[2]], [incomplete, wrong, incomplete]),
        ([good[0], good[2]], [incomplete, incomplete]),
        ([good[0], good[1], good[1], good[2]], [incomplete] * 4),
        ([*good, stranger], [incomplete, incomplete, incomplete, Outcome.BID_UNKNOWN]),
    ):
        applied = venue.send(Table.REVEALS, rows)
        assert outcomes(applied) == expected
        assert set(kinds(applied)) == {EventKind.REFUSED}
        assert venue.core.rounds()[0].unrevealed
        assert venue.core.preview_clear(1).submitted_demand_lots == 0
        refused_clear(venue, Outcome.BIDS_NOT_REVEALED, Parameter.AUCTION_SEALING)
    assert outcomes(venue.reveal_bids(bids)) == OK * 3
    assert outcomes(venue.reveal_bids(bids)) == [Outcome.BIDS_ALREADY_REVEALED] * 3
    assert len(result_of(venue).awards) == 3


def test_a_round_that_cannot_be_revealed_is_cancelled_and_everybody_gets_everything_back() -> None:
    venue = committed()
    sealed(venue, 3, 1_500, 10)
    closed(venue)
    assert outcomes(venue.act(1, RoundAction.CANCEL)) == OK
    assert venue.core.cash(3) == Cash(3, 1_000_000, 0)
    assert venue.core.conservation() == []


def test_a_copied_commitment_can_be_revealed_by_nobody() -> None:
    venue = committed()
    bid = sealed(venue, 3, 1_500, 10)
    sha256 = venue.core.commitments(1)[0].sha256
    words = {f"hash_{place}": word for place, word in enumerate(to_words(sha256), start=1)}
    copied = venue.send(Table.COMMITMENTS, [{**venue.key(4), "round_number": 1, **words}], actor=4)
    assert outcomes(copied) == OK
    closed(venue)
    row = {**revealed(bid), "target": venue.bid_id(4)}
    assert outcomes(venue.send(Table.REVEALS, [revealed(bid), row])) == [
        Outcome.REVEAL_INCOMPLETE,
        Outcome.REVEAL_NOT_AS_COMMITTED,
    ]


def test_what_is_hashed_is_what_the_page_says() -> None:
    bid = PlainBid(7, 3, 5 << 40 | 9, 1_500, 10)
    salt = bytes(range(32))
    text = json.dumps([7, 3, 5, 9, 1_500, 10], separators=(",", ":"))
    assert commitment_of_bid(bid, salt) == hashlib.sha256(salt + text.encode()).digest()


def test_only_the_operator_reveals_and_only_bidders_commit() -> None:
    venue = committed()
    bid = sealed(venue, 3, 1_500, 10)
    closed(venue)
    row = {**revealed(bid), **venue.key(3)}
    assert outcomes(venue.send(Table.REVEALS, [row], actor=3)) == [Outcome.NOT_PERMITTED_FOR_CLASS]
    operator = {**venue.key(OPERATOR), "round_number": 1}
    assert outcomes(venue.send(Table.COMMITMENTS, [operator])) == [Outcome.NOT_PERMITTED_FOR_CLASS]


def test_a_snapshot_holds_commitments_and_what_was_void() -> None:
    venue = committed()
    bids = [sealed(venue, 3, 1_500, 10), sealed(venue, 4, 1, 10)]
    for step in (lambda: None, lambda: closed(venue), lambda: venue.reveal_bids(bids)):
        step()
        again = Core(venue.core.capacity)
        again.restore(venue.core.dump())
        assert again.digest() == venue.core.digest()
        assert again.commitments(1) == venue.core.commitments(1)
        assert again.rounds() == venue.core.rounds()


def test_commitments_are_part_of_the_digest() -> None:
    one, other = committed(), committed()
    sealed(one, 3, 1_500, 10)
    sealed(other, 3, 1_501, 10)
    assert one.core.digest() != other.core.digest()
