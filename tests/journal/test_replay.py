"""Replay: the same from any journal, stopped with the batch's number where it is not."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from services.journal.files import ANCHOR, DATABASE
from services.journal.journal import Journal, release
from services.journal.problems import JournalDamaged, JournalError, ReplayDiffers
from services.journal.replay import replay
from services.sequencer import Limits
from tests.journal.fake_core import FakeCore
from tests.journal.journal_helpers import open_session, replayed, running, send, start_once, write_journal


def edit(folder: Path, statement: str) -> None:
    """Changes a journal behind its back: somebody who knows SQL."""
    connection = sqlite3.connect(folder / DATABASE)
    triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.commit()
    connection.close()


def test_a_replay_comes_to_the_state_of_the_writer(tmp_path: Path) -> None:
    digest = write_journal(tmp_path, 20)
    assert replayed(tmp_path).digest() == digest
    assert start_once(tmp_path).digest() == digest
    assert replayed(tmp_path).digest() == digest, "starting changes nothing"


def test_replay_stops_where_it_is_told_to(tmp_path: Path) -> None:
    write_journal(tmp_path, 20)
    journal = Journal.open_for_reading(tmp_path)
    for until in (1, 7, 22, 100):
        core, done = FakeCore(), []
        steps = list(replay(journal, core, until=until, progress=lambda *numbers: done.append(numbers)))  # noqa: B023
        assert len(steps) == len(core.batches) == min(until, 22)
        assert done[-1] == (min(until, 22), min(until, 22))
    journal.close()


def test_another_result_is_refused_at_the_first_batch_that_differs(tmp_path: Path) -> None:
    """A release with a defect: from batch 3 on, the first orders, its events differ."""
    write_journal(tmp_path, 5)
    for attempt in (replayed, start_once):
        with pytest.raises(ReplayDiffers, match="The journal is whole; it was written by jingjia") as caught:
            attempt(tmp_path, FakeCore(twist=1))
        assert caught.value.number == 3
        assert release() in str(caught.value)


def test_the_checkpoint_catches_what_events_do_not_show(tmp_path: Path) -> None:
    class Forgetful(FakeCore):
        def digest(self) -> str:
            return super().digest()[::-1]

    write_journal(tmp_path, 5)
    with pytest.raises(ReplayDiffers, match="the state digest is") as caught:
        replayed(tmp_path, Forgetful())
    assert caught.value.number == 7


def test_checkpoints_are_written_along_the_way(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path, limits=Limits(checkpoint_batches=4)) as sequencer:
            await open_session(sequencer)
            for request_id in range(1, 12):
                await send(sequencer, [request_id])

    asyncio.run(go())
    journal = Journal.open_for_reading(tmp_path)
    found = [number for number in range(1, 14) if journal.store.checkpoint(number) is not None]
    journal.close()
    assert found == [4, 8, 12, 13]


def test_answers_that_were_not_stored_yet_are_stored_by_the_next_start(tmp_path: Path) -> None:
    folder, killed = tmp_path / "live", tmp_path / "killed"

    async def go() -> None:
        async with running(folder) as sequencer:
            await open_session(sequencer)
            for request_id in range(1, 6):
                await send(sequencer, [request_id])
            killed.mkdir()
            for name in (DATABASE, DATABASE + "-wal", ANCHOR):
                shutil.copy(folder / name, killed / name)

    asyncio.run(go())
    journal = Journal.open_for_reading(killed)
    assert (journal.head.number, journal.store.last_answered()) == (7, 6)
    journal.close()
    start_once(killed)
    journal = Journal.open_for_reading(killed)
    assert (journal.head.number, journal.store.last_answered()) == (7, 7)
    journal.close()


@pytest.mark.parametrize(
    ("statement", "number", "found"),
    [
        ("UPDATE batches SET time_ns = time_ns - 1 WHERE number = 4", 4, "checksum"),
        ("UPDATE batches SET chain = checksum WHERE number = 4", 4, "chain hash"),
        ("DELETE FROM batches WHERE number = 4", 4, "batch 4 is missing"),
        ("DELETE FROM batches WHERE number = 1", 1, "batch 1 is missing"),
        ("DELETE FROM batches WHERE number > 4", 5, "3 acknowledged batches are gone"),
        ("UPDATE batches SET number = 9 WHERE number = 7", 7, "batch 7 is missing"),
        ("DELETE FROM answers WHERE number = 4", 4, "what it was told is missing"),
        ("UPDATE answers SET event_count = 1 WHERE number = 4", 4, "checksum"),
        ("DELETE FROM key_spans WHERE number = 4", 4, "index of request ids"),
        ("UPDATE key_spans SET number = 5 WHERE number = 4", 4, "index of request ids"),
        ("INSERT INTO key_spans VALUES (9, 9, 9, 9, 4)", None, "4 spans, wanted are 3|6 spans, wanted are 5"),
        ("UPDATE checkpoints SET state_digest = 'x'", 7, "checkpoint after it does not match"),
        ("UPDATE meta SET created_ns = created_ns + 1", None, "belongs to another journal"),
        ("DROP TABLE answers", None, "'answers' in the data base is not"),
        ("CREATE TABLE extra (x)", None, "'extra' in the data base is not"),
    ],
)
def test_a_start_refuses_an_edited_journal(tmp_path: Path, statement: str, number: int | None, found: str) -> None:
    write_journal(tmp_path, 5)
    if "DROP TABLE" in statement:
        connection = sqlite3.connect(tmp_path / DATABASE)
        connection.execute(statement)
        connection.close()
    else:
        edit(tmp_path, statement)
    with pytest.raises(JournalDamaged, match=found) as caught:
        start_once(tmp_path)
    assert caught.value.number == number
    assert "Restore the folder from a copy" in str(caught.value)


def test_a_whole_journal_that_is_not_ours_is_told_from_damage(tmp_path: Path) -> None:
    write_journal(tmp_path, 1)
    edit(tmp_path, "UPDATE meta SET format_version = 2")
    with pytest.raises(JournalError, match="format 2; this release reads format 1"):
        start_once(tmp_path)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE layouts SET columns = '[]' WHERE command_table = 12", "Rows of table ORDERS have other columns"),
        ("UPDATE layouts SET command_table = 99 WHERE command_table = 13", "table 99 .* this release does not know"),
    ],
)
def test_a_layout_that_changed_under_its_number_is_refused(tmp_path: Path, statement: str, found: str) -> None:
    write_journal(tmp_path, 1)
    edit(tmp_path, statement)
    with pytest.raises(JournalError, match=found):
        start_once(tmp_path)
