"""Sealed-bid auctions: what may be bid, the clear, and what is done with the result.

`from engine.auction import clear` is the way in; its docstring is enough to begin with, `docs/auctions.md` explains it.
"""

from engine.auction.bidder_limits import NO_LIMIT, BidderLimits, SharedCap
from engine.auction.checks import RoundInputError
from engine.auction.clearing import Clearing, Workspace, clear
from engine.auction.price_only import clearing_price
from engine.auction.schedule import demand_schedule
from engine.auction.supply import Supply
from engine.auction.terms import BidStatus, MarginRule, PriceRule, RoundStatus, Terms, UndersubscriptionRule

__all__ = [
    "NO_LIMIT",
    "BidStatus",
    "BidderLimits",
    "Clearing",
    "MarginRule",
    "PriceRule",
    "RoundInputError",
    "RoundStatus",
    "SharedCap",
    "Supply",
    "Terms",
    "UndersubscriptionRule",
    "Workspace",
    "clear",
    "clearing_price",
    "demand_schedule",
]
