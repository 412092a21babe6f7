"""`jingjia journal`: is a journal whole, and what does it come to?

Both commands read beside a running server and change nothing.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.capacity import CLASSES, MEDIUM
from engine.core import Core
from services.cli import journal_read, journal_report, journal_statement, journal_void
from services.cli.progress import progress_bar
from services.clock import stopwatch_s
from services.errors import BadInput, CheckFailed
from services.journal.journal import Journal
from services.journal.problems import JournalError, NoJournal
from services.journal.replay import replay as replay_steps
from services.journal.verify import Report
from services.journal.verify import verify as verify_journal

app = typer.Typer(help="Check, replay and read journals.", no_args_is_help=True)
app.command()(journal_read.export)
app.command()(journal_read.audit)
app.command()(journal_read.diff)
app.command()(journal_statement.statement)
app.command()(journal_report.report)
app.add_typer(journal_void.app, name="void")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The journal's folder.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


@app.command()
def verify(folder: Folder, as_json: AsJson = False) -> None:
    """Is the journal whole? Every row's checksum, the chain, the anchor, the indexes; all problems are listed.

    Example: jingjia journal verify data/journal

    Exit code 0: whole. 1: damaged, with the batch and what to do. 2: no journal there.
    """
    try:
        with progress_bar("verifying") as progress:
            report = verify_journal(folder, progress)
    except NoJournal as error:
        raise BadInput(str(error)) from error
    if as_json:
        sys.stdout.write(json.dumps({"whole": not report.problems, **asdict(report)}, ensure_ascii=False) + "\n")
    else:
        _print_report(report)
    if report.problems:
        raise CheckFailed(f"{folder} is damaged: {len(report.problems)} problem(s)")


def _print_report(report: Report) -> None:
    write = sys.stdout.write
    write(f"journal   {report.folder}\n")
    if report.store:
        write(f"          {report.journal_id}\n          {report.store}\n")
        write(f"batches   {report.batches:,} with {report.rows:,} rows, {report.key_spans:,} spans of request ids\n")
        write(f"head      {report.head_chain}\n")
        write(f"anchor    batch {report.anchor_number:,}\n")
    for note in report.notes:
        write(f"note      {note}\n")
    for problem in report.problems:
        write(f"DAMAGED   {problem}\n")
    if not report.problems:
        write("whole\n")


@app.command()
def replay(
    folder: Folder,
    until: Annotated[int | None, typer.Option(min=1, help="Stop after this batch.", show_default=False)] = None,
    capacity: Annotated[str, typer.Option(help=f"Capacity class: {', '.join(CLASSES)}. Not part of the result.")] = (
        MEDIUM.name
    ),
    as_json: AsJson = False,
) -> None:
    """Apply the journal to a fresh core: state digest, event chain, events. The same on any machine.

    Example: jingjia journal replay data/journal --until 1000

    Exit code 0: replayed, and equal to what was recorded. 1: damaged or different, with the batch. 2: bad input.
    """
    if capacity not in CLASSES:
        raise BadInput(f"--capacity {capacity!r}: allowed are {', '.join(CLASSES)}")
    began = stopwatch_s()
    core = Core(CLASSES[capacity])
    number = rows = 0
    try:
        journal = Journal.open_for_reading(folder)
    except NoJournal as error:
        raise BadInput(str(error)) from error
    except JournalError as error:
        raise CheckFailed(str(error)) from error
    try:
        if until is not None and until > journal.head.number:
            raise BadInput(f"--until {until}: the journal ends with batch {journal.head.number}")
        with progress_bar("replaying") as progress:
            for step in replay_steps(journal, core, until=until, progress=progress):
                number, rows = step.entry.number, rows + step.entry.row_count
        head = journal.head.number
    except JournalError as error:
        raise CheckFailed(str(error)) from error
    finally:
        journal.close()
    found = {
        "batches": number,
        "last_batch": head,
        "rows": rows,
        "events": core.next_sequence - 1,
        "event_chain": core.event_chain.hex(),
        "state_digest": core.digest(),
        "seconds": round(stopwatch_s() - began, 3),
    }
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    for name, value in found.items():
        shown = f"{value:,}" if isinstance(value, int) else value
        sys.stdout.write(f"{name.replace('_', ' '):<14}{shown}\n")
