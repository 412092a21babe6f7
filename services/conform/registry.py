"""Which adapter runs which kind of case. The same word may name different kinds in the two schemas."""

from __future__ import annotations

from collections.abc import Callable

from services.conform.cases import Case, Schema
from services.conform.kinds import call_auction, two_sided_uniform, uncross, uncross_trades
from services.conform.verdict import Comparison

Adapter = Callable[[Case, Comparison], None]

ADAPTERS: dict[tuple[Schema, str], Adapter] = {
    (Schema.EXAMPLES, "call_auction"): call_auction.check,
    (Schema.CASES, "two_sided_uniform"): two_sided_uniform.check,
    (Schema.CASES, "uncross"): uncross.check,
    (Schema.CASES, "uncross_trades"): uncross_trades.check,
}
"""Adapters by schema and kind; see `services.conform` on how to add one."""


def adapter_of(case: Case) -> Adapter | None:
    """The adapter of a case's kind, None when there is none."""
    return ADAPTERS.get((case.schema, case.kind))
