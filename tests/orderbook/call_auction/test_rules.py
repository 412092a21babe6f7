"""Rules as data: what may be written, and that what is released does not change."""

from __future__ import annotations

import pytest

from engine.orderbook.call_auction import CALL_RULES, CallRule, Candidates, Step, call_rule

V = Step.MAXIMUM_VOLUME


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ((), "begin with MAXIMUM_VOLUME"),
        ((Step.HIGHEST,), "begin with MAXIMUM_VOLUME"),
        ((V,), "end with one of HIGHEST, LOWEST, MIDPOINT_DOWN, MIDPOINT_UP; found MAXIMUM_VOLUME"),
        ((V, Step.NEAREST_REFERENCE), "found NEAREST_REFERENCE"),
        ((V,) * 8 + (Step.HIGHEST,), "has 9 steps; at most 8"),
    ],
)
def test_a_rule_that_might_not_decide_is_refused(steps: tuple[Step, ...], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CallRule("drawn", Candidates.EVERY_TICK, steps, "")


@pytest.mark.parametrize("band", [-1, 1_000_000])
def test_a_band_outside_the_reference_is_refused(band: int) -> None:
    with pytest.raises(ValueError, match=r"0 to 999999 allowed"):
        CallRule("drawn", Candidates.EVERY_TICK, (V, Step.HIGHEST), "", band)


def test_named_rules() -> None:
    assert list(CALL_RULES) == ["sse", "szse", "xetra", "xetra_continuous", "asx", "bnb", "euronext"]
    assert all(rule.name == name and rule.meaning for name, rule in CALL_RULES.items())


def test_an_unknown_name_tells_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"'lse' is no call rule; known are sse, szse, xetra, xetra_continuous, asx"):
        call_rule("lse")


def test_numbers_of_steps_are_frozen() -> None:
    assert {step.name: int(step) for step in Step} == {
        "MAXIMUM_VOLUME": 1,
        "MINIMUM_SURPLUS": 2,
        "MARKET_PRESSURE": 3,
        "MARKET_PRESSURE_IN_BAND": 4,
        "BETTER_ORDERS_FILLED": 5,
        "NEAREST_REFERENCE": 6,
        "MIDPOINT_UP": 7,
        "MIDPOINT_DOWN": 8,
        "HIGHEST": 9,
        "LOWEST": 10,
    }
    assert {candidates.name: int(candidates) for candidates in Candidates} == {
        "ORDER_LIMITS": 1,
        "EVERY_TICK": 2,
        "LIMITS_INSIDE_QUOTE": 3,
    }
