"""`jingjia limits` says every bound of the engine, with its meaning, and what it says is what is enforced."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import limits
from engine.capacity import SMALL
from engine.commands import Batch, ParticipantClass, Table, rows_of
from engine.core import Core
from engine.outcomes import Outcome
from services.cli.main import call


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert call(["limits", "--json"]) == 0
    body: dict[str, Any] = json.loads(capsys.readouterr().out)
    return body


def test_every_bound_is_there_with_a_sentence(told: dict[str, Any]) -> None:
    declared = {name.lower(): value for name, value in vars(limits).items() if name.isupper()}
    assert {bound["name"]: bound["value"] for bound in told["bounds"]} == declared
    assert [bound["name"] for bound in told["bounds"] if not bound["meaning"].endswith((".", ")"))] == []


def test_a_pool_holds_as_many_as_it_says(told: dict[str, Any]) -> None:
    core = Core(SMALL)
    rows = rows_of(Table.PARTICIPANTS, 100)
    names = [f"{number:03d}".encode() for number in range(100)]
    rows["participant_class"] = [ParticipantClass.OPERATOR, *[ParticipantClass.INSTITUTION] * 99]
    rows["actor"] = [0, *[1] * 99]
    rows["text_length"], rows["text_start"] = 3, range(0, 300, 3)
    applied = core.apply(Batch(Table.PARTICIPANTS, 1, rows, b"".join(names)))
    most = told["capacity"]["small"]["participants"]
    assert applied.outcomes.tolist() == [0] * most + [Outcome.PARTICIPANTS_FULL] * (100 - most)


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["limits"]) == 0
    out = capsys.readouterr().out
    assert f"{limits.QUANTITY_LOTS_MAX:,}" in out
    assert "large" in out
