"""The price and the awards of a uniform-price round, beside what anybody can install.

Unit of work: one round of drawn bids, cleared without limits: the price, and how much each bid gets. In one run, taking
turns: the clear of this project (whole, checks included), NumPy (argsort and a cumulated sum), polars and pandas (sort
and a cumulated sum), and pymarket (its market and the intersection of its two curves: the price alone) at a size that
it can bear, with the clear at that size beside it. A peer that is not installed is named with the command that installs
it. All prices must agree; a difference ends the benchmark with exit code 1 and no figure.

    python -m benchmarks.auction_peers --bids 1000000
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from benchmarks.clearing import best_of_turns, draw_book, read
from engine.auction import PriceRule, Terms, Workspace, clear

INSTALL = "python -m pip install '.[auction-peers]'"
SMALL = 1_000
"""Bids that pymarket gets: its time grows with the square of them."""


@dataclass(frozen=True)
class Round:
    prices: np.ndarray
    lots: np.ndarray
    supply: int


@dataclass(frozen=True)
class Row:
    """One line of the table: milliseconds at a size, and how many times those of the clear."""

    name: str
    bids: int
    ms: float | None
    times_the_clear: float | None
    note: str = ""


def installed(name: str) -> ModuleType | None:
    """The module, None where it is not installed (or does not import here)."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except Exception:  # noqa: BLE001 (an old package may fail in any way on a new Python)
        return None


def with_numpy(book: Round) -> int:
    order = np.argsort(-book.prices, kind="stable")
    reached = np.cumsum(book.lots[order])
    awards = np.empty_like(book.lots)
    awards[order] = np.clip(book.supply - (reached - book.lots[order]), 0, book.lots[order])
    return int(book.prices[order[np.searchsorted(reached, book.supply)]])


def with_polars(polars: ModuleType, book: Round) -> int:
    frame = polars.DataFrame({"price": book.prices, "lots": book.lots})
    sorted_ = frame.sort("price", descending=True, maintain_order=True).with_columns(
        reached=polars.col("lots").cum_sum()
    )
    sorted_ = sorted_.with_columns(
        award=(polars.lit(book.supply) - polars.col("reached") + polars.col("lots")).clip(0, polars.col("lots"))
    )
    return int(sorted_.filter(polars.col("reached") >= book.supply)["price"][0])


def with_pandas(pandas: ModuleType, book: Round) -> int:
    frame = pandas.DataFrame({"price": book.prices, "lots": book.lots})
    frame = frame.sort_values("price", ascending=False, kind="stable")
    frame["reached"] = frame["lots"].cumsum()
    frame["award"] = (book.supply - frame["reached"] + frame["lots"]).clip(0, frame["lots"])
    return int(frame["price"][frame["reached"] >= book.supply].iloc[0])


def with_pymarket(pymarket: ModuleType, book: Round) -> int:
    market = pymarket.Market()
    for bidder, (price, lots) in enumerate(zip(book.prices.tolist(), book.lots.tolist(), strict=True)):
        market.accept_bid(lots, price, bidder, True)
    market.accept_bid(book.supply, 0, book.prices.size, False)
    bids = market.bm.get_df()
    curves = pymarket.bids.demand_curves
    demand, _ = curves.demand_curve_from_bids(bids)
    supply, _ = curves.supply_curve_from_bids(bids)
    return round(curves.intersect_stepwise(demand, supply)[3])


def draw(bids: int, seed: int) -> Round:
    book = draw_book(bids, "narrow", seed)
    return Round(book.prices, book.lots, int(book.offers.sum()))


def compare(bids: int, seed: int) -> list[Row]:
    """The table. Raises RuntimeError when prices differ."""
    book, small, terms, space = draw(bids, seed), draw(SMALL, seed), Terms(PriceRule.UNIFORM), Workspace()
    found = {name: installed(name) for name in ("polars", "pandas", "pymarket")}
    polars, pandas, pymarket = found.values()
    works: dict[str, Callable[[], object]] = {
        "read": lambda: read(book.prices, book.lots),
        "clear": lambda: clear(terms, book.prices, book.lots, supply=book.supply, workspace=space).price_ticks,
        "NumPy": lambda: with_numpy(book),
    }
    if polars is not None:
        works["polars"] = lambda: with_polars(polars, book)
    if pandas is not None:
        works["pandas"] = lambda: with_pandas(pandas, book)
    prices = {name: work() for name, work in works.items() if name != "read"}
    if len(set(prices.values())) != 1:
        raise RuntimeError(f"prices differ: {prices}")
    spans = best_of_turns(works, 5)
    rows = [Row(name, bids, round(span, 3), round(span / spans["clear"], 2)) for name, span in spans.items()]
    rows += _small(small, terms, space, pymarket)
    return rows + [
        Row(name, 0, None, None, f"not installed; {INSTALL}") for name, module in found.items() if module is None
    ]


def _small(small: Round, terms: Terms, space: Workspace, pymarket: ModuleType | None) -> list[Row]:
    """The simulator and the clear at the simulator's size."""
    if pymarket is None:
        return []
    works: dict[str, Callable[[], object]] = {
        "clear, small": lambda: clear(terms, small.prices, small.lots, supply=small.supply, workspace=space),
        "pymarket": lambda: with_pymarket(pymarket, small),
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spans = best_of_turns(works, 3)
            if with_pymarket(pymarket, small) != with_numpy(small):
                raise RuntimeError("the price of pymarket differs")
    except RuntimeError:
        raise
    except Exception as error:  # noqa: BLE001
        return [Row("pymarket", SMALL, None, None, f"fails on these versions: {type(error).__name__}: {error}"[:100])]
    ours = spans["clear, small"]
    return [Row(name, SMALL, round(span, 3), round(span / ours, 2)) for name, span in spans.items()]


def picture(rows: list[Row], path: Path) -> None:
    """Bars on a logarithmic scale: how many times the time of the clear."""
    from services.reports import canvas

    shown = [row for row in rows if row.times_the_clear is not None and row.name not in ("clear", "clear, small")]
    with canvas.sheet(9.0, 1.6 + 0.5 * len(shown)) as figure:
        figure.text(0.012, 0.97, "A uniform-price round: time, as a multiple of the clear's", fontsize=13, va="top")
        axes = figure.add_axes((0.24, 0.16, 0.7, 0.66))
        names = [f"{row.name}, {row.bids:,} bids" for row in shown]
        values = [row.times_the_clear or 0.0 for row in shown]
        axes.barh(names, values, color=canvas.DEMAND, height=0.6)
        axes.axvline(1.0, color=canvas.PRICE, linewidth=1.4)
        for place, value in enumerate(values):
            axes.text(value * 1.08, place, f"{value:,.2f}", va="center", fontsize=9)
        axes.set_xscale("log")
        axes.set_xlim(min([*values, 1.0]) * 0.6, max(values) * 4)
        axes.invert_yaxis()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canvas.png(figure))


def main() -> int:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auction_peers", description=__doc__.splitlines()[0])
    parser.add_argument("--bids", type=int, default=1_000_000, help="bids in the round (default 1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the drawn book (default 1)")
    parser.add_argument("--picture", type=Path, metavar="F.png", help="draw the table")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    options = parser.parse_args()
    if options.bids < 1:
        parser.error(f"--bids {options.bids}: at least 1 is needed")
    try:
        rows = compare(options.bids, options.seed)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    if options.picture:
        picture(rows, options.picture)
    if options.json:
        print(json.dumps([vars(row) for row in rows]))
        return 0
    for row in rows:
        figures = f"{row.ms:>12,.3f} ms {row.times_the_clear:>10,.2f} x the clear" if row.ms is not None else row.note
        print(f"{row.name:>14} {row.bids:>12,} bids {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
