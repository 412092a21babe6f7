"""How much one bidder may bid for: the rules of the world's markets, each as a function to lots.

Every function rounds down to a multiple of `step_lots`: a cap is never passed by rounding. Shares are parts per
million. Several caps bind together by their minimum (`tightest`); the clear takes the result as
`BidderLimits.cap_lots`, or as a `SharedCap` for linked bidders and for a class together.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.auction.bidder_limits import NO_LIMIT

PPM = 1_000_000
"""Parts in the whole."""

HOLDING_BASE = 25_000_000
"""The part of a cap on which the North American holding limit counts a tenth (Québec Q-2 r.46.1 s. 32), in t."""


def share_of_offer(
    share_ppm: int,
    offered_lots: int,
    *,
    consigned_lots: int = 0,
    released_lots: int = 0,
    count_consigned: bool = True,
    count_released: bool = False,
    step_lots: int = 1,
) -> int:
    """A share of the offer (Shenzhen 2022: 50 % for key emitters, 30 % for other members).

    `offered_lots` is the offer without consigned and released units; whether those count is a choice of the rules.
    """
    base = offered_lots + consigned_lots * count_consigned + released_lots * count_released
    return _whole(base * share_ppm // PPM, step_lots)


def share_of_own(share_ppm: int, own_lots: int, *, step_lots: int = 1) -> int:
    """A share of something of the bidder's own: its shortfall (Shenzhen 2014: 15 %; Hubei 2020: 100 %), its emissions
    of a past year (Tianjin 2020: 2 %)."""
    return _whole(max(0, own_lots) * share_ppm // PPM, step_lots)


def share_less_holding(share_ppm: int, offered_lots: int, held_lots: int, *, step_lots: int = 1) -> int:
    """A share of the offer less what the bidder holds already (31 CFR 356.22: 35 % less the net long position)."""
    return _whole(offered_lots * share_ppm // PPM - held_lots, step_lots)


def room_to_hold(holding_limit_lots: int, held_lots: int, *, step_lots: int = 1) -> int:
    """What may still be bought under a holding limit."""
    return _whole(holding_limit_lots - held_lots, step_lots)


def holding_limit_by_cap(cap: int, base: int = HOLDING_BASE) -> int:
    """The holding limit of a year: a tenth of `base` and 2.5 % of the rest of the year's cap, in t, rounded down."""
    return (100 * min(cap, base) + 25 * max(0, cap - base)) // 1000


def tightest(caps_lots: Iterable[int]) -> int:
    """The smallest of several caps; `NO_LIMIT` among them binds nothing."""
    return min((cap for cap in caps_lots if cap != NO_LIMIT), default=NO_LIMIT)


def most_value(collateral_minor: int, multiple: int) -> int:
    """The value of bids that a collateral allows (New Zealand: four times the collateral), in minor units."""
    return collateral_minor * multiple


def _whole(lots: int, step_lots: int) -> int:
    return max(0, lots) // step_lots * step_lots
