"""The form of a trace: steps in the order in which a bid goes through them, each with what went in and what came out.

All values are integers: ticks, lots, minor units, members of `engine.auction.terms`, and 0 or 1. A step whose `result`
holds `passes` 0 ends the way of the bid: its award is 0. `lots` in a result are what the next step starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class StepName(StrEnum):
    """The steps, in order. Names are frozen once released: traces are kept."""

    ELIGIBILITY = "eligibility"
    """May the bidder's class bid?"""
    SHORTFALL = "shortfall"
    """Does the bidder have the shortfall that the round is for?"""
    PRICE_STEP = "price_step"
    """Is the price a whole number of steps?"""
    RESERVE_AT_ENTRY = "reserve_at_entry"
    """Is the price one that may enter?"""
    QUANTITY_STEP = "quantity_step"
    """Is the quantity a whole number of steps?"""
    MINIMUM_QUANTITY = "minimum_quantity"
    """Is the quantity large enough?"""
    BID_COUNT = "bid_count"
    """May the bidder have one more bid?"""
    CAP_AT_ENTRY = "cap_at_entry"
    """Does the bidder stay within its cap?"""
    SUBMISSIONS = "submissions"
    """May the bidder send in bids once more?"""
    CONSIGNOR = "consignor"
    """May somebody bid who consigns as well?"""
    AMOUNT = "amount"
    """Are the bidder's bids worth no more than amounts may be? Asked only where they are worth more."""
    GUARANTEE_AT_ENTRY = "guarantee_at_entry"
    """The cash that the bidder's bids hold."""
    GUARANTEE_PUT_UP = "guarantee_put_up"
    """The cash that was put up for them beforehand, which is tested at the clear."""
    CLEARED_AGAIN = "cleared_again"
    """Was the round cleared again without winners that did not pay?"""
    VALIDITY = "validity"
    """Does the price count at clearing?"""
    OWN_CAP = "own_cap"
    """What the bidder's cap leaves of the bid."""
    SHARED_CAP = "shared_cap"
    """What a cap of several bidders together leaves of it."""
    GUARANTEE = "guarantee"
    """What the guarantee leaves of it."""
    PRICE = "price"
    """The marginal price, and what is left for the bids at it."""
    RESTORED_GUARANTEE = "restored_guarantee"
    """What the guarantee covers at the price and just above it."""
    RANK = "rank"
    """Is the bid above the price, at it or below?"""
    MARGIN = "margin"
    """The bid's share of what is left for those at the price."""
    AWARD = "award"
    """What the bid gets."""
    PAYMENT = "payment"
    """What it pays."""
    PAID = "paid"
    """Does the bidder pay? Asked in rounds in which somebody did not; who does not pay gets nothing."""


@dataclass(frozen=True)
class Step:
    """One step of one bid."""

    name: StepName
    facts: dict[str, int]
    result: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """For machines, and for the checker."""
        return {"step": self.name.value, "facts": dict(self.facts), "result": dict(self.result)}
