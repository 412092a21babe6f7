"""Kind `budget_uniform`: bids that bring money and ask for a least quantity."""

from __future__ import annotations

from engine.auction.budget import BudgetBid, clear_budgets
from services.conform.cases import Case
from services.conform.kinds.sealed_bids import whole
from services.conform.numbers import exact
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Clear exactly and compare the price as a fraction."""
    for key in ("rule", "unit"):
        case.input.optional(key)
    supply = whole(case.input.take("supply"), "supply")
    reserve = whole(case.input.take("reserve_total"), "reserve_total")
    bids = []
    for place, body in enumerate(case.input.elements("bids")):
        bid = case.input.adopt(body, f"bids[{place}]")
        bids.append(BudgetBid(*(whole(bid.take(key), key) for key in ("sell", "buy", "user"))))
    result = clear_budgets(supply, reserve, bids)
    wanted = exact(comparison.expected.take("price_num"), "price_num")
    denominator = exact(comparison.expected.take("price_den"), "price_den")
    comparison.compared += 1
    if wanted != result.price * denominator:
        comparison.differ(f"price: expected {wanted}/{denominator}, found {result.price}")
    comparison.number("clearing_bid_filled_budget", result.marginal_budget)
