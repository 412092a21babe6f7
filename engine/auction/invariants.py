"""What must hold of any result of a clear, each rule with its own conservation law.

Called by tests after every clear, and by whoever wants a result checked without trusting how it was computed. The
first broken invariant raises `InvariantBrokenError` with the whole result in it.
"""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from engine.auction.clearing import Clearing
from engine.auction.terms import BidStatus, GuaranteeExcess, MarginRule, PriceRule, RoundStatus, Terms

_SOLD = (RoundStatus.CLEARED, RoundStatus.PARTIALLY_CLEARED)


class InvariantBrokenError(AssertionError):
    """A result contradicts itself or its bids."""


def check(
    terms: Terms,
    result: Clearing,
    bids: tuple[np.ndarray, np.ndarray],
    lines: tuple[np.ndarray, np.ndarray],
) -> None:
    """Check `result` against its bids (prices, lots) and supply lines (lots, minimums), all int64."""
    prices, lots = bids
    offers, minimums = lines

    def broken(what: str) -> NoReturn:
        raise InvariantBrokenError(f"{what}\n{terms}\n{result}\nbids={bids}\nlines={lines}")

    # A price exists exactly when something was sold.
    if (result.price_ticks is None) != (result.sold_lots == 0) or (result.sold_lots > 0) != (result.status in _SOLD):
        broken("price, quantity sold and status disagree")
    # Lots: nobody gets more than it bid, invalid bids get nothing, both sides sum to what was sold.
    if (result.awarded_lots < 0).any() or (result.awarded_lots > lots).any():
        broken("an award is negative or above its bid")
    if result.awarded_lots[~result.valid].any():
        broken("an invalid bid was served")
    if int(result.awarded_lots.sum()) != result.sold_lots or int(result.supply_sold_lots.sum()) != result.sold_lots:
        broken("the two sides do not sum to what was sold")
    overshoots = terms.margin_rule == MarginRule.PERCENTAGE_ROUNDED_UP
    if not overshoots and (result.supply_sold_lots > offers).any():
        broken("a line sold more than it offered")
    statuses = result.bid_statuses(lots)
    for status, holds in (
        (BidStatus.AWARDED, (result.awarded_lots == lots) & (lots > 0)),
        (BidStatus.PARTLY_AWARDED, (result.awarded_lots > 0) & (result.awarded_lots < lots)),
        (BidStatus.NOT_AWARDED, result.valid & (result.awarded_lots == 0)),
        (BidStatus.INVALID, ~result.valid),
    ):
        if ((statuses == status) != holds).any():
            broken(f"{status.name} does not stand for the bids it means")
    # Money: what bidders pay is what sellers get, to the last minor unit.
    if int(result.payments_minor.sum()) != result.proceeds_minor:
        broken("payments do not sum to the proceeds")
    if int(result.supply_proceeds_minor.sum()) != result.proceeds_minor:
        broken("sellers do not get what bidders pay")
    if result.price_ticks is not None:
        _check_price(terms, result, prices, lots, minimums, broken)


def _check_price(terms, result, prices, lots, minimums, broken) -> None:  # type: ignore[no-untyped-def]
    price = result.price_ticks
    won = result.awarded_lots > 0
    # Nobody pays more than it bid; a uniform or fixed price is one price.
    if (result.pays_ticks > prices).any() or (result.pays_ticks[~won] != 0).any():
        broken("somebody pays more than its bid, or without an award")
    if terms.price_rule == PriceRule.PAY_AS_BID:
        if (result.pays_ticks[won] != prices[won]).any():
            broken("a winner does not pay its own bid")
    elif (result.pays_ticks[won] != price).any():
        broken("winners pay different prices")
    # What qualifies above the price is served in full; nothing below it is served; nothing below the reserve is sold.
    restores = result.cuts is not None and terms.guarantee_excess != GuaranteeExcess.TRIMMED
    if terms.price_rule in (PriceRule.UNIFORM, PriceRule.PAY_AS_BID) and not restores:
        above = result.valid & (prices > price)
        qualified = lots - _cut(result)
        if (result.awarded_lots[above] != qualified[above]).any():
            broken("a bid above the price is not served in full")
    if (result.awarded_lots > lots - _cut(result)).any():
        broken("lots that a limit cut were served")
    if won[prices < price].any() or price < terms.reserve_price_ticks:
        broken("something was sold below the price or below the reserve")
    # What was not released is not sold. No seller sells below its own minimum.
    bound = minimums > terms.reserve_price_ticks
    if result.supply_sold_lots[~result.supply_released].any():
        broken("a line that was not released sold")
    if result.supply_sold_lots[bound & (minimums > price)].any():
        broken("a seller sold below its minimum")


def _cut(result: Clearing) -> np.ndarray:
    """Lots of each bid that limits cut."""
    if result.cuts is None:
        return np.zeros_like(result.awarded_lots)
    cut: np.ndarray = result.cuts.by_cap_lots + result.cuts.by_shared_cap_lots + result.cuts.by_guarantee_lots
    return cut
