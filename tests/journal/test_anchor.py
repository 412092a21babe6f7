"""The anchor: an interrupted write, at any byte, leaves the head before or the head meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.journal.anchor import SLOT_BYTES, Anchor, read_anchor
from services.journal.problems import JournalDamaged
from services.journal.record import Head

GENESIS = b"g" * 32


def head(number: int) -> Head:
    return Head(number, bytes([number % 251]) * 32)


def read(path: Path) -> Head:
    reading = read_anchor(path, GENESIS)
    assert reading is not None
    return reading.head


def test_reads_back_the_last_head_written(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    anchor = Anchor(path, GENESIS, head(0))
    for number in range(1, 20):
        anchor.write(head(number))
        assert read(path) == head(number)
    anchor.close()
    assert path.stat().st_size == 2 * SLOT_BYTES


def test_an_interrupted_write_leaves_the_head_before_or_the_new_one(tmp_path: Path) -> None:
    path, after = tmp_path / "anchor", tmp_path / "after"
    anchor = Anchor(path, GENESIS, head(7))
    before = path.read_bytes()
    anchor.write(head(8))
    whole = path.read_bytes()
    anchor.close()
    changed = [place for place in range(len(whole)) if before[place] != whole[place]]
    assert changed
    seen = set()
    for cut in range(len(whole) + 1):
        if cut > changed[-1] + 2 and cut < len(whole):
            continue
        after.write_bytes(whole[:cut] + before[cut:])
        seen.add(read(after).number)
    assert seen == {7, 8}


def test_opening_never_leaves_the_head_without_a_slot(tmp_path: Path) -> None:
    """Opening writes both slots: at each of the two writes the slot that holds the older head is the one to go."""
    for writes in (1, 2, 3, 4):
        path = tmp_path / f"anchor{writes}"
        anchor = Anchor(path, GENESIS, head(1))
        for number in range(2, 2 + writes):
            anchor.write(head(number))
        anchor.close()
        last = read(path)
        images: list[bytes] = []

        class Watched(Anchor):
            def write(self, head: Head) -> None:
                super().write(head)
                images.append(path.read_bytes())  # noqa: B023

        Watched(path, GENESIS, Head(last.number + 5, b"n" * 32)).close()
        assert len(images) == 2
        torn = tmp_path / "torn"
        for place in (0, SLOT_BYTES):
            content = bytearray(images[0])
            content[place] ^= 0xFF
            torn.write_bytes(content)
            assert read(torn).number in (last.number, last.number + 5)


def test_one_damaged_slot_falls_back_to_the_other(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    anchor = Anchor(path, GENESIS, head(1))
    anchor.write(head(2))
    anchor.close()
    whole = path.read_bytes()
    for place in [*range(120), *range(SLOT_BYTES, SLOT_BYTES + 120)]:
        content = bytearray(whole)
        content[place] ^= 0x10
        path.write_bytes(content)
        reading = read_anchor(path, GENESIS)
        assert reading is not None
        assert reading.head in (head(1), head(2))
        assert (reading.torn_slots == 0) == (reading.head == head(2) and place % SLOT_BYTES >= 112)


def test_damage_in_both_slots_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    Anchor(path, GENESIS, head(1)).close()
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    content[SLOT_BYTES + 30] ^= 1
    path.write_bytes(content)
    with pytest.raises(JournalDamaged, match="neither slot"):
        read_anchor(path, GENESIS)


def test_an_anchor_of_another_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    Anchor(path, b"x" * 32, head(1)).close()
    with pytest.raises(JournalDamaged, match="another journal"):
        read_anchor(path, GENESIS)


def test_no_file_and_a_file_never_written_to_are_no_anchor(tmp_path: Path) -> None:
    path = tmp_path / "anchor"
    assert read_anchor(path, GENESIS) is None
    for content in (b"", bytes(100), bytes(2 * SLOT_BYTES)):
        path.write_bytes(content)
        assert read_anchor(path, GENESIS) is None


def test_a_first_write_that_did_not_get_through_is_no_anchor(tmp_path: Path) -> None:
    """Cut at any byte, beside a slot that was never written: nothing was acknowledged, the start begins anew."""
    path = tmp_path / "anchor"
    Anchor(path, GENESIS, head(0)).close()
    whole = path.read_bytes()[:SLOT_BYTES].rstrip(b"\0")
    for cut in range(len(whole)):
        path.write_bytes(whole[:cut] + bytes(2 * SLOT_BYTES - cut))
        assert read_anchor(path, GENESIS) is None
    for cut in range(1, len(whole)):
        path.write_bytes((whole[:cut] + bytes(SLOT_BYTES - cut)) * 2)
        with pytest.raises(JournalDamaged, match="neither slot"):
            read_anchor(path, GENESIS)
