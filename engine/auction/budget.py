"""A uniform price for budgets: bidders say how much money they bring and the least they want for it.

Each bid has a limit price, its budget over its least quantity. Supply is fixed; the price may lie strictly between two
bids, where the budgets above it exactly buy the supply. Exact for integers of any size: prices are fractions.

The design of token sales, and of a surrender fund that is to be spent in full; carbon markets bid quantities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class BudgetBid:
    """`budget` money for at least `least` units. Equal limits: the smaller `least`, then the lower `bidder`, first."""

    budget: int
    least: int
    bidder: int


@dataclass(frozen=True)
class BudgetClearing:
    """`price`: money a unit. `marginal`: the bid at the price that is filled in part (None where the price lies
    between bids), `marginal_budget`: what is used of it (None where the sale is not full)."""

    price: Fraction
    marginal: int | None
    marginal_budget: int | None


def clear_budgets(supply: int, reserve_total: int, bids: Sequence[BudgetBid]) -> BudgetClearing:
    """Clear `supply` units that must bring at least `reserve_total`; bids whose limit is below that take no part."""
    reserve = Fraction(reserve_total, supply)
    limits = [Fraction(bid.budget, bid.least) for bid in bids]
    order = sorted(
        (i for i in range(len(bids)) if limits[i] >= reserve),
        key=lambda i: (-limits[i], bids[i].least, bids[i].bidder),
    )
    collected = 0
    for i in order:
        needed = supply * limits[i]
        if collected + bids[i].budget >= needed:
            if collected > needed:
                return BudgetClearing(Fraction(collected, supply), None, 0)
            return BudgetClearing(limits[i], i, int(needed) - collected)
        collected += bids[i].budget
    if collected > reserve_total:
        return BudgetClearing(Fraction(collected, supply), None, 0)
    return BudgetClearing(reserve, None, None)
