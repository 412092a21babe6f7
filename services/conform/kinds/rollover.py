"""Kind `rollover`: where unsold units go."""

from __future__ import annotations

from engine.auction.rollover import consigned_next_round, redesignated, spread_evenly, spread_with_cap
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import WITHOUT_EFFECT, whole, whole_table
from services.conform.verdict import Comparison

_UK_CAP_PPM = 1_250_000


def check(case: Case, comparison: Comparison) -> None:
    """Spread, carry or redesignate, by what the case gives."""
    for key in (*WITHOUT_EFFECT, "price_rule", "reserve", "undersubscribed", "tie"):
        case.rule.optional(key)
    if "otherwise_offered" in case.input:
        _check_redesignation(case, comparison)
    elif "unsold_consigned" in case.input:
        unsold, fresh = (whole_table(case.input, key) for key in ("unsold_consigned", "newly_consigned"))
        comparison.table("offered_next", dict(consigned_next_round(unsold, fresh)))
    else:
        _check_spread(case, comparison)


def _check_redesignation(case: Case, comparison: Comparison) -> None:
    offered = whole(case.input.take("otherwise_offered"), "otherwise_offered")
    sold_out = whole(case.input.take("consecutive_sold_out"), "consecutive_sold_out")
    large = case.input.optional("unsold_backlog_large")
    unsold = case.input.optional("unsold")
    backlog = None if unsold is None else whole(unsold, "unsold")
    if large is False and backlog is None:
        raise NotSupported("a backlog that is not large, without its quantity (unsold)")
    comparison.number("redesignated", redesignated(offered, None if large else backlog, sold_out))


def _check_spread(case: Case, comparison: Comparison) -> None:
    unsold = whole(case.input.take("unsold"), "unsold")
    proposed = [whole(value, "proposed") for value in case.input.elements("proposed")]
    current = [whole(value, "current") for value in case.input.elements("current")]
    if "125%" in case.rule.text("rollover"):
        spread = spread_with_cap(unsold, proposed, current, _UK_CAP_PPM)
    elif "even" in case.rule.text("rollover"):
        spread = spread_evenly(unsold, len(proposed))
    else:
        raise NotSupported(f"rollover {case.rule.text('rollover')!r}")
    comparison.numbers("added", list(spread.added))
    comparison.number("to_reserve_account", spread.left)
