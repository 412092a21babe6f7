"""With the JIT off the same auctions give the same results, byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from engine.orderbook.call_auction import CALL_RULES
from tests.orderbook.call_auction.books import drawn_book, run

BOOKS = 60


def digest_of_auctions() -> str:
    random = np.random.default_rng(7)
    digest = hashlib.sha256()
    for _ in range(BOOKS):
        book = drawn_book(random)
        for rule in CALL_RULES.values():
            result = run(rule, book)
            digest.update(repr((result.price_ticks, result.volume_lots, result.surplus_lots)).encode())
            digest.update(result.fills_lots.tobytes() + result.trades.tobytes())
    return digest.hexdigest()


@pytest.mark.compiled
def test_interpreted_run_has_the_digest_of_the_compiled_one() -> None:
    program = "from tests.orderbook.call_auction.test_interpreted import digest_of_auctions as d; print(d())"
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    run_ = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert run_.returncode == 0, run_.stderr
    assert run_.stdout.strip() == digest_of_auctions()
