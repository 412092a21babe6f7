"""A round of a thousand bids with every setting at once, from compiled code and from Python; and the indicative price.

Part of `benchmarks.clearing`. The round has a reserve price, caps, a shared cap, guarantees that restore at bid prices,
pro-rata margin, consignors with minimums who share a short sale, a release tier and a withheld line. The indicative
price has 5,000 ticks; an update is one amendment, from Python, with the price after it.
"""

from __future__ import annotations

from time import perf_counter_ns

import numba
import numpy as np

from engine.auction import BidderLimits, Clearing, PriceRule, SharedCap, Supply, Terms, Workspace, clear
from engine.auction.indicative import IndicativePrice
from engine.auction.kernels import run
from engine.auction.layout import SUMMARY, Awards, Bids, Sales, terms_record
from engine.auction.order_of_sale import columns_of
from engine.auction.terms import GuaranteeExcess, MarginRule

TERMS = Terms(
    PriceRule.UNIFORM,
    margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER,
    reserve_price_ticks=2_500,
    guarantee_excess=GuaranteeExcess.RESTORED_AT_BID_PRICES,
)
BIDS, BIDDERS, CONSIGNORS, TICKS, LOOPS = 1_000, 100, 20, 5_000, 200
_TRIES = 25


@numba.njit
def run_often(terms, bids, least, submitted, limits, lines, awards, sales, summary, times):  # type: ignore[no-untyped-def]
    """The clear as compiled code calls it."""
    for _ in range(times):
        run(terms, bids, least, submitted, limits, lines, awards, sales, summary)


def draw() -> tuple[np.ndarray, np.ndarray, np.ndarray, BidderLimits, Supply]:
    """Prices, lots, bidders in the order of arrival; limits; supply."""
    generator = np.random.default_rng(11)
    prices, lots = generator.integers(2_000, 7_000, BIDS), generator.integers(1, 301, BIDS)
    bidders = generator.integers(0, BIDDERS, BIDS)
    caps = generator.integers(800, 2_500, BIDDERS)
    guarantees = generator.integers(2_000_000, 9_000_000, BIDDERS)
    total = int(lots.sum()) * 3 // 10
    offers = [total // 2, *[total // (2 * CONSIGNORS)] * CONSIGNORS, total // 10, total // 10]
    limits = BidderLimits(np.arange(BIDDERS), caps, guarantees, (SharedCap(tuple(range(10)), 9_000),))
    supply = Supply.of(
        offers,
        ranks=[1, *[0] * CONSIGNORS, 2, 3],
        sellers=range(len(offers)),
        minimum_price_ticks=[0, *generator.integers(0, 6_000, CONSIGNORS), 0, 4_000],
        trigger_price_ticks=[0] * (CONSIGNORS + 1) + [5_000, 0],
        withheld=[0] * (CONSIGNORS + 2) + [1],
    )
    return prices, lots, bidders, limits, supply


class Prepared:
    """The arguments of the compiled clear for bids in a given order, and their outputs."""

    def __init__(self, order: np.ndarray) -> None:
        prices, lots, bidders, self.limits, self.supply = draw()
        self.prices, self.lots, self.bidders = prices[order].copy(), lots[order].copy(), bidders[order].copy()
        places, columns = self.limits.columns(self.bidders)
        none, count = np.empty(0, np.int64), self.supply.quantity_lots.size
        self.awards = Awards(np.empty(BIDS, np.int64), none, none, np.empty(BIDS, np.bool_), none, none, none)
        self.arguments = (
            terms_record(TERMS),
            Bids(self.prices, self.lots, none, order, none, none, places),
            int(prices.min()),
            int(lots.sum()),
            columns,
            columns_of(self.supply),
            self.awards,
            Sales(np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.bool_)),
            np.zeros(SUMMARY.itemsize, np.uint8),
        )

    def run(self, times: int) -> None:
        run_often(*self.arguments, times)

    def clear(self, space: Workspace) -> Clearing:
        return clear(
            TERMS,
            self.prices,
            self.lots,
            bidders=self.bidders,
            numbers=self.arguments[1].numbers,
            supply=self.supply,
            limits=self.limits,
            workspace=space,
        )


def measure() -> dict[str, float]:
    """`small_compiled_us` and `small_python_us` (bids by bidder, best first, as kept at entry), `small_unordered_us`
    (compiled, in the order of arrival: sorted within the clear), `indicative_update_us`."""
    prices, lots, bidders, _, _ = draw()
    arrived = np.arange(BIDS)
    ranked = np.lexsort((arrived, -prices, bidders))
    ordered, unordered, space = Prepared(ranked), Prepared(arrived), Workspace()
    for one in (ordered, unordered):
        one.run(1)
        if one.clear(space).awarded_lots.tolist() != one.awards.awarded.tolist():
            raise RuntimeError("the clear from compiled code differs from the one from Python")
    if unordered.awards.awarded[ranked].tolist() != ordered.awards.awarded.tolist():
        raise RuntimeError("the order of the bids changes the awards")
    live = IndicativePrice(2_000, 2_000 + TICKS - 1, int(lots.sum()) * 3 // 10)
    live.enter_all(prices, lots)
    bids = [list(bid) for bid in zip(prices.tolist(), lots.tolist(), strict=True)]

    def amend_all() -> None:
        for bid in bids:
            price = 2_000 + (bid[0] * 7 + 13) % TICKS
            live.amend((bid[0], bid[1]), (price, bid[1]))
            bid[0] = price

    works = {
        "small_compiled_us": (lambda: ordered.run(LOOPS), LOOPS),
        "small_unordered_us": (lambda: unordered.run(LOOPS), LOOPS),
        "small_python_us": (lambda: ordered.clear(space), 1),
        "indicative_update_us": (amend_all, BIDS),
    }
    best = dict.fromkeys(works, float("inf"))
    for _ in range(_TRIES):
        for name, (work, units) in works.items():
            start = perf_counter_ns()
            work()
            best[name] = min(best[name], (perf_counter_ns() - start) / 1000 / units)
    return {name: round(span, 2) for name, span in best.items()}
