"""Kind `limits` of both schemas: caps, guarantees and holding limits, and what they leave of a bidder's bids."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from engine.auction import NO_LIMIT, BidderLimits, Clearing, PriceRule, Terms, clear
from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.caps import PPM, holding_limit_by_cap, most_value, share_less_holding, share_of_offer
from engine.auction.schedule import demand_schedule
from engine.auction.terms import GuaranteeExcess, GuaranteeRule
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import UNLIMITED_LOTS, SealedRound, bids_of, compare_word, whole
from services.conform.numbers import decimal, exact
from services.conform.verdict import Comparison

_HOLDING = "HL = 0.1 x 25,000,000 + 0.025 x (C - 25,000,000)"
_SHARE_OF_CLASS = re.compile(r"(\d+(?:\.\d+)?)%[^/;(]*\((\w+)\)")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)%")
_TIMES = re.compile(r"(\d+) x collateral")


def check(case: Case, comparison: Comparison) -> None:
    """One limit a case, told by the key of its rule."""
    checks = {
        "formula": _check_holding_limit,
        "guarantee": _check_guarantee,
        "max_award": _check_share_less_holding,
        "max_bid_value": _check_bid_value,
        "max_share": _check_share,
        "purchase_limit": _check_purchase_limit,
    }
    named = [key for key in checks if key in case.rule]
    if len(named) != 1:
        raise NotSupported(f"a limit named by one of {', '.join(checks)}")
    checks[named[0]](case, comparison)


def _ppm(percent: str) -> int:
    return int(Fraction(percent) * PPM / 100)


def _percent_of(text: str) -> int:
    found = _PERCENT.search(text)
    if not found:
        raise NotSupported(f"a share {text!r}")
    return _ppm(found[1])


def _check_holding_limit(case: Case, comparison: Comparison) -> None:
    if case.rule.text("formula") != _HOLDING:
        raise NotSupported(f"formula {case.rule.text('formula')!r}")
    comparison.number("holding_limit", holding_limit_by_cap(whole(case.input.take("C"), "C")))


def _check_share_less_holding(case: Case, comparison: Comparison) -> None:
    share = _percent_of(case.rule.text("max_award"))
    offering, held = (whole(case.input.take(key), key) for key in ("offering", "net_long"))
    comparison.number("max_award", share_less_holding(share, offering, held))


def _check_bid_value(case: Case, comparison: Comparison) -> None:
    text = case.rule.text("max_bid_value")
    times = _TIMES.fullmatch(text)
    if times:
        collateral = whole(case.input.take("collateral"), "collateral")
        comparison.number("max_bid_value", most_value(collateral, int(times[1])))
        return
    if "own quantity bid at >= p" not in text:
        raise NotSupported(f"bid value {text!r}")
    key = "own_bids" if "own_bids" in case.input else "bids"
    bids = bids_of(case.input, key)
    ticks, lots = SealedRound(bids).scales()
    value = guarantee_minor(
        GuaranteeRule.MAXIMUM_VALUE,
        [ticks.ticks(bid.price) for bid in bids],
        [lots.lots(bid.quantity) for bid in bids],
        1,
    )
    comparison.number("max_bid_value", value * ticks.unit * lots.unit)


def _check_share(case: Case, comparison: Comparison) -> None:
    """A share of the offer for each of the bidders at or above the reserve: the most that can be sold."""
    case.input.optional("date")
    supply = whole(case.input.take("supply"), "supply")
    cap = share_of_offer(_percent_of(case.rule.text("max_share")), supply)
    comparison.number("per_bidder_cap", cap)
    case.input.optional("bids")
    bidders = range(whole(case.input.take("bids_at_or_above_reserve"), "bids_at_or_above_reserve"))
    limits = BidderLimits(list(bidders), [cap for _ in bidders])
    result = clear(Terms(PriceRule.UNIFORM), [1] * len(bidders), [supply] * len(bidders), None, bidders, supply,
                   limits=limits)  # fmt: skip
    comparison.number("max_possible_sold", result.sold_lots)
    compare_word(comparison, "fully_subscribed", result.sold_lots == supply)
    comparison.leave_out("rollover", "words about a later round")


def _check_purchase_limit(case: Case, comparison: Comparison) -> None:
    """The share of the offer for the bidder's class, in whole lots, and the bids trimmed from the lowest price up."""
    shares = {name: _ppm(percent) for percent, name in _SHARE_OF_CLASS.findall(case.rule.text("purchase_limit"))}
    entity = case.input.text("entity")
    if entity not in shares:
        raise NotSupported(f"a purchase limit for {entity!r}")
    lot = whole(case.input.optional("lot") or 1, "lot")
    cap = share_of_offer(shares[entity], whole(case.input.take("offered"), "offered"), step_lots=lot)
    comparison.number("limit_lots", Fraction(cap, lot))
    bids = bids_of(case.input)
    sealed = SealedRound(bids)
    ticks, lots = sealed.scales()
    limits = BidderLimits([0], [int(cap / lots.unit)])
    result = clear(
        replace(sealed.terms, limit_step_lots=max(1, int(lot / lots.unit))),
        [ticks.ticks(bid.price) for bid in bids],
        [lots.lots(bid.quantity) for bid in bids],
        times=[bid.time for bid in bids],
        bidders=[0] * len(bids),
        supply=UNLIMITED_LOTS,
        limits=limits,
    )
    awarded = result.awarded_lots.tolist()
    kept = {bid.name: lots.quantity(here) for bid, here in zip(bids, awarded, strict=True)}
    comparison.table("accepted", dict(kept))
    rejected = sum((bid.quantity for bid in bids), Fraction(0)) - sum(kept.values(), Fraction(0))
    comparison.number("rejected_lots", rejected / lot)


def _check_guarantee(case: Case, comparison: Comparison) -> None:
    """Lots that a guarantee cuts come back at lower prices that anybody bid: what is accepted at each."""
    if "re-evaluated as NEW bids at each lower price submitted by ANY bidder" not in case.rule.text("guarantee"):
        raise NotSupported(f"guarantee rule {case.rule.text('guarantee')!r}")
    bids = bids_of(case.input, "own_bids")
    lot = whole(case.input.optional("lot") or 1, "lot")
    submitted = case.input.texts("all_submitted_prices")
    prices = sorted({decimal(price, "price") for price in submitted} | {bid.price for bid in bids}, reverse=True)
    sealed = SealedRound(bids, further_prices=prices)
    ticks, lots = sealed.scales()
    guarantee = exact(case.input.take("guarantee"), "guarantee") / ticks.unit / lots.unit
    counted = demand_schedule(
        replace(
            sealed.terms,
            guarantee_excess=GuaranteeExcess.RESTORED_AT_BID_PRICES,
            limit_step_lots=max(1, int(lot / lots.unit)),
        ),
        [ticks.ticks(bid.price) for bid in bids],
        [lots.lots(bid.quantity) for bid in bids],
        [0] * len(bids),
        BidderLimits([0], guarantee_minor=[int(guarantee)]),
        [ticks.ticks(price) for price in prices],
    ).tolist()
    names = {
        price: next((text for text in submitted if decimal(text, "price") == price), str(price)) for price in prices
    }
    steps = [now - before for now, before in zip(counted, [0, *counted], strict=False)]
    accepted = {names[price]: lots.quantity(step) for price, step in zip(prices, steps, strict=True)}
    comparison.table("accepted", dict(accepted))
    rejected = sum((bid.quantity for bid in bids), Fraction(0)) - sum(accepted.values(), Fraction(0))
    comparison.number("rejected_lots", rejected / lot)


def check_restoration(case: Case, comparison: Comparison) -> None:
    """The second schema's fork: the same round with guarantees tested at bid prices only, and at every tick."""
    if "PRICES BID BY ANY BIDDER" not in case.input.text("rule"):
        raise NotSupported(f"rule {case.input.text('rule')!r}")
    bids = bids_of(case.input)
    supply = whole(case.input.take("supply"), "supply")
    caps, guarantees = {}, {}
    for place, body in enumerate(case.input.elements("entities")):
        entity = case.input.adopt(body, f"entities[{place}]")
        name = entity.text("id")
        caps[name] = whole(entity.optional("purchase_limit") or NO_LIMIT, "purchase_limit")
        guarantees[name] = whole(entity.optional("guarantee") or NO_LIMIT, "guarantee")
    ticks, lots = SealedRound(bids).scales()
    places = {name: place for place, name in enumerate(caps)}

    def cleared(excess: GuaranteeExcess) -> Clearing:
        money = [value if value == NO_LIMIT else int(value / ticks.unit / lots.unit) for value in guarantees.values()]
        return clear(
            Terms(PriceRule.UNIFORM, guarantee_excess=excess),
            [ticks.ticks(bid.price) for bid in bids],
            [lots.lots(bid.quantity) for bid in bids],
            bidders=[places[bid.bidder] for bid in bids],
            supply=int(supply / lots.unit),
            limits=BidderLimits(list(places.values()), list(caps.values()), money),
        )

    for key, excess in (
        ("price_candidates_are_bid_prices", GuaranteeExcess.RESTORED_AT_BID_PRICES),
        ("price_if_every_tick_is_tested", GuaranteeExcess.RESTORED_AT_EVERY_TICK),
    ):
        price = cleared(excess).price_ticks
        comparison.number(key, None if price is None else ticks.price(price))
