"""Snapshots: a start from one comes to the same state as a replay of everything, or leaves it and says why."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from engine.capacity import MEDIUM, SMALL, Capacity
from engine.core import Core
from services.clock import SetClock
from services.journal.journal import Journal
from services.journal.replay import replay
from services.journal.snapshot import SNAPSHOTS, Folder, Unusable, pack, read_header, unpack
from services.journal.verify import verify
from services.sequencer import Limits, Sequencer
from services.sequencer.snapshots import KEPT, Snapshots
from tests.crash.lives import Direct
from tests.crash.load import Told, make_market, trade
from tests.journal.journal_helpers import BEGIN_NS

SEED = 20_231_124
OFTEN = Limits(checkpoint_batches=4, checkpoint_rows=1_000)
SELDOM = Limits(checkpoint_batches=10_000)


@dataclass
class Life:
    """What one life of a venue came to."""

    digest: str = ""
    chain: bytes = b""
    after: int = 0
    events: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: dict[tuple[int, int], Told] = field(default_factory=dict)
    sequencer: Sequencer[Core] | None = None


class Enough(Exception):
    """As many answers as were asked for."""


def live(
    folder: Path,
    answers: int = 0,
    *,
    limits: Limits = OFTEN,
    capacity: Capacity = SMALL,
    snapshots: bool = True,
    before_stop: Callable[[Sequencer[Core]], None] = lambda sequencer: None,
) -> Life:
    """Starts on the journal in `folder`, trades for that many answers, stops cleanly."""
    life = Life()

    async def go() -> None:
        clock, core = SetClock(BEGIN_NS), Core(capacity)
        journal = Journal.open(folder, clock=clock)
        keeper = Snapshots(folder, core, life.notes.append) if snapshots else None
        sequencer = Sequencer(core, journal, clock=clock, limits=limits, snapshots=keeper)
        await sequencer.start()
        life.after = sequencer.replayed_after
        life.events = [chunk.tobytes() for chunk in sequencer._trail.feed.chunks()[1]]
        life.sequencer = sequencer
        if answers:
            await _trade(sequencer, life, answers)
        before_stop(sequencer)
        await sequencer.stop()
        assert sequencer.failure == "The server has stopped."
        life.digest, life.chain = core.digest(), core.event_chain

    asyncio.run(go())
    return life


async def _trade(sequencer: Sequencer[Core], life: Life, answers: int) -> None:
    def note(session: int, ids: list[int], told: list[Told]) -> None:
        for request_id, answer in zip(ids, told, strict=True):
            assert life.told.setdefault((session, request_id), answer) == answer

    left = answers

    def count(session: int, ids: list[int], told: list[Told]) -> None:
        nonlocal left
        note(session, ids, told)
        left -= 1
        if not left:
            raise Enough

    venue = Direct(sequencer)
    sessions = await make_market(venue, note)
    last = {session.number: session.last_request_id for session in sequencer.core.sessions()}
    try:
        async with asyncio.TaskGroup() as traders:
            for actor, session in sessions.items():
                traders.create_task(trade(venue, actor, session, last[session] + 1, SEED, count))
    except* Enough:
        pass
    await asyncio.sleep(0.01)


def whole_replay(folder: Path) -> tuple[str, bytes]:
    """Digest and event chain of a replay of the whole journal."""
    journal, core = Journal.open_for_reading(folder), Core()
    try:
        for _ in replay(journal, core):
            pass
    finally:
        journal.close()
    return core.digest(), core.event_chain


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal with snapshots and a tail behind the last of them."""
    folder = tmp_path_factory.mktemp("snapshots") / "venue"
    live(folder, 60)
    live(folder, 9, limits=SELDOM)
    assert len(Folder(folder).numbers()) == KEPT
    return folder


@pytest.fixture
def venue(traded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(traded, tmp_path / "venue"))


def test_a_snapshot_and_the_tail_are_the_whole_replay(venue: Path) -> None:
    latest = Folder(venue).numbers()[0]
    expected = whole_replay(venue)
    all_replayed = live(venue, snapshots=False)
    life = live(venue, limits=SELDOM)
    assert life.notes == []
    assert life.after == latest > 0
    assert (life.digest, life.chain) == (all_replayed.digest, all_replayed.chain) == expected
    assert life.events == all_replayed.events, "whoever follows events finds the same ones"


def test_one_life_after_another_each_from_the_snapshot_of_the_one_before(tmp_path: Path) -> None:
    folder, after = tmp_path / "venue", 0
    told: dict[tuple[int, int], Told] = {}
    for _ in range(5):
        life = live(folder, 20)
        assert life.notes == []
        assert life.after >= after
        after = life.after
        assert not any(told[key] != life.told[key] for key in told.keys() & life.told.keys())
        told |= life.told
        assert (life.digest, life.chain) == whole_replay(folder)
    assert after > 40
    assert verify(folder).problems == []


def test_a_repeat_from_before_the_snapshot_gets_its_first_answer(venue: Path) -> None:
    first = live(venue, 12, limits=SELDOM)
    life = live(venue, 12, limits=SELDOM)
    same = first.told.keys() & life.told.keys()
    assert len(same) > 10
    assert all(first.told[key] == life.told[key] for key in same)


def test_sessions_and_rule_books_are_those_of_a_whole_replay(venue: Path) -> None:
    short, whole = live(venue, limits=SELDOM).sequencer, live(venue, snapshots=False).sequencer
    assert short is not None
    assert whole is not None
    one, other = short._trail, whole._trail
    assert vars(one.register) == vars(other.register)
    assert (one.number, one.rows, one.time_ns) == (other.number, other.rows, other.time_ns)
    assert one.adoptions(10**9) == other.adoptions(10**9) != []
    assert one.feed.next_sequence == other.feed.next_sequence


def damage(folder: Path, number: int, place: int) -> None:
    path = Folder(folder).file(number)
    content = bytearray(path.read_bytes())
    content[place] ^= 0x41
    path.write_bytes(content)


def test_a_damaged_snapshot_falls_back_to_the_one_before_and_then_to_everything(venue: Path) -> None:
    latest, earlier = Folder(venue).numbers()
    expected = whole_replay(venue)
    damage(venue, latest, 400)
    life = live(venue, limits=SELDOM)
    assert life.after == earlier
    assert len(life.notes) == 1
    assert f"after batch {latest} is not used" in life.notes[0]
    damage(venue, earlier, -1)
    life = live(venue, limits=SELDOM)
    assert life.after == 0
    assert len(life.notes) == 2
    assert (life.digest, life.chain) == expected


def test_every_changed_byte_and_every_cut_shows(venue: Path) -> None:
    content = Folder(venue).file(Folder(venue).numbers()[0]).read_bytes()
    random = np.random.default_rng(SEED)
    unpack(memoryview(content))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= int(random.integers(1, 256))
        for wrong in (changed, content[:place]):
            with pytest.raises(Unusable):
                unpack(memoryview(bytes(wrong)))
    with pytest.raises(Unusable, match="another length"):
        unpack(memoryview(content + b"\0"))


def test_a_snapshot_of_another_build_capacity_or_journal_is_left(venue: Path, tmp_path: Path) -> None:
    latest = Folder(venue).numbers()[0]
    assert any("capacity 'small'" in note for note in live(venue, capacity=MEDIUM, limits=SELDOM).notes)
    other = tmp_path / "other"
    live(other, 8, limits=SELDOM)
    shutil.copytree(venue / SNAPSHOTS, other / SNAPSHOTS)
    life = live(other, limits=SELDOM)
    assert life.after == 0
    assert all("another journal" in note for note in life.notes)
    Folder(venue).file(latest).rename(Folder(venue).file(latest + 1))
    assert "not the one of its name" in live(venue, limits=SELDOM).notes[0]


def test_another_build_replays_everything_and_then_has_its_own(venue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.jit.source_hash", lambda module: "0123456789abcdef")
    life = live(venue)
    assert life.after == 0
    assert all("another build" in note for note in life.notes)
    again = live(venue)
    assert again.notes == []
    assert again.after > 0
    assert again.digest == life.digest


def test_a_snapshot_that_disagrees_with_the_journal_is_left(venue: Path) -> None:
    """A whole file whose state is not what the journal notes: a defect in writing, or a forgery."""
    expected = whole_replay(venue)
    folder = Folder(venue)
    latest = folder.numbers()[0]
    header, parts = unpack(memoryview(folder.file(latest).read_bytes()))
    parts[0] = parts[0].replace(b"trader2", b"trader9")
    folder.file(latest).write_bytes(pack(header, parts))
    life = live(venue, limits=SELDOM)
    assert "not the one that the journal notes" in life.notes[0]
    assert (life.digest, life.chain) == expected
    assert life.after == folder.numbers()[1]


def test_what_cannot_be_written_is_told_and_stops_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    live(folder, 1, limits=SELDOM)
    (folder / SNAPSHOTS).write_text("in the way")
    life = live(folder, 30)
    assert life.notes
    assert all("could not be written" in note for note in life.notes)
    assert len(life.told) > 30
    assert verify(folder).problems == []


def test_an_older_file_and_an_unfinished_one_are_cleared_away(venue: Path) -> None:
    folder = Folder(venue)
    (folder.path / "0000000000000999.snapshot.part").write_bytes(b"half")
    live(venue, 20)
    assert len(folder.numbers()) == KEPT
    assert not list(folder.path.glob("*.part"))


def test_a_snapshot_never_counts_before_its_checkpoint_is_durable(tmp_path: Path) -> None:
    """The journal as it is copied at each moment a snapshot has its name: it can be used there."""
    folder, copy = tmp_path / "venue", tmp_path / "copy"
    used = []

    def try_copy(sequencer: Sequencer[Core]) -> None:
        shutil.copytree(folder, copy)
        used.append(Folder(copy).numbers()[0])

    live(folder, 40, before_stop=try_copy)
    life = live(copy, limits=SELDOM)
    assert life.notes == []
    assert life.after == used[0]


def test_the_header_says_what_it_is_of(venue: Path) -> None:
    latest = Folder(venue).numbers()[0]
    header, _ = read_header(memoryview(Folder(venue).file(latest).read_bytes()))
    journal = Journal.open_for_reading(venue)
    record = journal.store.read(latest - 1, 1)[0]
    assert header.chain == record.chain.hex()
    assert header.journal == journal.genesis.chain.hex()
    assert header.rows == record.entry.first_row + record.entry.row_count - 1
    journal.close()
