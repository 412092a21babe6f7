"""The verifier that goes with an export: alone, it finds an edit, an insertion, a removal, a swap and a cut tail."""

from __future__ import annotations

import ast
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from services.audit.export import VERIFIER
from services.journal.verify import verify
from tests.golden.make import JOURNALS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(JOURNALS / sorted(path.name for path in JOURNALS.iterdir())[-1], tmp_path / "journal"))


def run(folder: Path, *head: str) -> tuple[int, str]:
    """On a machine without the package: isolated, from another folder."""
    command = [sys.executable, "-I", "-S", str(VERIFIER), str(folder), *head]
    done = subprocess.run(command, cwd=folder.parent, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def change(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "journal.sqlite")
    for trigger in ("batches_no_update", "batches_no_delete"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_it_needs_nothing_and_is_short() -> None:
    text = VERIFIER.read_text()
    assert text.count("\n") <= 150
    names = {node.names[0].name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)}
    assert names | {"pathlib"} <= sys.stdlib_module_names


def test_a_whole_journal(folder: Path) -> None:
    report = verify(folder)
    code, told = run(folder, report.head_chain)
    assert code == 0, told
    assert told == f"whole: {report.batches} rows, chain {report.head_chain}\n"


LAST = "(SELECT max(number) FROM batches)"


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["UPDATE batches SET time_ns = time_ns + 1 WHERE number = 7"], "row 7: its checksum"),
        (["UPDATE batches SET rows = zeroblob(length(rows)) WHERE number = 9"], "row 9: its checksum"),
        (["DELETE FROM batches WHERE number = 8"], "row 8: it is missing"),
        ([f"DELETE FROM batches WHERE number > {LAST} - 2"], "it is missing; the anchor says"),
        (
            [
                "UPDATE batches SET number = -1 WHERE number = 8",
                "UPDATE batches SET number = 8 WHERE number = 9",
                "UPDATE batches SET number = 9 WHERE number = -1",
            ],
            "row 8: its",
        ),
        (["UPDATE batches SET chain = zeroblob(32) WHERE number = 4"], "row 4: its chain hash does not follow"),
    ],
    ids=["edit", "content", "removal", "cut tail", "swap", "chain"],
)
def test_what_was_done_to_it_is_found(folder: Path, statements: list[str], message: str) -> None:
    change(folder, *statements)
    code, told = run(folder)
    assert code == 1
    assert message in told


def test_a_tail_cut_together_with_the_anchor_shows_by_a_published_head(folder: Path) -> None:
    from services.journal.anchor import Anchor
    from services.journal.journal import Journal
    from services.journal.record import Head

    published = verify(folder).head_chain
    journal = Journal.open_for_reading(folder)
    record = journal.store.read(journal.head.number - 3, 1)[0]
    genesis = journal.genesis.chain
    journal.close()
    change(folder, f"DELETE FROM batches WHERE number > {record.entry.number}")
    (folder / "journal.anchor").unlink()
    Anchor(folder / "journal.anchor", genesis, Head(record.entry.number, record.chain)).close()
    assert run(folder)[0] == 0
    code, told = run(folder, published)
    assert code == 1
    assert "cut before it" in told
