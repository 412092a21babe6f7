"""Batches: what can be made into one, and what is refused before any rule looks at it."""

from __future__ import annotations

import numpy as np
import pytest

from engine import limits
from engine.commands import ROWS, Batch, MalformedBatch, Table, order_id, rows_of


def named_rows(*names: str) -> tuple[np.ndarray, bytes]:
    """SESSIONS rows with their names, and the blob they point into."""
    encoded = [name.encode() for name in names]
    rows = rows_of(Table.SESSIONS, len(names))
    rows["text_length"] = [len(name) for name in encoded]
    rows["text_start"] = np.cumsum([0, *rows["text_length"][:-1]])
    return rows, b"".join(encoded)


def test_each_row_finds_its_own_text() -> None:
    names = ["morning", "深圳碳市场", "", "evening"]
    rows, text = named_rows(*names)
    batch = Batch(Table.SESSIONS, 1, rows, text)
    assert [batch.text_of(row) for row in range(4)] == names


@pytest.mark.parametrize("table", Table, ids=lambda table: table.name)
def test_rows_survive_as_bytes(table: Table) -> None:
    """What a client sends, what the journal stores and what a kernel reads is the same layout."""
    rows = rows_of(table, 3)
    for position, name in enumerate(rows.dtype.names):
        rows[name] = [position, position + 1, position + 2]
    again = np.frombuffer(rows.tobytes(), ROWS[table])
    assert again.tobytes() == rows.tobytes()
    assert list(again["request_id"]) == [2, 3, 4]
    assert len(rows.tobytes()) == 3 * ROWS[table].itemsize


@pytest.mark.parametrize("table", Table, ids=lambda table: table.name)
def test_rows_are_packed_so_that_no_byte_is_without_meaning(table: Table) -> None:
    dtype = ROWS[table]
    assert dtype.itemsize == sum(dtype.fields[name][0].itemsize for name in dtype.names)


def test_a_row_dtype_of_another_table_is_refused() -> None:
    with pytest.raises(MalformedBatch, match="rows of BIDS need"):
        Batch(Table.BIDS, 1, rows_of(Table.ORDERS, 1))


@pytest.mark.parametrize("count", [0, limits.BATCH_ROWS_MAX + 1])
def test_too_few_and_too_many_rows_are_refused(count: int) -> None:
    with pytest.raises(MalformedBatch, match=f"1 to {limits.BATCH_ROWS_MAX} rows, found {count}"):
        Batch(Table.BIDS, 1, rows_of(Table.BIDS, count))


def test_the_largest_batch_is_taken() -> None:
    assert len(Batch(Table.BIDS, 1, rows_of(Table.BIDS, limits.BATCH_ROWS_MAX)).rows) == limits.BATCH_ROWS_MAX


@pytest.mark.parametrize("time_ns", [-1, limits.TIME_NS_MAX + 1])
def test_a_time_outside_the_bounds_is_refused(time_ns: int) -> None:
    with pytest.raises(MalformedBatch, match="time_ns must be"):
        Batch(Table.BIDS, time_ns, rows_of(Table.BIDS, 1))


def test_two_dimensions_are_refused() -> None:
    with pytest.raises(MalformedBatch, match="1-d array"):
        Batch(Table.BIDS, 1, rows_of(Table.BIDS, 4).reshape(2, 2))


@pytest.mark.parametrize(("start", "length"), [(0, 8), (7, 1), (2**32 - 1, 2**32 - 1), (8, 0)])
def test_text_columns_that_point_outside_the_text_are_refused(start: int, length: int) -> None:
    rows, text = named_rows("morning")
    rows["text_start"], rows["text_length"] = start, length
    with pytest.raises(MalformedBatch, match="of a text of 7 bytes"):
        Batch(Table.SESSIONS, 1, rows, text)


def test_an_id_is_known_before_the_answer_and_grows_with_the_request() -> None:
    assert order_id(1, 1) == 2**40 + 1
    assert order_id(7, 5) >> 40 == 7
    assert order_id(7, 5) & (2**40 - 1) == 5
