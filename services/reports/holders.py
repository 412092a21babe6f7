"""The report of large holders (大户报告): a table for machines and a page for people, of the same rows.

What is counted, and from how much on, is the rule book's (`engine.exchange.day.holders`); the clause is on the page.
"""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, dataclass, fields

from services.reports.pages import render


@dataclass(frozen=True)
class HolderRow:
    """One account. Quantities in t; `allocation_year` 0 where no allocation was taken off."""

    participant: str
    participant_class: str
    held: int
    counted: int
    threshold: int
    allocation_year: int


@dataclass(frozen=True)
class HolderReport:
    """The large holders of an instrument after an event, with the clause behind the report."""

    instrument: str
    sequence: int
    clause: str
    rows: tuple[HolderRow, ...]

    def csv(self) -> str:
        """One line an account, with a head."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([field.name for field in fields(HolderRow)])
        writer.writerows(astuple(row) for row in self.rows)
        return out.getvalue()

    def page(self) -> str:
        """A page that stands alone, in Chinese and English."""
        return render("holders.html.j2", report=self)
