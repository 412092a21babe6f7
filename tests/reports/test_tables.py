"""Console tables show the rows of the notice."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from services.reports.report import Published
from services.reports.tables import figures_table, sellers_table
from tests.reports.sample import report


def printed(table: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=140, no_color=True)
    console.print(table)
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_figures_stand_beside_published_ones() -> None:
    text = printed(figures_table(report(published={"sold": Published("100", "x"), "price": Published("44.00", "x")})))
    (sold,) = [line for line in text.splitlines() if " Sold " in line]
    assert sold.split() == ["成交量", "Sold", "100", "100", "=", "t"]
    (price,) = [line for line in text.splitlines() if "Clearing price" in line]
    assert price.split() == ["成交价", "Clearing", "price", "45.00", "44.00", "CNY/t"]


def test_only_what_was_published_on_request() -> None:
    text = printed(figures_table(report(published={"sold": Published("100", "x")}), only_published=True))
    assert "Sold" in text
    assert "Offered" not in text


def test_sellers_with_their_proceeds() -> None:
    text = printed(sellers_table(report()))
    (first,) = [line for line in text.splitlines() if "甲 First" in line]
    assert first.split() == ["甲", "First", "委托", "consigned", "33", "33", "0", "1,485.00"]
