"""The comparison of scene A: it tells a right line from a wrong one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import SupplyKind
from engine.views import SupplyLine
from services.demo.inputs import Sale, SaleLine
from services.demo.wci import bid_quantities, compare

SALE = Sale(
    "current",
    date(2016, 8, 1),
    (
        SaleLine("CA", "CA", 2016, offered=100, sold=0, again=0, new=100),
        SaleLine("CA", "consign", 2016, offered=70, sold=45, again=30, new=40),
        SaleLine("QC", "QC", 2016, offered=50, sold=13, again=0, new=50),
    ),
)

LINES = (
    SupplyLine(1, SupplyKind.GOVERNMENT, 1, 3, 2, 100, 0, 0, 0),
    SupplyLine(2, SupplyKind.GOVERNMENT, 2, 3, 3, 50, 0, 13, 0),
    SupplyLine(3, SupplyKind.CONSIGNED, 1, 1, 4, 40, 0, 26, 0),
    SupplyLine(4, SupplyKind.CONSIGNED, 1, 1, 4, 30, 0, 19, 0),
)


def test_consigned_lots_of_a_round_are_one_line_of_the_table() -> None:
    compared = compare(SALE, LINES)
    assert [(line.line.seller, line.offered, line.sold, line.agrees) for line in compared] == [
        ("CA", 100, 0, True),
        ("consign", 70, 45, True),
        ("QC", 50, 13, True),
    ]


@pytest.mark.parametrize(("line", "change"), [(0, 1), (1, -1), (2, 1), (3, -1)])
def test_one_tonne_more_or_less_is_no_longer_equal(line: int, change: int) -> None:
    wrong = list(LINES)
    wrong[line] = replace(wrong[line], sold_lots=wrong[line].sold_lots + change)
    assert [one.agrees for one in compare(SALE, wrong)].count(False) == 1


def test_another_offer_is_no_longer_equal() -> None:
    wrong = (replace(LINES[0], quantity_lots=101), *LINES[1:])
    assert [one.agrees for one in compare(SALE, wrong)] == [False, True, True]


@given(st.integers(0, 10**5), st.integers(1, 20))
def test_a_total_is_spread_in_whole_lots(lots: int, bidders: int) -> None:
    quantities = bid_quantities(lots * 1_000, bidders)
    assert sum(quantities) == lots * 1_000
    assert len(quantities) == bidders
    assert max(quantities) - min(quantities) <= 1_000
    assert all(quantity % 1_000 == 0 for quantity in quantities)


def test_a_total_of_broken_lots_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple of 1000"):
        bid_quantities(1_500)
