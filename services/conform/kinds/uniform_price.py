"""Kind `uniform_price`: sealed bids, one price for all, under a rule that the case tells in a sentence."""

from __future__ import annotations

from engine.auction import MarginRule, PriceRule, Terms
from engine.auction.terms import UndersubscriptionRule
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedRound, bids_of
from services.conform.numbers import exact
from services.conform.verdict import Comparison

_RULES = (
    ("tied bids ordered by random draw", Terms(PriceRule.UNIFORM, margin_rule=MarginRule.RANDOM_ORDER)),
    ("CANCELLED", Terms(PriceRule.UNIFORM, UndersubscriptionRule.CANCEL)),
    ("lowest winning bid", Terms(PriceRule.UNIFORM)),
)


def check(case: Case, comparison: Comparison) -> None:
    """Clear and compare."""
    text = case.input.text("rule")
    matching = [terms for words, terms in _RULES if words in text]
    if not matching:
        raise NotSupported(f"rule {text!r}")
    case.input.optional("lot")
    supply = exact(case.input.take("supply"), "supply")
    sealed = SealedRound(bids_of(case.input), matching[0])
    if "random_order_of_ties" in case.input:
        sealed.draw = case.input.texts("random_order_of_ties")
    sealed.run(supply).compare(comparison, supply)
