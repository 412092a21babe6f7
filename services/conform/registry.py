"""Which adapter runs which kind of case. The same word may name different kinds in the two schemas."""

from __future__ import annotations

from collections.abc import Callable

from services.conform.cases import Case, Schema
from services.conform.kinds import (
    allotment,
    auction,
    auction_supply_side,
    bid_guarantee,
    budget_uniform,
    call_auction,
    consignment_auction,
    consignment_proceeds,
    fixed_price,
    limits,
    published,
    reserve_release,
    rollover,
    settlement,
    supply_rule,
    tie_break,
    two_sided_uniform,
    uncross,
    uncross_trades,
    uniform_price,
)
from services.conform.verdict import Comparison

Adapter = Callable[[Case, Comparison], None]

ADAPTERS: dict[tuple[Schema, str], Adapter] = {
    (Schema.EXAMPLES, "allotment"): allotment.check,
    (Schema.EXAMPLES, "auction"): auction.check,
    (Schema.EXAMPLES, "auction_supply_side"): auction_supply_side.check,
    (Schema.EXAMPLES, "call_auction"): call_auction.check,
    (Schema.EXAMPLES, "consignment_auction"): consignment_auction.check,
    (Schema.EXAMPLES, "consignment_proceeds"): consignment_proceeds.check,
    (Schema.EXAMPLES, "fixed_price"): fixed_price.check,
    (Schema.EXAMPLES, "limits"): limits.check,
    (Schema.EXAMPLES, "reserve_release"): reserve_release.check,
    (Schema.EXAMPLES, "results_record"): published.check,
    (Schema.EXAMPLES, "rollover"): rollover.check,
    (Schema.EXAMPLES, "settlement"): settlement.check,
    (Schema.EXAMPLES, "supply_rule"): supply_rule.check,
    (Schema.CASES, "aggregate"): published.check,
    (Schema.CASES, "bid_guarantee"): bid_guarantee.check,
    (Schema.CASES, "budget_uniform"): budget_uniform.check,
    (Schema.CASES, "limits"): limits.check_restoration,
    (Schema.CASES, "rationing_min_qty"): allotment.check,
    (Schema.CASES, "round_config"): published.check_configuration,
    (Schema.CASES, "tie_break"): tie_break.check,
    (Schema.CASES, "two_sided_uniform"): two_sided_uniform.check,
    (Schema.CASES, "uncross"): uncross.check,
    (Schema.CASES, "uncross_trades"): uncross_trades.check,
    (Schema.CASES, "uniform_price"): uniform_price.check,
}
"""Adapters by schema and kind; see `services.conform` on how to add one."""


def adapter_of(case: Case) -> Adapter | None:
    """The adapter of a case's kind, None when there is none."""
    return ADAPTERS.get((case.schema, case.kind))
