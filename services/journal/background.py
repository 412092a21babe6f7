"""Looking a whole journal over while it is being written: what a start from a snapshot did not look at.

In a thread of its own that rests often, reads through a connection of its own, and ends with the process or when it is
told to. It only reports; what follows from damage is the server's business.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from services.journal.verify import Report, verify

REST_S = 0.002
"""Pause after each few hundred rows, so that the writer is never far from its turn."""


class _Told(Exception):
    """The check is to end."""


class BackgroundCheck:
    """One verification, begun at once; `done` is called on the loop with the report, unless it was stopped."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop, done: Callable[[Report], None]) -> None:
        self._folder, self._loop, self._done = folder, loop, done
        self._ending = threading.Event()
        threading.Thread(target=self._run, name="check", daemon=True).start()

    def stop(self) -> None:
        """Ends it soon."""
        self._ending.set()

    def _run(self) -> None:
        try:
            report = verify(self._folder, self._rest)
        except _Told:
            return
        if not self._ending.is_set():
            self._loop.call_soon_threadsafe(self._done, report)

    def _rest(self, done: int, total: int) -> None:
        if self._ending.wait(REST_S):
            raise _Told
