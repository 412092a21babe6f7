"""The clear again, in plain Python integers: slow, obvious, and sharing no code with the kernels.

The price is found by trying every candidate price; shares are exact fractions. A round comes in as plain lists and goes
out as a plain dictionary, so that a test compares meanings and not layouts. The files `reference_buyers`,
`reference_sellers` and `reference_shares` belong to it. None imports what it is there to check; enum members come from
`terms`, where both sides read them.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from math import floor as whole
from typing import Any

from engine.auction.reference_buyers import Bid, Bidder, Book
from engine.auction.reference_sellers import Line, sell, share_by_tranche, share_pool
from engine.auction.reference_shares import Share, ration
from engine.auction.terms import (
    HiddenReserveRule,
    MarginUnit,
    PaymentRounding,
    PriceRule,
    ProceedsRule,
    ReleaseRule,
    RoundStatus,
    SupplyStepRule,
    Terms,
    UndersubscriptionRule,
)

__all__ = ["Bid", "Bidder", "Line", "clear"]


def clear(
    terms: Terms,
    bids: list[Bid],
    lines: list[Line],
    bidders: list[Bidder] | None = None,
    shared: list[tuple[list[int], int]] | None = None,
) -> dict[str, Any]:
    """The whole round; keys are those of `engine.auction.Clearing`, columns are lists, cuts are flattened."""
    lowest, floor = terms.lowest_valid_price_ticks, terms.reserve_price_ticks
    if terms.ceiling_price_ticks:
        bids = [bid._replace(price=bid.price if bid.price <= terms.ceiling_price_ticks else 0) for bid in bids]
    if terms.price_rule == PriceRule.FIXED:
        lowest = max(lowest, terms.fixed_price_ticks)
        bids = [bid._replace(price=terms.fixed_price_ticks if bid.price >= lowest else 0) for bid in bids]
        lowest = floor = terms.fixed_price_ticks
    book = Book(terms, bids, lowest, bidders or [], shared or [])
    on_offer = _released(terms, book, lines, floor)
    offered = sum(line.lots for line, offer in zip(lines, on_offer, strict=True) if offer)
    valid = [bid.lots > 0 and bid.price >= lowest for bid in bids]
    awards, sold, price = [0] * len(bids), [0] * len(lines), 0
    status: RoundStatus | None = None
    if not sum(bid.lots for bid in bids) or not offered:
        status = RoundStatus.NO_VALID_BIDS
    elif not book.demand(lowest):
        status = RoundStatus.NO_VALID_BIDS if any(valid) else RoundStatus.RESERVE_NOT_MET
    else:
        status, price = _find_price(terms, book, lines, on_offer, floor)
    if status is None:
        awards = _award(terms, book, lines, on_offer, price, floor)
        sold = sell(terms, sum(awards), price, floor, lines, on_offer)
        price = _paid_price(terms, book, lines, sold, price, floor)
    not_withheld = sum(line.lots for line, offer in zip(lines, on_offer, strict=True) if offer and not line.withheld)
    market = not_withheld + sum(lots for line, lots in zip(lines, sold, strict=True) if line.withheld)
    if status is None and not any(awards):
        status, price = RoundStatus.RESERVE_NOT_MET, 0
    elif status is None:
        status = RoundStatus.CLEARED if sum(awards) >= market else RoundStatus.PARTIALLY_CLEARED
    result: dict[str, Any] = {
        "status": status,
        "price_ticks": price or None,
        "offered_lots": market,
        "sold_lots": sum(awards),
        "valid_demand_lots": book.demand(lowest),
        "submitted_demand_lots": sum(bid.lots for bid in bids),
        "awarded_lots": awards,
        "valid": valid,
        "supply_sold_lots": sold,
        "supply_released": on_offer,
    }
    if book.limited:
        book.cut_by_restoring(max(price, lowest))
        result["cuts"] = book.cuts
    return result | _money(terms, bids, lines, awards, sold, price)


def _released(terms: Terms, book: Book, lines: list[Line], floor: int) -> list[bool]:
    """Which lines are on offer."""
    on_offer = [line.trigger == 0 for line in lines]
    for trigger in sorted({line.trigger for line in lines} - {0}):
        above = book.demand(trigger + 1)
        offered = _supply(lines, on_offer, trigger, floor)
        equal_counts = terms.release_rule == ReleaseRule.INTERIM_PRICE_ABOVE_TRIGGER and above > 0
        if above > offered or (equal_counts and above == offered):
            on_offer = [offer or line.trigger == trigger for line, offer in zip(lines, on_offer, strict=True)]
    return on_offer


def _supply(lines: list[Line], on_offer: list[bool], price: int, floor: int) -> int:
    return sum(
        line.lots for line, offer in zip(lines, on_offer, strict=True) if offer and line.minimum <= max(price, floor)
    )


def _lowest_accepted(book: Book, price: int) -> int:
    """The lowest candidate from `price` up with demand that no higher candidate has; 0 when there is none."""
    asked = book.demand(price)
    reaching = [candidate for candidate in book.candidates() if candidate >= price and book.demand(candidate) == asked]
    return max(reaching) if asked else 0


def _find_price(
    terms: Terms, book: Book, lines: list[Line], on_offer: list[bool], floor: int
) -> tuple[RoundStatus | None, int]:
    """(status, price): the status that ends the round without a sale, or the marginal price."""

    def supply_below(price: int) -> int:
        return sum(
            line.lots
            for line, offer in zip(lines, on_offer, strict=True)
            if offer and (line.minimum < price or line.minimum <= floor)
        )

    if terms.price_rule == PriceRule.FIXED:
        return None, terms.fixed_price_ticks
    steps = {
        line.minimum
        for line, offer in zip(lines, on_offer, strict=True)
        if offer and line.lots and line.minimum > floor
    }
    bid_prices = [price for price in book.candidates() if book.demand(price)]
    crossing = [price for price in sorted({*bid_prices, *steps}) if book.demand(price) >= supply_below(price)]
    rule = terms.undersubscription_rule
    if crossing:
        price = max(crossing)
        if terms.supply_step_rule == SupplyStepRule.LOWEST_ACCEPTED_BID:
            price = max(price, _lowest_accepted(book, price))
    else:
        price = _lowest_accepted(book, book.lowest)
        if rule == UndersubscriptionRule.CANCEL:
            return RoundStatus.CANCELLED, 0
        if rule == UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE and price < terms.hidden_reserve_ticks:
            return RoundStatus.DECLINED, 0
        if rule == UndersubscriptionRule.AT_RESERVE and terms.reserve_price_ticks:
            price = terms.reserve_price_ticks
    if price >= terms.hidden_reserve_ticks:
        return None, price
    if terms.hidden_reserve_rule == HiddenReserveRule.DECLINE:
        return RoundStatus.DECLINED, 0
    if terms.hidden_reserve_rule == HiddenReserveRule.CANCEL:
        return RoundStatus.CANCELLED, 0
    price = _lowest_accepted(book, terms.hidden_reserve_ticks)
    return (None, price) if price else (RoundStatus.RESERVE_NOT_MET, 0)


def _award(terms: Terms, book: Book, lines: list[Line], on_offer: list[bool], price: int, floor: int) -> list[int]:
    """Awards at the marginal price: in full what is asked above it, the margin by its rule."""
    full, at_price = book.counting(price + 1), book.counting(price)
    left = _supply(lines, on_offer, price, floor) - sum(full)
    margin = {i: at_price[i] - full[i] for i in range(len(full)) if at_price[i] > full[i]}
    parties: dict[Any, list[int]] = {}
    by_bidder = terms.margin_unit == MarginUnit.BIDDER
    for i in sorted(margin, key=lambda i: (book.bids[i].time, book.bids[i].number)):
        parties.setdefault(("bidder", book.bids[i].bidder) if by_bidder else i, []).append(i)
    shares = [_share_of([book.bids[i] for i in places], sum(margin[i] for i in places)) for places in parties.values()]
    awards = full[:]
    for places, award in zip(parties.values(), ration(terms, left, shares), strict=True):
        for i in places:
            here = min(margin[i], award)
            awards[i] += here
            award -= here
    return awards


def _share_of(bids: list[Bid], lots: int) -> Share:
    first = bids[0].number
    return Share(lots, (bids[0].time, first), (min(bid.draw for bid in bids), first), sum(bid.minimum for bid in bids))


def _paid_price(terms: Terms, book: Book, lines: list[Line], sold: list[int], price: int, floor: int) -> int:
    """What a lot costs under the rules that look at both sides."""
    if terms.price_rule not in (PriceRule.HIGHEST_ACCEPTED_OFFER, PriceRule.MIDPOINT) or not any(sold):
        return price
    offer = max([1, floor, *(line.minimum for line, lots in zip(lines, sold, strict=True) if lots)])
    if terms.price_rule == PriceRule.HIGHEST_ACCEPTED_OFFER:
        return offer
    return whole(Fraction(_lowest_accepted(book, price) + offer, 2) + Fraction(1, 2))


def _money(
    terms: Terms, bids: list[Bid], lines: list[Line], awards: list[int], sold: list[int], price: int
) -> dict[str, Any]:
    own = terms.price_rule == PriceRule.PAY_AS_BID
    pays = [(bid.price if own else price) if lots else 0 for bid, lots in zip(bids, awards, strict=True)]
    steps = [
        Fraction(a * p * terms.tick_value_minor, terms.payment_step_minor) for a, p in zip(awards, pays, strict=True)
    ]
    rounding = {
        PaymentRounding.NEAREST: lambda step: whole(step + Fraction(1, 2)),
        PaymentRounding.DOWN: whole,
        PaymentRounding.UP: ceil,
    }[terms.payment_rounding]
    payments = [rounding(step) * terms.payment_step_minor for step in steps]
    if own and terms.proceeds_rule == ProceedsRule.BY_TRANCHE:
        order = sorted(range(len(bids)), key=lambda i: (-pays[i], bids[i].time, bids[i].number))
        proceeds = share_by_tranche([(awards[i], payments[i]) for i in order if awards[i]], lines, sold)
    else:
        proceeds = share_pool(payments, lines, sold)
    return {
        "pays_ticks": pays,
        "payments_minor": payments,
        "proceeds_minor": sum(payments),
        "supply_proceeds_minor": proceeds,
    }
