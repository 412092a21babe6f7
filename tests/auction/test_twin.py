"""The compiled clear and its slow twin agree on every field, over drawn rounds and every combination of rules."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given

from engine.auction.invariants import check
from engine.auction.reference import Bid, Line
from engine.auction.terms import MarginRule, PriceRule, Terms
from tests.auction.rounds import assert_like_reference, drawn_bids, drawn_lines, drawn_terms, seeded_round

ROOT = Path(__file__).resolve().parents[2]


@given(drawn_terms(), drawn_bids(), drawn_lines())
@example(Terms(PriceRule.UNIFORM), [Bid(2**30, 2**32 - 1)], [Line(2**50)])
@example(
    Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER),
    [Bid(1, 2**32 - 1 - i, number=i) for i in range(9)],
    [Line(2**34)],
)
def test_every_field_agrees(terms: Terms, bids: list[Bid], lines: list[Line]) -> None:
    check(terms, assert_like_reference(terms, bids, lines), bids_of(bids), lines_of(lines))


def bids_of(bids: list[Bid]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([bid.price for bid in bids], np.int64), np.array([bid.lots for bid in bids], np.int64)


def lines_of(lines: list[Line]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([line.lots for line in lines], np.int64), np.array([line.minimum for line in lines], np.int64)


def run_seeded(seed: int, rounds: int) -> None:
    generator = np.random.default_rng(seed)
    for number in range(rounds):
        terms, bids, lines = seeded_round(generator)
        try:
            clearing = assert_like_reference(terms, bids, lines)
            check(terms, clearing, bids_of(bids), lines_of(lines))
        except AssertionError as failure:
            raise AssertionError(f"seed {seed}, round {number}: {failure}") from failure


def test_seeded_rounds() -> None:
    run_seeded(seed=20231124, rounds=300)


@pytest.mark.long
@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_thousand_rounds(seed: int) -> None:
    run_seeded(seed, rounds=20_000)


@pytest.mark.compiled
def test_the_same_with_interpreted_kernels() -> None:
    program = "from tests.auction.test_twin import run_seeded; run_seeded(20231124, 150)"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
