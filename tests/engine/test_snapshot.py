"""A core written down and read back is the same core: nothing any room holds is forgotten."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from engine.capacity import MEDIUM, SMALL, Capacity
from engine.commands import Batch, ParticipantClass, RoundAction, Side
from engine.core import Core
from engine.rounds.columns import Columns
from engine.snapshot import Dump, decode, encode, photograph
from tests.conftest import Seen
from tests.contracts.sources import ROOT
from tests.core.venue import CONSIGNED, Venue
from tests.engine.story import tell

SEED, ORDERS = 7, 300


def told(seed: int = SEED) -> Venue:
    """A venue with something in every room, a round in each stage among it."""
    venue = tell(seed, ORDERS, "small")
    book = venue.adopt(CONSIGNED)
    for name in ("草案", "开放", "关闭", "取消"):
        number = venue.round(name, book)
        venue.supply(number, 3, 10)
        if name == "草案":
            continue
        venue.act(number, RoundAction.OPEN)
        venue.bid(number, 4, 1_000, 5)
        if name == "关闭":
            venue.act(number, RoundAction.CLOSE)
        if name == "取消":
            venue.act(number, RoundAction.CANCEL)
    return venue


def copy_of(core: Core) -> Core:
    """The core, by way of bytes."""
    text, arrays = encode(core.dump())
    copy = Core(core.capacity)
    copy.restore(decode(text, [array.tobytes() for array in arrays]))
    return copy


def assert_same(first: Any, second: Any, where: str) -> None:
    """Equal in value and in type, all the way down."""
    assert type(first) is type(second), where
    if isinstance(first, Columns):
        assert_same(first.rows(), second.rows(), where)
    elif isinstance(first, np.ndarray):
        assert first.dtype == second.dtype, where
        assert first.dtype.type is second.dtype.type, where
        assert first.tobytes() == second.tobytes(), where
    elif isinstance(first, dict):
        assert list(first) == list(second), where
        for key in first:
            assert_same(first[key], second[key], f"{where}[{key!r}]")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), where
        for place, (one, other) in enumerate(zip(first, second, strict=True)):
            assert_same(one, other, f"{where}[{place}]")
    else:
        assert first == second, where


def is_wiring(value: Any, core: Core) -> bool:
    """A view of the record, a room, a capacity, a function, a part or dictionary of such things only."""
    if isinstance(value, np.ndarray | np.void):
        memory = value if isinstance(value, np.ndarray) else value.view(np.ndarray)
        return np.shares_memory(memory, core._bytes)
    if isinstance(value, dict):
        return bool(value) and all(is_wiring(item, core) for item in value.values())
    if any(value is room for room in core.rooms().values()) or isinstance(value, Capacity | Callable):
        return True
    if not type(value).__module__.startswith("engine.") or not hasattr(value, "__dict__"):
        return False
    scratch = getattr(value, "SCRATCH", ())
    return all(is_wiring(item, core) for name, item in vars(value).items() if name not in scratch)


def forgotten(core: Core) -> list[str]:
    """Attributes of rooms that are neither kept, nor scratch, nor wiring; and kept ones that are not there."""
    found = []
    for name, room in core.rooms().items():
        declared = set(room.KEPT) | set(getattr(room, "SCRATCH", ()))
        found += [f"{name}.{attribute} is named, but not there" for attribute in declared - set(dir(room))]
        found += [
            f"{name}.{attribute} ({type(value).__name__}) is in neither KEPT nor SCRATCH of {type(room).__name__}"
            for attribute, value in vars(room).items()
            if attribute not in declared and not is_wiring(value, core)
        ]
    return found


def test_every_attribute_of_every_room_is_kept_or_is_nothing_to_keep() -> None:
    assert forgotten(told().core) == []


def test_a_forgotten_attribute_is_noticed() -> None:
    core = Core()
    core._rounds._proposals = {1: "somebody"}  # type: ignore[attr-defined]
    core._trading._table = np.zeros(3)  # type: ignore[attr-defined]
    assert [line.split(" ")[0] for line in forgotten(core)] == ["rounds._proposals", "trading._table"]


@dataclass
class Hidden:
    held: dict[int, int]


def test_a_room_within_a_room_is_noticed() -> None:
    core = Core()
    core._rounds._governance = Hidden({})  # type: ignore[attr-defined]
    assert [line.split(" ")[0] for line in forgotten(core)] == ["rounds._governance"]


def test_a_core_read_back_is_the_same_core() -> None:
    core = told().core
    before = core.digest()
    copy = copy_of(core)
    assert copy.digest() == before == core.digest()
    assert copy.event_chain == core.event_chain
    assert copy._bytes.tobytes() == core._bytes.tobytes()
    for name, room in core.rooms().items():
        for attribute in room.KEPT:
            assert_same(getattr(room, attribute), getattr(copy.rooms()[name], attribute), f"{name}.{attribute}")
    assert copy.rounds() == core.rounds()
    assert [copy.round_result(r.number) for r in copy.rounds()] == [core.round_result(r.number) for r in core.rounds()]


def test_both_go_on_alike() -> None:
    venue = told()
    core, copy = venue.core, copy_of(venue.core)
    batches: list[Batch] = []
    apply = core.apply

    def recorded(batch: Batch) -> Any:
        batches.append(batch)
        return apply(batch)

    core.apply = recorded  # type: ignore[method-assign]
    for member in range(2, 6):
        venue.order(member, Side.BUY, 5_050, 40)
        venue.order(member, Side.SELL, 4_950, 60)
    venue.act(4, RoundAction.CLOSE)
    for action in (RoundAction.CLOSE, RoundAction.CLEAR):
        venue.act(3, action)
    venue.register("后来", ParticipantClass.INSTITUTION)
    with pytest.raises(AssertionError, match="NAME_ALREADY_REGISTERED"):
        venue.round("第一轮", 1)
    assert len(batches) > 12
    for batch in batches:
        copy.apply(batch)
    assert copy.event_chain == core.event_chain
    assert copy.digest() == core.digest()


def test_a_dump_stays_as_it_was_taken() -> None:
    venue = told()
    dump = venue.core.dump()
    first = [part.tobytes() for part in encode(dump)[1]], encode(dump)[0]
    venue.order(2, Side.BUY, 5_000, 10)
    venue.set_value(2, "auction.reserve_price", "1")
    venue.bid(3, 5, 1_000, 5)
    venue.round("更多", 1)
    assert ([part.tobytes() for part in encode(dump)[1]], encode(dump)[0]) == first
    later = venue.core.dump(spare=dump.record)
    assert later.record is dump.record


def test_restoring_forgets_what_was_there() -> None:
    other = told(SEED + 1).core
    dump = told().core.dump()
    other.restore(dump)
    assert other.digest() == told().core.digest()


@pytest.mark.parametrize("wrong", ["capacity", "rooms", "record"])
def test_a_dump_of_another_core_is_refused(wrong: str) -> None:
    dump = Core(SMALL).dump()
    if wrong == "capacity":
        core = Core(MEDIUM)
    else:
        core = Core(SMALL)
        dump = (
            Dump(dump.capacity, dump.record, {**dump.beside, "cellar": {}})
            if wrong == "rooms"
            else Dump(dump.capacity, dump.record[:-8], dump.beside)
        )
    before = core.digest()
    with pytest.raises(ValueError, match="dump"):
        core.restore(dump)
    assert core.digest() == before


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"format":2}',
        b'{"format":1,"capacity":"small"}',
        b'{"format":1,"capacity":"s","beside":{"a":{"b":["x"]}}}',
    ],
)
def test_text_that_is_no_dump_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"dump|tag|JSON|Expecting"):
        decode(text, [b""])


def test_what_cannot_be_kept_is_said() -> None:
    with pytest.raises(TypeError, match="Hidden is none of the classes"):
        encode(Dump("small", np.zeros(1, np.uint8), {"core": {"x": Hidden({})}}))
    with pytest.raises(TypeError, match="float cannot be kept"):
        encode(Dump("small", np.zeros(1, np.uint8), {"core": {"x": 0.5}}))


def test_a_photograph_shares_nothing_that_may_change() -> None:
    inner = np.arange(3)
    taken = photograph({"list": [inner, (1, "a")]})
    inner[0] = 9
    assert taken["list"][0].tolist() == [0, 1, 2]


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_the_tests_of_the_core_hold_on_cores_that_are_written_down_all_the_time(part: int, seen: Seen) -> None:
    files = sorted(str(path) for path in (ROOT / "tests/core").glob("test_*.py"))[part::4]
    arguments = ["-q", "-p", "tests.engine.roundtrip", *files, "-m", "not long", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "--hypothesis-profile=interpreted"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3_000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed
    seen("tests of the core on cores that are written down and read back every third batch", int(passed[1]))
