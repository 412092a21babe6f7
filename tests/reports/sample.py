"""One small round, worked by hand, for every test of the reports.

On offer 100 t: 33 and 34 consigned, 33 of the government; reserve 40.00, one price for all.

| bid | bidder | price | quantity | awarded |
|---|---|---|---|---|
| 1 | 11 | 50.00 | 40 | 40 |
| 2 | 12 | 48.00 | 50 | 50 |
| 3 | 11 | 45.00 | 30 | 10 |
| 4 | 13 | 44.00 | 20 | 0 |
| 5 | 14 | 39.00 | 10 | void |

Price 45.00, proceeds 100 x 45.00 = 4,500.00.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from engine.auction.terms import RoundStatus
from engine.commands import SupplyKind
from engine.parameters import Parameter
from engine.rules.compile import book_sha256, book_text
from engine.rules.model import Book
from engine.views import Award, RoundResult, SupplyLine
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale
from services.rule_books.files import load_book

RESULT = RoundResult(
    status=RoundStatus.CLEARED,
    price_ticks=4500,
    offered_lots=100,
    sold_lots=100,
    valid_demand_lots=140,
    submitted_demand_lots=150,
    proceeds_minor=450_000,
    awards=(
        Award(1, 11, 5000, 40, 40, 4500, 180_000, True),
        Award(2, 12, 4800, 50, 50, 4500, 225_000, True),
        Award(3, 11, 4500, 30, 10, 4500, 45_000, True),
        Award(4, 13, 4400, 20, 0, 0, 0, True),
        Award(5, 14, 3900, 10, 0, 0, 0, False),
    ),
    supply=(
        SupplyLine(1, SupplyKind.GOVERNMENT, 0, 2, 2, 33, 0, 33, 148_500),
        SupplyLine(2, SupplyKind.CONSIGNED, 0, 1, 3, 33, 0, 33, 148_500),
        SupplyLine(3, SupplyKind.CONSIGNED, 0, 1, 4, 34, 0, 34, 153_000),
    ),
)

EMPTY = RoundResult(
    status=RoundStatus.NO_VALID_BIDS,
    price_ticks=None,
    offered_lots=100,
    sold_lots=0,
    valid_demand_lots=0,
    submitted_demand_lots=0,
    proceeds_minor=0,
    supply=(SupplyLine(1, SupplyKind.GOVERNMENT, 0, 2, 2, 100, 0),),
)
"""Nobody bid."""


@cache
def book(name: str) -> tuple[Book, str]:
    """A shipped rule book and the hash of its text."""
    loaded = load_book(name)
    return loaded, book_sha256(book_text(loaded.name, loaded.files))


def report(result: RoundResult = RESULT, book_name: str = "shenzhen_consignment", **changes: Any) -> RoundReport:
    """The sample round as a report."""
    loaded, sha256 = book(book_name)
    made = RoundReport(
        title=Text("A sample round", "样本场次"),
        name="sample-1",
        day=date(2024, 6, 7),
        instrument="SZEA-2023",
        scale=Scale("CNY"),
        result=result,
        book=loaded,
        book_sha256=sha256,
        sellers={2: "市政府 City", 3: "甲 First", 4: "乙 Second"},
        values=((int(Parameter.AUCTION_RESERVE_PRICE), 0, 4000),),
    )
    return replace(made, **changes)
