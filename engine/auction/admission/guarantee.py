"""The cash that a bidder's bids have to stand for, as a function of plain integers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.auction.admission.kernels import guarantee_of
from engine.auction.terms import GuaranteeRule


def guarantee_minor(
    rule: GuaranteeRule, prices_ticks: Sequence[int], quantities_lots: Sequence[int], tick_value_minor: int
) -> int:
    """Guarantee of one bidder's bids in minor units: the sum of their values, or the most they can come to at one price
    (Québec Q-2 r.46.1 s. 50)."""
    prices, lots = np.array(prices_ticks, np.int64), np.array(quantities_lots, np.int64)
    return int(guarantee_of(int(rule), prices, lots, tick_value_minor))
