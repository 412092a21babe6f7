"""The sealed-bid clear: bids and supply in, awards and proceeds out.

In words. A bid is valid when its price meets the reserve. Demand at price t is what valid bids ask at t or above;
supply at t is what the lines of supply let go at t. The *marginal price* is the highest price at which demand reaches
the lots whose minimum lies below it; without sellers' minimums, the price of the bid at which the cumulated quantity
reaches the supply. Bids above it are served in full, bids at it share what is left by the margin rule.

What a winner pays is a rule of its own: `UNIFORM` the marginal price for all, `PAY_AS_BID` its own bid, `FIXED` a
price named beforehand. So is the price of a round whose valid demand is short, and so is a hidden reserve, which looks
at the price that came out and never at a single bid.

On the other side what was sold is divided between jurisdictions by largest remainder, within each in the order of
sale, and within one rank again by largest remainder: consigned lots share, nobody is first. Payments and proceeds are
equal to the last minor unit.

Promise: awards depend on the bids and their keys, never on the place of a bid in the arrays. No clock, no draw: a
lottery's order comes in as `tie_order`.
Not here: who may bid (`engine.auction.admission`), and anything that moves cash or units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.bidder_limits import NO_LIMITS, BidderLimits
from engine.auction.kernels import run
from engine.auction.layout import SUMMARY, Awards, Bids, Sales, terms_record
from engine.auction.order_of_sale import columns_of
from engine.auction.supply import Supply
from engine.auction.terms import MarginRule, MarginUnit, RoundStatus, Terms
from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX, TICK_VALUE_MINOR_MAX

_TOTAL_MINOR_MAX = 2**62
_NEEDS_DRAW = (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS)
_NONE = np.empty(0, np.int64)

Column = Sequence[int] | np.ndarray


class RoundInputError(ValueError):
    """The arrays of a round cannot be cleared; `problems` says all that is wrong with them, one line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Cuts:
    """Lots of each bid that a limit cut, int64: own cap, shared cap, guarantee. All 0 for bids that are not valid."""

    by_cap_lots: np.ndarray
    by_shared_cap_lots: np.ndarray
    by_guarantee_lots: np.ndarray


@dataclass(frozen=True)
class Clearing:
    """How a round ended.

    `price_ticks` is what a lot costs every winner; under pay-as-bid the lowest accepted bid. None when nothing was
    sold. Per bid, in the order of the input, int64: `awarded_lots`, `pays_ticks` (price of a lot, 0 where nothing was
    awarded), `payments_minor`; `valid` (bool) whether the bid met the reserve. Per line of supply: `supply_sold_lots`,
    `supply_proceeds_minor`, `supply_released` (bool) whether the line was on offer.

    Statistics count qualified bids (`valid_demand_lots`: valid, and within every limit); what was submitted stands
    beside. `cuts` says what limits took off, where the round had any.
    """

    status: RoundStatus
    price_ticks: int | None
    offered_lots: int
    sold_lots: int
    valid_demand_lots: int
    submitted_demand_lots: int
    proceeds_minor: int
    awarded_lots: np.ndarray
    pays_ticks: np.ndarray
    payments_minor: np.ndarray
    valid: np.ndarray
    supply_sold_lots: np.ndarray
    supply_proceeds_minor: np.ndarray
    supply_released: np.ndarray
    cuts: Cuts | None = None


def clear(
    terms: Terms,
    prices_ticks: Column,
    quantities_lots: Column,
    times: Column | None = None,
    bidders: Column | None = None,
    supply: Supply | int = 0,
    tie_order: Column | None = None,
    *,
    numbers: Column | None = None,
    minimum_lots: Column | None = None,
    limits: BidderLimits | None = None,
) -> Clearing:
    """Clear one sealed-bid round.

    Columns have one entry a bid: `prices_ticks` (1 to 2**30), `quantities_lots` (0 to 2**32 - 1; 0 takes part in
    nothing), `times` of arrival (any integers; left out: all at once), `bidders` (any integers; needed by `limits` and
    by `MarginUnit.BIDDER`), `tie_order` (place in the recorded draw, lower first; needed by the rules that draw),
    `numbers` (the bids' own numbers, which decide between equal keys; left out: the place in the arrays),
    `minimum_lots` (own minimum, for `PRO_RATA_WITH_MINIMUMS`). `supply` is a `Supply`, or a number of lots of one
    government line.

    >>> from engine.auction import PriceRule, Terms, clear
    >>> result = clear(Terms(PriceRule.UNIFORM), [7210, 7195, 7180], [6000, 4000, 5000], supply=12_000)
    >>> result.price_ticks, result.awarded_lots.tolist()
    (7180, [6000, 4000, 2000])

    Raises RoundInputError, naming everything wrong at once. Linear in the bids, but for sorts of those at the margin
    and, where there are limits, of all.
    """
    lines = supply if isinstance(supply, Supply) else Supply.of([supply] if supply else [])
    given = {
        "prices_ticks": prices_ticks,
        "quantities_lots": quantities_lots,
        "times": times,
        "bidders": bidders,
        "tie_order": tie_order,
        "numbers": numbers,
        "minimum_lots": minimum_lots,
    }
    columns = {name: _column(name, values) for name, values in given.items()}
    problems = _problems(terms, columns, lines, limits)
    if problems:
        raise RoundInputError(problems)
    return _run(terms, columns, lines, limits)


def _run(terms: Terms, columns: dict[str, np.ndarray], lines: Supply, limits: BidderLimits | None) -> Clearing:
    """Call the kernel on checked columns and give its outputs their names."""
    bidders, limit_columns = columns["bidders"], NO_LIMITS
    if limits is not None:
        bidders, limit_columns = limits.columns(bidders)
    bids = Bids(
        columns["prices_ticks"],
        columns["quantities_lots"],
        columns["times"],
        columns["numbers"],
        columns["tie_order"],
        columns["minimum_lots"],
        bidders,
    )
    count, line_count = bids.prices.size, lines.quantity_lots.size
    cut = tuple(np.zeros(count if limits is not None else 0, np.int64) for _ in range(3))
    awarded, pays, payments = (np.empty(count, np.int64) for _ in range(3))
    awards = Awards(awarded, pays, payments, np.empty(count, np.bool_), *cut)
    sales = Sales(np.zeros(line_count, np.int64), np.zeros(line_count, np.int64), np.zeros(line_count, np.bool_))
    summary_bytes = np.zeros(SUMMARY.itemsize, np.uint8)
    run(terms_record(terms), bids, limit_columns, columns_of(lines), awards, sales, summary_bytes)
    summary = summary_bytes.view(SUMMARY)[0]
    return Clearing(
        status=RoundStatus(int(summary.status)),
        price_ticks=int(summary.price_ticks) or None,
        offered_lots=int(summary.offered_lots),
        sold_lots=int(summary.sold_lots),
        valid_demand_lots=int(summary.valid_demand_lots),
        submitted_demand_lots=int(summary.submitted_demand_lots),
        proceeds_minor=int(summary.paid_minor),
        awarded_lots=awards.awarded,
        pays_ticks=awards.pays,
        payments_minor=awards.payments,
        valid=awards.valid,
        supply_sold_lots=sales.sold,
        supply_proceeds_minor=sales.proceeds,
        supply_released=sales.released,
        cuts=Cuts(*cut) if limits is not None else None,
    )


def _column(name: str, values: Column | None) -> np.ndarray:
    """`values` as a contiguous int64 column; empty when left out."""
    if values is None:
        return _NONE
    column = np.asarray(values)
    if column.size and column.dtype.kind not in "iu":
        raise RoundInputError([f"{name} holds {column.dtype}; give whole numbers (ticks, lots, minor units)"])
    column = np.ascontiguousarray(column, np.int64).reshape(-1)
    # A read-only array is another type to the compiler: a copy is cheaper than compiling everything twice.
    return column if column.flags.writeable else column.copy()


def _problems(terms: Terms, columns: dict[str, np.ndarray], lines: Supply, limits: BidderLimits | None) -> list[str]:
    """Everything that keeps these arrays from being cleared."""
    prices, lots = columns["prices_ticks"], columns["quantities_lots"]
    problems = [
        f"{name} has {column.size} entries for {prices.size} bids; give one a bid"
        for name, column in columns.items()
        if column.size != prices.size and (column.size or name == "quantities_lots")
    ]
    problems += _outside("prices_ticks", prices, 1, PRICE_TICKS_MAX)
    problems += _outside("quantities_lots", lots, 0, QUANTITY_LOTS_MAX)
    supply_sizes = {name: column.size for name, column in lines.columns().items()}
    if len(set(supply_sizes.values())) != 1:
        problems.append(f"the columns of supply differ in length: {supply_sizes}; give one entry a line")
    problems += _outside("supply.quantity_lots", lines.quantity_lots, 0, HOLDING_LOTS_MAX)
    problems += _outside("supply.minimum_price_ticks", lines.minimum_price_ticks, 0, PRICE_TICKS_MAX)
    problems += _outside("supply.trigger_price_ticks", lines.trigger_price_ticks, 0, PRICE_TICKS_MAX - 1)
    if limits is not None:
        problems += limits.problems()
    if prices.size and not columns["bidders"].size and (limits is not None or terms.margin_unit == MarginUnit.BIDDER):
        problems.append("limits and MarginUnit.BIDDER need the bidders column")
    if not problems and sum(lines.quantity_lots.tolist()) > HOLDING_LOTS_MAX:
        problems.append(f"supply sums to more than {HOLDING_LOTS_MAX} lots")
    if terms.margin_rule in _NEEDS_DRAW and prices.size and not columns["tie_order"].size:
        problems.append(f"margin rule {terms.margin_rule.name} needs tie_order, the recorded draw")
    if not problems and prices.size and _most_minor(prices, lots) * terms.tick_value_minor > _TOTAL_MINOR_MAX:
        problems.append(f"the bids are worth more than {_TOTAL_MINOR_MAX} minor units together; clear in larger units")
    return problems


def _outside(name: str, column: np.ndarray, least: int, most: int) -> list[str]:
    """One line when a value of `column` lies outside its bounds: the first place and how many there are."""
    if not column.size or (int(column.min()) >= least and int(column.max()) <= most):
        return []
    places = np.nonzero((column < least) | (column > most))[0]
    first = int(places[0])
    return [f"{name}[{first}] is {int(column[first])}; allowed are {least} to {most} ({places.size} such values)"]


def _most_minor(prices: np.ndarray, lots: np.ndarray) -> int:
    """An upper bound of the sum of price x quantity: the easy one, or the exact sum when that is needed."""
    bound = int(prices.max()) * int(lots.sum())
    if bound <= _TOTAL_MINOR_MAX // TICK_VALUE_MINOR_MAX:
        return bound
    chunks = range(0, prices.size, 2**14)
    halves = ((prices[start : start + 2**14], lots[start : start + 2**14]) for start in chunks)
    return sum(int(((p >> 15) * q).sum()) * 2**15 + int(((p & 32767) * q).sum()) for p, q in halves)
