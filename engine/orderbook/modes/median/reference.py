"""The middle of three prices by sorting them, in plain Python integers. For tests."""

from __future__ import annotations

from collections.abc import Iterable


def slow_median_prices(trades: Iterable[tuple[int, int, bool]], last: int | None) -> list[int]:
    """Prices of (bid, ask, whether the buyer came) in order."""
    prices = []
    for bid, ask, buyer_came in trades:
        if last is None:
            last = ask if buyer_came else bid
        last = sorted([bid, ask, last])[1]
        prices.append(last)
    return prices
