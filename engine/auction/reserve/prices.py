"""How trigger and reserve prices move from year to year, and reserve prices made of averages; all in ticks.

Each year's price is rounded before the next is computed: RGGI's published 57.53 for 2037 is 29.25 grown ten times with
rounding, and 57.54 without. Rates are parts per million.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.auction.caps import PPM
from engine.units import divide_half_up


def grown(price_ticks: int, rate_ppm: int, years: int) -> list[int]:
    """The price of the first year and of the following ones, `years` in all, each rounded half up."""
    path = [price_ticks][:years]
    while len(path) < years:
        path.append(divide_half_up(path[-1] * (PPM + rate_ppm), PPM))
    return path


def annual_reserve(last_ticks: int, rate_ppm: int, inflation_ppm: int) -> int:
    """The next annual reserve price: rate and inflation are added, not compounded (17 CCR 95911(c)(3))."""
    return divide_half_up(last_ticks * (PPM + rate_ppm + inflation_ppm), PPM)


def mean(prices_ticks: Sequence[int]) -> int:
    """The arithmetic mean, rounded half up (Shenzhen 2022: of the mean prices of eight compliance months)."""
    return divide_half_up(sum(prices_ticks), len(prices_ticks))


def weighted_mean(prices_ticks: Sequence[int], quantities_lots: Sequence[int]) -> int:
    """The mean weighted by quantity, rounded half up; ValueError when nothing was traded."""
    if not sum(quantities_lots):
        raise ValueError("no quantity in the window; a weighted mean needs trades")
    turnover = sum(price * lots for price, lots in zip(prices_ticks, quantities_lots, strict=True))
    return divide_half_up(turnover, sum(quantities_lots))


def multiple(price_ticks: int, factor_ppm: int, most_ticks: int | None = None) -> int:
    """A multiple of a price, rounded half up, not above `most_ticks` (Shanghai 2017: 1.2 x the average, at most 42)."""
    price = divide_half_up(price_ticks * factor_ppm, PPM)
    return price if most_ticks is None else min(price, most_ticks)


def exchanged(price_ticks: int, rate_numerator: int, rate_denominator: int) -> int:
    """A price of another currency in ticks of ours, rounded half up; the rate is ours per theirs."""
    return divide_half_up(price_ticks * rate_numerator, rate_denominator)
