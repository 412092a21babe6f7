"""The stored journals of earlier states of the sources: their events fold into books that balance, as of any event."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from services.cli.main import call
from tests.golden.make import EXPECTED, JOURNALS

NAMES = sorted(path.name for path in JOURNALS.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_journal_balances(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / name
    shutil.copytree(JOURNALS / name, folder)
    events = json.loads((folder / EXPECTED).read_text())["events"]
    for at in (events, events // 2):
        assert (
            call(["journal", "statement", str(folder), "--all", "--at", str(at), "--capacity", "small", "--json"]) == 0
        )
        trial = json.loads(capsys.readouterr().out)
        assert trial["last_sequence"] == at
        assert [part["total"] for part in trial["assets"]] == [0] * len(trial["assets"])
        assert all(part["accounts"] for part in trial["assets"])
