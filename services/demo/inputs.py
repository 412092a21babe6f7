"""The shipped history that the demonstration plays, read strictly: a row that is not what it should be is an error.

Files, origins and licences: benchmarks/replays.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from importlib import resources
from itertools import pairwise

from engine.units import parse_scaled
from services.reports.curves import Trade
from services.reports.report import Published

_MILLION = 1_000_000


@dataclass(frozen=True)
class SaleLine:
    """One line of one California-Québec auction: what a seller offered and what became of it, in t.

    `seller` is a jurisdiction by its letters, or `consign`. `again` were offered before, `new` are offered first.
    """

    jurisdiction: str
    seller: str
    vintage: int
    offered: int
    sold: int
    again: int
    new: int

    @property
    def is_consigned(self) -> bool:
        """Whether the units belong to others than the jurisdiction."""
        return self.seller == "consign"


@dataclass(frozen=True)
class Sale:
    """One auction: `kind` is current (units of this year and earlier ones) or advance (units of a later year)."""

    kind: str
    month: date
    lines: tuple[SaleLine, ...]

    @property
    def offered(self) -> int:
        """All that was on offer, in t."""
        return sum(line.offered for line in self.lines)

    @property
    def sold(self) -> int:
        """All that was sold, in t."""
        return sum(line.sold for line in self.lines)


def wci_sales(year: int = 2016) -> tuple[Sale, ...]:
    """The joint auctions of one year by month, current before advance."""
    lines: dict[tuple[date, str], list[SaleLine]] = {}
    for row in _rows("wci", "quarterly_2012_2016.csv"):
        month = date.fromisoformat(row["auction date"])
        if row["market"] == "CA-QC" and month.year == year:
            lines.setdefault((month, row["auct_type"]), []).append(_sale_line(row))
    order = sorted(lines, key=lambda found: (found[1] != "current", found[0]))
    return tuple(Sale(kind, month, tuple(lines[month, kind])) for month, kind in order)


def _sale_line(row: dict[str, str]) -> SaleLine:
    return SaleLine(
        jurisdiction=row["juris"],
        seller=row["inst_cat"],
        vintage=int(row["vintage"]),
        offered=_tonnes(row["Available"]),
        sold=_tonnes(row["Sold"]),
        again=_tonnes(row["Redesignated"]),
        new=_tonnes(row["Newly available"]),
    )


def _tonnes(millions: str) -> int:
    """Million t as whole t. The file's own digits beyond the sixth are noise of binary floats, below half a tonne."""
    return int((Decimal(millions) * _MILLION).to_integral_value())


def nzu_trades() -> tuple[Trade, ...]:
    """The New Zealand trades in the order of time; prices in cents, quantities in units (t)."""
    trades = tuple(
        Trade(
            time=datetime.fromisoformat(row["Date...Time"]),
            price_ticks=parse_scaled(row["Unit.Price"], 100),
            quantity_lots=parse_scaled(row["Quantity"], 1),
        )
        for row in _rows("nzu", "trades_2021_2026.csv.gz")
    )
    if any(after.time < before.time for before, after in pairwise(trades)):
        raise ValueError("nzu/trades_2021_2026.csv.gz: the trades are not in the order of time")
    return trades


_FIGURES = {
    "offered_t": "offered",
    "sold_t": "sold",
    "reserve_price_cny": "reserve_price",
    "bidders": "bidders_submitted",
    "winners": "winners",
    "submitted_demand_t": "demand_submitted",
    "maximum_award_price_cny": "award_maximum",
    "minimum_award_price_cny": "award_minimum",
    "mean_award_price_cny": "award_mean",
    "proceeds_cny": "proceeds",
}
"""Published figures of Shenzhen 2022, with the keys that a notice has for them."""


def shenzhen_published() -> dict[str, Published]:
    """The published figures of 2022-08-12 by the keys of a notice."""
    return {
        _FIGURES[row["figure"]]: Published(row["value"], row["source"], rounded=row["rounded"] == "yes")
        for row in _rows("shenzhen_2022", "published.csv")
        if row["figure"] in _FIGURES
    }


def _rows(folder: str, name: str) -> Iterator[dict[str, str]]:
    content = (resources.files("benchmarks") / "replays" / folder / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    yield from csv.DictReader(io.StringIO(text))
