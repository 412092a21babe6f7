"""The event feed: gapless from any kept event, bounded, and indifferent to slow readers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from engine.events import EVENT
from services.sequencer import Limits, Malformed, SubscriberTooSlow, TooOld
from services.sequencer.feed import Feed
from tests.journal.journal_helpers import open_session, running, send


def events(first: int, count: int) -> np.ndarray:
    rows = np.zeros(count, EVENT)
    rows["order_id"] = np.arange(first, first + count)
    return rows


def filled(events_max: int, *sizes: int) -> Feed:
    feed = Feed(events_max)
    for size in sizes:
        feed.publish(feed.next_sequence, events(feed.next_sequence, size))
    return feed


@pytest.mark.parametrize("start", range(1, 12))
def test_any_kept_event_can_be_the_first(start: int) -> None:
    async def go() -> list[int]:
        feed = filled(100, 3, 1, 0, 4, 2)
        feed.close("")
        found = []
        async for first, rows in feed.subscribe(start):
            assert first == rows["order_id"][0]
            found += rows["order_id"].tolist()
        return found

    assert asyncio.run(go()) == list(range(start, 11))


def test_what_is_kept_is_bounded() -> None:
    feed = filled(10, *[3] * 20)
    assert feed.first_available == 52
    assert feed._kept == 9
    assert len(feed._chunks) == len(feed._firsts) == 3
    with pytest.raises(TooOld) as caught:
        feed.subscribe(51)
    assert caught.value.first_available == 52
    for wrong in (0, -1, 62):
        with pytest.raises(Malformed, match="allowed is 1 to 61"):
            feed.subscribe(wrong)
    assert filled(10, 50).first_available == 1, "the last batch is kept whatever its size"


def test_a_slow_subscriber_is_cut_and_a_fast_one_is_not() -> None:
    async def go() -> None:
        feed = Feed(10)
        slow, fast = feed.subscribe(1), feed.subscribe(1)
        got = []
        for _ in range(20):
            feed.publish(feed.next_sequence, events(feed.next_sequence, 4))
            _, rows = await anext(fast)
            got += rows["order_id"].tolist()
        assert got == list(range(1, 81))
        with pytest.raises(SubscriberTooSlow) as caught:
            await anext(slow)
        assert (caught.value.next_sequence, caught.value.first_available) == (1, 73)

    asyncio.run(go())


def test_many_waiting_subscribers_get_everything() -> None:
    async def follow(feed: Feed, start: int) -> list[int]:
        found: list[int] = []
        async for _, rows in feed.subscribe(start):
            found += rows["order_id"].tolist()
            if len(found) % 3 == 0:
                await asyncio.sleep(0)
        return found

    async def go() -> None:
        feed = filled(1_000, 5)
        tasks = [asyncio.create_task(follow(feed, start)) for start in range(1, 7)]
        for size in (1, 2, 3, 4, 5):
            await asyncio.sleep(0)
            feed.publish(feed.next_sequence, events(feed.next_sequence, size))
        feed.close("")
        for start, found in enumerate(await asyncio.gather(*tasks), 1):
            assert found == list(range(start, 21))

    asyncio.run(go())


def test_events_follow_through_a_restart(tmp_path: Path) -> None:
    async def life(ids: list[int], start: int) -> list[int]:
        found: list[int] = []
        async with running(tmp_path) as sequencer:
            if sequencer.durable_through == 1:
                await open_session(sequencer)
            subscription = sequencer.subscribe(start)
            for request_id in ids:
                await send(sequencer, [request_id])
            while subscription.next_sequence < sequencer.core.next_sequence:
                _, rows = await anext(subscription)
                assert not rows.flags.writeable
                found += rows["order_id"].tolist()
        return found

    first = asyncio.run(life([1, 2], 1))
    second = asyncio.run(life([3, 4], 4))
    assert [order & 0xFF for order in first] == [0, 0, 1, 2]
    assert [order & 0xFF for order in second] == [2, 3, 4]


def test_the_feed_never_holds_up_orders(tmp_path: Path) -> None:
    """A thousand subscribers who never read: everything is answered, nothing is kept for them."""

    async def go() -> None:
        async with running(tmp_path, limits=Limits(feed_events=50)) as sequencer:
            await open_session(sequencer)
            idle = [sequencer.subscribe(1) for _ in range(1_000)]
            for start in range(1, 400, 20):
                await send(sequencer, list(range(start, start + 20)))
            assert sequencer._trail.feed._kept <= 50
            for subscription in idle:
                with pytest.raises(SubscriberTooSlow):
                    await anext(subscription)

    asyncio.run(go())
