"""Kind `two_sided_uniform`: demand and supply curves that meet at one price for everybody."""

from __future__ import annotations

from services.conform.cases import Case
from services.conform.kinds.auction_orders import orders_of_both_sides
from services.conform.kinds.auction_run import compare_price, prepare
from services.conform.kinds.auction_words import rule_of_text
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Cross the curves under the stated rule and compare price and volume."""
    rule = rule_of_text(case.input.text("rule"), case.source)
    auction = prepare(rule, orders_of_both_sides(case.input), [])
    result = compare_price(comparison, "price", auction, rule, None)
    comparison.number("volume", auction.quantities.quantity(result.volume_lots))
