"""Kind `fixed_price`: a price that is written in the rule and does not come out of bids."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from engine.auction import PriceRule, Terms
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedBid, SealedRound
from services.conform.numbers import decimal
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Sell at the stated price to bids around it: who bids it or more pays just that, who bids less gets nothing."""
    if case.rule.text("price_rule") != "fixed":
        raise NotSupported(f"price rule {case.rule.text('price_rule')!r}")
    for key in ("year", "after"):
        case.input.optional(key)
    stated = decimal(comparison.expected.take("price"), "price")
    step = Decimal(1).scaleb(int(stated.as_tuple().exponent))
    prices = {"below": stated - step, "at": stated, "above": stated + step}
    bids = [SealedBid(name, name, price, Fraction(10), 0) for name, price in prices.items()]
    sealed = SealedRound(bids, Terms(PriceRule.FIXED), fixed=stated)
    outcome = sealed.run(Fraction(100))
    comparison.number("price", outcome.price)
    if outcome.awards() != {"below": 0, "at": 10, "above": 10}:
        comparison.differ(f"a fixed price serves bids at and above it alike, found {outcome.awards()}")
    comparison.notes.append("the price is a quoted fact; compared is that a fixed price sells at itself")
