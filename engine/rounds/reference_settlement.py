"""The slow twin of a round's settlement: who pays, who is paid, who fails, and where every unit ends.

The clear is the auction room's own reference; what is around it is done here account by account in plain integers and
fractions. Comes out as changes of cash and of units, by participant.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from typing import Any

from engine.auction.reference import Bid, Bidder, Line, clear
from engine.auction.reference_sellers import sell as sell_lines
from engine.auction.reference_sellers import share_by_tranche, share_pool
from engine.auction.reference_shares import split
from engine.auction.terms import PriceRule, ProceedsRule, Terms
from engine.words.rounds import DefaultRule, FeeRounding, ForfeitRule

WHOLE = 1_000_000
OPERATOR = 1


@dataclass(frozen=True)
class SettlementRules:
    """Fees and default; shares are parts per million. `default` None: nobody can fail."""

    buyer_fee: int = 0
    seller_fee: int = 0
    rounding: FeeRounding = FeeRounding.HALF_UP
    default: DefaultRule | None = None
    forfeit: int = 0
    forfeit_to: ForfeitRule = ForfeitRule.SELLERS


@dataclass
class Settled:
    """Changes by participant: `cash` (free and held together), `units` of bidders, `sold` units of each line."""

    awards: list[int]
    payments: list[int]
    sold: list[int]
    proceeds: list[int]
    failed: set[int]
    cash: dict[int, int] = field(default_factory=dict)
    to_reserve: int = 0


def settle(
    terms: Terms,
    rules: SettlementRules,
    bids: list[Bid],
    lines: list[Line],
    bidders: list[Bidder],
    shared: list[tuple[list[int], int]],
    held: dict[int, int],
    funds: dict[int, int],
) -> Settled:
    """Clear and settle. `held` is each bidder's guarantee, `funds` all that it has, the guarantee included."""
    first = clear(terms, bids, lines, bidders, shared)
    result, failed, forfeits = first, set[int](), dict[int, int]()
    current = bids
    while rules.default is not None:
        owed = _owed(rules, current, result["payments_minor"])
        short = {bidder for bidder, due in owed.items() if due > funds[bidder]} - failed
        for bidder in short:
            invoice = sum(
                pay for bid, pay in zip(current, result["payments_minor"], strict=True) if bid.bidder == bidder
            )
            forfeits[bidder] = min(held[bidder], _round(Fraction(invoice * rules.forfeit, WHOLE), FeeRounding.HALF_UP))
        failed |= short
        if not short or rules.default is not DefaultRule.NEXT_BIDS:
            break
        current = [bid for bid in bids if bid.bidder not in failed]
        result = clear(terms, current, lines, bidders, shared)
    settled = _final(terms, rules, bids, lines, first, result, current, failed)
    _pay(rules, bids, lines, first, settled, forfeits)
    return settled


def _final(
    terms: Terms,
    rules: SettlementRules,
    bids: list[Bid],
    lines: list[Line],
    first: dict[str, Any],
    result: dict[str, Any],
    current: list[Bid],
    failed: set[int],
) -> Settled:
    if failed and rules.default is DefaultRule.NEXT_BIDS:
        award = {bid.number: lots for bid, lots in zip(current, result["awarded_lots"], strict=True)}
        pay = {bid.number: amount for bid, amount in zip(current, result["payments_minor"], strict=True)}
        awards, payments = ([by.get(bid.number, 0) for bid in bids] for by in (award, pay))
        return Settled(awards, payments, result["supply_sold_lots"], result["supply_proceeds_minor"], failed)
    awards = [0 if bid.bidder in failed else lots for bid, lots in zip(bids, first["awarded_lots"], strict=True)]
    payments = [0 if bid.bidder in failed else pay for bid, pay in zip(bids, first["payments_minor"], strict=True)]
    sold, proceeds = first["supply_sold_lots"], first["supply_proceeds_minor"]
    if not failed:
        return Settled(awards, payments, sold, proceeds, failed)
    if rules.default is DefaultRule.RESERVE:
        shared = split(sum(payments), proceeds, list(range(len(lines))), by_remainder=True)
        return Settled(awards, payments, sold, shared, failed, to_reserve=sum(first["awarded_lots"]) - sum(awards))
    # Back to the sellers: the lines that sold divide what still is sold, in the order of sale.
    offers = [
        line._replace(lots=max(line.lots, lots) if lots else 0, minimum=0, trigger=0)
        for line, lots in zip(lines, sold, strict=True)
    ]
    left = sell_lines(terms, sum(awards), 2**30, 0, offers, [True] * len(offers))
    if terms.price_rule == PriceRule.PAY_AS_BID and terms.proceeds_rule == ProceedsRule.BY_TRANCHE:
        best_first = sorted(
            (i for i in range(len(bids)) if awards[i]), key=lambda i: (-bids[i].price, bids[i].time, bids[i].number)
        )
        return Settled(
            awards, payments, left, share_by_tranche([(awards[i], payments[i]) for i in best_first], offers, left),
            failed,
        )  # fmt: skip
    return Settled(awards, payments, left, share_pool(payments, offers, left), failed)


def _pay(
    rules: SettlementRules,
    bids: list[Bid],
    lines: list[Line],
    first: dict[str, Any],
    settled: Settled,
    forfeits: dict[int, int],
) -> None:
    cash = settled.cash

    def add(participant: int, amount: int) -> None:
        cash[participant] = cash.get(participant, 0) + amount

    paid, received = dict[int, int](), dict[int, int]()
    for bid, amount in zip(bids, settled.payments, strict=True):
        paid[bid.bidder] = paid.get(bid.bidder, 0) + amount
    for line, amount in zip(lines, settled.proceeds, strict=True):
        received[line.seller] = received.get(line.seller, 0) + amount
    for amounts, sign, share in ((paid, -1, rules.buyer_fee), (received, 1, rules.seller_fee)):
        for participant, amount in amounts.items():
            fee = _round(Fraction(amount * share, WHOLE), rules.rounding)
            add(participant, sign * amount - fee)
            add(OPERATOR, fee)
    for participant, amount in forfeits.items():
        add(participant, -amount)
    missed = dict[int, int]()
    for line, before, after in zip(lines, first["supply_proceeds_minor"], settled.proceeds, strict=True):
        missed[line.seller] = missed.get(line.seller, 0) + max(0, before - after)
    pool = sum(forfeits.values())
    if rules.forfeit_to is ForfeitRule.OPERATOR or not sum(missed.values()):
        add(OPERATOR, pool)
        return
    sellers = sorted(missed)
    parts = split(pool, [missed[seller] for seller in sellers], list(range(len(sellers))), by_remainder=True)
    for seller, part in zip(sellers, parts, strict=True):
        add(seller, part)


def _owed(rules: SettlementRules, bids: list[Bid], payments: list[int]) -> dict[int, int]:
    paid = dict[int, int]()
    for bid, amount in zip(bids, payments, strict=True):
        paid[bid.bidder] = paid.get(bid.bidder, 0) + amount
    return {
        bidder: amount + _round(Fraction(amount * rules.buyer_fee, WHOLE), rules.rounding)
        for bidder, amount in paid.items()
    }


def _round(amount: Fraction, rule: FeeRounding) -> int:
    match rule:
        case FeeRounding.UP:
            return ceil(amount)
        case FeeRounding.DOWN:
            return floor(amount)
        case FeeRounding.HALF_UP:
            return floor(amount + Fraction(1, 2))
