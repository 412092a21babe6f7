"""Kind `auction`: one sealed-bid round, its price, awards and status, and where its unsold units go."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from engine.auction import MarginRule
from engine.auction.rationing.kernels import percentage_served
from engine.auction.rollover import spread_evenly, spread_with_cap
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedBid, bids_of, round_of, whole
from services.conform.numbers import decimal, exact
from services.conform.verdict import Comparison

_UK_CAP_PPM = 1_250_000


def check(case: Case, comparison: Comparison) -> None:
    """Clear the round and compare."""
    if "at_stop_out" in case.input:
        _check_stop_out(case, comparison)
        return
    supply = exact(case.input.take("supply"), "supply")
    sealed = round_of(case, bids_of(case.input))
    outcome = sealed.run(supply)
    outcome.compare(comparison, supply)
    if "next_auctions" in case.input:
        _check_rollover(case, comparison, int(supply - outcome.sold))
    _check_draw(case, comparison, supply)


def _check_draw(case: Case, comparison: Comparison, supply: Fraction) -> None:
    """A rule that draws, without a recorded draw, may only be run where no draw matters."""
    sealed = round_of(case, bids_of(case.input))
    if sealed.draw is None and sealed.terms.margin_rule == MarginRule.RANDOM_ORDER:
        orders = [bid.name for bid in sealed.bids]
        results = []
        for order in (orders, orders[::-1]):
            sealed.draw = order
            results.append(sealed.run(supply).awards())
        if results[0] != results[1]:
            raise NotSupported("a draw at the margin that the case does not give (random_order)")


def _check_rollover(case: Case, comparison: Comparison, unsold: int) -> None:
    """The next auctions with what this one left."""
    planned = [whole(value, "next_auctions") for value in case.input.elements("next_auctions")]
    text = case.rule.text("rollover")
    if "even" in text:
        added = spread_evenly(unsold, len(planned)).added
    elif "125%" in text:
        added = spread_with_cap(unsold, planned, planned, _UK_CAP_PPM).added
    else:
        raise NotSupported(f"rollover {text!r}")
    comparison.numbers("next_auctions_after", [now + more for now, more in zip(planned, added, strict=True)])


def _check_stop_out(case: Case, comparison: Comparison) -> None:
    """Bids at the stop-out price, served by a percentage that is rounded up."""
    remaining = exact(case.input.take("remaining"), "remaining")
    tied = {name: exact(value, name) for name, value in case.input.child("at_stop_out").items()}
    at_price = decimal(1, "price")
    sealed = round_of(case, [SealedBid(name, name, at_price, quantity, 0) for name, quantity in tied.items()])
    sealed.terms = replace(sealed.terms, margin_rule=MarginRule.PERCENTAGE_ROUNDED_UP)
    outcome = sealed.run(remaining)
    comparison.table("awards", outcome.awards())
    comparison.number("total_awarded", outcome.sold)
    comparison.number("overshoot", outcome.sold - remaining)
    lots = outcome.lots
    share = percentage_served(lots.lots(remaining), sum(lots.lots(quantity) for quantity in tied.values()))
    comparison.number("percent", Fraction(int(share), 100))
