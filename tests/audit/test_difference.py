"""The difference of two states shows every room: a story that uses every table, cut after each of its batches."""

from __future__ import annotations

import pytest

from engine.capacity import SMALL
from engine.commands import Batch, Table
from engine.core import Core
from services.audit.difference import differences
from tests.golden.recording import batches_of
from tests.golden.whole import tell_whole

UNSEEN = {Table.FACTS, Table.LINKS, Table.VOIDS}
"""Recorded facts and links, and a void that is only proposed, have no view: the digests say that they differ."""


@pytest.fixture(scope="module")
def batches() -> list[Batch]:
    return batches_of(tell_whole)[0]


def test_what_every_table_does_is_shown_as_a_difference(batches: list[Batch]) -> None:
    """After the last accepted batch of each table the state is not the one before, in more than its events and time."""
    core, before = Core(SMALL), Core(SMALL)
    last = {batch.table: at for at, batch in enumerate(batches)}
    shown: dict[Table, int] = {}
    for at, batch in enumerate(batches):
        applied = core.apply(batch)
        if at == last[batch.table]:
            found = [one.where for one in differences(before, core) if one.where not in ("events", "time")]
            assert not applied.outcomes.any(), batch.table
            shown[batch.table] = len(found)
        before.apply(batch)
    assert {table for table, count in shown.items() if not count} <= UNSEEN
    assert set(shown) == set(Table)


def test_equal_states_have_no_difference(batches: list[Batch]) -> None:
    one, other = Core(SMALL), Core(SMALL)
    for batch in batches:
        one.apply(batch)
        other.apply(batch)
    assert list(differences(one, other)) == []
