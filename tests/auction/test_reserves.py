"""Reserves, schedules and divisions around a round: published figures and cases worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.auction import PriceRule, RoundStatus, Supply, Terms, clear
from engine.auction.paid_allocation import (
    PaidShare,
    auctioned_lots,
    divide_total,
    free_lots,
    paid_share_ppm,
    spread_over_rounds,
)
from engine.auction.reserve.circulation import Bands, intake, invalidated, release
from engine.auction.reserve.prices import annual_reserve, exchanged, grown, mean, multiple, weighted_mean
from engine.auction.reserve.tiers import Tier, left_of_budget, sell_tiers
from engine.auction.reserve.triggers import (
    Direction,
    buy_back_limit,
    consecutive,
    decide,
    multiple_of_average,
    sale_is_due,
)
from engine.auction.rollover import (
    consigned_next_round,
    displaced,
    next_batch,
    next_in_year,
    redesignated,
    spread_evenly,
    spread_with_cap,
)
from engine.auction.terms import ReleaseRule

BASE, EXTRA, TRIGGER = 100, 50, 15


def released(rule: ReleaseRule, above: int, at: int = 0):
    """A round with `above` lots bid over the trigger, `at` lots at it, and 500 far below."""
    supply = Supply.of([BASE, EXTRA], ranks=[0, 1], trigger_price_ticks=[0, TRIGGER])
    return clear(Terms(PriceRule.UNIFORM, release_rule=rule), [20, TRIGGER, 5], [above, at, 500], supply=supply)


@pytest.mark.parametrize(
    ("rule", "above", "is_released"),
    [
        (ReleaseRule.DEMAND_ABOVE_TRIGGER, 100, False),
        (ReleaseRule.DEMAND_ABOVE_TRIGGER, 101, True),
        (ReleaseRule.INTERIM_PRICE_ABOVE_TRIGGER, 99, False),
        (ReleaseRule.INTERIM_PRICE_ABOVE_TRIGGER, 100, True),
    ],
)
def test_the_two_release_rules_differ_at_equality(rule: ReleaseRule, above: int, is_released: bool) -> None:
    assert released(rule, above).supply_released.tolist() == [True, is_released]


def test_a_partly_sold_reserve_sets_a_price_that_nobody_bid() -> None:
    result = released(ReleaseRule.DEMAND_ABOVE_TRIGGER, 110)
    assert (result.price_ticks, result.supply_sold_lots.tolist()) == (TRIGGER, [100, 10])
    result = released(ReleaseRule.DEMAND_ABOVE_TRIGGER, 110, at=90)
    assert (result.price_ticks, result.supply_sold_lots.tolist()) == (TRIGGER, [100, 50])


def test_tiers_are_released_one_above_the_other() -> None:
    supply = Supply.of([100, 20, 20], ranks=[0, 1, 2], trigger_price_ticks=[0, 10, 20])
    for above_first, above_second, expected in ((110, 110, [True, True, False]), (110, 130, [True, True, True])):
        bids = ([25, 12], [above_second, max(0, above_first - above_second)])
        result = clear(Terms(PriceRule.UNIFORM), *bids, supply=supply)
        assert result.supply_released.tolist() == expected


def test_withheld_units_are_not_unsold() -> None:
    supply = Supply.of([9000, 1000], ranks=[0, 1], minimum_price_ticks=[0, 642], withheld=[0, 1])
    result = clear(Terms(PriceRule.UNIFORM), [900, 642, 500], [6000, 3200, 5000], supply=supply)
    assert (result.status, result.price_ticks, result.offered_lots) == (RoundStatus.CLEARED, 642, 9200)


EU = Bands(upper=1_096_000_000, share_ppm=240_000, surplus_from=833_000_000, lower=400_000_000, release=100_000_000)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Published: 397,178,358 of 397,178,357.76 and 272,350,737 of ...737.12.
        (intake(1_654_909_824, Bands(833_000_000, 240_000)), 397_178_358),
        (intake(1_134_794_738, Bands(833_000_000, 240_000)), 272_350_737),
        (intake(833_000_000, EU), 0),
        (intake(1_096_000_000, EU), 263_000_000),
        (intake(1_096_000_001, EU), 263_040_000),
        (release(399_999_999, EU, 60_000_000), 60_000_000),
        (release(400_000_000, EU, 60_000_000), 0),
        (invalidated(3_000, 500), 2_500),
        (invalidated(300, 500), 0),
        # RGGI's tiers of 2027 in 2037, rounded year by year.
        (grown(1950, 70_000, 11)[-1], 3836),
        (grown(2925, 70_000, 11)[-1], 5753),
        (annual_reserve(2000, 50_000, 26_000), 2152),
        # Shanghai 2017: 1.2 x 36.00 is above the limit of 42.00.
        (multiple(3600, 1_200_000, 4200), 4200),
        (multiple(1605, 800_000), 1284),
        (mean([2150, 2200, 2270]), 2207),
        (weighted_mean([10, 20], [1, 2]), 17),
        (exchanged(1800, 10, 13), 1385),
        (multiple_of_average([2000, 3657], 2_000_000), 5657),
        (buy_back_limit(1_000, 100_000), 100),
        (decide(True, None, 50), 0),
        (decide(False, 30, 50), 0),
        (decide(True, 70, 50), 50),
        (sale_is_due(3599, 6000, 600_000), False),
        (sale_is_due(3600, 6000, 600_000), True),
        (sale_is_due(1, 6000, 600_000, always=True), True),
        (left_of_budget(100, [60, 70]), 0),
        # Hubei 2020: 1.4 Mt of the first 2 Mt sold.
        (next_batch(1_000_000, 600_000), 1_600_000),
        (redesignated(54_962_497, None, 2), 13_740_624),
        (redesignated(54_962_497, 1_000, 2), 1_000),
        (redesignated(54_962_497, None, 1), 0),
        (displaced(100, 30), 70),
        (displaced(100, 130), 0),
        (paid_share_ppm([PaidShare(2021, 30_000), PaidShare(2025, 60_000)], 2024), 30_000),
        (paid_share_ppm([PaidShare(2021, 30_000)], 2020), 0),
        (free_lots(1001, 30_000, exempt=False), 970),
        (free_lots(1001, 30_000, exempt=True), 1001),
        (auctioned_lots([1001, 500], [False, True], 30_000), 31),
    ],
)
def test_figures(found: object, expected: object) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("prices", "met_at"),
    [([51, 52, 60], 2), ([80, 50, 80], None), ([80, 80, 50, 80, 80, 80], 5), ([], None)],
)
def test_a_price_at_the_trigger_breaks_the_run(prices: list[int], met_at: int | None) -> None:
    assert consecutive(prices, 50, 3, Direction.ABOVE).met_at == met_at
    assert consecutive([100 - price for price in prices], 50, 3, Direction.BELOW).met_at == met_at


def test_tier_sales_go_from_the_cheapest_up() -> None:
    sale = sell_tiers([500, 300, 200], [Tier(70, 1000), Tier(50, 400), Tier(60, 333)], draws=[1, 0, 2])
    assert sale.awards.tolist() == [[133, 80, 54], [200, 120, 80], [167, 100, 66]]
    assert sale.unmet_lots.tolist() == [0, 0, 0]


@given(
    st.integers(0, 10**7),
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=6),
    st.integers(1_000_000, 2_000_000),
)
def test_spreading_loses_nothing_and_keeps_the_cap(unsold: int, rounds: list[tuple[int, int]], cap: int) -> None:
    proposed, current = [p for p, _ in rounds], [c for _, c in rounds]
    spread = spread_with_cap(unsold, proposed, current, cap)
    assert sum(spread.added) + spread.left == unsold
    limits = [most * cap // 1_000_000 for most in proposed]
    after = [now + more for now, more in zip(current, spread.added, strict=True)]
    assert spread.left == 0 or all(total >= limit for total, limit in zip(after, limits, strict=True))
    for total, more, limit in zip(after, spread.added, limits, strict=True):
        assert more == 0 or total <= limit
    assert sum(spread_evenly(unsold, len(rounds)).added) == unsold


def test_schedules_worked_by_hand() -> None:
    assert spread_evenly(10_001, 4).added == (2501, 2500, 2500, 2500)
    assert next_in_year(70, 2).added == (70, 0)
    assert next_in_year(70, 0).left == 70
    assert consigned_next_round({"a": 3}, {"b": 4}) == {"a": 3, "b": 4}
    assert spread_over_rounds(10, [1, 1, 1]) == [4, 3, 3]
    parts = divide_total(33_500_001, {"key emitters": 960_000, "new entrants": 20_000, "stability": 20_000})
    assert parts == {"key emitters": 32_160_001, "new entrants": 670_000, "stability": 670_000}
    with pytest.raises(ValueError, match="sum to 900000"):
        divide_total(5, {"all": 900_000})
    with pytest.raises(ValueError, match="needs trades"):
        weighted_mean([5], [0])
