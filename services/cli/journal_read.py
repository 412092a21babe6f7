"""`jingjia journal export`, `audit` and `diff`: what an auditor takes from a journal, beside a running server."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from engine.capacity import CLASSES, MEDIUM, Capacity
from services.audit.difference import differences
from services.audit.export import export as export_events
from services.audit.reading import Reading
from services.audit.story import Account, Story, finder, story
from services.cli.progress import progress_bar
from services.errors import BadInput, CheckFailed

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The journal's folder.", show_default=False)]
Until = Annotated[int | None, typer.Option("--until", min=1, help="Read up to this batch.", show_default=False)]
CapacityName = Annotated[str, typer.Option("--capacity", help=f"Capacity class: {', '.join(CLASSES)}.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object for machines.")]

DIFFERENCES_MAX = 200


def capacity_of(name: str) -> Capacity:
    if name not in CLASSES:
        raise BadInput(f"--capacity {name!r}: allowed are {', '.join(CLASSES)}")
    return CLASSES[name]


def export(
    folder: Folder,
    into: Annotated[Path, typer.Argument(metavar="INTO", help="The folder to write; it may not exist yet.")],
    until: Until = None,
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """Write all events as Parquet: one file for a kind of event and a day, integers and exact decimals.

    Example: jingjia journal export data/journal events

    Exit code 0: written. 1: the journal is damaged or comes to something else. 2: bad input.
    """
    with Reading(folder, capacity_of(capacity), until) as reading, progress_bar("exporting") as progress:
        exported = export_events(reading, into, progress)
    if as_json:
        sys.stdout.write(json.dumps(asdict(exported)) + "\n")
        return
    for kind, count in exported.events.items():
        sys.stdout.write(f"{kind:<24}{count:>14,}\n")
    total = sum(exported.events.values())
    sys.stdout.write(f"{total:,} events up to batch {exported.last_batch:,} in {len(exported.files)} files of {into}\n")


def audit(
    folder: Folder,
    command_id: Annotated[
        str, typer.Argument(metavar="COMMAND_ID", help="SESSION:REQUEST, an order's or a bid's id, or BATCH/ROW.")
    ],
    until: Until = None,
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """Tell one command's story: its row of the journal, its outcome and clause, its events, and the sender's money.

    Example: jingjia journal audit data/journal 3:17

    Exit code 0: told. 1: the journal is damaged or comes to something else. 2: bad input, or no such command.
    """
    finder(command_id)
    with Reading(folder, capacity_of(capacity), until) as reading, progress_bar("replaying") as progress:
        told = story(reading, command_id, progress)
    if as_json:
        sys.stdout.write(json.dumps(asdict(told), ensure_ascii=False) + "\n")
    else:
        _print_story(told)


def _print_story(told: Story) -> None:
    write = sys.stdout.write
    given = " ".join(f"{name}={value}" for name, value in told.columns.items() if value)
    write(f"journal   batch {told.batch:,} row {told.row}, {told.table}, {told.time}\n          chain {told.chain}\n")
    write(f"command   from {told.sender}: {given}{f' {told.text!r}' if told.text else ''}\n")
    write(f"outcome   {told.outcome}: {told.advice}\n")
    if told.parameter:
        write(f"rule      {told.parameter}\n          {told.clause or 'the book says nothing more about it'}\n")
    for event in told.events:
        columns = " ".join(f"{name}={value}" for name, value in event.columns.items())
        write(f"event     {event.sequence:,} (batch {event.batch:,}, {event.time}) {event.kind} {columns}\n")
    for key in told.named_again:
        write(f"named by  {key}\n")
    for account in told.accounts:
        for line in _account_lines(account):
            write(f"account   batch {account.batch:,}: {line}\n")


def _account_lines(account: Account) -> list[str]:
    """What changed, as before -> after, pocket by pocket."""
    lines = [
        f"cash {pocket} {before:,} -> {after:,} minor units"
        for pocket, before, after in _changes(account.cash_before, account.cash_after)
    ]
    for instrument in sorted(account.holdings_before.keys() | account.holdings_after.keys()):
        both = (account.holdings_before.get(instrument, {}), account.holdings_after.get(instrument, {}))
        lines += [
            f"instrument {instrument} {pocket} {before:,} -> {after:,} lots"
            for pocket, before, after in _changes(*both)
        ]
    return lines or ["unchanged"]


def _changes(before: dict[str, int], after: dict[str, int]) -> list[tuple[str, int, int]]:
    """The pockets that changed, each with what lay in it before and after."""
    pockets = [(name, before.get(name, 0), after.get(name, 0)) for name in {**before, **after}]
    return [change for change in pockets if change[1] != change[2]]


def diff(
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A journal's folder.", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="Another, or the same.", show_default=False)],
    until_first: Annotated[int | None, typer.Option("--until-first", min=1, show_default=False)] = None,
    until_second: Annotated[int | None, typer.Option("--until-second", min=1, show_default=False)] = None,
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """Replay two journals, or one up to two batches, and list what their states differ in.

    Example: jingjia journal diff data/journal standby/journal

    Exit code 0: the same state. 1: different, or damaged. 2: bad input.
    """
    cores = []
    for folder, until in ((first, until_first), (second, until_second)):
        with Reading(folder, capacity_of(capacity), until) as reading, progress_bar("replaying") as progress:
            core = reading.fresh_core()
            for _ in reading.steps(core, progress):
                pass
            cores.append(core)
    digests = [core.digest() for core in cores]
    found = list(islice(differences(*cores), DIFFERENCES_MAX))
    if as_json:
        report = {"same": digests[0] == digests[1], "digests": digests, "differences": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(report, ensure_ascii=False) + "\n")
    else:
        for one in found:
            sys.stdout.write(f"{one.where}: {one.first or 'not there'} | {one.second or 'not there'}\n")
        sys.stdout.write(f"digests {digests[0]} | {digests[1]}\n")
    if digests[0] != digests[1]:
        more = " or more" if len(found) == DIFFERENCES_MAX else ""
        raise CheckFailed(f"the states differ in {len(found)}{more} things that can be shown")
