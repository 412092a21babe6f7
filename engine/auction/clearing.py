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

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.auction.bidder_limits import NO_LIMITS, BidderLimits
from engine.auction.checks import Column, RoundInputError, Seen, int64_column, problems_of
from engine.auction.kernels import run
from engine.auction.layout import SUMMARY, Awards, Bids, Sales, terms_record
from engine.auction.order_of_sale import columns_of
from engine.auction.supply import Supply
from engine.auction.terms import BidStatus, PriceRule, RoundStatus, Terms


class Workspace:
    """Memory for the columns of results, used again by every clear that is given it.

    A result is then valid until the next clear with the same workspace. For many clears in a row, and where fresh
    memory costs more than the clear: a page that was never touched takes longer to come than to fill.
    """

    def __init__(self) -> None:
        self._columns = [np.empty(0, np.int64) for _ in range(3)]
        self._valid = np.empty(0, np.bool_)

    def column(self, place: int, count: int) -> np.ndarray:
        """An int64 column of `count` entries with anything in them; `place` 0 to 2."""
        if self._columns[place].size < count:
            self._columns[place] = np.empty(count, np.int64)
        return self._columns[place][:count]

    def flags(self, count: int) -> np.ndarray:
        """A column of bools."""
        if self._valid.size < count:
            self._valid = np.empty(count, np.bool_)
        return self._valid[:count]


@dataclass(frozen=True)
class Cuts:
    """Lots of each bid that a limit cut, int64: own cap, shared cap, guarantee. All 0 for bids that are not valid."""

    by_cap_lots: np.ndarray
    by_shared_cap_lots: np.ndarray
    by_guarantee_lots: np.ndarray


@dataclass(frozen=True)
class OwnPayments:
    """Payments of bids where they are not awarded lots x price: rounded, or each at its own price (else `pays_ticks` is
    empty)."""

    pays_ticks: np.ndarray
    payments_minor: np.ndarray


@dataclass(frozen=True)
class Clearing:
    """How a round ended.

    `price_ticks` is what a lot costs every winner; under pay-as-bid the lowest accepted bid. None when nothing was
    sold. Per bid, in the order of the input, int64: `awarded_lots`, `pays_ticks` (price of a lot, 0 where nothing was
    awarded) and `payments_minor`, both made when they are asked for where all pay one price; `valid` (bool) whether the
    bid met the reserve. Per line of supply: `supply_sold_lots`,
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
    valid: np.ndarray
    supply_sold_lots: np.ndarray
    supply_proceeds_minor: np.ndarray
    supply_released: np.ndarray
    cuts: Cuts | None = None
    value_of_price_minor: int = 0
    """What a lot costs every winner in minor units; 0 where `own` says what each pays."""
    own: OwnPayments | None = None

    @property
    def is_undersubscribed(self) -> bool:
        """Whether valid demand is below what was offered, however the round ended."""
        return self.valid_demand_lots < self.offered_lots

    def bid_statuses(self, quantities_lots: Column) -> np.ndarray:
        """`BidStatus` of each bid, uint8, for the quantities that were bid: each stands in exactly one."""
        lots = int64_column("quantities_lots", quantities_lots)
        statuses = np.full(lots.size, BidStatus.NOT_AWARDED, np.uint8)
        statuses[self.awarded_lots > 0] = BidStatus.PARTLY_AWARDED
        statuses[(self.awarded_lots > 0) & (self.awarded_lots == lots)] = BidStatus.AWARDED
        statuses[~self.valid] = BidStatus.INVALID
        return statuses

    @cached_property
    def pays_ticks(self) -> np.ndarray:
        """What a lot costs each bid, int64."""
        if self.own is not None and self.own.pays_ticks.size:
            return self.own.pays_ticks
        return np.where(self.awarded_lots > 0, np.int64(self.price_ticks or 0), np.int64(0))

    @cached_property
    def payments_minor(self) -> np.ndarray:
        """What each bid pays, int64."""
        return self.own.payments_minor if self.own is not None else self.awarded_lots * self.value_of_price_minor


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
    with_cuts: bool = True,
    workspace: Workspace | None = None,
) -> Clearing:
    """Clear one sealed-bid round.

    Columns have one entry a bid: `prices_ticks` (1 to 2**30), `quantities_lots` (0 to 2**32 - 1; 0 takes part in
    nothing), `times` of arrival (any integers; left out: all at once), `bidders` (any integers; needed by `limits` and
    by `MarginUnit.BIDDER`), `tie_order` (place in the recorded draw, lower first; needed by the rules that draw),
    `numbers` (the bids' own numbers, which decide between equal keys; left out: the place in the arrays),
    `minimum_lots` (own minimum, for `PRO_RATA_WITH_MINIMUMS`). `supply` is a `Supply`, or a number of lots of one
    government line. Without `with_cuts` the result does not say which lots limits took off, and has less to write;
    `workspace` saves memory between clears.

    >>> from engine.auction import PriceRule, Terms, clear
    >>> result = clear(Terms(PriceRule.UNIFORM), [7210, 7195, 7180], [6000, 4000, 5000], supply=12_000)
    >>> result.price_ticks, result.awarded_lots.tolist()
    (7180, [6000, 4000, 2000])

    Raises RoundInputError, naming everything wrong at once. Linear in the bids, but for sorts of those at the margin
    and, where there are limits, of all; bids that lie by bidder (numbers rising from near 0), each bidder's best first,
    need no sort.
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
    columns = {name: int64_column(name, values) for name, values in given.items()}
    seen = Seen.of(columns["prices_ticks"], columns["quantities_lots"])
    problems = problems_of(terms, columns, seen, lines, limits)
    if problems:
        raise RoundInputError(problems)
    return _run(terms, columns, seen, lines, limits, with_cuts, workspace or Workspace())


def _run(
    terms: Terms,
    columns: dict[str, np.ndarray],
    seen: Seen,
    lines: Supply,
    limits: BidderLimits | None,
    with_cuts: bool,
    workspace: Workspace,
) -> Clearing:
    """Call the kernel on checked columns and give its outputs their names."""
    bidders, limit_columns = columns["bidders"], NO_LIMITS
    if limits is not None:
        bidders, limit_columns = limits.columns(bidders, as_in_order=True)
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
    explains = limits is not None and with_cuts
    cut = tuple(np.zeros(count if explains else 0, np.int64) for _ in range(3))
    as_bid = terms.price_rule == PriceRule.PAY_AS_BID
    own = OwnPayments(
        workspace.column(2, count if as_bid else 0),
        workspace.column(1, count if as_bid or terms.payment_step_minor > 1 else 0),
    )
    awards = Awards(workspace.column(0, count), own.pays_ticks, own.payments_minor, workspace.flags(count), *cut)
    sales = Sales(np.zeros(line_count, np.int64), np.zeros(line_count, np.int64), np.zeros(line_count, np.bool_))
    summary_bytes = np.zeros(SUMMARY.itemsize, np.uint8)
    summary = summary_bytes.view(SUMMARY)[0]
    least = seen.lowest_ticks if seen.least_lots > 0 else 0
    record, supply = terms_record(terms), columns_of(lines)
    run(record, bids, least, seen.total_lots, limit_columns, supply, awards, sales, summary_bytes)
    if limits is not None and summary.status == 0:
        # The bidders do not lie in order, and some lie outside what the ends of their column say.
        bidders, limit_columns = limits.columns(columns["bidders"])
        for column in cut:
            column[:] = 0
        bids = bids._replace(bidders=bidders)
        run(record, bids, least, seen.total_lots, limit_columns, supply, awards, sales, summary_bytes)
    return Clearing(
        status=RoundStatus(int(summary.status)),
        price_ticks=int(summary.price_ticks) or None,
        offered_lots=int(summary.offered_lots),
        sold_lots=int(summary.sold_lots),
        valid_demand_lots=int(summary.valid_demand_lots),
        submitted_demand_lots=int(summary.submitted_demand_lots),
        proceeds_minor=int(summary.paid_minor),
        awarded_lots=awards.awarded,
        valid=awards.valid,
        supply_sold_lots=sales.sold,
        supply_proceeds_minor=sales.proceeds,
        supply_released=sales.released,
        cuts=Cuts(*cut) if explains else None,
        value_of_price_minor=int(summary.price_ticks) * terms.tick_value_minor,
        own=own if own.payments_minor.size else None,
    )
