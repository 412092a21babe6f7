"""Sales from a reserve at fixed prices, tier by tier, and the yearly budgets of tiers.

The cheapest tier is filled first; what a buyer did not get there stands for the next. A tier that is short is shared by
the margin rule of its terms (Québec s. 61.5: in proportion, rounded down, single units in the order of a recorded
draw). Each tier is a round at a fixed price, cleared by the same `clear` as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.clearing import clear
from engine.auction.terms import MarginRule, PriceRule, Terms


@dataclass(frozen=True)
class Tier:
    """Units at one price."""

    price_ticks: int
    quantity_lots: int


@dataclass(frozen=True)
class TierSale:
    """`awards`: lots for each tier (rows) and buyer (columns); `unmet`: what each buyer asked for and did not get."""

    awards: np.ndarray
    unmet_lots: np.ndarray


def sell_tiers(
    wanted_lots: Sequence[int],
    tiers: Sequence[Tier],
    draws: Sequence[int],
    margin_rule: MarginRule = MarginRule.PRO_RATA_RANDOM_UNITS,
) -> TierSale:
    """Fill what buyers want from the tiers, in the order of their prices. `draws`: place of each buyer in the draw."""
    unmet = np.array(wanted_lots, np.int64)
    awards = np.zeros((len(tiers), unmet.size), np.int64)
    for place in sorted(range(len(tiers)), key=lambda i: (tiers[i].price_ticks, i)):
        tier = tiers[place]
        terms = Terms(PriceRule.FIXED, margin_rule=margin_rule, fixed_price_ticks=tier.price_ticks)
        prices = np.full(unmet.size, tier.price_ticks)
        awards[place] = clear(terms, prices, unmet, supply=tier.quantity_lots, tie_order=draws).awarded_lots
        unmet -= awards[place]
    return TierSale(awards, unmet)


def left_of_budget(budget_lots: int, released_lots: Sequence[int]) -> int:
    """What a tier can still release this year; once it is used up the tier is closed (Md. 26.09.04.06 B(2)(c))."""
    return max(0, budget_lots - sum(released_lots))
