"""Numbers as people read them: never a float, halves up, thousands apart."""

from __future__ import annotations

from fractions import Fraction

import pytest

from services.reports.scale import Scale, decimals, grouped, money


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(9045, 1000), 2, "9.05"),
        (Fraction(2, 3), 2, "0.67"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(2_490_000, 580_764), 2, "4.29"),
        (Fraction(0), 2, "0.00"),
    ],
)
def test_a_fraction_is_rounded_half_up(value: Fraction, places: int, text: str) -> None:
    assert decimals(value, places) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (580764, "580,764"),
        ("25259068.52", "25,259,068.52"),
        ("-1234.50", "-1,234.50"),
        ("0.05", "0.05"),
        (0, "0"),
    ],
)
def test_thousands_are_set_apart(number: int | str, text: str) -> None:
    assert grouped(number) == text


def test_ticks_and_lots_become_money_and_tonnes() -> None:
    scale = Scale("USD", tick_minor=5, lot_units=1000)
    assert scale.price(251) == "12.55"
    assert scale.quantity(7) == 7000
    # 43.4928... of the published proceeds and tonnes of Shenzhen 2022.
    assert Scale("CNY").price_of(2_525_906_852, 580_764) == "43.49"


def test_money_keeps_all_digits() -> None:
    assert money(2_525_906_852) == "25259068.52"
