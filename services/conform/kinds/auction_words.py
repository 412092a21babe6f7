"""The words in which cases state a call auction's rule, as steps and candidates of the engine.

A stated rule need not name a step that decides between the last prices. It is then completed by the usual ones, in
the usual order (smallest surplus, pressure, reference price, highest), and the report says so when that mattered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from engine.orderbook.call_auction import CALL_RULES, CallRule, Candidates, Step
from engine.orderbook.call_auction.rules import BAND_UNIT, DECISIVE, STEPS_MAX
from services.conform.cases import NotSupported, Unreadable

_USUAL = (Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE, Step.NEAREST_REFERENCE, Step.HIGHEST)

MAINLAND_TIE = "tie: SSE midpoint / SZSE nearest previous close"
"""The step at which the two mainland exchanges part: one case, two rules."""

_STEPS: dict[str, Step | None] = {
    "max_volume": Step.MAXIMUM_VOLUME,
    "min_surplus": Step.MINIMUM_SURPLUS,
    "pressure": Step.MARKET_PRESSURE,
    "pressure(all buy->highest, all sell->lowest)": Step.MARKET_PRESSURE,
    "all better orders fully filled": Step.BETTER_ORDERS_FILLED,
    "one side at price fully filled": None,  # holds wherever the step before does: see Step.BETTER_ORDERS_FILLED
    "nearest to reference": Step.NEAREST_REFERENCE,
    "reference: nearest candidate limit, distance tie -> higher": Step.NEAREST_REFERENCE,
    "midpoint rounded up to tick": Step.MIDPOINT_UP,
}
_PRESSURE_IN_BAND = re.compile(r"market_pressure within reference \+/-(\d+(?:\.\d+)?)%")

CANDIDATES = {
    "limits": Candidates.ORDER_LIMITS,
    "order limits": Candidates.ORDER_LIMITS,
    "every tick": Candidates.EVERY_TICK,
    "all listed rows": Candidates.EVERY_TICK,
    "order/quote limits inside [quote bid, quote ask]": Candidates.LIMITS_INSIDE_QUOTE,
}


@dataclass(frozen=True)
class StatedRule:
    """What a case says of the rule: it may leave open which of several prices is taken.

    `exact_middle`: the source does not round the middle of two prices. Then half ticks are prices too, unless the case
    states a tick.
    """

    name: str
    candidates: Candidates
    steps: tuple[Step, ...]
    band_ppm: int = 0
    exact_middle: bool = False

    @property
    def decides(self) -> bool:
        """Whether the stated steps always end with one price."""
        return self.steps[-1] in DECISIVE

    def with_steps(self, *steps: Step) -> StatedRule:
        """The same rule with further steps."""
        return replace(self, steps=(*self.steps, *steps))

    def call_rule(self, *last: Step) -> CallRule:
        """The rule with `last` behind the stated steps."""
        steps = (*self.steps, *last)
        if steps[0] != Step.MAXIMUM_VOLUME or len(steps) > STEPS_MAX:
            raise NotSupported(f"a call rule with the steps {', '.join(step.name for step in self.steps)}")
        return CallRule(self.name, self.candidates, steps, "as stated by a case", self.band_ppm)

    def completed(self) -> CallRule:
        """The rule with the usual steps behind the stated ones, as far as it does not decide itself."""
        if self.decides:
            return self.call_rule()
        present = set(self.steps) | ({Step.MARKET_PRESSURE} if Step.MARKET_PRESSURE_IN_BAND in self.steps else set())
        return self.call_rule(*(step for step in _USUAL if step not in present))


def stated_as(name: str) -> StatedRule:
    """One of the engine's own rules, for cases that name a venue instead of steps."""
    rule = CALL_RULES[name]
    return StatedRule(name, rule.candidates, rule.steps, rule.band_ppm)


def steps_of(words: Sequence[str]) -> tuple[tuple[Step, ...], int]:
    """The steps that a list of words names, and the band in parts per million that one of them carries (else 0)."""
    steps: list[Step] = []
    band_ppm = 0
    for word in words:
        in_band = _PRESSURE_IN_BAND.fullmatch(word)
        if in_band:
            steps.append(Step.MARKET_PRESSURE_IN_BAND)
            band_ppm = band_of(Fraction(in_band[1]) / 100)
        elif word not in _STEPS:
            raise NotSupported(f"step {word!r}")
        elif (step := _STEPS[word]) is not None:
            steps.append(step)
    if not steps:
        raise Unreadable("rule.steps: at least one step is needed")
    return tuple(steps), band_ppm


def candidates_of(word: str, mechanism: str) -> Candidates:
    """The candidate prices that a word names; without one what the mechanism is known to use."""
    if not word:
        return Candidates.EVERY_TICK if mechanism == "sse_szse_call" else Candidates.ORDER_LIMITS
    if word not in CANDIDATES:
        raise NotSupported(f"candidate prices {word!r}")
    return CANDIDATES[word]


def band_of(share: Fraction) -> int:
    """A share of the reference price in parts per million."""
    ppm = share * BAND_UNIT
    if ppm.denominator != 1 or not 0 <= ppm < BAND_UNIT:
        raise NotSupported(f"a band of {share} of the reference price (0 to 1 in steps of one millionth)")
    return int(ppm)


_TEXTS: tuple[tuple[str, StatedRule], ...] = (
    (
        r"max volume > min \|surplus\| > market pressure with \+-(?P<percent>\d+(\.\d+)?)% of reference > reference",
        stated_as("bnb"),
    ),
    (r"ASX four principles", stated_as("asx")),
    (
        r"IEP = order price maximising tradeable quantity",
        StatedRule("iep", Candidates.ORDER_LIMITS, (Step.MAXIMUM_VOLUME,)),
    ),
    (r"max executable volume$", StatedRule("volume", Candidates.ORDER_LIMITS, (Step.MAXIMUM_VOLUME,))),
    (
        r"price = highest accepted SUPPLY price",
        StatedRule("supply_margin", Candidates.ORDER_LIMITS, (Step.MAXIMUM_VOLUME, Step.LOWEST)),
    ),
    (
        r"vertical overlap of the curves: midpoint",
        StatedRule(
            "overlap_midpoint",
            Candidates.EVERY_TICK,
            (Step.MAXIMUM_VOLUME, Step.BETTER_ORDERS_FILLED, Step.MIDPOINT_UP),
            exact_middle=True,
        ),
    ),
)

_VENUES: tuple[tuple[str, StatedRule], ...] = (
    ("EuronextClone", stated_as("euronext")),
    ("bnb-chain", stated_as("bnb")),
    ("tinyEXCH", stated_as("xetra")),
    (
        "vegaprotocol",
        StatedRule("vega", Candidates.EVERY_TICK, (Step.MAXIMUM_VOLUME, Step.MIDPOINT_DOWN)),
    ),
)
"""Whose rule a case without a rule is about, by its source. Vega: the middle of the prices of largest volume
(vegaprotocol/specs, 0026-auctions, 04d77f3)."""


def rule_of_text(text: str, source: str) -> StatedRule:
    """The rule that a sentence states; without one the rule of the venue that the case comes from."""
    if text:
        for pattern, rule in _TEXTS:
            if re.match(pattern, text):
                return rule
        raise NotSupported(f"rule {text!r}")
    for word, rule in _VENUES:
        if word in source:
            return rule
    raise NotSupported("a case without a rule whose source names no venue with a known one")
