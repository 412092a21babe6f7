"""`jingjia journal`: what it prints, and its exit codes 0, 1 and 2."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from engine.commands import ParticipantClass, Table
from engine.core import Core
from services.cli.main import call
from services.clock import SetClock
from services.journal.files import DATABASE
from services.journal.journal import Journal
from services.sequencer import Sequencer
from tests.journal.journal_helpers import BEGIN_NS, named_rows


@pytest.fixture
def venue(tmp_path: Path) -> tuple[Path, str]:
    """A journal written over the real core, and its state digest."""
    folder = tmp_path / "journal"

    async def write() -> str:
        sequencer = Sequencer(Core(), Journal.open(folder, clock=SetClock(BEGIN_NS)), clock=SetClock(BEGIN_NS))
        await sequencer.start()
        for name in ("甲", "乙", "丙"):
            rows, text = named_rows(Table.PARTICIPANTS, [name], actor=1, participant_class=ParticipantClass.INSTITUTION)
            answer = await sequencer.submit(Table.PARTICIPANTS, rows, text)
            assert answer.outcomes.tolist() == [0]
        digest = sequencer.core.digest()
        await sequencer.stop()
        return digest

    return folder, asyncio.run(write())


def test_verify_a_whole_journal(venue: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = venue
    assert call(["journal", "verify", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "batches   4 with 4 rows" in shown
    assert "synchronous" in shown
    assert shown.endswith("whole\n")
    assert call(["journal", "verify", str(folder), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["whole"], report["batches"], report["anchor_number"], report["problems"]) == (True, 4, 4, [])
    assert report["head_chain"] in shown


def test_verify_a_damaged_journal(venue: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = venue
    content = bytearray((folder / DATABASE).read_bytes())
    place = content.rindex("乙".encode())
    content[place] ^= 1
    (folder / DATABASE).write_bytes(content)
    assert call(["journal", "verify", str(folder)]) == 1
    output = capsys.readouterr()
    assert "DAMAGED   batch 3: its checksum does not match its fields" in output.out
    assert "is damaged: 1 problem(s)" in output.err
    assert call(["journal", "verify", str(folder), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["whole"] is False
    assert call(["journal", "replay", str(folder), "--capacity", "small"]) == 1
    assert "batch 3: its checksum does not match its fields. Restore the folder" in capsys.readouterr().err


def test_replay(venue: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, digest = venue
    found = {}
    for until in ("1", "4"):
        assert call(["journal", "replay", str(folder), "--json", "--until", until, "--capacity", "small"]) == 0
        found[until] = json.loads(capsys.readouterr().out)
    assert (found["4"]["state_digest"], found["4"]["batches"], found["4"]["events"]) == (digest, 4, 4)
    assert found["1"]["batches"] == 1
    assert found["1"]["state_digest"] != digest
    assert call(["journal", "replay", str(folder), "--capacity", "small"]) == 0
    assert digest in capsys.readouterr().out
    assert np.isfinite(found["4"]["seconds"])


@pytest.mark.parametrize("command", ["verify", "replay"])
def test_a_folder_without_a_journal_is_bad_input(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["journal", command, str(tmp_path)]) == 2
    assert "holds no journal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "found"),
    [("--until", "9", "the journal ends with batch 4"), ("--capacity", "huge", "allowed are small, medium, large")],
)
def test_bad_options_are_told(
    venue: tuple[Path, str], option: str, value: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(["journal", "replay", str(venue[0]), option, value]) == 2
    assert found in capsys.readouterr().err
