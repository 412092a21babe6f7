"""What was sequenced before: finds the first sending of a repeated row and what it was told.

Two places hold it: batches whose answers are not in the journal yet are kept here, the others are read back. So memory
holds what was sequenced since the last commit but one, and no more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.commands import Batch, Table
from services.journal.problems import JournalDamaged
from services.journal.record import Entry
from services.journal.store import Answers, JournalStore, KeySpan
from services.sequencer.keys import Keys, first_differences


@dataclass(slots=True, eq=False)
class Sequenced:
    """A batch that has its number; `chain` comes when it is durable, `answers` when it is judged."""

    entry: Entry
    batch: Batch
    chain: bytes = b""
    answers: Answers | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Rows of a submission (`positions`) that were first sent as rows `originals` of `source`."""

    positions: np.ndarray
    originals: np.ndarray
    source: Sequenced


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What became of a search: repeats, rows never seen under an id that has passed, and rows that say otherwise."""

    repeats: list[Repeats]
    passed: list[int]
    different: dict[int, str]


class History:
    """First sendings by key. Changed by the commit stage only; `find` may run in its thread meanwhile."""

    def __init__(self, store: JournalStore) -> None:
        self._store = store
        self._recent: dict[int, Sequenced] = {}
        self._uncommitted: dict[tuple[int, int], list[KeySpan]] = {}

    def add(self, sequenced: Sequenced, spans: Sequence[KeySpan]) -> None:
        """Notes a batch that has just got its number, and its spans of ids."""
        self._recent[sequenced.entry.number] = sequenced
        for span in spans:
            self._uncommitted.setdefault((span.actor, span.session), []).append(span)

    def committed(self, answered: Sequence[Answers]) -> None:
        """Everything added so far is in the journal, and so are these answers: lets go of what is stored."""
        self._uncommitted.clear()
        for answers in answered:
            self._recent.pop(answers.number, None)

    def unsaved_answers(self) -> list[Answers]:
        """Answers given since the last commit, to be stored with the next."""
        return [sequenced.answers for sequenced in self._recent.values() if sequenced.answers is not None]

    def find(self, table: Table, rows: np.ndarray, text: bytes, old: Sequence[Keys]) -> Found:
        """Looks up rows whose ids are not above the last one of their session. One look-up a batch found, not a row.

        Raises JournalDamaged where the journal cannot be read back.
        """
        found = Found([], [], {})
        for keys in old:
            place = 0
            while place < len(keys.ids):
                request_id = int(keys.ids[place])
                span = self._span(keys.actor, keys.session, request_id)
                if span is None:
                    found.passed.append(int(keys.positions[place]))
                    place += 1
                    continue
                end = int(np.searchsorted(keys.ids, span.last_request_id, side="right"))
                self._match(found, (table, rows, text), keys, slice(place, end), self._sequenced(span.number))
                place = end
        return found

    def _match(
        self, found: Found, mine: tuple[Table, np.ndarray, bytes], keys: Keys, part: slice, source: Sequenced
    ) -> None:
        batch = source.batch
        theirs = np.flatnonzero((batch.rows["actor"] == keys.actor) & (batch.rows["session"] == keys.session))
        first_ids = batch.rows["request_id"][theirs]
        ids, positions = keys.ids[part], keys.positions[part]
        spots = np.searchsorted(first_ids, ids)
        known = first_ids[np.minimum(spots, len(first_ids) - 1)] == ids
        found.passed.extend(positions[~known].tolist())
        positions, originals = positions[known], theirs[spots[known]]
        if len(positions):
            found.repeats.append(Repeats(positions, originals, source))
            found.different.update(
                first_differences(mine, (batch.table, batch.rows, batch.text), (positions, originals))
            )

    def _span(self, actor: int, session: int, request_id: int) -> KeySpan | None:
        recent = self._uncommitted.get((actor, session), ())
        place = bisect_left(recent, request_id, key=lambda span: span.last_request_id)
        if place < len(recent) and recent[place].first_request_id <= request_id:
            return recent[place]
        return self._store.find_span(actor, session, request_id)

    def _sequenced(self, number: int) -> Sequenced:
        recent = self._recent.get(number)
        if recent is not None:
            return recent
        records = self._store.read(number - 1, 1)
        answers = self._store.answers(number)
        if not records or records[0].entry.number != number or answers is None:
            raise JournalDamaged("it or what it was told cannot be read back", number)
        entry = records[0].entry
        if entry.checksum() != records[0].checksum:
            raise JournalDamaged("its checksum does not match its fields", number)
        return Sequenced(entry, entry.batch(), records[0].chain, answers)
