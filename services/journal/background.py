"""Looking a whole journal over while it is being written: what a start from a snapshot did not look at.

In a thread of its own that rests four fifths of its time, reads through a connection of its own, and ends with the
process or when it is told to. It only reports; what follows from damage is the server's business.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from services.clock import stopwatch_s
from services.journal.verify import Report, verify

WORK_S, REST_S = 0.001, 0.004
"""So long it works, and so long it rests then. Work is shorter than the interpreter's switch interval (5 ms), which is
what each hand-over between the writer's threads would otherwise wait for."""


class _Told(Exception):
    """The check is to end."""


class BackgroundCheck:
    """One verification, begun at once; `done` is called on the loop with the report, unless it was stopped."""

    def __init__(self, folder: Path, loop: asyncio.AbstractEventLoop, done: Callable[[Report], None]) -> None:
        self._folder, self._loop, self._done = folder, loop, done
        self._ending = threading.Event()
        self._worked_from_s = 0.0
        threading.Thread(target=self._run, name="check", daemon=True).start()

    def stop(self) -> None:
        """Ends it soon."""
        self._ending.set()

    def _run(self) -> None:
        self._worked_from_s = stopwatch_s()
        try:
            report = verify(self._folder, breathe=self._breathe)
        except _Told:
            return
        if not self._ending.is_set():
            self._loop.call_soon_threadsafe(self._done, report)

    def _breathe(self) -> None:
        if stopwatch_s() - self._worked_from_s < WORK_S:
            return
        if self._ending.wait(REST_S):
            raise _Told
        self._worked_from_s = stopwatch_s()
