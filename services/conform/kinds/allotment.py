"""Kinds `allotment` and `rationing_min_qty`: bids with a minimum of their own share in proportion."""

from __future__ import annotations

from engine.auction import MarginRule, PriceRule, Terms
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedRound, bids_of
from services.conform.numbers import exact
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Clear with minimums and compare the fills."""
    text = case.rule.text("tie") or case.input.text("rule")
    if "pro rata" not in text or "minimum" not in text:
        raise NotSupported(f"tie rule {text!r}")
    supply = exact(case.input.take("supply"), "supply")
    terms = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_WITH_MINIMUMS)
    SealedRound(bids_of(case.input), terms).run(supply).compare(comparison, supply)
