"""A journal's tables in one SQLite file, in write-ahead mode with every commit synced.

Promise: `append` is one transaction, on the disk when it returns (`synchronous=FULL`, read back at opening); readers
never wait for the writer nor the writer for readers; the schema found is the schema expected, to the letter.

Not promised: that SQLite notices damage. It drops a damaged end of its log in silence and does not check the bytes
of its pages; the hashes in `services.journal.record` and the anchor are there for that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.answers import ANSWER
from services.journal.files import DATABASE, sync_folder
from services.journal.problems import JournalDamaged, JournalError, NoJournal
from services.journal.record import FORMAT_VERSION, Entry, Judged, Record
from services.journal.schema import STATEMENTS, layouts
from services.journal.store import Addition, Answers, Checkpoint, Identity, KeySpan, Start

PAGE_BYTES = 4096
_SYNCHRONOUS_FULL = 2
_BUSY_TIMEOUT_MS = 10_000
_LOG_BYTES_BEFORE_CHECKPOINT = 16 * 1024 * 1024
_ROW_OVERHEAD_BYTES = 512
_READ_BYTES_MAX = 16 * 1024 * 1024

_BATCH_COLUMNS = (
    "number, command_table, layout_version, time_ns, first_row, row_count, judged_number, judged_sequence, "
    "judged_event_chain, rule_books_sha256, checksum, chain, text, rows"
)
_INSERT_BATCH = f"INSERT INTO batches ({_BATCH_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
_READ_BATCHES = f"SELECT {_BATCH_COLUMNS} FROM batches WHERE number > ? ORDER BY number LIMIT ?"  # noqa: S608
_READ_TABLE = f"SELECT {_BATCH_COLUMNS} FROM batches WHERE command_table = ? ORDER BY number"  # noqa: S608
_READ_ANSWERS = (
    "SELECT number, first_sequence, event_count, rows, checksum FROM answers WHERE number > ? ORDER BY number LIMIT ?"
)
_INSERT_SPAN = (
    "INSERT INTO key_spans (actor, session, last_request_id, first_request_id, number) VALUES (?, ?, ?, ?, ?)"
)
_FIND_SPAN = (
    "SELECT actor, session, first_request_id, last_request_id, number FROM key_spans "
    "WHERE actor = ? AND session = ? AND last_request_id >= ? ORDER BY last_request_id LIMIT 1"
)
_READ_SPANS = (
    "SELECT actor, session, first_request_id, last_request_id, number FROM key_spans "
    "WHERE (actor, session, last_request_id) > (?, ?, ?) ORDER BY actor, session, last_request_id LIMIT ?"
)


@contextmanager
def _reading() -> Iterator[None]:
    """Whatever SQLite raises while reading, but being kept waiting, means that the file is not what was written."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise JournalError(
                f"The data base was kept locked for {_BUSY_TIMEOUT_MS} ms by another program."
            ) from error
        raise JournalDamaged(f"the data base cannot be read ({error})") from error
    except UnicodeDecodeError as error:
        raise JournalDamaged("the data base holds text, or gives a message, that is not UTF-8") from error


class SqliteStore:
    """The tables of one journal. Used by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, watcher: sqlite3.Connection | None = None) -> None:
        """Wraps open connections; use `open` or `open_for_reading`. `watcher`: see `abandon`."""
        self._connection = connection
        self._watcher = watcher
        self._log_bytes = 0
        self._unsynced_folder: Path | None = None

    # Opening

    @staticmethod
    def create(folder: Path, identity: Identity, page_bytes: int = PAGE_BYTES) -> None:
        """Creates the file with its tables, all of it durable. An unfinished earlier attempt is completed."""
        connection = _connect(folder / DATABASE, "rwc")
        connection.execute(f"PRAGMA page_size={int(page_bytes)}")
        _set_durable(connection)
        connection.execute("BEGIN IMMEDIATE")
        for statement in STATEMENTS.values():
            connection.execute(statement)
        connection.execute(
            "INSERT INTO meta VALUES (1, ?, ?, ?)", (identity.format_version, identity.journal_id, identity.created_ns)
        )
        connection.executemany("INSERT INTO layouts VALUES (?, ?, ?, ?)", layouts())
        connection.execute("COMMIT")
        connection.close()
        sync_folder(folder)

    @classmethod
    def open(cls, folder: Path) -> SqliteStore:
        """Opens the file for writing and checks format, schema and layouts.

        Raises NoJournal, JournalDamaged, or JournalError where this release cannot work with the journal.
        """
        _must_exist(folder)
        with _reading():
            store = cls(_connect(folder / DATABASE, "rw"), _connect(folder / DATABASE, "ro"))
            try:
                _set_durable(store._connection)
                store._check_format()
                store._watch()
                store._unsynced_folder = folder
            except BaseException:
                store.close()
                raise
            return store

    @classmethod
    def open_for_reading(cls, folder: Path) -> SqliteStore:
        """Opens the file for reading, beside a writer or not; writes nothing. Raises like `open`."""
        _must_exist(folder)
        with _reading():
            store = cls(_connect_for_reading(folder / DATABASE))
            try:
                store._check_format()
            except BaseException:
                store.close()
                raise
            return store

    @staticmethod
    def is_unfinished(folder: Path) -> bool:
        """Whether the file is there but the transaction that creates its tables never ended: nothing was ever kept."""
        if not (folder / DATABASE).exists():
            return False
        with _reading():
            connection = _connect(folder / DATABASE, "rw")
            try:
                return bool(connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,))
            finally:
                connection.close()

    def _check_format(self) -> None:
        found = {
            str(name): sql  # a name that is none, because a byte of its type is damaged, is an unknown name
            for name, sql in self._connection.execute("SELECT name, sql FROM sqlite_schema")
            if not str(name).startswith("sqlite_")
        }
        for name in sorted(found.keys() | STATEMENTS.keys()):
            if found.get(name) != STATEMENTS.get(name):
                raise JournalDamaged(f"{name!r} in the data base is not the {name!r} that a journal has")
        identity = self.identity()
        if identity.format_version != FORMAT_VERSION:
            raise JournalError(
                f"The journal has format {identity.format_version}; this release reads format {FORMAT_VERSION}. "
                "Use the release that wrote it."
            )
        stored = set(self._connection.execute("SELECT command_table, layout_version, name, columns FROM layouts"))
        known = {layout[:2]: layout for layout in layouts()}
        for stored in self._connection.execute("SELECT command_table, layout_version, name, columns FROM layouts"):
            expected = known.get(stored[:2])
            if expected is None:
                raise JournalError(
                    f"The journal may hold rows of table {stored[0]} ({stored[2]}) in layout {stored[1]}, which this "
                    "release does not know. Use the release that wrote it, or a later one."
                )
            if stored != expected:
                raise JournalError(
                    f"Rows of table {expected[2]} have other columns in this journal than in this release, under the "
                    f"same layout version {expected[1]}. Use the release that wrote it; a changed layout needs a new "
                    "number."
                )

    # Writing

    def append(self, addition: Addition) -> None:
        """See `JournalStore.append`."""
        if self._log_bytes > _LOG_BYTES_BEFORE_CHECKPOINT:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._log_bytes = 0
        execute_many = self._connection.executemany
        self._connection.execute("BEGIN IMMEDIATE")
        if addition.starts:
            execute_many(
                "INSERT INTO starts VALUES (?, ?, ?)", [(s.number, s.time_ns, s.release) for s in addition.starts]
            )
        execute_many(_INSERT_BATCH, map(_batch_row, addition.records))
        execute_many(
            _INSERT_SPAN,
            [(s.actor, s.session, s.last_request_id, s.first_request_id, s.number) for s in addition.spans],
        )
        execute_many(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?)",
            [(a.number, a.first_sequence, a.event_count, a.checksum(), a.rows.tobytes()) for a in addition.answers],
        )
        execute_many(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)",
            [(c.number, c.sequence, c.event_chain, c.state_digest, c.checksum()) for c in addition.checkpoints],
        )
        self._connection.execute("COMMIT")
        if self._unsynced_folder is not None:
            # The first commit creates the log. SQLite syncs its name too, but goes on when that fails.
            sync_folder(self._unsynced_folder)
            self._unsynced_folder = None
        self._log_bytes += sum(len(r.entry.rows) + len(r.entry.text) + _ROW_OVERHEAD_BYTES for r in addition.records)

    def add_layouts(self) -> None:
        """Records the layouts of command tables that this release knows and the journal did not yet."""
        with _reading():
            known = set(self._connection.execute("SELECT command_table, layout_version FROM layouts"))
        added = [layout for layout in layouts() if layout[:2] not in known]
        if added:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO layouts VALUES (?, ?, ?, ?)", added)
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """See `JournalStore.close`."""
        if self._watcher is not None:
            self._watcher.close()
        self._connection.close()

    def abandon(self) -> None:
        """See `JournalStore.abandon`.

        The last connection that closes moves the log into the main file, pages of a failed sync with it. So a
        connection that may not write is kept, and is the last.
        """
        self._connection.close()
        if self._watcher is not None:
            self._watcher.close()

    def _watch(self) -> None:
        """Makes the second connection take part in the log: it does so with its first reading."""
        if self._watcher is not None:
            self._watcher.execute("SELECT count(*) FROM sqlite_schema").fetchone()

    # Reading

    def describe(self) -> str:
        """See `JournalStore.describe`."""
        mode, level = self._one("PRAGMA journal_mode")[0], self._one("PRAGMA synchronous")[0]
        return f"SQLite {sqlite3.sqlite_version}, journal_mode={mode}, synchronous={level}"

    def identity(self) -> Identity:
        """See `JournalStore.identity`."""
        with _reading():
            rows = self._connection.execute("SELECT format_version, journal_id, created_ns FROM meta").fetchall()
        if len(rows) != 1 or len(_typed(rows[0], "ibi")[1]) != 32:
            raise JournalDamaged("the journal does not say which one it is")
        return Identity(*rows[0])

    def last_number(self) -> int:
        """See `JournalStore.last_number`."""
        return int(self._one("SELECT coalesce(max(number), 0) FROM batches")[0])

    def read(self, after: int, limit: int) -> list[Record]:
        """See `JournalStore.read`."""
        records: list[Record] = []
        size = 0
        with _reading():
            cursor = self._connection.execute(_READ_BATCHES, (after, limit))
            try:
                for row in cursor:
                    records.append(_record(row))
                    size += len(row[12]) + len(row[13])
                    if size > _READ_BYTES_MAX:
                        break
            finally:
                cursor.close()
        return records

    def read_table(self, table: int) -> list[Record]:
        """See `JournalStore.read_table`."""
        with _reading():
            return [_record(row) for row in self._connection.execute(_READ_TABLE, (table,)).fetchall()]

    def find_span(self, actor: int, session: int, request_id: int) -> KeySpan | None:
        """See `JournalStore.find_span`."""
        with _reading():
            row = self._connection.execute(_FIND_SPAN, (actor, session, request_id)).fetchone()
        span = None if row is None else KeySpan(*_typed(row, "iiiii"))
        return span if span is not None and span.first_request_id <= request_id else None

    def count_spans(self) -> int:
        """See `JournalStore.count_spans`."""
        return int(self._one("SELECT count(*) FROM key_spans")[0])

    def read_spans(self, after: tuple[int, int, int], limit: int) -> list[KeySpan]:
        """See `JournalStore.read_spans`."""
        with _reading():
            rows = self._connection.execute(_READ_SPANS, (*after, limit)).fetchall()
        return [KeySpan(*_typed(row, "iiiii")) for row in rows]

    def last_ids(self, number: int) -> dict[int, int]:
        """See `JournalStore.last_ids`."""
        with _reading():
            rows = self._connection.execute(
                "SELECT session, max(last_request_id) FROM key_spans WHERE number <= ? GROUP BY session", (number,)
            ).fetchall()
        return dict(_typed(row, "ii") for row in rows)

    def answers(self, number: int) -> Answers | None:
        """See `JournalStore.answers`."""
        with _reading():
            row = self._connection.execute(
                "SELECT first_sequence, event_count, rows, checksum FROM answers WHERE number = ?", (number,)
            ).fetchone()
        return None if row is None else _answers((number, *row))

    def read_answers(self, after: int, limit: int) -> list[Callable[[], Answers]]:
        """See `JournalStore.read_answers`."""
        found: list[Callable[[], Answers]] = []
        size = 0
        with _reading():
            cursor = self._connection.execute(_READ_ANSWERS, (after, limit))
            try:
                for row in cursor:
                    found.append(partial(_answers, row))
                    size += len(row[3])
                    if size > _READ_BYTES_MAX:
                        break
            finally:
                cursor.close()
        return found

    def checkpoint_numbers(self) -> set[int]:
        """See `JournalStore.checkpoint_numbers`."""
        with _reading():
            return {int(row[0]) for row in self._connection.execute("SELECT number FROM checkpoints")}

    def last_answered(self) -> int:
        """See `JournalStore.last_answered`."""
        return int(self._one("SELECT coalesce(max(number), 0) FROM answers")[0])

    def checkpoint(self, number: int) -> Checkpoint | None:
        """See `JournalStore.checkpoint`."""
        with _reading():
            row = self._connection.execute(
                "SELECT number, sequence, event_chain, state_digest, checksum FROM checkpoints WHERE number = ?",
                (number,),
            ).fetchone()
        if row is None:
            return None
        checkpoint = Checkpoint(*_typed(row, "iibsb")[:4])
        if checkpoint.checksum() != row[4]:
            raise JournalDamaged("the checkpoint after it does not match its checksum", number)
        return checkpoint

    def start_before(self, number: int) -> Start | None:
        """See `JournalStore.start_before`."""
        with _reading():
            row = self._connection.execute(
                "SELECT number, time_ns, release FROM starts WHERE number < ? ORDER BY rowid DESC LIMIT 1", (number,)
            ).fetchone()
        return None if row is None else Start(*_typed(row, "iis"))

    def inspect(self) -> list[str]:
        """See `JournalStore.inspect`."""
        with _reading():
            found = [str(row[0]) for row in self._connection.execute("PRAGMA integrity_check").fetchall()]
        return [] if found == ["ok"] else found

    def _one(self, statement: str) -> tuple[Any, ...]:
        with _reading():
            row: tuple[Any, ...] = self._connection.execute(statement).fetchone()
        return row


def _must_exist(folder: Path) -> None:
    if not (folder / DATABASE).is_file():
        raise NoJournal(f"{folder} holds no journal (no file {DATABASE}).")


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    """Read-only. On read-only media without a log the file cannot change, and SQLite has to be told so."""
    connection = _connect(path, "ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        return connection
    except sqlite3.OperationalError as error:
        connection.close()
        log = path.with_name(path.name + "-wal")
        if error.sqlite_errorcode != sqlite3.SQLITE_CANTOPEN or (log.exists() and log.stat().st_size):
            raise
        return _connect(path, "ro&immutable=1")
    except BaseException:
        connection.close()
        raise


def _set_durable(connection: sqlite3.Connection) -> None:
    """Write-ahead log, every commit synced; both read back, because SQLite ignores a setting it cannot honour."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # SQLite's own checkpoints swallow their errors; `append` runs them instead and sees what they say.
    connection.execute("PRAGMA wal_autocheckpoint=0")
    mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != _SYNCHRONOUS_FULL:
        raise JournalError(
            f"The file system does not allow a durable journal: journal_mode is {mode!r} (wanted 'wal'), synchronous "
            f"is {level} (wanted {_SYNCHRONOUS_FULL}). Put the folder on a local disk."
        )


def _batch_row(record: Record) -> tuple[Any, ...]:
    entry = record.entry
    return (
        entry.number,
        entry.table,
        entry.layout_version,
        entry.time_ns,
        entry.first_row,
        entry.row_count,
        entry.judged.number,
        entry.judged.sequence,
        entry.judged.event_chain,
        entry.rule_books_sha256,
        record.checksum,
        record.chain,
        entry.text,
        entry.rows,
    )


_TYPES = {"i": int, "b": bytes, "s": str}


@cache
def _types(letters: str) -> tuple[type, ...]:
    return tuple(_TYPES[letter] for letter in letters)


def _typed(row: tuple[Any, ...], letters: str) -> tuple[Any, ...]:
    """The row, if its values have the types their columns have ('i' integer, 'b' bytes, 's' text)."""
    if tuple(map(type, row)) != _types(letters):
        raise JournalDamaged("a row of the data base holds values of the wrong type")
    return row


def _answers(row: tuple[Any, ...]) -> Answers:
    number, first_sequence, event_count, rows, checksum = _typed(row, "iiibb")
    if not len(rows) % ANSWER.itemsize:
        answers = Answers(number, first_sequence, event_count, np.frombuffer(rows, ANSWER))
        if answers.checksum() == checksum:
            return answers
    raise JournalDamaged("what it was told does not match its checksum", number)


def _record(row: tuple[Any, ...]) -> Record:
    _typed(row, "iiiiiiiibbbbbb")
    entry = Entry(
        number=row[0],
        table=row[1],
        layout_version=row[2],
        time_ns=row[3],
        first_row=row[4],
        row_count=row[5],
        judged=Judged(row[6], row[7], row[8]),
        rule_books_sha256=row[9],
        text=row[12],
        rows=row[13],
    )
    return Record(entry, row[10], row[11])
