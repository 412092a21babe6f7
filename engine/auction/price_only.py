"""The uniform price by itself, for who needs no awards: what-ifs over many books, and indications."""

from __future__ import annotations

import numpy as np

from engine.auction.search.kernels import price_reaching_among


def clearing_price(
    prices_ticks: np.ndarray, quantities_lots: np.ndarray, supply_lots: int, lowest_ticks: int = 1
) -> int:
    """The highest price at which bids (int64 columns, prices 1 to 2**30) fill `supply_lots`; 0 when they never do.

    Bids below `lowest_ticks` take no part. One pass over the columns for many bids, whatever the range of prices; the
    columns are not checked: `clear` does that.
    """
    if supply_lots < 1:
        raise ValueError(f"supply_lots is {supply_lots}; give at least 1")
    return int(price_reaching_among(prices_ticks, quantities_lots, max(1, lowest_ticks), supply_lots))
