"""`jingjia journal report`: a day of a venue for its supervisor, out of the journal, beside a running server."""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from engine.capacity import MEDIUM
from services.audit.day import day_files, report_of_day
from services.audit.reading import Reading
from services.cli.journal_read import AsJson, CapacityName, Folder, capacity_of
from services.cli.progress import progress_bar
from services.errors import BadInput


def report(
    folder: Folder,
    into: Annotated[Path, typer.Argument(metavar="INTO", help="The folder to write; it may not exist yet.")],
    day: Annotated[str, typer.Option("--day", metavar="DATE", help="The day, as 2026-03-02.", show_default=False)],
    utc_offset: Annotated[str, typer.Option("--utc-offset", help="Where the day begins: hours from UTC.")] = "+08:00",
    capacity: CapacityName = MEDIUM.name,
    as_json: AsJson = False,
) -> None:
    """Report a day: prices, volumes, concentration, large holders, refusals with clauses, halts, blocks, rounds.

    Writes day.html (Chinese and English, with pictures), day.csv, day.json and the pictures.

    Example: jingjia journal report data/journal report-2026-03-02 --day 2026-03-02

    Exit code 0: written. 1: the journal is damaged or comes to something else. 2: bad input, or nothing on that day.
    """
    when, offset_minutes = _day(day), _minutes(utc_offset)
    if into.exists():
        raise BadInput(f"{into} is there already; name a folder that is not")
    with Reading(folder, capacity_of(capacity)) as reading, progress_bar("replaying") as progress:
        found = report_of_day(reading, when, offset_minutes, progress)
    files = day_files(found)
    try:
        into.mkdir(parents=True)
    except OSError as error:
        raise BadInput(f"{into}: {error.strerror}; name a folder that can be made") from error
    for name, content in files.items():
        (into / name).write_bytes(content)
    if as_json:
        sys.stdout.write(json.dumps(found.plain(), ensure_ascii=False) + "\n")
        return
    for one in found.instruments:
        shown = " ".join(f"{key} {getattr(one, key) or '-'}" for key in ("open", "high", "low", "close"))
        sys.stdout.write(f"{one.instrument:<12}{shown}, {one.units:,} t in {one.trades:,} trades, {one.turnover}\n")
    refused = sum(row.rows for row in found.refusals)
    sys.stdout.write(f"{found.commands:,} commands, {refused:,} refused; {len(files)} files in {into}\n")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"--day {text!r}: a day is written as 2026-03-02 (year, month, day)") from error


def _minutes(text: str) -> int:
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if not found or int(found[2]) > 14 or int(found[3]) > 59:
        raise BadInput(f"--utc-offset {text!r}: allowed is -14:00 to +14:00, as +08:00")
    minutes = int(found[2]) * 60 + int(found[3])
    return -minutes if found[1] == "-" else minutes
