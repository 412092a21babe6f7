"""Many bids take a shorter way (a sample, a window, awards begun in the same pass): the answer is that of the long way.

A line that is never released keeps a round from the short way and changes nothing else.
"""

from __future__ import annotations

import numpy as np
import pytest

from engine.auction import BidderLimits, MarginRule, PriceRule, SharedCap, Supply, Terms, clear, clearing_price
from engine.auction.search.kernels import MANY
from engine.auction.terms import GuaranteeRule, HiddenReserveRule, UndersubscriptionRule

pytestmark = pytest.mark.compiled

NEVER = 2**29
COUNT = MANY + 77
SETTINGS = {
    "time": Terms(PriceRule.UNIFORM),
    "pro rata": Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER, payment_step_minor=5),
    "pay as bid": Terms(PriceRule.PAY_AS_BID, reserve_price_ticks=2500, guarantee_rule=GuaranteeRule.SUM_OF_VALUES),
    "middle": Terms(PriceRule.MIDPOINT, margin_rule=MarginRule.PRO_RATA_FIRST),
    "raised a little": Terms(
        PriceRule.UNIFORM, hidden_reserve_ticks=4801, hidden_reserve_rule=HiddenReserveRule.RAISE_PRICE
    ),
    "raised a lot": Terms(
        PriceRule.UNIFORM, hidden_reserve_ticks=5900, hidden_reserve_rule=HiddenReserveRule.RAISE_PRICE
    ),
    "short": Terms(PriceRule.UNIFORM, UndersubscriptionRule.AT_RESERVE, reserve_price_ticks=5990),
}


def draw(misleading: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Prices, lots, bidders; a misleading book is cheap exactly where samples are taken."""
    generator = np.random.default_rng(5)
    prices, lots = generator.integers(2000, 6000, COUNT), generator.integers(0, 301, COUNT)
    if misleading:
        prices[np.arange(COUNT) % (COUNT // 2**15) < 8] = 2000
    return prices, lots, generator.integers(0, COUNT // 10, COUNT)


def limits_of(lots: np.ndarray, bidders: np.ndarray, shared: bool) -> BidderLimits:
    generator = np.random.default_rng(6)
    asked = np.bincount(bidders, lots, COUNT // 10).astype(np.int64)
    count = asked.size
    return BidderLimits(
        np.arange(count),
        asked * generator.integers(80, 180, count) // 100,
        asked * 4000 * generator.integers(60, 160, count) // 100,
        (SharedCap(tuple(range(50)), 20_000),) if shared else (),
    )


@pytest.mark.parametrize(("name", "misleading"), [*((name, False) for name in SETTINGS), ("time", True)])
def test_the_short_way_ends_where_the_long_one_does(name: str, misleading: bool) -> None:
    terms = SETTINGS[name]
    prices, lots, bidders = draw(misleading)
    total = int(lots.sum()) * 3 // 10
    order = np.lexsort((np.arange(COUNT), -prices, bidders))
    rounds = [(None, np.arange(COUNT)), (limits_of(lots, bidders, shared=False), order)]
    if name == "time":
        rounds.append((limits_of(lots, bidders, shared=True), np.arange(COUNT)))
    for limits, places in rounds:
        columns = {"times": np.arange(COUNT)[places], "bidders": bidders[places], "limits": limits}
        short = clear(terms, prices[places], lots[places], supply=Supply.of([total]), **columns)
        lines = Supply.of([total, 1], trigger_price_ticks=[0, NEVER])
        long = clear(terms, prices[places], lots[places], supply=lines, **columns)
        assert (short.status, short.price_ticks, short.sold_lots) == (long.status, long.price_ticks, long.sold_lots)
        assert short.valid_demand_lots == long.valid_demand_lots
        assert (short.awarded_lots == long.awarded_lots).all()
        assert (short.payments_minor == long.payments_minor).all()
        assert short.proceeds_minor == long.proceeds_minor == int(short.payments_minor.sum())


def test_the_price_alone_is_that_of_a_sorted_book() -> None:
    for misleading in (False, True):
        prices, lots, _ = draw(misleading)
        order = np.argsort(-prices, kind="stable")
        sums = np.cumsum(lots[order])
        for share in (0, 10, 50, 99, 100):
            supply = max(1, int(sums[-1]) * share // 100)
            assert clearing_price(prices, lots, supply) == prices[order[np.searchsorted(sums, supply)]]
