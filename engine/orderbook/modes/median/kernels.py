"""The middle of three prices, compiled: a helper for the book's matching, and a run over many trades."""

from __future__ import annotations

from engine.jit import helper, kernel


@helper
def median_price(bid_ticks, ask_ticks, last_ticks):
    """The middle of the three; `bid_ticks` is at least `ask_ticks`, or the two would not trade."""
    return min(max(last_ticks, ask_ticks), bid_ticks)


@kernel
def price_trades(bids, asks, maker_prices, last_ticks, prices):
    """Fill `prices` with the price of each trade in order; `last_ticks` 0: none yet. Returns the last price."""
    for i in range(bids.size):
        last = last_ticks if last_ticks > 0 else maker_prices[i]
        last_ticks = median_price(bids[i], asks[i], last)
        prices[i] = last_ticks
    return last_ticks
