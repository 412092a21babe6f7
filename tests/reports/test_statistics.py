"""The figures of a round: against figures worked by hand, and against their definitions on generated rounds."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.auction.terms import RoundStatus
from engine.views import Award, RoundResult
from services.reports.statistics import Prices, RoundFigures, figures
from tests.reports.sample import EMPTY, RESULT


@pytest.fixture
def counted() -> RoundFigures:
    return figures(RESULT)


def test_counts_tell_submitted_valid_and_awarded_apart(counted: RoundFigures) -> None:
    assert (counted.bids_submitted, counted.bids_valid, counted.bids_awarded) == (5, 4, 3)
    assert (counted.bidders_submitted, counted.bidders_valid, counted.winners) == (4, 3, 2)


def test_cover_ratios_are_kept_as_divisions(counted: RoundFigures) -> None:
    assert (counted.cover_valid, counted.cover_submitted) == (Fraction(140, 100), Fraction(150, 100))


def test_prices_of_bids_weigh_by_quantity(counted: RoundFigures) -> None:
    # 5000 x 40 + 4800 x 50 + 4500 x 30 + 4400 x 20 = 663,000 over 140 lots; from above 40, then 90 of 140 reach half.
    assert counted.bids == Prices(4400, 5000, Fraction(663_000, 140), 4800)


def test_prices_of_awards_are_those_paid(counted: RoundFigures) -> None:
    assert counted.awards == Prices(4500, 4500, Fraction(4500), 4500)


def test_concentration_goes_by_bidder_not_by_bid(counted: RoundFigures) -> None:
    # Bidder 11 won 40 + 10, bidder 12 won 50: two halves, 50^2 + 50^2 = 5,000.
    assert counted.won_lots == (50, 50)
    assert counted.concentration is not None
    assert counted.concentration.largest_share == Fraction(1, 2)
    assert counted.concentration.three_largest_share == 1
    assert counted.concentration.herfindahl_index == 5000


def test_a_round_without_bids_has_no_prices_and_no_shares() -> None:
    counted = figures(EMPTY)
    assert (counted.bids, counted.awards, counted.concentration, counted.won_lots) == (None, None, None, ())
    assert (counted.cover_valid, counted.unsold_lots) == (Fraction(0), 100)


def test_a_round_without_an_offer_has_no_cover_ratio() -> None:
    nothing = RoundResult(RoundStatus.NO_VALID_BIDS, None, 0, 0, 0, 0, 0)
    assert figures(nothing).cover_valid is None


AWARDS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 30), st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=30
)


@given(AWARDS)
def test_definitions_hold_on_any_round(rows: list[tuple[int, int, int, int]]) -> None:
    awards = tuple(
        Award(number, bidder, price, lots, min(lots, got), price, price * min(lots, got), True)
        for number, (bidder, price, lots, got) in enumerate(rows)
    )
    demand, sold = sum(award.bid_quantity_lots for award in awards), sum(award.awarded_lots for award in awards)
    paid = sum(award.payment_minor for award in awards)
    counted = figures(RoundResult(RoundStatus.CLEARED, 1, sold, sold, demand, demand, paid, awards))
    assert counted.bids is not None
    at_or_above = sum(lots for _, price, lots, _ in rows if price >= counted.bids.median_ticks)
    above = sum(lots for _, price, lots, _ in rows if price > counted.bids.median_ticks)
    assert 2 * at_or_above >= demand > 2 * above
    assert counted.bids.minimum_ticks <= counted.bids.mean_ticks <= counted.bids.maximum_ticks
    assert sum(counted.won_lots) == sold
    if sold:
        assert counted.awards is not None
        assert counted.concentration is not None
        assert counted.awards.mean_ticks * sold == paid
        assert Fraction(10_000, counted.winners) <= counted.concentration.herfindahl_index <= 10_000
