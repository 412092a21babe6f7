"""A `jingjia serve` of our own as a separate process: started, killed without warning, started again."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Any

from services.errors import CheckFailed

START_TIMEOUT_S = 300.0
"""The first start on a machine compiles the kernels, which takes a minute, and more on one that is busy."""

SERVE = (sys.executable, "-c", "from services.cli.main import run; run()", "serve")
"""`jingjia serve`, in the very environment that runs this."""

_POLL_S = 0.02


class ServerProcess:
    """One venue on one journal and one port, through any number of starts."""

    def __init__(self, folder: Path) -> None:
        """`folder` gets the journal and the log of the server."""
        self.journal = folder / "journal"
        self.log = folder / "server.log"
        self._ready_file = folder / "ready.json"
        self._port = _free_port()
        self._process: Process | None = None
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        """Where it listens, the same for every start, so that clients find it again by themselves."""
        return f"127.0.0.1:{self._port}"

    async def start(self) -> dict[str, Any]:
        """Starts it and waits until it is ready; gives what it says of itself. Raises CheckFailed."""
        self._ready_file.unlink(missing_ok=True)
        options = ("--data", str(self.journal), "--port", str(self._port), "--ready-file", str(self._ready_file))
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*SERVE, *options, stdout=log, stderr=log)
        for _ in range(int(START_TIMEOUT_S / _POLL_S)):
            if self._ready_file.exists():
                ready: dict[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
                return ready
            if self._process.returncode is not None:
                raise CheckFailed(f"the server ended with exit code {self._process.returncode}: see {self.log}")
            await asyncio.sleep(_POLL_S)
        await self.kill()
        raise CheckFailed(f"the server was not ready within {START_TIMEOUT_S:.0f} s: see {self.log}")

    async def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM: it finishes what was submitted and closes its journal."""
        await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
