"""Paid allocation (有偿分配): how a year's total is divided between free allocation, auctions and reserves.

Shenzhen's plans split the total by shares (2024: 96 % to key emitters, 2 % for new entrants, 2 % for price
stabilisation), with the auctioned share rising over the years and kinds of emitters exempt from paying. Parts always
sum to the total: shares are rounded by largest remainder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.auction.caps import PPM
from engine.units import split_largest_remainder


def divide_total(total_lots: int, shares_ppm: Mapping[str, int]) -> dict[str, int]:
    """The parts of a year's total by name. Raises ValueError when the shares do not sum to the whole."""
    if sum(shares_ppm.values()) != PPM:
        raise ValueError(f"shares sum to {sum(shares_ppm.values())} of {PPM} parts; give shares of the whole")
    return dict(zip(shares_ppm, split_largest_remainder(total_lots, list(shares_ppm.values())), strict=True))


@dataclass(frozen=True)
class PaidShare:
    """The share that is sold from a year on."""

    from_year: int
    share_ppm: int


def paid_share_ppm(schedule: Sequence[PaidShare], year: int) -> int:
    """The share of a year: the latest step that has begun; nothing is sold before the first."""
    begun = [step for step in schedule if step.from_year <= year]
    return max(begun, key=lambda step: step.from_year).share_ppm if begun else 0


def free_lots(entitlement_lots: int, paid_ppm: int, exempt: bool) -> int:
    """What an emitter gets free of its entitlement, rounded down; all of it when exempt (Shenzhen 2022: utilities and
    public transport)."""
    return entitlement_lots if exempt else entitlement_lots * (PPM - paid_ppm) // PPM


def auctioned_lots(entitlements_lots: Sequence[int], exempt: Sequence[bool], paid_ppm: int) -> int:
    """What is left to auction when every emitter has its free part."""
    pairs = list(zip(entitlements_lots, exempt, strict=True))
    return sum(entitlements_lots) - sum(free_lots(lots, paid_ppm, is_exempt) for lots, is_exempt in pairs)


def spread_over_rounds(year_lots: int, weights: Sequence[int]) -> list[int]:
    """A year's auctions by the weight of each round, summing to the year."""
    return split_largest_remainder(year_lots, list(weights))
