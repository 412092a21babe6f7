"""Idempotency keys: which rows were sent before, by whom, and whether they say the same.

A row's key is (actor, session, request id); ids increase strictly within a session. So one number a session, the last
id seen, tells new rows from old ones, and memory is bounded by the number of sessions. What the old rows were and what
they were told is looked up in the journal.

Only rows in a session that belongs to their actor have a key: a row in somebody else's session is refused by the core,
and must not be able to spend that session's ids. Rows with session 0 and request id 0 have none either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.commands import ROWS, Batch, Table
from engine.events import EventKind
from engine.limits import BATCH_ROWS_MAX, REQUEST_ID_MAX, TEXT_BYTES_MAX
from services.journal.store import KeySpan
from services.sequencer.outcomes import Malformed

TEXT_COLUMNS = ("text_start", "text_length")
KEY_COLUMNS = ("actor", "session", "request_id")
WHOLE_TEXT_TABLES = frozenset({Table.RULE_BOOKS, Table.BOOK_PROPOSALS})
"""Tables whose rows belong to the batch's one text: such a batch is repeated whole or not at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """The rows of one (actor, session) in a batch: their positions and their ids, both increasing."""

    actor: int
    session: int
    positions: np.ndarray
    ids: np.ndarray


def keys_of(rows: np.ndarray) -> list[Keys]:
    """The keyed rows of a batch, one entry for each (actor, session) with session above 0. O(rows)."""
    actors, sessions, ids = rows["actor"], rows["session"], rows["request_id"]
    if len(rows) == 1 or ((actors == actors[0]).all() and (sessions == sessions[0]).all()):
        session = int(sessions[0])
        return [Keys(int(actors[0]), session, np.arange(len(rows)), ids)] if session else []
    joined = actors.astype(np.uint64) << np.uint64(32) | sessions.astype(np.uint64)
    order = np.argsort(joined, kind="stable")
    bounds = np.flatnonzero(np.diff(joined[order])) + 1
    found = []
    for positions in np.split(order, bounds):
        session = int(sessions[positions[0]])
        if session:
            found.append(Keys(int(actors[positions[0]]), session, positions, ids[positions]))
    return found


def check_submission(table: Table, rows: np.ndarray, text: bytes) -> list[Keys]:
    """The keys of a submission that is a batch; raises Malformed listing everything that is wrong with it."""
    if table not in ROWS:
        raise Malformed([f"table {int(table)}: allowed are {', '.join(f'{t.value} {t.name}' for t in Table)}"])
    if rows.dtype != ROWS[table] or rows.ndim != 1:
        raise Malformed([f"rows: {rows.ndim}-d array of {rows.dtype}, wanted is 1-d of the columns of {table.name}"])
    if not 1 <= len(rows) <= BATCH_ROWS_MAX:
        raise Malformed([f"rows: {len(rows)}, allowed are 1 to {BATCH_ROWS_MAX}"])
    problems = []
    if len(text) > TEXT_BYTES_MAX:
        problems.append(f"text: {len(text)} bytes, allowed are at most {TEXT_BYTES_MAX}")
    problems += _text_problems(table, rows, text)
    found = keys_of(rows)
    if sum(len(keys.positions) for keys in found) < len(rows):
        keyless = np.flatnonzero((rows["session"] == 0) & (rows["request_id"] != 0))
        if len(keyless):
            problems.append(f"row {int(keyless[0])}: a request id needs a session (session is 0)")
    for keys in found:
        problems += _id_problems(keys)
    if problems:
        raise Malformed(problems)
    return found


def _text_problems(table: Table, rows: np.ndarray, text: bytes) -> list[str]:
    if table in WHOLE_TEXT_TABLES:
        try:
            text.decode()
        except UnicodeDecodeError as error:
            return [f"text: not UTF-8 ({error.reason} at byte {error.start})"]
        return []
    if TEXT_COLUMNS[0] not in (rows.dtype.names or ()):
        return [f"text: {len(text)} bytes, but {table.name} carries no text"] if text else []
    ends = rows["text_start"].astype(np.int64) + rows["text_length"]
    outside = np.flatnonzero(ends > len(text))
    if len(outside):
        return [f"row {int(outside[0])}: its text ends at byte {int(ends[outside[0]])}, the text has {len(text)}"]
    for row in range(len(rows)):
        try:
            _text(rows, text, row).decode()
        except UnicodeDecodeError as error:
            return [f"row {row}: its text is not UTF-8 ({error.reason} at byte {error.start})"]
    return []


def _id_problems(keys: Keys) -> list[str]:
    ids = keys.ids
    if len(ids) == 1 and 1 <= int(ids[0]) <= REQUEST_ID_MAX:
        return []
    outside = np.flatnonzero((ids < 1) | (ids > REQUEST_ID_MAX))
    if len(outside):
        place = int(outside[0])
        return [f"row {int(keys.positions[place])}: request id {int(ids[place])}, allowed are 1 to {REQUEST_ID_MAX}"]
    falling = np.flatnonzero(ids[1:] <= ids[:-1])
    if len(falling):
        place = int(falling[0]) + 1
        row, before = int(keys.positions[place]), int(ids[place - 1])
        return [f"row {row}: request id {int(ids[place])} does not increase after {before} in session {keys.session}"]
    return []


def _text(rows: np.ndarray, text: bytes, row: int) -> bytes:
    start = int(rows["text_start"][row])
    return text[start : start + int(rows["text_length"][row])]


def first_differences(
    mine: tuple[Table, np.ndarray, bytes], first: tuple[Table, np.ndarray, bytes], pairs: tuple[np.ndarray, np.ndarray]
) -> dict[int, str]:
    """The rows of `mine` that say something else than their first sending: position to the column that differs.

    `pairs` are (positions in mine, positions in first) of rows with the same key. Where a text lies in its blob does
    not count, what it says does.
    """
    table, rows, text = mine
    first_table, first_rows, first_text = first
    positions, originals = pairs
    if table != first_table:
        return dict.fromkeys(positions.tolist(), "table")
    found: dict[int, str] = {}
    names = [name for name in rows.dtype.names or () if name not in KEY_COLUMNS and name not in TEXT_COLUMNS]
    for name in names:
        for position in positions[rows[name][positions] != first_rows[name][originals]].tolist():
            found.setdefault(position, name)
    if TEXT_COLUMNS[0] in (rows.dtype.names or ()):
        for position, original in zip(positions.tolist(), originals.tolist(), strict=True):
            if _text(rows, text, position) != _text(first_rows, first_text, original):
                found.setdefault(position, "text")
    elif text != first_text:
        for position in positions.tolist():
            found.setdefault(position, "text")
    return found


class SessionRegister:
    """Who owns each session, and the last request id seen in it: rebuilt by a replay, then kept up."""

    def __init__(self) -> None:
        """Knows no session."""
        self._owners: dict[int, int] = {}
        self._last_ids: dict[int, int] = {}

    def restore(self, owners: dict[int, int], last_ids: dict[int, int]) -> None:
        """Takes these instead of its own: session to owner, and session to the last id seen."""
        self._owners, self._last_ids = dict(owners), dict(last_ids)

    def owned(self, keys: list[Keys]) -> list[Keys]:
        """Those whose session belongs to their actor."""
        return [entry for entry in keys if self._owners.get(entry.session) == entry.actor]

    def old(self, keys: list[Keys]) -> list[Keys]:
        """The part of owned keys whose ids are not above the last one seen in their session."""
        found = []
        for entry in keys:
            last = self._last_ids.get(entry.session, 0)
            if int(entry.ids[0]) <= last:
                end = int(np.searchsorted(entry.ids, last, side="right"))
                found.append(Keys(entry.actor, entry.session, entry.positions[:end], entry.ids[:end]))
        return found

    def spans(self, number: int, keys: list[Keys]) -> list[KeySpan]:
        """Notes the new rows of batch `number` and returns their spans for the journal's index.

        `keys` are of rows in their owners' sessions, all with ids above the last one.
        """
        found = []
        for entry in keys:
            first, last = int(entry.ids[0]), int(entry.ids[-1])
            self._last_ids[entry.session] = last
            found.append(KeySpan(entry.actor, entry.session, first, last, number))
        return found

    def observe(self, batch: Batch, events: np.ndarray) -> None:
        """Notes the sessions that a judged batch opened."""
        if batch.table is not Table.SESSIONS:
            return
        opened = events[events["kind"] == EventKind.SESSION_OPENED]
        for owner, session in zip(opened["participant"].tolist(), opened["reference"].tolist(), strict=True):
            self._owners[session] = owner
