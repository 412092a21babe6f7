"""Clearing of a one-way bidding, whole columns at a time: there is nothing in it to compile.

Cost: sorting the bids.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from engine.commands import Side
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX

Integers = npt.NDArray[np.int64]


class OneWayPricing(IntEnum):
    """What a bid that is served pays. Numbers are frozen once released."""

    PAY_AS_BID = 1
    UNIFORM = 2


@dataclass(frozen=True)
class OneWayResult:
    """What each bid gets, in lots, and at what price (0 where it gets nothing), in the order of the bids.

    `last_price_ticks` is the price of the last bid served, None when nothing trades.
    """

    fills_lots: Integers
    prices_ticks: Integers
    traded_lots: int
    untraded_lots: int
    last_price_ticks: int | None


def clear_one_way(
    initiator_side: Side,
    quantity_lots: int,
    limit_ticks: int,
    prices_ticks: npt.ArrayLike,
    quantities_lots: npt.ArrayLike,
    *,
    pricing: OneWayPricing,
    whole: bool = False,
) -> OneWayResult:
    """Close a bidding: serve the bids, rows in order of arrival, best price first.

    >>> clear_one_way(Side.SELL, 100, 25, [30, 26, 24], [60, 60, 60], pricing=OneWayPricing.UNIFORM).fills_lots.tolist()
    [60, 40, 0]

    Raises ValueError, naming what is wrong, for a quantity or price out of bounds and columns of different length.
    """
    prices, quantities = (np.asarray(column, np.int64) for column in (prices_ticks, quantities_lots))
    _refuse(quantity_lots, limit_ticks, prices, quantities)
    selling = initiator_side == Side.SELL
    key = -prices if selling else prices
    reach = -limit_ticks if selling else limit_ticks
    order = np.argsort(key, kind="stable")
    order = order[key[order] <= reach]
    before = np.cumsum(quantities[order]) - quantities[order]
    served = np.clip(quantity_lots - before, 0, quantities[order])
    if whole and int(served.sum()) < quantity_lots:
        served[:] = 0
    fills = np.zeros(prices.size, np.int64)
    fills[order] = served
    traded = int(served.sum())
    last = int(prices[order[np.flatnonzero(served)[-1]]]) if traded else None
    paid = prices if pricing is OneWayPricing.PAY_AS_BID else np.full(prices.size, last or 0)
    return OneWayResult(fills, np.where(fills > 0, paid, 0), traded, quantity_lots - traded, last)


def _refuse(quantity_lots: int, limit_ticks: int, prices: Integers, quantities: Integers) -> None:
    if prices.ndim != 1 or prices.shape != quantities.shape:
        raise ValueError(f"columns differ in length: {prices.shape}, {quantities.shape}")
    wrong_prices = [
        f"bid {row}: price {prices[row]}" for row in np.flatnonzero((prices < 1) | (prices > PRICE_TICKS_MAX))
    ]
    outside = (quantities < 1) | (quantities > QUANTITY_LOTS_MAX)
    wrong_quantities = [f"bid {row}: quantity {quantities[row]}" for row in np.flatnonzero(outside)]
    if not 1 <= limit_ticks <= PRICE_TICKS_MAX:
        wrong_prices.append(f"limit {limit_ticks}")
    if not 1 <= quantity_lots <= QUANTITY_LOTS_MAX:
        wrong_quantities.append(f"quantity {quantity_lots} of the initiator")
    if wrong_prices or wrong_quantities:
        allowed = f"prices from 1 to {PRICE_TICKS_MAX} ticks, quantities from 1 to {QUANTITY_LOTS_MAX} lots are allowed"
        raise ValueError(f"{'; '.join(wrong_prices + wrong_quantities)}; {allowed}")
