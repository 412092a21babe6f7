"""The tables of a journal in SQLite, and what each column of a command table meant when the journal was created."""

from __future__ import annotations

import json

from engine.commands import ROWS
from services.journal.record import LAYOUT_VERSION

TABLES: dict[str, str] = {
    "meta": """CREATE TABLE meta (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        format_version INTEGER NOT NULL,
        journal_id BLOB NOT NULL,
        created_ns INTEGER NOT NULL
    ) STRICT""",
    "layouts": """CREATE TABLE layouts (
        command_table INTEGER NOT NULL,
        layout_version INTEGER NOT NULL,
        name TEXT NOT NULL,
        columns TEXT NOT NULL,
        PRIMARY KEY (command_table, layout_version)
    ) STRICT, WITHOUT ROWID""",
    "batches": """CREATE TABLE batches (
        number INTEGER PRIMARY KEY,
        command_table INTEGER NOT NULL,
        layout_version INTEGER NOT NULL,
        time_ns INTEGER NOT NULL,
        first_row INTEGER NOT NULL,
        row_count INTEGER NOT NULL,
        judged_number INTEGER NOT NULL,
        judged_sequence INTEGER NOT NULL,
        judged_event_chain BLOB NOT NULL,
        rule_books_sha256 BLOB NOT NULL,
        checksum BLOB NOT NULL,
        chain BLOB NOT NULL,
        text BLOB NOT NULL,
        rows BLOB NOT NULL
    ) STRICT""",
    "key_spans": """CREATE TABLE key_spans (
        actor INTEGER NOT NULL,
        session INTEGER NOT NULL,
        last_request_id INTEGER NOT NULL,
        first_request_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        PRIMARY KEY (actor, session, last_request_id)
    ) STRICT, WITHOUT ROWID""",
    "answers": """CREATE TABLE answers (
        number INTEGER PRIMARY KEY,
        first_sequence INTEGER NOT NULL,
        event_count INTEGER NOT NULL,
        checksum BLOB NOT NULL,
        rows BLOB NOT NULL
    ) STRICT""",
    "checkpoints": """CREATE TABLE checkpoints (
        number INTEGER PRIMARY KEY,
        sequence INTEGER NOT NULL,
        event_chain BLOB NOT NULL,
        state_digest TEXT NOT NULL,
        checksum BLOB NOT NULL
    ) STRICT""",
    "starts": """CREATE TABLE starts (
        number INTEGER NOT NULL,
        time_ns INTEGER NOT NULL,
        release TEXT NOT NULL
    ) STRICT""",
}
"""Name to statement. `first_row` numbers a batch's first command over the whole journal."""

TRIGGERS: dict[str, str] = {
    f"{table}_no_{action.lower()}": (
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    )
    for table in TABLES
    for action in ("UPDATE", "DELETE")
}
"""Rows are only ever added: the data base itself says so to whoever opens it."""

STATEMENTS: dict[str, str] = TABLES | TRIGGERS
"""Everything `sqlite_schema` must hold, by name."""


def layouts() -> list[tuple[int, int, str, str]]:
    """Rows of `layouts` for this release: number, version, name and the columns as JSON [[name, NumPy type], ...]."""
    found = []
    for table, dtype in ROWS.items():
        columns = [[name, dtype[name].str] for name in dtype.names or ()]
        found.append((int(table), LAYOUT_VERSION, table.name, json.dumps(columns, separators=(",", ":"))))
    return found
