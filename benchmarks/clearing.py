"""How long does a sealed-bid clear take, against the least that reading its bids could take?

Units of work: the price alone, and the whole clear (awards, price and payment of every bid, sale and proceeds), of one
drawn uniform-price round. The yardstick is one core summing the int64 price and quantity columns, compiled, in the same
run: a ratio says what the machine's load and speed do not. Excluded: drawing the bids, compilation (one unmeasured
call), and in `full` the first touch of the memory for results, which is used again between clears; `full_fresh` has it.

Correctness comes first: at small sizes the result is compared with the reference in plain integers, at every size the
invariants are checked and the price with that of a sorted book; a difference ends the benchmark with exit code 1 and no
figure.

    python -m benchmarks.clearing --bids 10000000 --json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns

import numba
import numpy as np

from engine.auction import MarginRule, PriceRule, Supply, Terms, Workspace, clear, clearing_price
from engine.auction.invariants import check
from engine.auction.reference import clear as clear_slowly
from engine.auction.reference_buyers import Bid
from engine.auction.reference_sellers import Line

REPEATS = 7
REFERENCE_BIDS_MAX = 2_000
TICKS = {"narrow": (2_000, 6_000), "wide": (1, 2**30)}
"""Prices from, to: a day's auction in fen, and the whole range the engine accepts."""


@numba.njit
def read(prices: np.ndarray, lots: np.ndarray) -> int:
    """The least work: both columns summed."""
    total = 0
    for i in range(prices.size):
        total += prices[i] + lots[i]
    return total


@dataclass(frozen=True)
class Book:
    prices: np.ndarray
    lots: np.ndarray
    supply: int


def draw_book(bids: int, ticks: str, seed: int) -> Book:
    """Independent prices over the range and lots of 1 to 300; supply meets 30 % of demand."""
    generator = np.random.default_rng(seed)
    low, high = TICKS[ticks]
    prices, lots = generator.integers(low, high, bids), generator.integers(1, 301, bids)
    return Book(prices, lots, max(1, int(lots.sum()) * 3 // 10))


def best_ms(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The fastest of several runs, in milliseconds."""
    spans = []
    for _ in range(repeats):
        start = perf_counter_ns()
        work()
        spans.append(perf_counter_ns() - start)
    return min(spans) / 1e6


def wrong(book: Book, terms: Terms) -> str | None:
    """What is wrong with the results, None when nothing is."""
    result = clear(terms, book.prices, book.lots, supply=book.supply)
    none = np.zeros(1, np.int64)
    check(terms, result, (book.prices, book.lots), (np.array([book.supply]), none))
    order = np.argsort(-book.prices, kind="stable")
    reached = np.searchsorted(np.cumsum(book.lots[order]), book.supply)
    sorted_price = int(book.prices[order[reached]])
    alone = clearing_price(book.prices, book.lots, book.supply)
    if not sorted_price == alone == result.price_ticks:
        return f"prices differ: sorted {sorted_price}, price alone {alone}, clear {result.price_ticks}"
    if book.prices.size <= REFERENCE_BIDS_MAX:
        rows = enumerate(zip(book.prices.tolist(), book.lots.tolist(), strict=True))
        slow = clear_slowly(terms, [Bid(p, q, number=n) for n, (p, q) in rows], [Line(book.supply)])
        if slow["awarded_lots"] != result.awarded_lots.tolist():
            return "awards differ from the reference"
    return None


def measure(book: Book, terms: Terms) -> dict[str, float]:
    """Milliseconds and ratios of one book."""
    workspace = Workspace()
    supply = Supply.of([book.supply])

    def full(space: Workspace | None) -> object:
        return clear(terms, book.prices, book.lots, supply=supply, workspace=space)

    read(book.prices, book.lots)
    full(workspace)
    spans = {
        "read": best_ms(lambda: read(book.prices, book.lots)),
        "price_only": best_ms(lambda: clearing_price(book.prices, book.lots, book.supply)),
        "full": best_ms(lambda: full(workspace)),
        "full_fresh": best_ms(lambda: full(None)),
    }
    spans["read"] = min(spans["read"], best_ms(lambda: read(book.prices, book.lots)))
    figures = {f"{name}_ms": round(span, 4) for name, span in spans.items()}
    for name in ("price_only", "full", "full_fresh"):
        figures[f"{name}_ratio_to_read"] = round(spans[name] / spans["read"], 2)
    return figures


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
    book = draw_book(options.bids, options.ticks, options.seed)
    problem = wrong(book, terms)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    figures = {"bids": options.bids, "ticks": options.ticks, "numba": numba.__version__} | measure(book, terms)
    lines = [json.dumps(figures)] if options.json else [f"{name:>24} {value}" for name, value in figures.items()]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
