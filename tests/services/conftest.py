"""Servers for the tests of the edges: one for a whole file where tests do not disturb each other, else a fresh one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.running import Market, Running


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """One trading venue for a whole file."""
    found = Market(tmp_path_factory.mktemp("venue") / "journal")
    yield found
    found.running.stop()


@pytest.fixture
def fresh_market(tmp_path: Path) -> Iterator[Market]:
    """A trading venue for one test."""
    found = Market(tmp_path / "journal")
    yield found
    found.running.stop()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Running]:
    """A server on an empty journal for one test."""
    found = Running(tmp_path / "journal")
    yield found
    found.stop()
