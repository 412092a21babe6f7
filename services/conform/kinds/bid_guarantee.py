"""Kind `bid_guarantee`: the largest value that a set of bids can come to."""

from __future__ import annotations

from engine.auction.admission.guarantee import guarantee_minor
from engine.auction.terms import GuaranteeRule
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedRound, bids_of
from services.conform.verdict import Comparison


def check(case: Case, comparison: Comparison) -> None:
    """Compute the guarantee and compare."""
    if "at that price or higher" not in case.input.text("rule"):
        raise NotSupported(f"rule {case.input.text('rule')!r}")
    bids = bids_of(case.input)
    ticks, lots = SealedRound(bids).scales()
    value = guarantee_minor(
        GuaranteeRule.MAXIMUM_VALUE,
        [ticks.ticks(bid.price) for bid in bids],
        [lots.lots(bid.quantity) for bid in bids],
        1,
    )
    comparison.number("minimum_guarantee", value * ticks.unit * lots.unit)
