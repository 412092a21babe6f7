"""A statement or a trial balance as a page, as CSV, as JSON. The same journal and range give the same bytes.

In CSV and JSON the integers are the engine's own: cash in minor units, units in lots.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from engine.ledger.postings import CASH_ASSET
from engine.ledger.statement import Statement
from services.clock import utc_text
from services.reports.pages import render
from services.reports.report import Text
from services.statements.content import Amount, AssetPart, Content, PocketRow, TrialPart
from services.statements.following import Followed

LINES_SHOWN = 5_000
"""Most lines of one asset on a page; the rest is in the CSV and the JSON, and the page says so."""

_LINE_COLUMNS = (
    "asset", "sequence", "time", "command", "command_kind", "description", "counterparty", "pocket", "change", "balance"
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """What a page says above its tables."""

    title: Text
    account: Text
    first_sequence: int
    last_sequence: int
    until: str
    journal: str


def head(followed: Followed, journal: str, statement: Statement | None = None) -> Head:
    """The head of a statement, or (without one) of the trial balance."""
    content = Content(followed)
    if statement is None:
        title, account, first = Text("Trial balance of all accounts", "试算平衡表"), Text("all accounts", "全部账户"), 1
    else:
        title, account = Text("Statement of account", "账户对账单"), content.account_name(statement.account)
        first = statement.first_sequence
    return Head(title, account, first, followed.sequence, utc_text(followed.time_ns), journal)


def statement_html(top: Head, parts: list[AssetPart]) -> str:
    """The page of a statement."""
    return render("statement.html.j2", head=top, parts=parts, trial=[], lines_shown=LINES_SHOWN)


def trial_html(top: Head, parts: list[TrialPart]) -> str:
    """The page of a trial balance."""
    return render("statement.html.j2", head=top, parts=[], trial=parts, lines_shown=LINES_SHOWN)


def statement_csv(parts: list[AssetPart]) -> str:
    """Opening balances, every posting, closing balances, one row each; amounts are integers."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_LINE_COLUMNS)
    for part in parts:
        for row in part.pockets:
            writer.writerow([_asset(part), "", "", "", "", "Opening", "", row.pocket.en, "", row.opening.integer])
        for line in part.lines:
            writer.writerow(
                [
                    _asset(part),
                    line.sequence,
                    line.time,
                    line.command,
                    line.command_kind.en,
                    line.description.en,
                    line.counterparty.en,
                    line.pocket.en,
                    line.change.integer,
                    line.balance.integer,
                ]
            )
        for row in part.pockets:
            writer.writerow([_asset(part), "", "", "", "", "Closing", "", row.pocket.en, "", row.closing.integer])
    return out.getvalue()


def trial_csv(parts: list[TrialPart]) -> str:
    """One row an account, pocket and asset."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("asset", "account", "pocket", "amount"))
    for part in parts:
        for row in part.rows:
            for column, amount in zip(part.columns, row.pockets, strict=True):
                if amount.integer:
                    writer.writerow([_asset(part), row.account.en, column.en, amount.integer])
        writer.writerow([_asset(part), "sum of all", "", part.total.integer])
    return out.getvalue()


def statement_json(top: Head, parts: list[AssetPart]) -> dict[str, Any]:
    """A statement for machines."""
    return {
        **_head_json(top),
        "assets": [
            {
                "asset": _asset(part),
                "unit": "minor" if part.asset == CASH_ASSET else "lots",
                "pockets": [_pocket_json(row) for row in part.pockets],
                "lines": [
                    {
                        "sequence": line.sequence,
                        "time": line.time,
                        "command": line.command,
                        "command_kind": line.command_kind.en,
                        "description": line.description.en,
                        "counterparty": line.counterparty.en,
                        "pocket": line.pocket.en,
                        "change": line.change.integer,
                        "balance": line.balance.integer,
                    }
                    for line in part.lines
                ],
            }
            for part in parts
        ],
    }


def trial_json(top: Head, parts: list[TrialPart]) -> dict[str, Any]:
    """A trial balance for machines."""
    return {
        **_head_json(top),
        "assets": [
            {
                "asset": _asset(part),
                "unit": "minor" if part.asset == CASH_ASSET else "lots",
                "accounts": [
                    {"account": row.account.en, **_amounts(part, row.pockets), "total": row.total.integer}
                    for row in part.rows
                ],
                "total": part.total.integer,
            }
            for part in parts
        ],
    }


def _head_json(top: Head) -> dict[str, Any]:
    return {
        "account": top.account.en,
        "first_sequence": top.first_sequence,
        "last_sequence": top.last_sequence,
        "until": top.until,
    }


def _pocket_json(row: PocketRow) -> dict[str, Any]:
    return {"pocket": row.pocket.en, "opening": row.opening.integer, "closing": row.closing.integer}


def _amounts(part: TrialPart, amounts: tuple[Amount, ...]) -> dict[str, int]:
    return {column.en: amount.integer for column, amount in zip(part.columns, amounts, strict=True)}


def _asset(part: AssetPart | TrialPart) -> str:
    return part.name.en.lower() if part.asset == CASH_ASSET else part.name.en
