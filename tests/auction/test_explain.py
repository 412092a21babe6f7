"""A bid's trace comes to its award, by itself: the tracer, the clear and the checker agree over every setting."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from benchmarks import explain
from engine.auction.explain import EntryFacts, RoundArrays, Step, trace_clear, trace_entry
from engine.auction.explain.reference_award import TraceError, award_from
from engine.auction.terms import BelowReserve, MarginRule
from tests.auction.rounds import Round, drawn_rounds, seeded_rounds
from tests.conftest import Seen

SEED = 20_261_125


def arrays_of(drawn: Round) -> RoundArrays:
    def column(name: str) -> np.ndarray:
        return np.array([getattr(bid, name) for bid in drawn.bids], np.int64)

    return RoundArrays(
        drawn.terms,
        column("price"),
        column("lots"),
        column("time"),
        column("bidder"),
        column("number"),
        column("draw"),
        column("minimum"),
        drawn.supply(),
        drawn.limits(),
    )


def written(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """The trace as somebody else reads it."""
    read: list[dict[str, Any]] = json.loads(json.dumps([step.as_json() for step in steps]))
    return read


def assert_explained(drawn: Round) -> Counter[str]:
    """Every bid's trace comes to what the clear awarded it; gives the steps that were gone through."""
    arrays, result, seen = arrays_of(drawn), drawn.clear(), Counter[str]()
    for place in range(len(drawn.bids)):
        steps = written(trace_clear(place, arrays, result))
        cleared = (int(result.awarded_lots[place]), int(result.payments_minor[place]))
        try:
            assert award_from(steps) == cleared, (place, steps)
        except TraceError as error:
            raise AssertionError(f"bid {place}: {error}: {steps}") from error
        seen.update(step["step"] for step in steps)
    return seen


@given(drawn_rounds())
def test_the_checker_comes_to_the_award_of_the_clear(drawn: Round) -> None:
    assert_explained(drawn)


def run_seeded(seed: int, count: int) -> Counter[str]:
    seen = Counter[str]()
    for number, drawn in seeded_rounds(seed, count):
        try:
            seen += assert_explained(drawn)
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}, round {number}: {failure}\n{drawn}") from failure
    return seen


def test_seeded_rounds_go_through_every_step_of_the_clear() -> None:
    seen = run_seeded(SEED, 150)
    steps = ("validity", "own_cap", "shared_cap", "guarantee", "price", "restored_guarantee", "rank", "margin", "award")
    assert {step: seen[step] for step in steps if seen[step] < 10} == {}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_twenty_thousand_rounds(seed: int, seen: Seen) -> None:
    run_seeded(seed, 2_000)
    seen("drawn rounds whose every award is derived again from its explanation", 2_000)


def test_any_fact_or_result_that_is_altered_is_noticed_or_does_not_matter() -> None:
    """No single altered integer of a trace makes the checker accept another award without a word of it.

    An altered fact may change the award that the facts come to; then the step's own result no longer fits.
    """
    altered = noticed = 0
    for _, drawn in seeded_rounds(SEED, 25):
        arrays, result = arrays_of(drawn), drawn.clear()
        for place in range(len(drawn.bids)):
            steps = written(trace_clear(place, arrays, result))
            award = award_from(steps)
            for at, step in enumerate(steps):
                for part in ("facts", "result"):
                    for key in step[part]:
                        spoilt = json.loads(json.dumps(steps))
                        spoilt[at][part][key] += 1
                        altered += 1
                        try:
                            assert award_from(spoilt) == award, (spoilt, at, part, key)
                        except TraceError:
                            noticed += 1
    assert noticed > altered / 3 > 500


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda steps: [], "explains nothing"),
        (lambda steps: steps[:-1], "ends with 'award'"),
        (lambda steps: [{**steps[0], "step": "luck"}, *steps[1:]], "no step of a trace"),
        (lambda steps: [{**steps[0], "facts": {}}, *steps[1:]], "is missing"),
        (lambda steps: [{**steps[0], "result": {"passes": 0}}, *steps[1:]], "its facts come to"),
    ],
)
def test_a_trace_that_is_none_is_refused(spoil: Any, said: str) -> None:
    drawn = next(d for _, d in seeded_rounds(SEED, 99) if d.clear().sold_lots and not d.limits())
    result = drawn.clear()
    steps = written(trace_clear(int(np.argmax(result.awarded_lots)), arrays_of(drawn), result))
    with pytest.raises(TraceError, match=said):
        award_from(spoil(steps))


GOOD = {
    "price_ticks": 12,
    "lots": 10,
    "eligible": 1,
    "price_step_ticks": 2,
    "quantity_step_lots": 5,
    "minimum_lots": 10,
    "count_before": 1,
    "count_max": 2,
    "lots_before": 10,
    "cap_lots": 20,
    "lowest_valid_ticks": 12,
    "below_reserve": int(BelowReserve.REFUSED_AT_ENTRY),
    "consigned_lots": 3,
    "consignor_may_bid": 1,
    "held_minor": 120,
    "cash_minor": 120,
}


@pytest.mark.parametrize(
    ("change", "last"),
    [
        ({"eligible": 0}, "eligibility"),
        ({"price_ticks": 13}, "price_step"),
        ({"price_ticks": 10}, "reserve_at_entry"),
        ({"lots": 12}, "quantity_step"),
        ({"lots": 5}, "minimum_quantity"),
        ({"count_max": 1}, "bid_count"),
        ({"cap_lots": 19}, "cap_at_entry"),
        ({"consignor_may_bid": 0}, "consignor"),
        ({"cash_minor": 119}, "guarantee_at_entry"),
        ({"shortfall_only": 1}, "shortfall"),
        ({"submissions_before": 2, "submissions_max": 2}, "submissions"),
        ({"value_minor": 2**60 + 1}, "amount"),
    ],
)
def test_the_first_rule_broken_ends_the_way_of_a_bid(change: dict[str, int], last: str) -> None:
    steps = trace_entry(EntryFacts(**(GOOD | change)))
    assert [step.result["passes"] for step in steps] == [1] * (len(steps) - 1) + [0]
    assert steps[-1].name == last
    assert award_from(written(steps)) == (0, 0)
    assert all(step.result["passes"] for step in trace_entry(EntryFacts(**GOOD)))
    put_up = trace_entry(
        EntryFacts(**(GOOD | {"put_up_minor": 70, "cash_minor": 0, "shortfall_only": 1, "shortfall_lots": 1}))
    )
    assert [step.name for step in put_up if step.name in ("guarantee_put_up", "shortfall", "guarantee_at_entry")] == [
        "shortfall",
        "guarantee_put_up",
    ]


def test_columns_left_out_mean_what_they_mean_to_the_clear() -> None:
    for _, drawn in seeded_rounds(SEED, 40):
        if drawn.limits() or drawn.terms.margin_rule in (MarginRule.RANDOM_ORDER, MarginRule.PRO_RATA_RANDOM_UNITS):
            continue
        prices, lots = (np.array([bid[k] for bid in drawn.bids], np.int64) for k in (0, 1))
        full = RoundArrays.of(drawn.terms, prices, lots, drawn.supply())
        assert full.numbers.tolist() == list(range(len(drawn.bids)))
        assert not full.times.any()
        assert not full.minimum_lots.any()


@pytest.mark.compiled
def test_the_benchmark_checks_what_it_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["explain", "--bids", "400", "--json"])
    assert explain.main() == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["bids"] == 400
    assert set(figures) == {"bids", *explain.ROUNDS}
    monkeypatch.setattr(explain, "award_from", lambda steps: (-1, 0))
    assert explain.main() == 1
