"""What it costs to trace one bid of a round, as a multiple of the clear of that round, both from Python.

`python -m benchmarks.explain [--bids 100000] [--json]`: a round per kind of limit; the bid that is traced lies at the
price, so its trace goes through the margin. Before a figure is printed the checker has to come to the clear's award.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np

from engine.auction import BidderLimits, Clearing, PriceRule, Supply, Terms, clear
from engine.auction.explain import RoundArrays, Step, trace_clear
from engine.auction.explain.reference_award import award_from
from engine.auction.terms import GuaranteeExcess, MarginRule

_TRIES = 15
BIDDERS = 2_000

ROUNDS: dict[str, tuple[Terms, str]] = {
    "plain": (Terms(PriceRule.UNIFORM), ""),
    "pro_rata": (Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER), ""),
    "drawn": (Terms(PriceRule.PAY_AS_BID, margin_rule=MarginRule.RANDOM_ORDER), ""),
    "midpoint": (Terms(PriceRule.MIDPOINT), ""),
    "caps": (Terms(PriceRule.UNIFORM), "caps"),
    "restoring": (Terms(PriceRule.UNIFORM, guarantee_excess=GuaranteeExcess.RESTORED_AT_BID_PRICES), "guarantees"),
}


def fastest_ms(work: Callable[[], Any]) -> tuple[float, Any]:
    """(milliseconds of the fastest try, what it gave)."""
    best, result = 10**18, None
    for _ in range(_TRIES):
        start = perf_counter_ns()
        result = work()
        best = min(best, perf_counter_ns() - start)
    return best / 1e6, result


def measure(bids: int) -> dict[str, dict[str, float]]:
    """`clear_ms`, `trace_ms` and `ratio_to_clear` of each kind of round."""
    generator = np.random.default_rng(1)
    prices, lots = generator.integers(3_000, 9_000, bids), generator.integers(1, 1_000, bids)
    times, draws, bidders = np.arange(bids), generator.permutation(bids), generator.integers(0, BIDDERS, bids)
    supply = Supply.of([int(lots.sum() // 2)])
    limits = {
        "": None,
        "caps": BidderLimits(np.arange(BIDDERS), np.full(BIDDERS, 400 * bids // BIDDERS)),
        "guarantees": BidderLimits(np.arange(BIDDERS), None, np.full(BIDDERS, 2_000_000 * bids // BIDDERS)),
    }
    figures = {}
    for name, (terms, kind) in ROUNDS.items():
        given = {"times": times, "bidders": bidders, "numbers": times, "limits": limits[kind]}

        def cleared(terms: Terms = terms, given: dict[str, Any] = given) -> Clearing:
            return clear(terms, prices, lots, supply=supply, tie_order=draws, **given)

        clear_ms, result = fastest_ms(cleared)
        at_price = np.flatnonzero((prices == result.price_ticks) & (lots > 0))
        place = int(at_price[-1]) if at_price.size else int(np.argmax(result.awarded_lots))

        def traced(
            terms: Terms = terms, given: dict[str, Any] = given, place: int = place, result: Clearing = result
        ) -> tuple[Step, ...]:
            return trace_clear(place, RoundArrays.of(terms, prices, lots, supply, draws=draws, **given), result)

        trace_ms, steps = fastest_ms(traced)
        if award_from([step.as_json() for step in steps])[0] != int(result.awarded_lots[place]):
            raise AssertionError(f"{name}: the trace comes to another award than the clear")
        figures[name] = {"clear_ms": clear_ms, "trace_ms": trace_ms, "ratio_to_clear": trace_ms / clear_ms}
    return figures


def main() -> int:
    """Prints the figures; 1 when a trace is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bids", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        figures = measure(options.bids)
    except AssertionError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps({"bids": options.bids, **figures}))
        return 0
    for name, row in figures.items():
        clear_ms, trace_ms = row["clear_ms"], row["trace_ms"]
        print(f"{name:10} clear {clear_ms:8.2f} ms   trace {trace_ms:8.2f} ms   {row['ratio_to_clear']:.2f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
