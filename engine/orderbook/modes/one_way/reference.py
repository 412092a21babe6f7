"""One-way bidding one lot at a time, in plain Python integers. For tests with small quantities."""

from __future__ import annotations


def slow_one_way(
    selling: bool, quantity: int, limit: int, bids: list[tuple[int, int]], uniform: bool, whole: bool
) -> tuple[list[int], list[int], int | None]:
    """(fills, prices paid, price of the last bid served) of (price, quantity) bids in order of arrival."""
    left = [lots for _, lots in bids]
    last = None
    for _ in range(quantity):
        able = [
            at for at, (price, _) in enumerate(bids) if left[at] and (price >= limit if selling else price <= limit)
        ]
        if not able:
            break
        best = max(able, key=lambda at: (bids[at][0] if selling else -bids[at][0], -at))
        left[best] -= 1
        last = bids[best][0]
    fills = [lots - rest for (_, lots), rest in zip(bids, left, strict=True)]
    if whole and sum(fills) < quantity:
        fills, last = [0] * len(bids), None
    paid = [(last if uniform else price) if fill else 0 for fill, (price, _) in zip(fills, bids, strict=True)]
    return fills, [price or 0 for price in paid], last
