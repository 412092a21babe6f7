"""`jingjia journal statement`: an account's statement, or the trial balance of all, as of any event of a journal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from engine.capacity import CLASSES, MEDIUM
from services.audit.reading import Reading
from services.cli.progress import progress_bar
from services.errors import BadInput
from services.statements.content import AssetPart, Content, TrialPart
from services.statements.files import (
    Head,
    head,
    statement_csv,
    statement_html,
    statement_json,
    trial_csv,
    trial_html,
    trial_json,
)
from services.statements.following import follow

WIDTH = 160
"""Columns of text where the output is no terminal."""


def statement(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The journal's folder.", show_default=False)],
    account: Annotated[str, typer.Option(help="Name of the participant.", show_default=False)] = "",
    everybody: Annotated[bool, typer.Option("--all", help="The trial balance of all accounts instead.")] = False,
    from_seq: Annotated[int, typer.Option(min=1, help="First event.")] = 1,
    to_seq: Annotated[int | None, typer.Option(min=1, help="Last event.", show_default=False)] = None,
    at: Annotated[int | None, typer.Option(min=1, help="The same as --to-seq alone.", show_default=False)] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", help="Write CSV there.", show_default=False)] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page there.", show_default=False)] = None,
    capacity: Annotated[str, typer.Option(help=f"Capacity class: {', '.join(CLASSES)}.")] = MEDIUM.name,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
) -> None:
    """What an account had, every posting, and what it has; checked against the core and for balance before it is shown.

    Example: jingjia journal statement data/journal --account "Buyer 1" --html statement.html

    Exit code 0: it balances. 1: it does not, or the journal is damaged. 2: bad input.
    """
    last = _checked_range(account, everybody, from_seq, to_seq, at)
    if capacity not in CLASSES:
        raise BadInput(f"--capacity {capacity!r}: allowed are {', '.join(CLASSES)}")
    with Reading(folder, CLASSES[capacity]) as reading, progress_bar("replaying") as progress:
        followed = follow(reading, account or 0, from_seq, last, progress)
        journal_id = reading.journal.identity.journal_id.hex()
    content = Content(followed)
    if everybody:
        top, trial = head(followed, journal_id), content.trial()
        _write(csv_file, trial_csv(trial))
        _write(html_file, trial_html(top, trial))
        _show(trial_json(top, trial) if as_json else _trial_tables(trial), top)
        return
    found = followed.ledger.statement()
    top, parts = head(followed, journal_id, found), content.parts(found)
    _write(csv_file, statement_csv(parts))
    _write(html_file, statement_html(top, parts))
    _show(statement_json(top, parts) if as_json else _statement_tables(parts), top)


def _checked_range(account: str, everybody: bool, first: int, to_seq: int | None, at: int | None) -> int | None:
    problems = []
    if bool(account) == everybody:
        problems.append("name one account with --account, or ask for all with --all")
    if at is not None and (to_seq is not None or first != 1):
        problems.append("--at stands alone: it is everything up to that event; leave out --from-seq and --to-seq")
    if everybody and first != 1:
        problems.append("--from-seq: a trial balance has no beginning; name only --to-seq or --at")
    if problems:
        raise BadInput(problems)
    return at if at is not None else to_seq


def _write(path: Path | None, text: str) -> None:
    if path is None:
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}; name a file that can be written") from error


def _show(shown: dict[str, object] | list[Table], top: Head) -> None:
    if isinstance(shown, dict):
        sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        return
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(f"{top.title.zh} {top.title.en}: [bold]{top.account.en}[/]", highlight=False)
    console.print(f"events {top.first_sequence:,} to {top.last_sequence:,}, until {top.until}", highlight=False)
    for table in shown:
        console.print(table)


def _statement_tables(parts: list[AssetPart]) -> list[Table]:
    tables = []
    for part in parts:
        table = Table(title=f"{part.name.zh} {part.unit.en}", box=box.SIMPLE, title_justify="left")
        for name in ("pocket", "opening", "change", "closing"):
            table.add_column(name, justify="left" if name == "pocket" else "right")
        for row in (*part.pockets, part.total):
            cells = (row.opening.shown, row.change.shown, row.closing.shown)
            table.add_row(f"{row.pocket.zh} {row.pocket.en}", *cells)
        lines = Table(box=box.SIMPLE)
        for name in ("sequence", "time", "command", "what", "counterparty", "pocket", "change", "balance"):
            is_number = name in ("sequence", "change", "balance")
            lines.add_column(name, justify="right" if is_number else "left", no_wrap=is_number)
        for line in part.lines:
            lines.add_row(
                f"{line.sequence:,}",
                line.time[:23],
                line.command,
                f"{line.description.zh} {line.description.en}",
                line.counterparty.en,
                line.pocket.en,
                line.change.shown,
                line.balance.shown,
            )
        tables += [table, lines] if part.lines else [table]
    return tables


def _trial_tables(parts: list[TrialPart]) -> list[Table]:
    tables = []
    for part in parts:
        table = Table(title=f"{part.name.zh} {part.unit.en}", box=box.SIMPLE, title_justify="left")
        table.add_column("account")
        for column in part.columns:
            table.add_column(f"{column.zh}\n{column.en}", justify="right", no_wrap=True)
        table.add_column("合计\ntotal", justify="right", no_wrap=True)
        for row in part.rows:
            name = row.account.en if row.account.en == row.account.zh else f"{row.account.zh} {row.account.en}"
            table.add_row(name, *(amount.shown for amount in row.pockets), row.total.shown)
        table.add_row("合计 sum of all", *[""] * len(part.columns), part.total.shown)
        tables.append(table)
    return tables
