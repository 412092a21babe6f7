"""The chain over events is that of hashing each batch at once, whenever it is asked for, whichever thread hashed it."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine import event_chain
from engine.event_chain import CHAIN_START, EventChain
from engine.events import EVENT

SIZES = (1, 3, 500, 20_000, 2, 1, 7_000, 28, 29, 40_000, 1)


def batches(sizes: tuple[int, ...] = SIZES, seed: int = 1) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [np.frombuffer(random.bytes(size * EVENT.itemsize), EVENT) for size in sizes]


def hashed_at_once(events: list[np.ndarray]) -> bytes:
    chain = CHAIN_START
    for batch in events:
        chain = hashlib.sha256(chain + batch.tobytes()).digest()
    return chain


@pytest.mark.parametrize("portion_bytes", [1, 60_000, event_chain._PORTION_BYTES, 2**30])
@pytest.mark.parametrize("short_bytes", [1, 300, event_chain._SHORT_BYTES])
@pytest.mark.parametrize("every", [1, 3, len(SIZES)])
def test_it_is_what_hashing_at_once_gives(every: int, short_bytes: int, portion_bytes: int, monkeypatch) -> None:
    monkeypatch.setattr(event_chain, "_SHORT_BYTES", short_bytes)
    monkeypatch.setattr(event_chain, "_PORTION_BYTES", portion_bytes)
    chain, told = EventChain(), batches()
    for count, batch in enumerate(told, 1):
        chain.extend(batch)
        if count % every == 0:
            assert chain.value == hashed_at_once(told[:count])
    assert chain.value == chain.value == hashed_at_once(told)


def test_no_more_is_ahead_than_may_be(monkeypatch) -> None:
    monkeypatch.setattr(event_chain, "_PORTION_BYTES", 1)
    chain, told = EventChain(), batches((2_000,) * 40)
    for batch in told:
        chain.extend(batch)
        assert len(chain._ahead) <= event_chain._AHEAD_MAX
    assert chain.value == hashed_at_once(told)


def test_a_chain_that_is_set_goes_on_from_there() -> None:
    chain, told = EventChain(), batches()
    for batch in told[:6]:
        chain.extend(batch)
    other = EventChain()
    other.extend(told[3])
    other.value = chain.value
    for batch in told[6:]:
        other.extend(batch)
    assert other.value == hashed_at_once(told)


def test_a_batch_without_events_counts() -> None:
    chain = EventChain()
    chain.extend(np.zeros(0, EVENT))
    assert chain.value == hashlib.sha256(CHAIN_START).digest()
