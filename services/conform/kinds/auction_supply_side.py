"""Kind `auction_supply_side`: what was sold, divided between jurisdictions and classes of units."""

from __future__ import annotations

from collections.abc import Mapping

from engine.auction.order_of_sale import divide_sale
from engine.auction.supply import Supply
from services.conform.cases import Case, Fields, NotSupported
from services.conform.kinds.sealed_bids import WITHOUT_EFFECT, whole
from services.conform.verdict import Comparison

_SPLITS = ("", "pro rata to quantity offered, largest remainder", "pro rata of sold over jurisdictions offered")
_CLASSES_BEFORE_STATE = ("consigned", "untimely_surrender", "redesignated_state")


def check(case: Case, comparison: Comparison) -> None:
    """Divide the total sold over the lines on offer and compare by class and by jurisdiction."""
    rule = case.rule
    for key in (*WITHOUT_EFFECT, "price_rule", "reserve", "undersubscribed"):
        rule.optional(key)
    for key in ("split", "joint_split"):
        if rule.text(key) not in _SPLITS:
            raise NotSupported(f"split {rule.text(key)!r}")
    order = rule.texts("order") if "order" in rule else [*_CLASSES_BEFORE_STATE, "new_state"]
    offered = case.input.child("offered")
    nested = _offers(offered)
    if "total_sold" in case.input:
        total = whole(case.input.take("total_sold"), "total_sold")
    else:
        on_offer = sum(sum(classes.values()) for classes in nested.values())
        total = min(whole(case.input.take("winning_bids"), "winning_bids"), on_offer)
    sold = _divide(nested, order, total)
    comparison.number("total_sold", sum(sum(classes.values()) for classes in sold.values()))
    by_jurisdiction = {name: sum(classes.values()) for name, classes in sold.items()}
    comparison.table("sold_by_jurisdiction", dict(by_jurisdiction))
    flat = sold.get("", by_jurisdiction)
    comparison.table("sold", dict(flat))
    if "by_class" in comparison.expected:
        by_class = Comparison(
            comparison.expected.child("by_class"), comparison.differences, comparison.notes, comparison.compared
        )
        for name, classes in sold.items():
            by_class.table(name, dict(classes))
        comparison.compared = by_class.compared


def _offers(offered: Fields) -> dict[str, dict[str, int]]:
    """Offers by jurisdiction and class; one nameless jurisdiction where the case has classes only."""
    nested: dict[str, dict[str, int]] = {}
    for name, value in offered.items():
        if isinstance(value, dict):
            nested[name] = {klass: whole(lots, f"offered.{name}.{klass}") for klass, lots in value.items()}
        elif name.isupper():
            nested[name] = {"": whole(value, f"offered.{name}")}
        else:
            nested.setdefault("", {})[name] = whole(value, f"offered.{name}")
    return nested


def _rank(klass: str, order: list[str]) -> tuple[int, str]:
    """Place of a class in the order of sale; among consigned lots of several vintages the older sells first."""
    for place, name in enumerate(order):
        if klass.startswith(name):
            return place, klass
    # Returned lots of an older vintage stand between the consigned and the new ones.
    return (order.index("redesignated_state") if klass.startswith("other") else len(order)), klass


def _divide(nested: Mapping[str, Mapping[str, int]], order: list[str], total: int) -> dict[str, dict[str, int]]:
    """Lots sold by jurisdiction and class."""
    lines = [(name, klass, lots) for name, classes in nested.items() for klass, lots in classes.items()]
    places = {rank: place for place, rank in enumerate(sorted({_rank(klass, order) for _, klass, _ in lines}))}
    groups = {name: place for place, name in enumerate(nested)}
    supply = Supply.of(
        [lots for _, _, lots in lines],
        groups=[groups[name] for name, _, _ in lines],
        ranks=[places[_rank(klass, order)] for _, klass, _ in lines],
    )
    sold: dict[str, dict[str, int]] = {name: {} for name in nested}
    for (name, klass, _), lots in zip(lines, divide_sale(supply, total).tolist(), strict=True):
        sold[name][klass] = lots
    return sold
