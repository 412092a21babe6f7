"""Whether arrays can be cleared at all: lengths, bounds, sums; everything wrong at once, each with its place.

Bounds are those of `engine.limits`: inside them no product or sum of a kernel leaves int64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.bidder_limits import BidderLimits
from engine.auction.ordering.kernels import extents
from engine.auction.supply import Supply
from engine.auction.terms import MarginRule, MarginUnit, Terms
from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX

Column = Sequence[int] | np.ndarray

_TOTAL_MINOR_MAX = 2**62
_NEEDS_DRAW = (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS)
_NONE = np.empty(0, np.int64)
_CHUNK = 2**14
"""Rows whose exact worth is summed in int64 at a time."""


class RoundInputError(ValueError):
    """The arrays of a round cannot be cleared; `problems` says all that is wrong with them, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def int64_column(name: str, values: Column | None) -> np.ndarray:
    """`values` as a contiguous int64 column; empty when left out.

    Raises RoundInputError for anything but whole numbers: a price of 70.5 ticks is a mistake, not 70.
    """
    if values is None:
        return _NONE
    column = np.asarray(values)
    if column.size and column.dtype.kind not in "iu":
        raise RoundInputError([f"{name} holds {column.dtype}; give whole numbers (ticks, lots, minor units)"])
    column = np.ascontiguousarray(column, np.int64).reshape(-1)
    # A read-only array is another type to the compiler: a copy is cheaper than compiling everything twice.
    return column if column.flags.writeable else column.copy()


@dataclass(frozen=True)
class Seen:
    """What one look at prices and quantities says; all 0 of none. The sum may be wrong where a bound is broken."""

    lowest_ticks: int = 0
    highest_ticks: int = 0
    least_lots: int = 0
    most_lots: int = 0
    total_lots: int = 0

    @classmethod
    def of(cls, prices: np.ndarray, lots: np.ndarray) -> Seen:
        if not prices.size or prices.size != lots.size:
            return cls()
        (lowest, highest, _), (least, most, total) = extents(prices, lots)
        return cls(int(lowest), int(highest), int(least), int(most), int(total))


def problems_of(
    terms: Terms, columns: dict[str, np.ndarray], seen: Seen, lines: Supply, limits: BidderLimits | None
) -> list[str]:
    """Everything that keeps these arrays from being cleared."""
    prices, lots = columns["prices_ticks"], columns["quantities_lots"]
    problems = [
        f"{name} has {column.size} entries for {prices.size} bids; give one a bid"
        for name, column in columns.items()
        if column.size != prices.size and (column.size or name == "quantities_lots")
    ]
    if prices.size and (seen.lowest_ticks < 1 or seen.highest_ticks > PRICE_TICKS_MAX or prices.size != lots.size):
        _bounded("prices_ticks", prices, 1, PRICE_TICKS_MAX, problems)
    if lots.size and (seen.least_lots < 0 or seen.most_lots > QUANTITY_LOTS_MAX or prices.size != lots.size):
        _bounded("quantities_lots", lots, 0, QUANTITY_LOTS_MAX, problems)
    problems += _problems_of_supply(lines)
    if limits is not None:
        problems += limits.problems()
    if prices.size and not columns["bidders"].size and (limits is not None or terms.margin_unit == MarginUnit.BIDDER):
        problems.append("limits and MarginUnit.BIDDER need the bidders column")
    if terms.margin_rule in _NEEDS_DRAW and prices.size and not columns["tie_order"].size:
        problems.append(f"margin rule {terms.margin_rule.name} needs tie_order, the recorded draw")
    most = _TOTAL_MINOR_MAX // terms.tick_value_minor
    if not problems and seen.highest_ticks * seen.total_lots > most and _worth(prices, lots) > most:
        problems.append(f"the bids are worth more than {_TOTAL_MINOR_MAX} minor units together; clear in larger units")
    return problems


def _problems_of_supply(lines: Supply) -> list[str]:
    sizes = {name: column.size for name, column in lines.columns().items()}
    if len(set(sizes.values())) != 1:
        return [f"the columns of supply differ in length: {sizes}; give one entry a line"]
    problems: list[str] = []
    _bounded("supply.quantity_lots", lines.quantity_lots, 0, HOLDING_LOTS_MAX, problems)
    _bounded("supply.minimum_price_ticks", lines.minimum_price_ticks, 0, PRICE_TICKS_MAX, problems)
    _bounded("supply.trigger_price_ticks", lines.trigger_price_ticks, 0, PRICE_TICKS_MAX - 1, problems)
    if not problems and sum(lines.quantity_lots.tolist()) > HOLDING_LOTS_MAX:
        problems.append(f"supply sums to more than {HOLDING_LOTS_MAX} lots")
    return problems


def _bounded(name: str, column: np.ndarray, least: int, most: int, problems: list[str]) -> None:
    """Add a line to `problems` when a value of a column lies outside its bounds."""
    places = np.nonzero((column < least) | (column > most))[0]
    if places.size:
        first = int(places[0])
        value = int(column[first])
        problems.append(f"{name}[{first}] is {value}; allowed are {least} to {most} ({places.size} such values)")


def _worth(prices: np.ndarray, lots: np.ndarray) -> int:
    """The exact sum of price x quantity, which may pass int64."""
    chunks = (slice(start, start + _CHUNK) for start in range(0, prices.size, _CHUNK))
    halves = ((prices[chunk], lots[chunk]) for chunk in chunks)
    return sum(int(((p >> 15) * q).sum()) * 2**15 + int(((p & 32767) * q).sum()) for p, q in halves)
