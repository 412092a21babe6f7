"""Prices of trades at the middle of bid, ask and last."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from engine.limits import PRICE_TICKS_MAX
from engine.orderbook.modes.median import kernels

Integers = npt.NDArray[np.int64]


def median_prices(
    bids_ticks: npt.ArrayLike, asks_ticks: npt.ArrayLike, buyer_came: npt.ArrayLike, *, last_ticks: int | None = None
) -> Integers:
    """The price of each trade of a day in order, in ticks.

    `bids_ticks` and `asks_ticks`: the limits of buyer and seller of each trade; `buyer_came`: whether the buyer's order
    was the incoming one. `last_ticks`: the previous close, None when there is none.

    >>> median_prices([2500], [2450], [True], last_ticks=2480).tolist()
    [2480]

    Raises ValueError when columns differ in length, a limit is out of bounds, or a bid lies below its ask.
    """
    bids, asks = (np.asarray(column, np.int64) for column in (bids_ticks, asks_ticks))
    came = np.asarray(buyer_came, np.bool_)
    if not bids.shape == asks.shape == came.shape or bids.ndim != 1:
        raise ValueError(f"columns differ in length: {bids.shape}, {asks.shape}, {came.shape}")
    for name, column in (("bid", bids), ("ask", asks)):
        wrong = np.flatnonzero((column < 1) | (column > PRICE_TICKS_MAX))
        if wrong.size:
            raise ValueError(f"trade {wrong[0]}: {name} {column[wrong[0]]}; 1 to {PRICE_TICKS_MAX} ticks are allowed")
    apart = np.flatnonzero(bids < asks)
    if apart.size:
        at = apart[0]
        raise ValueError(f"trade {at}: bid {bids[at]} lies below ask {asks[at]}; such orders do not trade")
    if last_ticks is not None and not 1 <= last_ticks <= PRICE_TICKS_MAX:
        raise ValueError(f"last price {last_ticks}; 1 to {PRICE_TICKS_MAX} ticks are allowed")
    prices = np.zeros(bids.size, np.int64)
    kernels.price_trades(bids, asks, np.where(came, asks, bids), np.int64(last_ticks or 0), prices)
    return prices
