"""How many whole rounds a second does a what-if clear on one core?

Unit of work: one uniform-price round of drawn bids with a cap and a guarantee for every bidder: limits, price, awards,
sold, proceeds, concentration. Beside it in the same run, taking turns: the same rounds under designs that only the
general way takes (a release and a consignor's minimum, pay-as-bid, two caps of several bidders), the least work
(summing the int64 price and quantity columns of the same bids) and price and quantity of the same rounds in a NumPy
loop (limits, argsort, cumulated sum). Kept up at entry, and not timed: bids lie by bidder, best first, which the NumPy
loop is given too. Excluded: drawing, compilation.

Correctness comes first: the first rounds of every design are compared with `clear`, those of the first with the NumPy
loop too, and two threads with one; a difference ends the benchmark with exit code 1 and no figure.

    python -m benchmarks.whatif --json
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import partial

import numba
import numpy as np

from benchmarks.clearing import best_of_turns, read
from engine.auction import BidderLimits, PriceRule, SharedCap, Supply, Terms, clear
from engine.auction.whatif import Books, Rounds, clear_many

COMPARED = 50
BIDS_OF_ONE = 10


def draw_books(rounds: int, bids: int, seed: int) -> tuple[Books, BidderLimits, int]:
    """Rounds over the same bidders, about ten bids each; supply meets 30 % of demand. A cap cuts about a fifth of the
    bidders in a round, a guarantee another."""
    generator = np.random.default_rng(seed)
    count = max(1, bids // BIDS_OF_ONE)
    total = rounds * bids
    books = Books.of(
        np.repeat(np.arange(rounds), bids),
        generator.integers(2_000, 6_000, total),
        generator.integers(1, 301, total),
        generator.integers(0, count, total),
    )
    caps = generator.integers(100, 200, count) * 150 * BIDS_OF_ONE // 125
    guarantees = generator.integers(60, 160, count) * 150 * BIDS_OF_ONE * 40
    return books, BidderLimits(np.arange(count), caps, guarantees), bids * 150 * 3 // 10


def numpy_round(books: Books, number: int, caps: np.ndarray, guarantees: np.ndarray, supply: int) -> tuple[int, int]:
    """(price, sold) of one round as one would write it with NumPy."""
    prices, lots, bidders, _ = books.of_round(number)
    sums = np.cumsum(lots)
    first = np.concatenate([[True], bidders[1:] != bidders[:-1]])
    ahead = (sums - lots)[np.flatnonzero(first)][np.cumsum(first) - 1]
    through = np.minimum(sums - ahead, caps[bidders])
    before = np.where(first, 0, np.concatenate([[0], through[:-1]]))
    capped = through - before
    fits = through * prices <= guarantees[bidders]
    # Nothing stays below the first bid that its guarantee does not cover whole.
    misses = np.cumsum(~fits)
    earlier = (misses - ~fits)[np.flatnonzero(first)][np.cumsum(first) - 1]
    rank = misses - earlier
    kept = np.where(rank == 0, capped, 0)
    cut = (rank == 1) & ~fits
    kept[cut] = np.maximum(0, guarantees[bidders[cut]] // prices[cut] - before[cut])
    order = np.argsort(-prices, kind="stable")
    reached = np.cumsum(kept[order])
    at = int(np.searchsorted(reached, min(supply, int(reached[-1]))))
    return int(prices[order[at]]), int(min(supply, reached[-1]))


def other_designs(limits: BidderLimits, supply: int) -> dict[str, tuple[Terms, Supply, BidderLimits]]:
    """Designs of the same rounds that go the general way, by name."""
    uniform, one = Terms(PriceRule.UNIFORM), Supply.of([supply])
    half, count = supply // 2, len(np.asarray(limits.bidders))
    conditions = Supply.of(
        [half, half // 2, half - half // 2],
        ranks=[1, 0, 2],
        sellers=[0, 1, 2],
        minimum_price_ticks=[0, 3_000, 0],
        trigger_price_ticks=[0, 0, 4_000],
    )
    shared = tuple(SharedCap(tuple(range(at, count, 2)), supply // 3) for at in range(2))
    return {
        "conditions": (uniform, conditions, limits),
        "pay_as_bid": (Terms(PriceRule.PAY_AS_BID), one, limits),
        "shared_caps": (uniform, one, replace(limits, shared=shared)),
    }


def wrong_design(books: Books, terms: Terms, supply: Supply, limits: BidderLimits) -> str | None:
    """What is wrong with the results of a design, None when nothing is."""
    many = clear_many(terms, books, supply, limits)
    for number in range(min(COMPARED, books.rounds)):
        prices, lots, bidders, times = books.of_round(number)
        one = clear(terms, prices, lots, times, bidders, supply, limits=limits)
        found = many.prices_ticks[number], many.sold_lots[number], many.proceeds_minor[number]
        if found != (one.price_ticks, one.sold_lots, one.proceeds_minor):
            return f"round {number} differs from clear"
    return None


def wrong(books: Books, limits: BidderLimits, supply: int, terms: Terms) -> str | None:
    """What is wrong with the results, None when nothing is."""
    many = clear_many(terms, books, supply, limits)
    caps, guarantees = np.asarray(limits.cap_lots), np.asarray(limits.guarantee_minor)
    for number in range(min(COMPARED, books.rounds)):
        prices, lots, bidders, times = books.of_round(number)
        one = clear(terms, prices, lots, times, bidders, supply, limits=limits)
        found = int(many.prices_ticks[number]), int(many.sold_lots[number])
        if found != (one.price_ticks, one.sold_lots) or many.proceeds_minor[number] != one.proceeds_minor:
            return f"round {number} differs from clear"
        if found != numpy_round(books, number, caps, guarantees, supply):
            return f"round {number} differs from the NumPy loop"
    half = books.rounds // 2
    with ThreadPoolExecutor(2) as pool:
        ranges = (range(half), range(half, books.rounds))
        parts = list(pool.map(lambda part: clear_many(terms, books, supply, limits, rounds=part), ranges))
    for field in fields(Rounds):
        columns = [getattr(part, field.name) for part in parts]
        joined = sum(columns) if field.name == "won_lots" else np.concatenate(columns)
        if (joined != getattr(many, field.name)).any():
            return f"{field.name} of two threads differs from that of one"
    return None


def main() -> int:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whatif", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=2_000, help="rounds (default 2,000)")
    parser.add_argument("--bids", type=int, default=1_000, help="bids a round (default 1,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the drawn books (default 1)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    if options.rounds < 2 or options.bids < 1:
        parser.error("at least 2 --rounds and 1 of --bids are needed")
    terms = Terms(PriceRule.UNIFORM)
    books, limits, supply = draw_books(options.rounds, options.bids, options.seed)
    others = other_designs(limits, supply)
    problem = wrong(books, limits, supply, terms)
    problem = problem or next(filter(None, (wrong_design(books, *design) for design in others.values())), None)
    if problem:
        print(problem, file=sys.stderr)
        return 1
    caps, guarantees = np.asarray(limits.cap_lots), np.asarray(limits.guarantee_minor)
    looped = min(options.rounds, 200)
    spans = best_of_turns(
        {
            "read": lambda: read(books.prices_ticks, books.quantities_lots),
            "many": lambda: clear_many(terms, books, supply, limits),
            **{name: partial(clear_many, one, books, *rest) for name, (one, *rest) in others.items()},
            "numpy": lambda: [numpy_round(books, r, caps, guarantees, supply) for r in range(looped)],
        }
    )
    numpy_ms = spans["numpy"] * options.rounds / looped
    figures = {
        "rounds": options.rounds,
        "bids": options.bids,
        "numba": numba.__version__,
        "read_ms": round(spans["read"], 4),
        "whatif_ms": round(spans["many"], 4),
        "numpy_loop_ms": round(numpy_ms, 4),
        "rounds_per_second": round(options.rounds / spans["many"] * 1000),
        "nanoseconds_a_bid": round(spans["many"] * 1e6 / (options.rounds * options.bids), 2),
        "ratio_to_numpy_loop": round(numpy_ms / spans["many"], 1),
        "ratio_to_read": round(spans["many"] / spans["read"], 2),
    }
    figures |= {f"rounds_per_second_{name}": round(options.rounds / spans[name] * 1000) for name in others}
    lines = [json.dumps(figures)] if options.json else [f"{name:>22} {value}" for name, value in figures.items()]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
