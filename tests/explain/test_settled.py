"""Winners that do not pay: every bid's trace comes to what was settled in the end, under each rule for a default."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from engine.auction.explain.reference_award import TraceError, award_from
from engine.auction.explain.steps import StepName
from engine.rounds.clearing import clear_input
from engine.rounds.default import settle_on_paper
from engine.words.rounds import DefaultRule
from services.explain.settled import SettledRound
from services.explain.wording import Words
from services.reports.fonts import missing
from tests.proof.drawn_rounds import Parts, drawn_parts

SEED = 20_261_126


def settled(rng: np.random.Generator) -> tuple[Parts, np.ndarray]:
    """A drawn round with a rule for defaults, and what everybody has: often less than it owes."""
    parts = drawn_parts(rng)
    terms = parts.given.terms
    terms["default_units"] = rng.choice([0, *DefaultRule, DefaultRule.NEXT_BIDS])
    terms["fee_buyer_ppm"] = rng.choice([0, 50_000])
    return parts, rng.integers(0, int(rng.choice([200, 4_000, 20_000])), 7)


def explained(seed: int, rounds: int) -> Counter[str]:
    """Compares every bid's trace with the settlement; the steps that were gone through."""
    rng, seen = np.random.default_rng(seed), Counter[str]()
    for number in range(rounds):
        parts, cash = settled(rng)
        given = parts.given
        final = settle_on_paper(given, clear_input(given), np.zeros(7, np.int64), cash).clearing
        traced, say = SettledRound(given, cash), Words(parts.scale)
        assert traced.awarded_lots() == final.awarded_lots.tolist(), f"seed {seed}, round {number}"
        for place, bid_id in enumerate(given.bids["bid_id"].tolist()):
            steps = traced.trace(bid_id)
            written = json.loads(json.dumps([step.as_json() for step in steps]))
            expected = (int(final.awarded_lots[place]), int(final.payments_minor[place]))
            assert award_from(written) == expected, f"seed {seed}, round {number}, bid {bid_id}"
            for step in steps:
                seen[f"{step.name}{'' if step.result.get('passes', 1) else ' ends'}"] += 1
                assert not missing(say.of(step).zh)
    return seen


@pytest.mark.compiled
def test_every_bid_comes_to_what_was_settled() -> None:
    seen = explained(SEED, 300)
    assert min(seen["paid"], seen["paid ends"], seen["cleared_again"]) > 10


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_three_thousand_rounds(seed: int) -> None:
    assert explained(seed, 3_000)["paid ends"] > 400


def test_a_payment_that_is_altered_is_noticed() -> None:
    rng = np.random.default_rng(SEED)
    while True:
        parts, cash = settled(rng)
        traced = SettledRound(parts.given, cash)
        steps = next((s for s in map(traced.trace, parts.given.bids["bid_id"].tolist()) if s[-1].name == "paid"), None)
        if steps is not None:
            break
    written = [step.as_json() for step in steps]
    assert written[-1]["step"] == StepName.PAID
    written[-1]["facts"]["payment_minor"] += 1
    with pytest.raises(TraceError, match="an earlier step came to"):
        award_from(written)


def test_a_bid_of_another_round_has_no_trace() -> None:
    parts, cash = settled(np.random.default_rng(SEED))
    with pytest.raises(KeyError, match="there is no bid 99"):
        SettledRound(parts.given, cash).trace(99)
