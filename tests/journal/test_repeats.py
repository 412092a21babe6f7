"""Repeats: the same request gets the same answer and has one effect, whatever happened in between."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Table, rows_of
from engine.outcomes import Outcome
from services.journal.journal import Journal
from services.sequencer import Answer, KeyReused, Limits, Sequencer
from tests.journal.fake_core import REFUSED_PRICE, FakeCore
from tests.journal.journal_helpers import ACTOR, named_rows, open_session, order_rows, replayed, running, send


def told(answer: Answer) -> list[tuple[int, int, int]]:
    columns = (answer.outcomes, answer.parameters, answer.references)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def accepted(core: FakeCore) -> list[int]:
    return [order & 0xFFFFFF for order in core.accepted]


def test_a_repeated_batch_gets_the_first_answer(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            first = await send(sequencer, [1, 2, 5], price_ticks=[100, REFUSED_PRICE, 100])
            assert not first.repeated.any()
            for _ in range(3):
                again = await send(sequencer, [1, 2, 5], price_ticks=[100, REFUSED_PRICE, 100])
                assert told(again) == told(first)
                assert again.repeated.all()
                assert (again.first_sequence, again.last_sequence) == (first.first_sequence, first.last_sequence)
                assert len(again.events) == 0
            assert sequencer.durable_through == 3, "a repeat is not journalled"

    asyncio.run(go())


def test_repeats_after_a_restart_clean_or_not(tmp_path: Path) -> None:
    sent = {}

    async def write() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            for start in (1, 11, 21):
                ids = list(range(start, start + 5))
                sent[start] = told(await send(sequencer, ids, price_ticks=[100, 13, 100, 13, 100]))

    async def repeat() -> None:
        async with running(tmp_path) as sequencer:
            for start, before in sent.items():
                ids = list(range(start, start + 5))
                answer = await send(sequencer, ids, price_ticks=[100, 13, 100, 13, 100])
                assert told(answer) == before
                assert answer.repeated.all()

    asyncio.run(write())
    asyncio.run(repeat())
    asyncio.run(repeat())


def test_a_batch_of_repeats_new_rows_and_passed_ids_is_answered_row_by_row(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            session = await open_session(sequencer)
            other = await open_session(sequencer, name="t")
            one = await send(sequencer, [2, 4])
            await send(sequencer, [6], session=other)
            rows = np.concatenate(
                [order_rows([1, 2]), order_rows([6, 7], session=other), order_rows([3, 4, 5]), order_rows([6])]
            )
            answer = await sequencer.submit(Table.ORDERS, rows)
            passed = (int(Outcome.REQUEST_ID_NOT_INCREASING), 0, 0)
            assert told(answer) == [
                passed,
                told(one)[0],
                (0, 0, other << 40 | 6),
                (0, 0, other << 40 | 7),
                passed,
                told(one)[1],
                (0, 0, session << 40 | 5),
                (0, 0, session << 40 | 6),
            ]
            assert answer.repeated.tolist() == [False, True, True, False, False, True, False, False]
            assert answer.events["row"].tolist() == [3, 6, 7]
            assert (answer.first_sequence, answer.last_sequence) == (7, 9)
            again = await sequencer.submit(Table.ORDERS, rows)
            assert told(again) == told(answer)
            assert again.repeated.tolist() == [False, True, True, True, False, True, True, True]

    asyncio.run(go())
    assert sorted(accepted(replayed(tmp_path))) == [2, 4, 5, 6, 6, 7]


@pytest.mark.parametrize(
    ("column", "value"), [("price_ticks", 101), ("side", 2), ("quantity_lots", 9), ("order_id", 5), ("command", 2)]
)
def test_other_content_under_a_used_key_is_refused_naming_the_column(tmp_path: Path, column: str, value: int) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            await open_session(sequencer)
            await send(sequencer, [1, 2, 3])
            rows = order_rows([2, 3, 4])
            rows[column][1] = value
            with pytest.raises(KeyReused, match=f"row 1 \\({column}\\)") as caught:
                await sequencer.submit(Table.ORDERS, rows)
            assert (caught.value.rows, caught.value.fields) == ([1], [column])
            assert sequencer.durable_through == 3, "row 4 of it was new and is not recorded either"
            answer = await send(sequencer, [4])
            assert not answer.repeated.any()

    asyncio.run(go())


def test_another_table_under_a_used_key(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            session = await open_session(sequencer)
            await send(sequencer, [1])
            rows = rows_of(Table.BIDS, 1)
            rows["actor"], rows["session"], rows["request_id"] = ACTOR, session, 1
            with pytest.raises(KeyReused) as caught:
                await sequencer.submit(Table.BIDS, rows)
            assert caught.value.fields == ["table"]

    asyncio.run(go())


def test_what_a_text_says_counts_and_not_where_it_lies(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            session = await open_session(sequencer)
            rows, text = named_rows(Table.ROUNDS, ["甲", "乙"], actor=ACTOR, session=session, request_id=[1, 2])
            first = await sequencer.submit(Table.ROUNDS, rows, text)
            rows, text = named_rows(Table.ROUNDS, ["xx", "乙"], actor=ACTOR, session=session, request_id=[7, 2])
            answer = await sequencer.submit(Table.ROUNDS, rows[1:], text)
            assert answer.repeated.all()
            assert told(answer) == told(first)[1:]
            rows, text = named_rows(Table.ROUNDS, ["丙"], actor=ACTOR, session=session, request_id=[2])
            with pytest.raises(KeyReused) as caught:
                await sequencer.submit(Table.ROUNDS, rows, text)
            assert caught.value.fields == ["text"]

    asyncio.run(go())


def test_a_rule_book_is_repeated_whole_or_not_at_all(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            session = await open_session(sequencer)
            rows = rows_of(Table.RULE_BOOKS, 3)
            rows["actor"], rows["session"], rows["request_id"] = ACTOR, session, [1, 2, 3]
            first = await sequencer.submit(Table.RULE_BOOKS, rows, b"{}")
            assert told(await sequencer.submit(Table.RULE_BOOKS, rows, b"{}")) == told(first)
            for part in (rows[:2], rows[1:]):
                with pytest.raises(KeyReused) as caught:
                    await sequencer.submit(Table.RULE_BOOKS, part, b"{}")
                assert set(caught.value.fields) == {"batch"}
            with pytest.raises(KeyReused) as caught:
                await sequencer.submit(Table.RULE_BOOKS, rows, b"[]")
            assert set(caught.value.fields) == {"text"}

    asyncio.run(go())
    journal = Journal.open_for_reading(tmp_path)
    hashes = [record.entry.rule_books_sha256 for record in journal.records()]
    journal.close()
    assert hashes == [b"", b"", b""], "a book counts as adopted for batches written after it was judged"


def test_rows_without_a_session_are_new_each_time(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as sequencer:
            for number in (1, 2, 3):
                assert await open_session(sequencer) == number

    asyncio.run(go())


def test_nobody_can_use_up_the_ids_of_somebody_elses_session(tmp_path: Path) -> None:
    async def go(sequencer: Sequencer[FakeCore]) -> None:
        stranger = await sequencer.submit(Table.ORDERS, order_rows([1_000], actor=ACTOR + 1))
        assert stranger.outcomes.tolist() == [Outcome.SESSION_NOT_OF_ACTOR]
        assert not stranger.repeated.any()

    async def both() -> None:
        async with running(tmp_path) as sequencer:
            await go(sequencer)  # before anybody owns session 1
            await open_session(sequencer)
            await go(sequencer)
            assert (await send(sequencer, [1])).outcomes.tolist() == [0]
        async with running(tmp_path) as sequencer:
            await go(sequencer)
            answer = await send(sequencer, [1, 2])
            assert answer.outcomes.tolist() == [0, 0]
            assert answer.repeated.tolist() == [True, False]

    asyncio.run(both())


def test_a_session_is_known_to_what_follows_its_opening_in_the_queue(tmp_path: Path) -> None:
    """All in the queue at once: the orders behind the opening are in the session it opens, and have keys."""

    async def go() -> None:
        async with running(tmp_path) as sequencer:
            opening, text = named_rows(Table.SESSIONS, ["s"], actor=ACTOR)
            tasks = [
                asyncio.create_task(sequencer.submit(Table.SESSIONS, opening, text)),
                asyncio.create_task(send(sequencer, [1])),
                asyncio.create_task(send(sequencer, [1])),
            ]
            _, first, second = await asyncio.gather(*tasks)
            assert told(first) == told(second) == [(0, 0, 1 << 40 | 1)]
            assert (first.repeated.tolist(), second.repeated.tolist()) == ([False], [True])

    asyncio.run(go())
    assert accepted(replayed(tmp_path)) == [1]


@pytest.mark.parametrize("seed", range(6))
def test_any_mixture_of_repeats_has_one_effect_and_one_answer(tmp_path: Path, seed: int) -> None:
    """Requests sent one to three times in random batches, many at once, with restarts: one effect, the same answer."""
    random = np.random.default_rng(seed)
    known: dict[int, tuple[int, int, int]] = {}
    prices = {request_id: int(random.choice([100, REFUSED_PRICE])) for request_id in range(1, 2_000)}

    async def life(first: int, last: int) -> None:
        async with running(tmp_path, limits=Limits(checkpoint_batches=7)) as sequencer:
            if first == 1:
                await open_session(sequencer)
            place = first
            while place < last:
                tasks, sent = [], []
                for _ in range(int(random.integers(1, 12))):
                    low = max(1, place - int(random.integers(0, 60)))
                    high = min(last, place + int(random.integers(0, 20)))
                    ids = sorted({int(one) for one in random.integers(low, high + 1, size=int(random.integers(1, 9)))})
                    ids = [one for one in ids if one in known or one >= place]
                    if not ids:
                        continue
                    place = max(place, ids[-1] + 1)
                    sent.append(ids)
                    rows = order_rows(ids, price_ticks=[prices[one] for one in ids])
                    tasks.append(asyncio.create_task(sequencer.submit(Table.ORDERS, rows)))
                    known.update({one: known.get(one, ()) for one in ids})  # type: ignore[arg-type]
                for ids, answer in zip(sent, await asyncio.gather(*tasks), strict=True):
                    for request_id, row in zip(ids, told(answer), strict=True):
                        assert known[request_id] in ((), row), f"request {request_id} (seed {seed})"
                        known[request_id] = row

    for first in (1, 400, 800):
        asyncio.run(life(first, first + 399))
    core = replayed(tmp_path)
    assert len(accepted(core)) == len(set(accepted(core)))
    wanted = {1 << 40 | one for one, row in known.items() if row and row[0] == 0}
    assert wanted == set(core.accepted), f"seed {seed}"
    assert {row[0] for row in known.values()} == {0, Outcome.CASH_INSUFFICIENT}
