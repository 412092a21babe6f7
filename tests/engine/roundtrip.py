"""A plugin of pytest: every few batches, a core that a test drives is written down, and goes on as what is read back.

`python -m pytest -p tests.engine.roundtrip tests/core` runs tests that know nothing of snapshots on cores that go
through one all the time: what a snapshot forgets, some test misses.
"""

from __future__ import annotations

from typing import Any

from engine.commands import Batch
from engine.core import Core
from engine.snapshot import decode, encode

EVERY = 3
_apply = Core.apply
_count = 0


def _applied(self: Core, batch: Batch) -> Any:
    global _count  # noqa: PLW0603
    result = _apply(self, batch)
    _count += 1
    if _count % EVERY == 0:
        before = self.digest()
        text, arrays = encode(self.dump())
        dump = decode(text, [array.tobytes() for array in arrays])
        fresh = Core(self.capacity)
        fresh.restore(dump)
        self.__dict__ = fresh.__dict__
        assert self.digest() == before
    return result


Core.apply = _applied  # type: ignore[method-assign]
