"""The sellers' side by itself: who sold how much of a total that is already known.

For results that publish only what was sold, and for whatever settles a sale without bids. It is the very code that the
clear runs.
"""

from __future__ import annotations

import numpy as np

from engine.auction.layout import Lines
from engine.auction.sale.kernels import sell
from engine.auction.supply import Supply
from engine.auction.terms import ShortSaleRule
from engine.limits import PRICE_TICKS_MAX


def divide_sale(
    supply: Supply,
    sold_lots: int,
    *,
    price_ticks: int = PRICE_TICKS_MAX,
    short_sale_rule: ShortSaleRule = ShortSaleRule.LARGEST_REMAINDER,
) -> np.ndarray:
    """Lots that each line sells of `sold_lots` (int64), at a price that meets every minimum unless one is given.

    Raises ValueError when the lines whose minimum is met offer less than was sold.
    """
    lines = columns_of(supply)
    offered = int(lines.offers[lines.minimums <= price_ticks].sum())
    if not 0 <= sold_lots <= offered:
        raise ValueError(f"{sold_lots} lots sold of {offered} on offer at this price")
    sold = np.zeros(lines.offers.size, np.int64)
    sell(sold_lots, price_ticks, 0, lines, np.ones(lines.offers.size, np.bool_), int(short_sale_rule), sold)
    return sold


def columns_of(supply: Supply) -> Lines:
    """The lines as kernels take them."""
    return Lines(
        supply.quantity_lots,
        supply.minimum_price_ticks,
        supply.trigger_price_ticks,
        supply.withheld,
        supply.groups,
        supply.ranks,
        supply.sellers,
        supply.draws,
    )
