"""The one module that reads a clock.

Promise: every time the venue stamps is an int64 count of nanoseconds since 1970-01-01T00:00:00Z (UTC), taken from a
`Clock` that was handed in. Whoever needs another time (a test, a rehearsal of a past day) hands in another clock.

Not promised: that a clock never goes back. The sequencer sees to that for what is journalled.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

Clock = Callable[[], int]
"""Gives nanoseconds since 1970-01-01T00:00:00Z."""


def system_clock() -> int:
    """The machine's clock, in nanoseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns()


def stopwatch_s() -> float:
    """Seconds from an arbitrary beginning that never go back: only differences mean something."""
    return time.perf_counter()


def utc_text(time_ns: int) -> str:
    """A time as people read it, to the nanosecond: `2023-11-24T01:30:00.000000000Z`."""
    return f"{np.datetime64(time_ns, 'ns')}Z"


class SetClock:
    """A clock that stands where it was set: for rehearsals and tests."""

    def __init__(self, time_ns: int) -> None:
        self.time_ns = time_ns

    def __call__(self) -> int:
        return self.time_ns

    def advance(self, by_ns: int) -> None:
        """Moves the clock on by `by_ns` nanoseconds."""
        self.time_ns += by_ns
