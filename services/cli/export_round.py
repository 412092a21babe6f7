"""`jingjia auction export`: a round that the service ran, out of its journal, as the folder that an auditor recomputes.

Exit codes: 0; 1 when the journal is damaged, or the round's files do not come to how it ended; 2 bad input.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from engine.capacity import CLASSES, MEDIUM, Capacity
from engine.events import EventKind
from services.audit.reading import Reading
from services.cli.progress import progress_bar
from services.cli.round_inputs import Reader
from services.errors import BadInput, CheckFailed
from services.proof.again import export_files, run_again
from services.proof.draw import read_order
from services.proof.folder import write_folder
from services.proof.receipts import new_secret, read_secret
from services.proof.served import ServedRound, decided_round, served_round
from services.sealing.store import SealedStore, StoreDamaged


def export(
    journal: Annotated[Path, typer.Option(metavar="DIR", help="The journal's folder.", show_default=False)],
    round_number: Annotated[int, typer.Option("--round", min=1, metavar="N", help="The round.", show_default=False)],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write; new or empty.", show_default=False)],
    draw: Annotated[
        Path | None, typer.Option(metavar="ORDER.json", help="The recorded draw, where bids were drawn.")
    ] = None,
    secret: Annotated[
        Path | None,
        typer.Option(metavar="F", help="64 hexadecimal digits that the salts come from; else those of the service."),
    ] = None,
    until: Annotated[int | None, typer.Option(min=1, help="Read up to this batch.", show_default=False)] = None,
    capacity: Annotated[str, typer.Option(help=f"Capacity class: {', '.join(CLASSES)}.")] = MEDIUM.name,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")] = False,
) -> None:
    """Write everything that it takes to recompute a cleared round of a journal, with its notice and pictures.

    Example: jingjia auction export --journal data/journal --round 1 --to export
    """
    if capacity not in CLASSES:
        raise BadInput(f"--capacity {capacity!r}: allowed are {', '.join(CLASSES)}")
    reader = Reader()
    contents = {path: reader.bytes_of(path) for path in (draw, secret) if path is not None}
    order = None if draw is None else reader.parsed(lambda: read_order(str(draw), contents[draw]))
    given = None if secret is None else reader.parsed(lambda: read_secret(str(secret), contents[secret]))
    reader.close()
    served, failed = _decided(journal, CLASSES[capacity], until, round_number)
    kept = given or _kept_secret(journal, round_number)
    again = run_again(served, kept or new_secret(), order)
    write_folder(to, export_files(again))
    _tell(served, again.record.seal.root, to, is_published=kept is not None, as_json=as_json)
    if failed and not as_json:
        typer.echo(f"{failed} of its winners did not pay; this is what was decided, before that", err=True)


def _decided(journal: Path, capacity: Capacity, until: int | None, number: int) -> tuple[ServedRound, int]:
    """The round as it was decided, and how many winners did not pay. Where some did not, what was settled is something
    else; the journal is read once more, up to the clear."""
    with Reading(journal, capacity, until) as reading, progress_bar("replaying") as progress:
        core, cleared = reading.fresh_core(), 0
        for step in reading.steps(core, progress):
            events = step.applied.events
            if ((events["kind"] == EventKind.ROUND_CLEARED) & (events["reference"] == number)).any():
                cleared = step.entry.number
        served = served_round(core, number)
    failed = len(served.report.result.defaults)
    if not failed:
        return served, 0
    with Reading(journal, capacity, cleared - 1) as reading, progress_bar("replaying up to the clear") as progress:
        core = reading.fresh_core()
        for _ in reading.steps(core, progress):
            pass
        return decided_round(core, number), failed


def _kept_secret(journal: Path, round_number: int) -> bytes | None:
    """The secret that the service keeps beside its journal; None where it keeps none of this round."""
    try:
        store = SealedStore.open_for_reading(journal)
        if store is None:
            return None
        try:
            return store.secret_of(round_number)
        finally:
            store.close()
    except StoreDamaged as error:
        raise CheckFailed(str(error)) from error


def _tell(served: ServedRound, root: str, to: Path, *, is_published: bool, as_json: bool) -> None:
    if as_json:
        body = {"round": served.setup.name, "bids": len(served.bids), "root": root, "folder": str(to)}
        typer.echo(json.dumps(body, ensure_ascii=False))
        return
    typer.echo(f"sealed {len(served.bids)} bids of {served.setup.name!r} under the root {root}")
    if not is_published:
        typer.echo("the service had made no receipts of this round: the secret is new, and is in seal.json", err=True)
    typer.echo(f"exported to {to}; check it with: jingjia auction verify {to}")
