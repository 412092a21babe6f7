"""Kind `consignment_proceeds`: a short sale divided among consignors, and money divided among contributors."""

from __future__ import annotations

from fractions import Fraction

from engine.auction.order_of_sale import divide_sale
from engine.auction.supply import Supply
from engine.auction.terms import ShortSaleRule
from engine.units import amount_minor, split_largest_remainder
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import whole, whole_table
from services.conform.numbers import decimal, exact, price_scale
from services.conform.verdict import Comparison

_CENTS = 100
_RULES = {
    "share": ("", "floor(q_i/Q * sold) then +1 by ascending random number"),
    "price": ("", "settlement price for all"),
    "unsold": ("", "returned pro rata without charge"),
    "withheld_proceeds": ("", "pro rata"),
}


def check(case: Case, comparison: Comparison) -> None:
    """Divide units by the recorded draw, or money by largest remainder to the cent."""
    for key, known in _RULES.items():
        if case.rule.text(key) not in known:
            raise NotSupported(f"{key} {case.rule.text(key)!r}")
    if "contributors" in case.input:
        _check_money(case, comparison)
    else:
        _check_units(case, comparison)


def _check_money(case: Case, comparison: Comparison) -> None:
    contributors = whole_table(case.input, "contributors")
    total = exact(case.input.take("proceeds"), "proceeds") * _CENTS
    if total.denominator != 1:
        raise NotSupported("proceeds in parts of a cent")
    parts = split_largest_remainder(int(total), list(contributors.values()))
    comparison.table("paid", {name: Fraction(part, _CENTS) for name, part in zip(contributors, parts, strict=True)})


def _check_units(case: Case, comparison: Comparison) -> None:
    consigned = whole_table(case.input, "consigned")
    order = case.input.texts("random_order") if "random_order" in case.input else list(consigned)
    supply = Supply.of(list(consigned.values()), draws=[order.index(name) for name in consigned])
    sold = divide_sale(
        supply, whole(case.input.take("sold"), "sold"), short_sale_rule=ShortSaleRule.RANDOM_UNITS
    ).tolist()
    units = dict(zip(consigned, sold, strict=True))
    comparison.table("units", dict(units))
    if "price" in case.input:
        price = decimal(case.input.take("price"), "price")
        scale = price_scale([price], None)
        money = {name: amount_minor(scale.ticks(price), lots, 1) * scale.unit for name, lots in units.items()}
        comparison.table("proceeds", dict(money))
