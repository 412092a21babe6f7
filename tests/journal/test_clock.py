"""The clock module: integers of nanoseconds UTC, and one that stands still."""

from __future__ import annotations

from services.clock import SetClock, stopwatch_s, system_clock

NS_2020, NS_2200 = 1_577_836_800 * 10**9, 7_258_118_400 * 10**9


def test_the_system_clock_gives_integer_nanoseconds_since_1970() -> None:
    now = system_clock()
    assert type(now) is int
    assert NS_2020 < now < NS_2200


def test_a_set_clock_moves_only_when_told() -> None:
    clock = SetClock(5)
    assert (clock(), clock()) == (5, 5)
    clock.advance(2)
    assert clock() == 7


def test_a_stopwatch_does_not_go_back() -> None:
    first = stopwatch_s()
    assert stopwatch_s() >= first
