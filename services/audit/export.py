"""Events of a journal as Parquet: one file for a kind of event and a day (UTC), integers and exact decimals.

All files have the same columns; what they mean for a kind is in the file's metadata (`engine.events.MEANING`). Beside
the engine's integers stands what people read: `price` per unit and `amount` as decimals of the currency's hundredths,
`quantity` in units; null where there is none. Names are in `participants.parquet`, `instruments.parquet` and
`rule_books.parquet`.

With them goes `verify_journal.py`, which checks the journal itself and needs nothing of this package.

Promise: all or nothing. The files are written beside, and the folder gets its name at the end.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engine.core import Core
from engine.events import EVENT, MEANING, EventKind
from services.audit.reading import Reading
from services.errors import BadInput
from services.journal.replay import Progress, Step

ROWS_IN_MEMORY = 131_072
"""Rows of one file that wait before they are written."""

VERIFIER = Path(__file__).with_name("verify_journal.py")
"""Goes with every export: it checks the journal with Python's standard library alone."""

_DAY_NS = 86_400_000_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_DECIMAL = pa.decimal128(38, 2)
_COLUMNS = tuple(name for name in EVENT.names or () if name not in ("kind", "row", "instrument"))


@dataclass
class Exported:
    """What was written: files, and rows of each kind of event."""

    folder: str
    last_batch: int
    event_chain: str = ""
    files: list[str] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)


class _File:
    """One kind on one day, written in pieces."""

    def __init__(self, path: Path, kind: EventKind, note: dict[str, str]) -> None:
        self._path, self._kind, self._note = path, kind, {**note, "meaning": MEANING[kind]}
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= ROWS_IN_MEMORY:
            self._flush()

    def close(self) -> None:
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting)
        if self._writer is None:
            self._path.parent.mkdir(exist_ok=True)
            self._writer = pq.ParquetWriter(self._path, table.schema.with_metadata(self._note), compression="zstd")
        self._writer.write_table(table.replace_schema_metadata(self._note))
        self._waiting, self._rows = [], 0


def export(reading: Reading, into: Path, progress: Progress | None = None) -> Exported:
    """Writes the events of a journal into the folder `into`, which may not exist yet. Raises BadInput, CheckFailed."""
    if into.exists():
        raise BadInput(f"{into} is there already; name a folder that is not")
    part = into.with_name(into.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise BadInput(f"{into}: {error.strerror}; name a folder that can be made") from error
    try:
        exported = _write(reading, part, progress)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    part.rename(into)
    exported.folder = str(into)
    return exported


def _write(reading: Reading, folder: Path, progress: Progress | None) -> Exported:
    core, counts = reading.fresh_core(), Counter[str]()
    note = {"journal_id": reading.journal.identity.journal_id.hex(), "last_batch": str(reading.last)}
    files: dict[EventKind, _File] = {}
    written: list[str] = []
    day = -1
    for step in reading.steps(core, progress):
        if step.entry.time_ns // _DAY_NS != day:
            for file in files.values():
                file.close()
            files, day = {}, step.entry.time_ns // _DAY_NS
        events = step.applied.events
        for code in np.unique(events["kind"]).tolist():
            kind = EventKind(code)
            if kind not in files:
                name = f"{kind.name.lower()}/{date.fromordinal(_EPOCH_ORDINAL + day).isoformat()}.parquet"
                files[kind] = _File(folder / name, kind, note)
                written.append(name)
            positions = np.flatnonzero(events["kind"] == code)
            files[kind].add(_table(step, positions, core))
            counts[kind.name] += len(positions)
    for file in files.values():
        file.close()
    written += _reference(core, folder, note)
    shutil.copy(VERIFIER, folder / VERIFIER.name)
    return Exported("", reading.last, core.event_chain.hex(), written, dict(sorted(counts.items())))


def _table(step: Step, positions: np.ndarray, core: Core) -> pa.Table:
    events = step.applied.events[positions]
    count = len(events)
    columns: dict[str, pa.Array] = {
        "sequence": pa.array(step.applied.first_sequence + positions, pa.int64()),
        "batch": pa.array(np.full(count, step.entry.number)),
        "time": pa.array(np.full(count, step.entry.time_ns), pa.timestamp("ns", tz="UTC")),
        "row": pa.array(events["row"].astype(np.int64)),
        "instrument": pa.array(events["instrument"].astype(np.int64)),
    }
    for name in _COLUMNS:
        columns[name] = pa.array(events[name].astype(np.int64))
    ticks, lots = _steps(core, events["instrument"])
    known = ticks > 0
    prices = events["price_ticks"].astype(np.int64)
    columns["price"] = _decimal(prices * ticks, known & (prices != 0))
    columns["quantity"] = pa.array(events["quantity_lots"] * lots, mask=~known)
    columns["amount"] = _decimal(events["amount_minor"].astype(np.int64), np.ones(count, bool))
    return pa.table(columns)


def _steps(core: Core, instruments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Money of a tick and units of a lot of each event's instrument; 0 where it names none."""
    views = core.instruments()
    ticks, lots = np.zeros(2**16, np.int64), np.zeros(2**16, np.int64)
    for view in views:
        ticks[view.number], lots[view.number] = view.tick_minor, view.lot_units
    return ticks[instruments], lots[instruments]


def _decimal(minor: np.ndarray, known: np.ndarray) -> pa.Array:
    """int64 hundredths as exact decimals, null where not `known`."""
    halves = np.stack([minor, minor >> 63], axis=1).astype("<i8")
    validity = np.packbits(known, bitorder="little")
    return pa.Array.from_buffers(_DECIMAL, len(minor), [pa.py_buffer(validity), pa.py_buffer(halves)])


def _reference(core: Core, folder: Path, note: dict[str, str]) -> list[str]:
    """Who and what the numbers in the events are."""
    tables = {
        "participants": [
            {"participant": p.number, "name": p.name, "participant_class": p.participant_class.name.lower()}
            for p in core.participants()
        ],
        "instruments": [
            {
                "instrument": i.number,
                "name": i.name,
                "rule_book": i.rule_book,
                "tick_minor": i.tick_minor,
                "lot_units": i.lot_units,
            }
            for i in core.instruments()
        ],
        "rule_books": [{"rule_book": b.number, "name": b.name, "sha256": b.sha256} for b in core.rule_books()],
    }
    written = []
    for name, rows in tables.items():
        if rows:
            pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata(note), folder / f"{name}.parquet")
            written.append(f"{name}.parquet")
    return written
