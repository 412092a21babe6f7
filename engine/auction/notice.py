"""Figures of a results notice, with the rounding that notices use, and the check that a published one is consistent.

Markets publish price, volume, cover, counts and averages, but rarely bids. What must hold between such figures is the
same in every market; `contradictions` says which of them a notice breaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from engine.units import divide_half_up


@dataclass(frozen=True)
class PublishedResult:
    """A results notice; quantities in units, prices as fractions of the currency, None where it says nothing."""

    offered: int | None = None
    sold: int | None = None
    price: Fraction | None = None
    reserve_price: Fraction | None = None
    total_bid: int | None = None
    bids: int | None = None
    bidders: int | None = None
    winners: int | None = None
    lowest_bid: Fraction | None = None
    highest_bid: Fraction | None = None
    revenue: Fraction | None = None
    released: int | None = None
    release_trigger: Fraction | None = None


def cover_ratio(total_bid: int, offered: int, places: int = 2) -> Fraction:
    """Quantity bid over quantity offered, to `places` decimals, a half going up."""
    return Fraction(divide_half_up(total_bid * 10**places, offered), 10**places)


def average_per_bid(total_bid: int, bids: int) -> int:
    """Units a bid on average, cut to a whole number, as New Zealand publishes it."""
    return total_bid // bids


def contradictions(result: PublishedResult) -> list[str]:
    """What cannot be true together in a notice, one line each; empty when it is consistent."""
    r = result
    orders = (
        ("sold", r.sold, "offered", r.offered),
        ("sold", r.sold, "total bid", r.total_bid),
        ("winners", r.winners, "bidders", r.bidders),
        ("bidders", r.bidders, "bids", r.bids),
        ("reserve price", r.reserve_price, "price", r.price),
        ("price", r.price, "highest bid", r.highest_bid),
        ("trigger of a release", r.release_trigger if r.released else None, "price", r.price),
    )
    found = [
        f"{less} {low} is above {more} {high}"
        for less, low, more, high in orders
        if low is not None and high is not None and low > high
    ]
    if r.sold == 0 and r.price is not None:
        found.append(f"price {r.price} though nothing is sold")
    if r.revenue is not None and r.price is not None and r.sold is not None and r.revenue != r.price * r.sold:
        found.append(f"revenue {r.revenue} is not price x sold = {r.price * r.sold}")
    return found
