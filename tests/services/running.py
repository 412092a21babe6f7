"""A real server in this process, on a loop of its own thread, and a venue that is ready to trade on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from engine.capacity import SMALL
from services.client import Client, ParticipantClass, Phase, Retry
from services.server import Config, Server

Result = TypeVar("Result")

OPERATOR = "运营方"
"""The operator's name is not ASCII, so every test of it goes through the binary metadata key."""

QUICK = Retry(for_s=5.0, first_pause_s=0.02, longest_pause_s=0.1, call_s=5.0)


class Running:
    """A server that runs until `stop`."""

    def __init__(self, data: Path, **changes: Any) -> None:
        self.config = replace(Config(data=data, capacity=SMALL, operator=OPERATOR, grace_s=1.0), **changes)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server", daemon=True)
        self._thread.start()
        self.server = self.do(self._make())
        try:
            self.do(self.server.start())
        except BaseException:
            self.do(self.server.stop())
            self._end_loop()
            raise
        self.address = self.server.address

    async def _make(self) -> Server:
        return Server(self.config)

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs on the server's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(900)

    def ask(self, question: Callable[[Server], Result]) -> Result:
        """Asks the server something on its loop."""

        async def answer() -> Result:
            return question(self.server)

        return self.do(answer())

    def digest(self) -> str:
        """Digest of the state."""
        return self.ask(lambda server: server.core.digest())

    def sequence(self) -> int:
        """The last event."""
        return self.ask(lambda server: server.core.next_sequence - 1)

    def client(self, participant: str = OPERATOR, retry: Retry = QUICK) -> Client:
        """A client of this server."""
        return Client.connect(self.address, participant=participant, retry=retry)

    def stop(self) -> None:
        """Stops server and loop."""
        self.do(self.server.stop())
        self._end_loop()

    def _end_loop(self) -> None:
        async def settle() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.do(settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Market:
    """A running server with two members and one instrument in continuous trading.

    Both members have 10^9 minor units of cash and 10^6 lots. Price step 1 tick (0.01), quantity step 1 lot.
    """

    def __init__(self, data: Path, **changes: Any) -> None:
        self.running = Running(data, **changes)
        with self.running.client() as client:
            ops = client.open_session("set-up")
            self.book = ops.adopt_rule_book("nz_spot")
            self.instrument = ops.define_instrument("NZU", self.book, tick_minor=1, lot_units=1)
            self.alpha = ops.register_participant("alpha", ParticipantClass.INSTITUTION)
            self.beta = ops.register_participant("beta", ParticipantClass.KEY_EMITTER)
            for member in (self.alpha, self.beta):
                ops.deposit_cash(member, 10**9)
                ops.deposit_units(member, self.instrument, 10**6)
            ops.set_phase(self.instrument, Phase.CONTINUOUS)

    def client(self, participant: str = OPERATOR, retry: Retry = QUICK) -> Client:
        """A client of this server."""
        return self.running.client(participant, retry)
