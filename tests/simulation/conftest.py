"""Every world of this folder is folded into postings as well (`tests.ledger.watching`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ledger.watching import watched


@pytest.fixture(autouse=True)
def double_entry() -> Iterator[None]:
    with watched():
        yield
