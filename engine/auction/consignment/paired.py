"""Offers matched with bids one by one: the sulphur-dioxide design of 42 USC 7651o, kept for comparison.

Withheld units go first, from the highest bid down, each paying its own price. Then private offers, from the lowest
minimum up, take the next highest bids that are left as long as the bid meets the minimum; the buyer's money goes to
that seller. The lowest asker thus gets the best price, which taught sellers to ask too little: Jingjia's own consigned
rounds give all consignors one price instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WITHHELD = -1
"""Stands for the withheld units where a trade names its offer."""


@dataclass(frozen=True)
class PairedTrade:
    """`offer` and `bid` are places in the inputs; `offer` is `WITHHELD` for withheld units."""

    offer: int
    bid: int
    lots: int
    price_ticks: int


@dataclass(frozen=True)
class PairedSale:
    trades: tuple[PairedTrade, ...]
    offers_unsold_lots: tuple[int, ...]
    withheld_unsold_lots: int


def pair(bids: Sequence[tuple[int, int]], withheld_lots: int, offers: Sequence[tuple[int, int]]) -> PairedSale:
    """Match `bids` (price, lots) with withheld units and with `offers` (minimum price, lots).

    Equal bids and equal minimums stand in the order given. Linear but for the two sorts.
    """
    queue = sorted(range(len(bids)), key=lambda i: (-bids[i][0], i))
    left = [lots for _, lots in bids]
    sellers = [(WITHHELD, 0, withheld_lots)]
    sellers += sorted(((k, minimum, lots) for k, (minimum, lots) in enumerate(offers)), key=lambda o: (o[1], o[0]))
    trades: list[PairedTrade] = []
    unsold = dict.fromkeys(range(WITHHELD, len(offers)), 0)
    at = 0
    for offer, minimum, lots in sellers:
        while lots and at < len(queue) and bids[queue[at]][0] >= minimum:
            bid = queue[at]
            traded = min(lots, left[bid])
            if traded:
                trades.append(PairedTrade(offer, bid, traded, bids[bid][0]))
            lots -= traded
            left[bid] -= traded
            at += left[bid] == 0
        unsold[offer] = lots
    return PairedSale(tuple(trades), tuple(unsold[k] for k in range(len(offers))), unsold[WITHHELD])
