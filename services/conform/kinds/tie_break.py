"""Kind `tie_break`: shares rounded down, then single units in the order of a recorded draw."""

from __future__ import annotations

from decimal import Decimal

from engine.auction import MarginRule, PriceRule, Terms
from engine.units import divide_floor
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedBid, SealedRound, whole_table
from services.conform.numbers import exact
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Clear the tied quantities at one price and compare awards and shares."""
    if "rounded down" not in case.input.text("rule"):
        raise NotSupported(f"rule {case.input.text('rule')!r}")
    tied = whole_table(case.input, "tied")
    remaining = exact(case.input.take("remaining"), "remaining")
    sealed = SealedRound(
        [SealedBid(name, name, Decimal(1), exact(lots, name), 0) for name, lots in tied.items()],
        Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_RANDOM_UNITS),
        draw=case.input.texts("random_order"),
    )
    sealed.run(remaining).compare(comparison, remaining)
    whole = sum(tied.values())
    comparison.table("floor", {name: divide_floor(int(remaining) * lots, whole) for name, lots in tied.items()})
