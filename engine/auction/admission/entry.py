"""Entry of a file of bids: every bid judged in the order of its arrival, as the service judges it row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.auction.admission.kernels import admit_all
from engine.auction.bidder_limits import NO_LIMIT
from engine.auction.terms import BelowReserve, ReserveComparator
from engine.parameters import Parameter


@dataclass(frozen=True)
class EntryRules:
    """What a bid must satisfy to enter. 0 for a step, a count or the reserve: no such rule."""

    price_step_ticks: int = 0
    quantity_step_lots: int = 0
    minimum_lots: int = 0
    count_max: int = 0
    reserve_price_ticks: int = 0
    reserve_comparator: ReserveComparator = ReserveComparator.AT_OR_ABOVE
    below_reserve: BelowReserve = BelowReserve.REFUSED_AT_ENTRY
    cap_parameter: Parameter = Parameter.BID_CAP_QUANTITY


@dataclass(frozen=True)
class Entry:
    """One entry a bid, uint16: `engine.outcomes.Outcome`, and the `engine.parameters.Parameter` behind a refusal."""

    outcomes: np.ndarray
    parameters: np.ndarray


def admit_bids(
    rules: EntryRules,
    prices_ticks: np.ndarray,
    quantities_lots: np.ndarray,
    bidders: np.ndarray,
    caps_lots: np.ndarray | None = None,
) -> Entry:
    """Judge bids in the order of the arrays. `caps_lots` is the cap of each bid's bidder (-1: none).

    A refused bid counts neither towards a bidder's number of bids nor towards its total. n log n in the bids.
    """
    count = len(prices_ticks)
    _, places = np.unique(bidders, return_inverse=True)
    outcomes, parameters = np.zeros(count, np.int64), np.zeros(count, np.int64)
    admit_all(
        np.array(
            [
                rules.price_step_ticks,
                rules.quantity_step_lots,
                rules.minimum_lots,
                rules.count_max,
                rules.reserve_price_ticks,
                rules.reserve_comparator,
                rules.below_reserve,
                rules.cap_parameter,
            ],
            np.int64,
        ),
        np.array(prices_ticks, np.int64),
        np.array(quantities_lots, np.int64),
        places.astype(np.int64).reshape(-1),
        np.full(count, NO_LIMIT, np.int64) if caps_lots is None else np.array(caps_lots, np.int64),
        outcomes,
        parameters,
    )
    return Entry(outcomes.astype(np.uint16), parameters.astype(np.uint16))
