"""The compiled clear and its slow twin agree on every field, over drawn rounds and every combination of rules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given

from engine.auction.reference_buyers import Bid
from engine.auction.reference_sellers import Line
from engine.auction.terms import MarginRule, PriceRule, Terms
from tests.auction.rounds import Round, drawn_rounds, seeded_rounds
from tests.conftest import Seen

ROOT = Path(__file__).resolve().parents[2]


@given(drawn_rounds())
@example(Round(Terms(PriceRule.UNIFORM), [Bid(2**30, 2**32 - 1)], [Line(2**50)], [], []))
@example(
    Round(
        Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER),
        [Bid(1, 2**32 - 1 - i, number=i) for i in range(9)],
        [Line(2**34)],
        [],
        [],
    )
)
def test_every_field_agrees(drawn: Round) -> None:
    drawn.assert_right()


def run_seeded(seed: int, rounds: int) -> None:
    for number, drawn in seeded_rounds(seed, rounds):
        try:
            drawn.assert_right()
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}, round {number}: {failure}") from failure


def test_seeded_rounds() -> None:
    run_seeded(seed=20231124, rounds=400)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_thousand_rounds(seed: int, seen: Seen) -> None:
    run_seeded(seed, rounds=20_000)
    seen("drawn rounds cleared like the slow twin", 20_000)


@pytest.mark.compiled
def test_the_same_with_interpreted_kernels() -> None:
    program = "from tests.auction.test_twin import run_seeded; run_seeded(20231124, 150)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
