"""`jingjia journal void`: two persons take out a batch on which the core fails, so that the venue can start again."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from engine.capacity import CLASSES, MEDIUM
from engine.core import Core
from engine.words.floor import VoidAction
from services.cli.progress import progress_bar
from services.clock import system_clock
from services.errors import BadInput, CheckFailed
from services.journal.problems import JournalError, JournalInUse, NoJournal
from services.voiding import void

app = typer.Typer(help="Take out a batch on which the core fails; it needs two operators.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The journal's folder.", show_default=False)]
Number = Annotated[int, typer.Option("--batch", min=1, help="The batch, as the failed start names it.")]
Person = Annotated[str, typer.Option("--person", metavar="NAME", help="Who does this: a registered operator.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the journal.")]
CapacityName = Annotated[str, typer.Option("--capacity", help=f"Capacity class: {', '.join(CLASSES)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]


@app.command()
def propose(
    folder: Folder,
    batch: Number,
    person: Person,
    reason: Reason,
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """The first of two persons: propose to void the batch that no start gets past. Nothing changes by that alone.

    Example: jingjia journal void propose data/journal --batch 812 --person operator --reason "fails on row 3"

    Exit code 0: written into the journal. 1: the core refuses it, or the journal is damaged. 2: bad input.
    """
    _run(folder, batch, VoidAction.PROPOSE, person, reason, capacity, as_json)


@app.command()
def approve(
    folder: Folder,
    batch: Number,
    person: Person,
    reason: Reason,
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """The second: approve what another operator proposed. From then on every start passes over the batch.

    Its rows are told BATCH_VOIDED when they are sent again; nothing else of it ever had an effect.

    Example: jingjia journal void approve data/journal --batch 812 --person second --reason "seen the trace"

    Exit code 0: the batch is void. 1: the core refuses it, or the journal is damaged. 2: bad input.
    """
    _run(folder, batch, VoidAction.APPROVE, person, reason, capacity, as_json)


def _run(folder: Path, batch: int, action: VoidAction, person: str, reason: str, capacity: str, as_json: bool) -> None:
    if capacity not in CLASSES:
        raise BadInput(f"--capacity {capacity!r}: allowed are {', '.join(CLASSES)}")
    if not (folder / "journal.sqlite").is_file():
        raise BadInput(f"{folder} holds no journal (no file journal.sqlite).")
    try:
        with progress_bar("replaying") as progress:
            done = void(
                folder,
                batch,
                action,
                person,
                reason,
                clock=system_clock,
                make_core=lambda: Core(CLASSES[capacity]),
                progress=progress,
            )
    except (NoJournal, JournalInUse) as error:
        raise BadInput(str(error)) from error
    except JournalError as error:
        raise CheckFailed(str(error)) from error
    if as_json:
        sys.stdout.write(json.dumps(asdict(done), ensure_ascii=False) + "\n")
        return
    end = "it is void" if done.voided else "another operator has to approve"
    sys.stdout.write(
        f"batch {done.batch} ({done.rows} rows; {done.error}): {done.action}d by {done.person}, "
        f"in row {done.number} of the journal; {end}\n"
    )
