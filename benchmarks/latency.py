"""What one dependent load from the cache costs on this machine, here and now: the unit other figures are given in.

A single cycle through 8,192 cache lines of 64 bytes in random order: every load waits for the one before. The lines
fill half a megabyte, so the loads come from the second-level cache of most processors. The best of 7 runs.
"""

from __future__ import annotations

import time

import numba
import numpy as np

LINES = 8_192
_WORDS = 8
_LAPS = 20
_RUNS = 7


@numba.njit(nogil=True)
def _walk(lines: np.ndarray, steps: int) -> int:
    position = 0
    for _ in range(steps):
        position = lines[position]
    return position


def load_ns() -> float:
    """Nanoseconds of one dependent load."""
    order = np.random.default_rng(7).permutation(LINES) * _WORDS
    lines = np.zeros(LINES * _WORDS, np.int64)
    lines[order] = np.roll(order, -1)
    _walk(lines, LINES)
    best = float("inf")
    for _ in range(_RUNS):
        started = time.perf_counter_ns()
        _walk(lines, LINES * _LAPS)
        best = min(best, (time.perf_counter_ns() - started) / (LINES * _LAPS))
    return best
