"""The indicative price after every change is the price of the clear over the bids as they then stand."""

from __future__ import annotations

import numpy as np
import pytest

from engine.auction import PriceRule, RoundStatus, Terms, clear, clearing_price
from engine.auction.indicative import IndicativePrice


def test_every_change_gives_the_price_of_the_clear() -> None:
    generator = np.random.default_rng(8)
    for _ in range(12):
        low, span, supply = (
            int(generator.integers(1, 9)),
            int(generator.integers(0, 40)),
            int(generator.integers(1, 60)),
        )
        live = IndicativePrice(low, low + span, supply)
        bids: list[tuple[int, int]] = []
        for _ in range(40):
            new = (int(generator.integers(1, low + span + 1)), int(generator.integers(0, 9)))
            what = generator.integers(0, 3) if bids else 0
            at = int(generator.integers(0, len(bids))) if bids else 0
            if what == 0:
                bids.append(new)
                now = live.enter(*new)
            elif what == 1:
                now = live.amend(bids[at], new)
                bids[at] = new
            else:
                now = live.withdraw(*bids.pop(at))
            prices, lots = [price for price, _ in bids], [quantity for _, quantity in bids]
            terms = Terms(PriceRule.UNIFORM, reserve_price_ticks=low)
            result = clear(terms, prices, lots, supply=supply)
            assert now.price_ticks == result.price_ticks
            assert now.demand_lots == result.valid_demand_lots
            assert now.short == (result.status != RoundStatus.CLEARED)
            for price in range(low, low + span + 2):
                assert live.demand_from(price) == sum(q for p, q in bids if p >= price)


def test_many_at_once_are_as_many_one_by_one() -> None:
    generator = np.random.default_rng(9)
    prices, lots = generator.integers(1, 5001, 2000), generator.integers(0, 300, 2000)
    live = IndicativePrice(1, 5000, 90_000)
    assert live.enter_all(prices, lots).price_ticks == clearing_price(prices, lots, 90_000)
    assert live.enter_all([], []).demand_lots == int(lots.sum())


@pytest.mark.parametrize(
    "wrong", [lambda: IndicativePrice(0, 5, 1), lambda: IndicativePrice(1, 2**29, 1), lambda: IndicativePrice(1, 5, 0)]
)
def test_no_range_no_price(wrong) -> None:
    with pytest.raises(ValueError, match=r"give|at most"):
        wrong()


def test_a_bid_above_the_highest_price_is_an_error() -> None:
    live = IndicativePrice(1, 5, 1)
    for call in (lambda: live.enter(6, 1), lambda: live.withdraw(5, -1), lambda: live.enter_all([6], [1])):
        with pytest.raises(ValueError, match="give"):
            call()
