"""What of a set of bids counts at each price: the demand curve after limits, for explanations and what-ifs.

The very code that the clear runs, asked price by price.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.auction.bidder_limits import BidderLimits
from engine.auction.kernels import demand_at_prices
from engine.auction.layout import Bids, terms_record
from engine.auction.terms import Terms


def demand_schedule(
    terms: Terms,
    prices_ticks: Sequence[int] | np.ndarray,
    quantities_lots: Sequence[int] | np.ndarray,
    bidders: Sequence[int] | np.ndarray,
    limits: BidderLimits,
    at_prices_ticks: Sequence[int] | np.ndarray,
) -> np.ndarray:
    """Lots that count of the bids at each of `at_prices_ticks` (int64).

    Guarantees that restore are tested at these very prices, whether somebody bid them or not.
    """
    places, columns = limits.columns(np.asarray(bidders, np.int64))
    empty = np.empty(0, np.int64)
    prices = np.ascontiguousarray(prices_ticks, np.int64)
    lots = np.ascontiguousarray(quantities_lots, np.int64)
    bids = Bids(prices, lots, empty, empty, empty, empty, places)
    at_prices = np.array(at_prices_ticks, np.int64)
    counted = np.zeros(at_prices.size, np.int64)
    demand_at_prices(terms_record(terms), bids, columns, at_prices, counted)
    return counted
