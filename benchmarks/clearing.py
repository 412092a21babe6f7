"""How long does a sealed-bid clear take, against the least that reading its bids could take?

Units of work: the price alone; and the whole clear, with caps, guarantees, awards, payments and consignment, of one
drawn uniform-price round. The yardstick is one core summing the int64 price and quantity columns, compiled, in the same
run: a ratio says what the machine's load and speed do not. All works take turns, so that each meets the machine at its
best.

Kept up at entry, and not timed: bids lie by bidder, each bidder's best first. `full_unordered` has the same bids in the
order of drawing, sorted within the clear; `full_unlimited` has no caps and no guarantees. Excluded: drawing the bids,
compilation (one unmeasured call), and but for `full_fresh` the first touch of the memory for results, which is used
again between clears. The keys of `small_round` are in microseconds.

Correctness comes first: at small sizes the result is compared with the reference in plain integers, at every size the
invariants are checked, the price with that of a sorted book and the ordered clear with the unordered one; a difference
ends the benchmark with exit code 1 and no figure.

    python -m benchmarks.clearing --bids 10000000 --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter_ns

import numba
import numpy as np

from benchmarks import small_round
from engine.auction import BidderLimits, Clearing, PriceRule, Supply, Terms, Workspace, clear, clearing_price
from engine.auction.invariants import check
from engine.auction.reference import clear as clear_slowly
from engine.auction.reference_buyers import Bid, Bidder
from engine.auction.reference_sellers import Line
from engine.auction.terms import MarginRule

REPEATS = 7
REFERENCE_BIDS_MAX = 2_000
TICKS = {"narrow": (2_000, 6_000), "wide": (1, 10_000_000)}
"""Prices from, to: a day's auction in fen, and ten million ticks."""
BIDS_OF_ONE = 10
CONSIGNORS = 100


@numba.njit
def read(prices: np.ndarray, lots: np.ndarray) -> int:
    """The least work: both columns summed."""
    total = 0
    for i in range(prices.size):
        total += prices[i] + lots[i]
    return total


@dataclass(frozen=True)
class Book:
    """Bids, the limits of their bidders, and lines of supply: consigned ones that share, and a government's behind."""

    prices: np.ndarray
    lots: np.ndarray
    bidders: np.ndarray
    limits: BidderLimits
    offers: np.ndarray

    @property
    def supply(self) -> Supply:
        last = np.arange(self.offers.size) == self.offers.size - 1
        return Supply.of(self.offers, ranks=last, sellers=np.arange(self.offers.size))

    def clear(
        self, terms: Terms, *, limited: bool = True, with_cuts: bool = False, space: Workspace | None = None
    ) -> Clearing:
        return clear(
            terms,
            self.prices,
            self.lots,
            bidders=self.bidders,
            supply=self.supply,
            limits=self.limits if limited else None,
            with_cuts=with_cuts,
            workspace=space,
        )


def draw_book(bids: int, ticks: str, seed: int) -> Book:
    """Independent prices over the range and lots of 1 to 300, about ten bids a bidder; supply meets 30 % of demand.

    A cap cuts about one bidder in five, a guarantee another; one in ten has no guarantee to keep to.
    """
    generator = np.random.default_rng(seed)
    low, high = TICKS[ticks]
    prices, lots = generator.integers(low, high, bids), generator.integers(1, 301, bids)
    count = max(1, bids // BIDS_OF_ONE)
    bidders = generator.integers(0, count, bids)
    asked = np.bincount(bidders, lots, count).astype(np.int64)
    caps = asked * generator.integers(80, 180, count) // 100
    guarantees = asked * (low + high) // 2 * generator.integers(60, 160, count) // 100
    guarantees[generator.random(count) < 0.1] = -1
    total = max(CONSIGNORS + 1, int(lots.sum()) * 3 // 10)
    consigned = np.full(CONSIGNORS, total // (2 * CONSIGNORS) + 1)
    offers = np.append(consigned, max(1, total - int(consigned.sum())))
    return Book(prices, lots, bidders, BidderLimits(np.arange(count), caps, guarantees), offers)


def as_kept_at_entry(book: Book) -> Book:
    """The same bids by bidder, each bidder's best first."""
    order = np.lexsort((np.arange(book.prices.size), -book.prices, book.bidders))
    return replace(
        book, prices=book.prices[order].copy(), lots=book.lots[order].copy(), bidders=book.bidders[order].copy()
    )


def wrong(book: Book, terms: Terms) -> str | None:
    """What is wrong with the results, None when nothing is."""
    result = book.clear(terms, with_cuts=True)
    check(terms, result, (book.prices, book.lots), (book.offers, np.zeros_like(book.offers)))
    moved = np.random.default_rng(0).permutation(book.prices.size)
    shuffled = replace(book, prices=book.prices[moved], lots=book.lots[moved], bidders=book.bidders[moved])
    if shuffled.clear(terms).price_ticks != result.price_ticks:
        return "the order of the bids changes the price"
    supply = int(book.offers.sum())
    order = np.argsort(-book.prices, kind="stable")
    reached = np.searchsorted(np.cumsum(book.lots[order]), supply)
    sorted_price = int(book.prices[order[reached]]) if reached < order.size else 0
    alone = clearing_price(book.prices, book.lots, supply)
    unlimited = book.clear(terms, limited=False).price_ticks
    if sorted_price != alone or sorted_price not in (0, unlimited):
        return f"prices differ: sorted {sorted_price}, price alone {alone}, clear without limits {unlimited}"
    if book.prices.size <= REFERENCE_BIDS_MAX and _reference_awards(book, terms) != result.awarded_lots.tolist():
        return "awards differ from the reference"
    return None


def _reference_awards(book: Book, terms: Terms) -> list[int]:
    rows = zip(book.prices.tolist(), book.lots.tolist(), book.bidders.tolist(), strict=True)
    bids = [Bid(price, lots, number=number, bidder=bidder) for number, (price, lots, bidder) in enumerate(rows)]
    limits = np.asarray(book.limits.cap_lots).tolist(), np.asarray(book.limits.guarantee_minor).tolist()
    bidders = [
        Bidder(number, cap, None if guarantee < 0 else guarantee)
        for number, (cap, guarantee) in enumerate(zip(*limits, strict=True))
    ]
    last = book.offers.size - 1
    lines = [Line(lots, rank=int(k == last), seller=k) for k, lots in enumerate(book.offers.tolist())]
    awards: list[int] = clear_slowly(terms, bids, lines, bidders)["awarded_lots"]
    return awards


def best_of_turns(works: dict[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, float]:
    """The fastest of several runs of each work, in milliseconds; the works take turns."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(repeats):
        for name, work in works.items():
            start = perf_counter_ns()
            work()
            best[name] = min(best[name], (perf_counter_ns() - start) / 1e6)
    return best


def measure(unordered: Book, book: Book, terms: Terms) -> dict[str, float]:
    """Milliseconds and ratios of one book."""
    space = Workspace()
    supply = int(book.offers.sum())
    works: dict[str, Callable[[], object]] = {
        "read": lambda: read(book.prices, book.lots),
        "price_only": lambda: clearing_price(book.prices, book.lots, supply),
        "full": lambda: book.clear(terms, space=space),
        "full_unlimited": lambda: book.clear(terms, limited=False, space=space),
        "full_fresh": lambda: book.clear(terms),
    }
    for work in works.values():
        work()
    spans = best_of_turns(works) | best_of_turns({"full_unordered": lambda: unordered.clear(terms, space=space)}, 1)
    figures = {f"{name}_ms": round(span, 4) for name, span in spans.items()}
    ratios = {f"{name}_ratio_to_read": round(span / spans["read"], 2) for name, span in spans.items() if name != "read"}
    return figures | ratios


def main() -> int:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clearing", description=__doc__.splitlines()[0])
    parser.add_argument("--bids", type=int, default=1_000_000, help="bids in the round (default 1,000,000)")
    parser.add_argument("--ticks", choices=sorted(TICKS), default="narrow", help="range of prices (default narrow)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the drawn book (default 1)")
    parser.add_argument("--pro-rata", action="store_true", help="share the margin in proportion instead of by time")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    if options.bids < 1:
        parser.error(f"--bids {options.bids}: at least 1 is needed")
    rule = MarginRule.PRO_RATA_LARGEST_REMAINDER if options.pro_rata else MarginRule.TIME_PRIORITY
    terms = Terms(PriceRule.UNIFORM, margin_rule=rule)
    unordered = draw_book(options.bids, options.ticks, options.seed)
    book = as_kept_at_entry(unordered)
    problem = wrong(book, terms)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    figures = {"bids": options.bids, "ticks": options.ticks, "numba": numba.__version__}
    figures |= measure(unordered, book, terms) | small_round.measure()
    lines = [json.dumps(figures)] if options.json else [f"{name:>30} {value}" for name, value in figures.items()]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
