"""One actual book of bids under other designs: what changes for the round and for each bidder. Never official."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.auction import Clearing
from services.reports.scale import Scale, money


@dataclass(frozen=True)
class Change:
    """One bidder whose award or payment changes: units and money before and after."""

    bidder: str
    quantity_before: int
    quantity_after: int
    payment_before: str
    payment_after: str


@dataclass(frozen=True)
class Changed:
    """A design beside the round as it is."""

    design: str
    status: str
    clearing_price: str | None
    offered: int
    sold: int
    proceeds: str
    changes: tuple[Change, ...]

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "changes": [vars(change) for change in self.changes]}


def changed(
    design: str, before: Clearing, after: Clearing, bidders: np.ndarray, names: tuple[str, ...], scale: Scale
) -> Changed:
    """What a design changes. `bidders`: the bidder of each bid, a place in `names`."""
    lots = [_by_bidder(len(names), bidders, one.awarded_lots) for one in (before, after)]
    paid = [_by_bidder(len(names), bidders, one.payments_minor) for one in (before, after)]
    rows = tuple(
        Change(
            name,
            scale.quantity(int(lots[0][place])),
            scale.quantity(int(lots[1][place])),
            money(int(paid[0][place])),
            money(int(paid[1][place])),
        )
        for place, name in enumerate(names)
        if lots[0][place] != lots[1][place] or paid[0][place] != paid[1][place]
    )
    return Changed(
        design=design,
        status=after.status.name.lower(),
        clearing_price=None if after.price_ticks is None else scale.price(after.price_ticks),
        offered=scale.quantity(after.offered_lots),
        sold=scale.quantity(after.sold_lots),
        proceeds=money(after.proceeds_minor),
        changes=rows,
    )


def _by_bidder(count: int, bidders: np.ndarray, values: np.ndarray) -> np.ndarray:
    sums = np.zeros(count, np.int64)
    np.add.at(sums, bidders, values)
    return sums
