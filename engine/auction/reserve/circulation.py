"""The calendar by circulation: how much a stability reserve takes from, or adds to, a year's auctions.

Bands of the total number of allowances in circulation (EU Decision 2015/1814): above an upper bound a share is taken
in, or the surplus over a lower edge; below a lower bound a fixed quantity is let out, as far as the reserve has it.
Bounds are strict on both sides: circulation at a bound moves nothing. Published figures are rounded to the nearest
unit, a half going up.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.auction.caps import PPM
from engine.units import divide_half_up


@dataclass(frozen=True)
class Bands:
    """Units. `share_ppm` of the circulation is taken in above `upper`; between `surplus_from` and `upper` what exceeds
    `surplus_from` (None: there is no such band); `release` is let out below `lower`."""

    upper: int
    share_ppm: int
    surplus_from: int | None = None
    lower: int = 0
    release: int = 0


def intake(circulation: int, bands: Bands, *, months: int = 12) -> int:
    """Units taken out of the auctions of `months` months (EU 2018: eight of twelve)."""
    if circulation > bands.upper:
        return divide_half_up(circulation * bands.share_ppm * months, 12 * PPM)
    if bands.surplus_from is not None and circulation > bands.surplus_from:
        return divide_half_up((circulation - bands.surplus_from) * months, 12)
    return 0


def release(circulation: int, bands: Bands, reserve: int) -> int:
    """Units let out: the fixed quantity, or what the reserve still has."""
    return min(bands.release, reserve) if circulation < bands.lower else 0


def invalidated(reserve: int, sold_last_year: int) -> int:
    """Units of the reserve above last year's auction volume, which lose their validity."""
    return max(0, reserve - sold_last_year)
