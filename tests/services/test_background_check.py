"""A server that started from a snapshot looks the rest of its journal over while it serves, and stops on damage."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.capacity import SMALL
from services.journal.files import DATABASE
from services.server import Config, Server
from tests.journal.test_snapshots import live

PATIENCE_S = 20


@pytest.fixture
def venue(tmp_path: Path) -> Path:
    folder = tmp_path / "venue"
    live(folder, 40)
    return folder


def served(folder: Path, seconds: float) -> tuple[int, str | None]:
    """Serves until the writer stops, at most that long: the batch that the replay began after, and the failure."""

    async def go() -> tuple[int, str | None]:
        server = Server(Config(folder, capacity=SMALL))
        await server.start()
        try:
            await asyncio.wait_for(server.wait_until_stopped(), seconds)
        except TimeoutError:
            assert server._check is not None
        failure = server.sequencer.failure
        await server.stop()
        return server.sequencer.replayed_after, failure

    return asyncio.run(go())


def test_a_whole_journal_is_served(venue: Path) -> None:
    after, failure = served(venue, 1)
    assert after > 0
    assert failure is None


def test_damage_before_the_snapshot_stops_the_server_soon(venue: Path) -> None:
    content = bytearray((venue / DATABASE).read_bytes())
    content[content.rindex(b"trader2trader3")] ^= 1
    (venue / DATABASE).write_bytes(content)
    after, failure = served(venue, PATIENCE_S)
    assert after > 3
    assert failure is not None
    assert "damaged further back" in failure
    assert "batch 3" in failure
