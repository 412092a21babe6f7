"""A batch that makes the core fail stops the writer; two persons may void it, and every replay honours it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Batch, ParticipantClass, Table
from engine.core import Core
from engine.outcomes import Outcome
from services.cli.main import call
from services.clock import SetClock
from services.journal.journal import Journal
from services.journal.problems import BatchFailed
from services.journal.replay import replay
from services.journal.verify import verify
from services.sequencer import Sequencer, Stopped
from services.sequencer.snapshots import Snapshots
from tests.crash.lives import Direct
from tests.crash.load import make_market, told
from tests.journal.journal_helpers import BEGIN_NS, named_rows, order_rows

FAILING_LOTS = 666
TRADER, FIRST_ID = 2, 1


class Failing(Core):
    """A core with a defect: it breaks halfway through an order of 666 lots."""

    def apply(self, batch: Batch) -> object:  # type: ignore[override]
        if batch.table is Table.ORDERS and (batch.rows["quantity_lots"] == FAILING_LOTS).any():
            self._accounts._cash["available_minor"][TRADER] -= 1
            self._register._participant_names["half done"] = 0
            raise ZeroDivisionError("a defect")
        return super().apply(batch)


@pytest.fixture(autouse=True)
def _defect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.cli.journal_void.Core", Failing)
    monkeypatch.setattr("services.cli.journal.Core", Failing)


def sequencer_on(folder: Path, core: Core) -> Sequencer[Core]:
    clock = SetClock(BEGIN_NS)
    return Sequencer(core, Journal.open(folder, clock=clock), clock=clock, snapshots=Snapshots(folder, core))


@pytest.fixture
def stuck(tmp_path: Path) -> tuple[Path, int, int]:
    """A journal with a batch that fails and two more behind it; (folder, batch, session of the trader)."""
    folder = tmp_path / "venue"

    async def go() -> tuple[int, int]:
        sequencer = sequencer_on(folder, Failing())
        await sequencer.start()
        venue = Direct(sequencer)
        sessions = await make_market(venue, lambda session, ids, told: None)
        rows, text = named_rows(Table.PARTICIPANTS, ["second"], actor=1, participant_class=ParticipantClass.OPERATOR)
        await venue.submit(Table.PARTICIPANTS, rows, text)
        session = sessions[TRADER]
        await venue.submit(Table.ORDERS, order_rows([FIRST_ID], session=session, actor=TRADER))
        number = sequencer.durable_through + 1
        sent = [
            asyncio.create_task(venue.submit(Table.ORDERS, order_rows(ids, session=session, actor=TRADER, **columns)))
            for ids, columns in (([2, 3], {"quantity_lots": [5, FAILING_LOTS]}), ([4], {}), ([5], {}))
        ]
        for task in sent:
            with pytest.raises(Stopped, match=f"batch {number} makes the core fail"):
                await task
        await sequencer.stop()
        return number, session

    number, session = asyncio.run(go())
    return folder, number, session


def void(folder: Path, action: str, number: int, person: str, *more: str) -> int:
    named = ["--batch", str(number), "--person", person, "--reason", "fails on its second row"]
    return call(["journal", "void", action, str(folder), *named, "--capacity", "small", *more])


def journal_bytes(folder: Path) -> bytes:
    return b"".join(sorted(record.chain for record in Journal.open_for_reading(folder).records()))


def test_every_start_stops_at_the_batch_and_says_how_to_go_on(stuck: tuple[Path, int, int]) -> None:
    folder, number, _ = stuck
    for expected in (f"void propose DIR --batch {number}", f"void approve DIR --batch {number}"):
        journal = Journal.open_for_reading(folder)
        with pytest.raises(BatchFailed, match=expected):
            list(replay(journal, Failing()))
        journal.close()
        assert void(folder, "propose", number, "operator") == 0


def test_two_persons_void_it_and_the_venue_goes_on(
    stuck: tuple[Path, int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    folder, number, session = stuck
    assert void(folder, "propose", number, "operator") == 0
    assert "another operator has to approve" in capsys.readouterr().out
    assert void(folder, "approve", number, "second", "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["voided"], done["batch"], done["rows"]) == (True, number, 2)
    assert "ZeroDivisionError" in done["error"]
    assert verify(folder).problems == []

    async def go_on() -> tuple[list[list[int]], str]:
        core = Failing()
        sequencer = sequencer_on(folder, core)
        await sequencer.start()
        venue = Direct(sequencer)
        answers = [
            told(await venue.submit(Table.ORDERS, order_rows(ids, session=session, actor=TRADER, **columns)))
            for ids, columns in (([2, 3], {"quantity_lots": [5, FAILING_LOTS]}), ([4], {}), ([6], {}))
        ]
        await sequencer.stop()
        assert core.conservation() == []
        assert core.voided() == {number: (1, 6)}
        return [[outcome for outcome, _, _ in answer] for answer in answers], core.digest()

    outcomes, digest = asyncio.run(go_on())
    assert outcomes == [[Outcome.BATCH_VOIDED] * 2, [0], [0]]
    assert call(["journal", "replay", str(folder), "--capacity", "small", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state_digest"] == digest
    healthy = Core()
    journal = Journal.open_for_reading(folder)
    list(replay(journal, healthy))
    journal.close()
    assert healthy.digest() == digest, "a release without the defect honours it, too"
    again = Failing()
    asyncio.run(_start_and_stop(folder, again))
    assert again.digest() == digest


async def _start_and_stop(folder: Path, core: Core) -> None:
    sequencer = sequencer_on(folder, core)
    await sequencer.start()
    await sequencer.stop()


@pytest.mark.parametrize(
    ("action", "person", "wrong", "code", "message"),
    [
        ("approve", "second", 0, 1, "VOID_NOT_PROPOSED"),
        ("propose", "trader2", 0, 2, "allowed are the operators operator, second"),
        ("propose", "nobody", 0, 2, "allowed are the operators operator, second"),
        ("propose", "operator", 1, 2, "the batch on which the core fails is"),
        ("propose", "operator", -1, 2, "the batch on which the core fails is"),
        ("propose", "operator", 1_000, 2, "the journal ends with batch"),
    ],
)
def test_what_is_not_allowed_changes_nothing(
    stuck: tuple[Path, int, int],
    capsys: pytest.CaptureFixture[str],
    action: str,
    person: str,
    wrong: int,
    code: int,
    message: str,
) -> None:
    folder, number, _ = stuck
    before = journal_bytes(folder)
    assert void(folder, action, number + wrong, person) == code
    assert message in capsys.readouterr().err
    assert journal_bytes(folder) == before


def test_the_same_person_cannot_approve(stuck: tuple[Path, int, int], capsys: pytest.CaptureFixture[str]) -> None:
    folder, number, _ = stuck
    assert void(folder, "propose", number, "operator") == 0
    before = journal_bytes(folder)
    assert void(folder, "approve", number, "operator") == 1
    assert "VOID_NEEDS_SECOND_PERSON" in capsys.readouterr().err
    assert journal_bytes(folder) == before


def test_a_void_batch_is_not_voided_again(stuck: tuple[Path, int, int], capsys: pytest.CaptureFixture[str]) -> None:
    folder, number, _ = stuck
    assert void(folder, "propose", number, "second") == 0
    assert void(folder, "approve", number, "operator") == 0
    assert void(folder, "propose", number, "second") == 2
    assert "the batch is void" in capsys.readouterr().err


def test_a_batch_that_was_answered_or_that_a_core_can_judge_is_not_voided(
    stuck: tuple[Path, int, int], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, number, _ = stuck
    monkeypatch.setattr("services.cli.journal_void.Core", Core)
    assert void(folder, "propose", number, "operator") == 2
    assert "there is nothing to void" in capsys.readouterr().err


def test_a_reason_is_needed(stuck: tuple[Path, int, int], capsys: pytest.CaptureFixture[str]) -> None:
    folder, number, _ = stuck
    arguments = ["journal", "void", "propose", str(folder), "--batch", str(number), "--person", "operator"]
    assert call([*arguments, "--reason", " ", "--capacity", "small"]) == 1
    assert "NAME_EMPTY_OR_TOO_LONG" in capsys.readouterr().err
    assert call([*arguments, "--reason", "x", "--capacity", "tiny"]) == 2


def test_a_folder_without_a_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert void(tmp_path, "propose", 1, "operator") == 2
    assert "holds no journal" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_rows_of_voids_are_judged() -> None:
    from tests.core.venue import Venue, outcomes

    venue = Venue()
    second = venue.register("second", ParticipantClass.OPERATOR)
    member = venue.register("m", ParticipantClass.INSTITUTION)

    def send(action: int, batch: int = 9, actor: int = 1, reason: str = "why") -> Outcome:
        row = {"action": action, "batch_number": batch, "text_length": len(reason)}
        return outcomes(venue.send(Table.VOIDS, [row], reason.encode(), actor))[0]

    before = venue.core.digest()
    assert send(2) is Outcome.VOID_NOT_PROPOSED
    assert send(3) is Outcome.UNKNOWN_COMMAND
    assert send(1, batch=0) is Outcome.UNKNOWN_COMMAND
    assert send(1, actor=member) is Outcome.NOT_PERMITTED_FOR_CLASS
    assert send(1, reason="") is Outcome.NAME_EMPTY_OR_TOO_LONG
    assert venue.core.voided() == {}
    assert send(1) is Outcome.ACCEPTED
    assert venue.core.digest() != before
    assert send(2) is Outcome.VOID_NEEDS_SECOND_PERSON
    assert send(2, actor=second) is Outcome.ACCEPTED
    assert send(2, actor=second) is Outcome.BATCH_ALREADY_VOIDED
    assert send(1) is Outcome.BATCH_ALREADY_VOIDED
    assert venue.core.voided() == {9: (1, second)}


def test_voiding_a_batch_uses_up_ids_of_its_own_sessions_only() -> None:
    from tests.core.venue import Venue

    venue = Venue()
    member = venue.register("m", ParticipantClass.INSTITUTION)
    session = venue.session(member)
    rows = np.concatenate([order_rows([7], session=session, actor=member), order_rows([8], session=session, actor=1)])
    applied = venue.core.void(Batch(Table.ORDERS, venue.time_ns, rows))
    assert applied.outcomes.tolist() == [Outcome.BATCH_VOIDED] * 2
    assert len(applied.events) == 2
    assert [s.last_request_id for s in venue.core.sessions()] == [7]
