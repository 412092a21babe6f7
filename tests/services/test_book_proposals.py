"""A rule book that waits for its time lies in the journal whole: a restart before or after its effect finds it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from engine.commands import Table, rows_of
from engine.rules.compile import book_text, compiled_rows
from engine.views import ChangeState
from services.clock import SetClock
from services.journal.verify import verify
from services.rule_books.files import load_book
from services.rule_books.trading_days import trading_days
from tests.services.test_timetable import Day, at, venue

EFFECT = at("2021-09-17 09:00")


async def propose(day: Day) -> None:
    book = load_book("hubei_spot")
    compiled = compiled_rows(book, trading_days(book))
    rows = rows_of(Table.BOOK_PROPOSALS, len(compiled))
    for name in compiled.dtype.names:
        rows[name] = compiled[name]
    rows["actor"], rows["effective_ns"] = 1, EFFECT
    answer = await day.sequencer.submit(Table.BOOK_PROPOSALS, rows, book_text(book.name, book.files))
    assert not answer.outcomes.any()
    assert answer.references[0] == 1


def test_a_proposed_book_outlives_restarts_and_is_adopted_at_its_time(tmp_path: Path) -> None:
    async def story() -> None:
        clock = SetClock(at("2021-09-17 08:00"))
        async with venue(tmp_path, clock) as day:
            await propose(day)
            waiting = day.sequencer.core.digest()
        async with venue(tmp_path, clock) as day:
            assert day.sequencer.core.digest() == waiting
            assert [change.state for change in day.sequencer.core.floor.changes()] == [ChangeState.APPROVED]
            clock.time_ns = EFFECT
            await day.timetable.start()
            assert [book.name for book in day.sequencer.core.rule_books()] == ["national_cea", "hubei_spot"]
            after = day.sequencer.core.digest()
        async with venue(tmp_path, clock) as day:
            assert day.sequencer.core.digest() == after
        assert verify(tmp_path).problems == []

    asyncio.run(story())
