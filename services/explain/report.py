"""An explanation: the trace of a bid, each step with its sentence and the rules that it goes by; checked before it is
shown.

A rule comes with its key, the value in force, since when, what it rests on, source and clause. `version` counts the
form of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.auction.explain.reference_award import TraceError, award_from
from engine.auction.explain.steps import Step, StepName
from engine.parameters import DEFINITIONS, Parameter
from engine.rules.explain import WORD_ZH
from services.explain.round_trace import TracedRound, Untraced
from services.explain.wording import NAMES, Words
from services.offline.bid_files import FileBid
from services.reports.in_force import InForce, RulesOfRound
from services.reports.report import Text
from services.reports.scale import money

FORMAT = "jingjia-explanation"
VERSION = 1

_P = Parameter

_CAPS = (
    _P.BID_CAP_SHARE,
    _P.BID_CAP_QUANTITY,
    _P.BID_CAP_SHORTFALL_SHARE,
    _P.BID_CAP_EMISSIONS_SHARE,
    _P.BID_HOLDING_LIMIT,
)

RULES: Mapping[StepName, tuple[Parameter, ...]] = {
    StepName.ELIGIBILITY: (_P.AUCTION_ELIGIBLE,),
    StepName.SHORTFALL: (_P.AUCTION_SHORTFALL_ONLY,),
    StepName.PRICE_STEP: (_P.BID_TICK,),
    StepName.RESERVE_AT_ENTRY: (_P.AUCTION_RESERVE_PRICE, _P.AUCTION_RESERVE_COMPARATOR, _P.AUCTION_BELOW_RESERVE),
    StepName.QUANTITY_STEP: (_P.BID_LOT,),
    StepName.MINIMUM_QUANTITY: (_P.BID_MINIMUM,),
    StepName.BID_COUNT: (_P.BID_COUNT_MAX,),
    StepName.CAP_AT_ENTRY: _CAPS,
    StepName.SUBMISSIONS: (_P.BID_SUBMISSIONS_MAX,),
    StepName.CONSIGNOR: (_P.CONSIGNMENT_MAY_BID,),
    StepName.GUARANTEE_AT_ENTRY: (_P.BID_GUARANTEE,),
    StepName.GUARANTEE_PUT_UP: (_P.BID_GUARANTEE_EXCESS, _P.BID_GUARANTEE_SHARE),
    StepName.CLEARED_AGAIN: (_P.SETTLEMENT_DEFAULT_UNITS,),
    StepName.VALIDITY: (
        _P.AUCTION_RESERVE_PRICE,
        _P.AUCTION_RESERVE_COMPARATOR,
        _P.AUCTION_FIXED_PRICE,
        _P.AUCTION_CEILING_PRICE,
    ),
    StepName.OWN_CAP: (*_CAPS, _P.BID_CAP_EXCESS),
    StepName.SHARED_CAP: (_P.BID_CLASS_CAP_SHARE, _P.BID_LINKED_CAP_SHARE),
    StepName.GUARANTEE: (_P.BID_GUARANTEE, _P.BID_GUARANTEE_EXCESS),
    StepName.RESTORED_GUARANTEE: (_P.BID_GUARANTEE, _P.BID_GUARANTEE_EXCESS),
    StepName.PRICE: (_P.AUCTION_PRICE_RULE, _P.AUCTION_UNDERSUBSCRIPTION_RULE, _P.SUPPLY_STEP_RULE),
    StepName.MARGIN: (_P.AUCTION_MARGIN_RULE, _P.AUCTION_MARGIN_UNIT, _P.AUCTION_MARGIN_LOT),
    StepName.PAYMENT: (_P.AUCTION_PRICE_RULE, _P.AUCTION_PAYMENT_STEP),
    StepName.PAID: (_P.FEE_BUYER_SHARE, _P.SETTLEMENT_DEFAULT_UNITS),
}
"""The parameters that a step goes by. Rank and award follow from the steps before them."""


@dataclass(frozen=True)
class ExplainedStep:
    """One step with its sentence and the rules behind it."""

    step: Step
    name: Text
    text: Text
    rules: tuple[InForce, ...]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            **self.step.as_json(),
            "text": {"en": self.text.en, "zh": self.text.zh},
            "rules": [rule.as_json() for rule in self.rules],
        }


@dataclass(frozen=True)
class Explanation:
    """One bid explained. `award_lots` and `payment_minor` are what its trace alone comes to."""

    traced: TracedRound
    bid: FileBid
    steps: tuple[ExplainedStep, ...]
    outcome: str
    award_lots: int
    payment_minor: int

    def as_json(self) -> dict[str, Any]:
        """For machines; `format` and `version` say what it is."""
        scale = self.traced.result.report.scale
        return {
            "format": FORMAT,
            "version": VERSION,
            "round": self.traced.setup.name,
            "bid_id": self.bid.bid_id,
            "bidder": self.bid.bidder,
            "class": self.bid.participant_class.name.lower(),
            "price": scale.price(self.bid.price_ticks),
            "quantity": scale.quantity(self.bid.quantity_lots),
            "outcome": self.outcome,
            "awarded": scale.quantity(self.award_lots),
            "payment": money(self.payment_minor),
            "steps": [step.as_json() for step in self.steps],
        }


def explain_bid(traced: TracedRound, bid: FileBid) -> Explanation:
    """The explanation of one bid. Raises Untraced where trace, checker and core do not come to the same award."""
    steps = traced.trace(bid)
    try:
        award, payment = award_from([step.as_json() for step in steps])
    except TraceError as error:
        raise Untraced(f"its trace does not hold together: {error}") from error
    cleared = {
        traced.result.bid_ids[a.bid]: (a.awarded_lots, a.payment_minor) for a in traced.result.report.result.awards
    }
    if cleared.get(bid.bid_id, (0, 0)) != (award, payment):
        raise Untraced("its trace comes to another award than the clear")
    say = Words(traced.result.report.scale)
    rules = RulesOfRound(traced.result.report.book, traced.setup.day, traced.setup.values)
    refused = {row.bid_id: row.outcome for row in traced.result.refused}
    explained = tuple(
        ExplainedStep(step, NAMES[step.name], say.of(step), tuple(_behind(step, bid, traced, rules))) for step in steps
    )
    return Explanation(traced, bid, explained, refused.get(bid.bid_id, "ACCEPTED"), award, payment)


def _behind(step: Step, bid: FileBid, traced: TracedRound, rules: RulesOfRound) -> list[InForce]:
    klass = int(bid.participant_class)
    found = [
        rules.of(parameter, klass if DEFINITIONS[parameter].by_class else 0) for parameter in RULES.get(step.name, ())
    ]
    known = [rule for rule in found if rule.value is not None]
    if step.name in (StepName.CAP_AT_ENTRY, StepName.OWN_CAP):
        # Of several caps the smallest one binds: that is the rule behind the step.
        caps = traced.caps(bid.bidder)
        known = [rule for rule in known if caps.get(rule.parameter) == step.facts["cap_lots"]] or known
    return known


def rule_line(rule: InForce) -> Text:
    """A rule in one line, in both languages."""
    en = [f"{rule.key} = {rule.shown}", f"from {rule.effective}" if rule.effective else "", rule.basis.en]
    en += [rule.source.en, f"clause {rule.clause}" if rule.clause else "", f"“{rule.quote}”" if rule.quote else ""]
    term = DEFINITIONS[rule.parameter].term
    zh = [f"{term}：{WORD_ZH.get(rule.shown, rule.shown)}", f"自 {rule.effective} 起" if rule.effective else ""]
    zh += [rule.basis.zh, rule.source.zh, rule.clause, f"“{rule.quote}”" if rule.quote else ""]
    return Text("; ".join(filter(None, en)), "；".join(filter(None, zh)))
