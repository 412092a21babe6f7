"""The chain: computed a second time from the format page alone, and broken in every way it should notice."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import fields, replace

import pytest

from engine.commands import Table
from services.journal.problems import JournalDamaged
from services.journal.record import (
    NOTHING_JUDGED,
    Entry,
    Head,
    Judged,
    Record,
    faults,
    genesis_chain,
    next_chain,
    seal,
)

GENESIS = genesis_chain(bytes(range(32)), 1_700_000_000_000_000_000)


def entry(number: int, rows: bytes = b"rows") -> Entry:
    return Entry(
        number=number,
        table=12,
        time_ns=1_700_000_000_000_000_000 + number,
        first_row=number * 10,
        row_count=3,
        rows=rows,
        text=b"text",
        rule_books_sha256=bytes(32),
        judged=Judged(number - 1, 7, b"c" * 32),
    )


def chained(entries: list[Entry]) -> list[Record]:
    records, chain = [], GENESIS
    for one in entries:
        records.append(seal(one, chain))
        chain = records[-1].chain
    return records


def all_faults(records: list[Record]) -> dict[int, list[str]]:
    """Fault texts by the place of the row at which they show; a row is judged after the one before it."""
    head, found = Head(0, GENESIS), {}
    for place, record in enumerate(records):
        if problems := faults(record, head):
            found[place] = problems
        head = Head(record.entry.number, record.chain)
    return found


def test_hashes_are_those_of_the_documented_form() -> None:
    one = entry(1)
    canonical = b"JJROW1" + struct.pack("<8q", 1, 12, 1, one.time_ns, 10, 3, 0, 7)
    for blob in (b"rows", b"text", bytes(32), b"c" * 32):
        canonical += struct.pack("<q", len(blob)) + blob
    checksum = hashlib.sha256(canonical).digest()
    genesis = hashlib.sha256(b"JJGENESIS1" + bytes(range(32)) + struct.pack("<q", 1_700_000_000_000_000_000)).digest()
    assert genesis == GENESIS
    assert one.checksum() == checksum
    assert seal(one, GENESIS).chain == hashlib.sha256(genesis + checksum).digest()


def test_every_field_is_covered() -> None:
    one = entry(5)
    changes: dict[str, list[object]] = {
        "judged": [
            replace(one.judged, number=3),
            replace(one.judged, sequence=8),
            replace(one.judged, event_chain=b"d"),
        ]
    }
    for field in fields(Entry):
        if field.name not in changes:
            value = getattr(one, field.name)
            changes[field.name] = [value + 1] if isinstance(value, int) else [value + b"x", value[:-1]]
        for other in changes[field.name]:
            assert replace(one, **{field.name: other}).checksum() != one.checksum(), field.name


def test_moving_a_byte_from_one_blob_to_the_next_changes_the_checksum() -> None:
    assert replace(entry(1), rows=b"ab", text=b"c").checksum() != replace(entry(1), rows=b"a", text=b"bc").checksum()


def test_a_whole_chain_has_no_faults() -> None:
    assert all_faults(chained([entry(n) for n in range(1, 6)])) == {}


def test_an_edited_row_shows_at_its_own_place() -> None:
    records = chained([entry(n) for n in range(1, 6)])
    records[2] = replace(records[2], entry=replace(records[2].entry, rows=b"ROWS"))
    assert list(all_faults(records)) == [2]


def test_an_edited_row_with_a_new_checksum_shows_in_the_chain() -> None:
    records = chained([entry(n) for n in range(1, 6)])
    edited = replace(records[2].entry, rows=b"ROWS")
    records[2] = Record(edited, edited.checksum(), records[2].chain)
    assert list(all_faults(records)) == [2]
    records[2] = seal(edited, records[1].chain)
    assert list(all_faults(records)) == [3], "a row chained anew breaks the one after it"


@pytest.mark.parametrize(
    ("change", "shows_at"),
    [
        (lambda r: r[:2] + r[3:], [2]),
        (lambda r: [*r[:2], r[3], r[2], *r[4:]], [2, 3, 4]),
        (lambda r: [*r[:3], r[2], *r[3:]], [3, 4]),
        (lambda r: r[1:], [0]),
    ],
    ids=["removed", "swapped", "doubled", "first removed"],
)
def test_rows_removed_or_moved_show(change, shows_at) -> None:
    records = change(chained([entry(n) for n in range(1, 6)]))
    found = all_faults(records)
    assert found
    assert set(found) <= set(shows_at)
    assert min(found) == shows_at[0]


def test_a_cut_tail_leaves_a_whole_chain() -> None:
    """Why there is an anchor: a shorter chain is a chain."""
    assert all_faults(chained([entry(n) for n in range(1, 6)])[:3]) == {}


def test_another_journals_rows_do_not_follow() -> None:
    foreign = seal(entry(1), genesis_chain(bytes(32), 0))
    assert all_faults([foreign]) == {0: ["its chain hash does not follow from batch 0"]}
    assert next_chain(GENESIS, foreign.checksum) != foreign.chain


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"table": 99}, "table 99 is not known"),
        ({"row_count": 4}, "are not 4 rows of ORDERS"),
        ({"layout_version": 2}, "in layout 2"),
    ],
)
def test_bytes_that_are_not_rows_are_refused(change: dict[str, int], found: str) -> None:
    from engine.commands import rows_of

    whole = Entry(1, int(Table.ORDERS), 1, 1, 3, rows_of(Table.ORDERS, 3).tobytes(), b"", b"", NOTHING_JUDGED)
    assert len(whole.batch().rows) == 3
    with pytest.raises(JournalDamaged, match=found) as caught:
        replace(whole, **change).batch()
    assert caught.value.number == 1
