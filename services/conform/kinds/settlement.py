"""Kind `settlement`: invoices, and money in another currency."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from engine.auction import PriceRule, Supply
from engine.auction.reserve.prices import exchanged
from engine.units import amount_minor
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import UNLIMITED_LOTS, bids_of, round_of, whole
from services.conform.numbers import PriceScale, decimal, exact
from services.conform.verdict import Comparison

_CENT = PriceScale(Fraction(1, 100))


def check(case: Case, comparison: Comparison) -> None:
    """An invoice at a known price, or a bid and a cost across two currencies."""
    if "fx" in case.rule:
        _check_exchange(case, comparison)
        return
    sealed = round_of(case, bids_of(case.input))
    sealed.terms = replace(sealed.terms, price_rule=PriceRule.FIXED)
    sealed.fixed = decimal(case.input.take("price"), "price")
    outcome = sealed.run(lambda ticks, lots: Supply.of([UNLIMITED_LOTS]))
    comparison.number("won", outcome.sold)
    comparison.number("invoice", outcome.paid)


def _check_exchange(case: Case, comparison: Comparison) -> None:
    """Bids are converted to whole cents before ranking; costs are computed first and converted then."""
    if "USD whole cents" not in case.rule.text("fx"):
        raise NotSupported(f"fx {case.rule.text('fx')!r}")
    rate = exact(case.input.take("rate_cad_per_usd"), "rate_cad_per_usd")
    bid = _CENT.ticks(decimal(case.input.take("cad_bid"), "cad_bid"))
    comparison.number("usd_bid", _CENT.price(exchanged(bid, rate.denominator, rate.numerator)))
    price = _CENT.ticks(decimal(case.input.take("settlement_usd"), "settlement_usd"))
    cost = amount_minor(price, whole(case.input.take("awarded"), "awarded"), 1)
    comparison.number("cost_usd", _CENT.price(cost))
    comparison.number("cost_cad", _CENT.price(exchanged(cost, rate.numerator, rate.denominator)))
