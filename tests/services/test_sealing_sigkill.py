"""A venue that is killed while bids are sealed: what a member was told stands, before and after the close."""

from __future__ import annotations

import signal
from pathlib import Path

from services.client import Client, Retry
from services.client.records import Committed
from tests.services.running import QUICK
from tests.services.test_process import Process
from tests.services.test_round_proofs import COMMITTED, House


class Killable:
    """A served venue in a process of its own, for a `House`."""

    def __init__(self, data: Path) -> None:
        self.process = Process(data)
        self.address = self.process.ready()["address"]
        (data.parent / f"{data.name}.ready").unlink()

    def client(self, participant: str = "operator", retry: Retry = QUICK) -> Client:
        return Client.connect(self.address, participant=participant, retry=retry)

    def stop(self) -> None:
        self.process.end(signal.SIGKILL)


def test_nothing_that_was_answered_is_lost_before_or_after_the_close(tmp_path: Path) -> None:
    data = tmp_path / "journal"
    house = House(Killable(data)).settle_in()  # type: ignore[arg-type]
    number = house.round("sealed", COMMITTED)
    told = {}
    for name, price in (("alpha", 4_500), ("gamma", 4_400)):
        house.sessions[name].change_guarantee(number, 10**9)
        told[name] = house.bid(name, number, price, 150)
    killed(house, data)
    for name, (_, committed) in told.items():
        assert [Committed.of(m) for m in house.clients[name].receipt(number).commitments] == [committed]
    house.ops.close_round(number)
    killed(house, data)
    assert not house.clients["ops"].round(number).unrevealed
    result = house.ops.clear_round(number)
    assert list(result.awards.bid_ids) == [bid.bid_id for bid, _ in told.values()]
    receipts = {name: house.clients[name].receipt(number) for name in told}
    killed(house, data)
    assert {name: house.clients[name].receipt(number) for name in told} == receipts
    house.close()


def killed(house: House, data: Path) -> None:
    """Kills the venue and starts it again."""
    house.running.stop()
    for client in house.clients.values():
        client.close()
    house.running = Killable(data)  # type: ignore[assignment]
    house.clients["ops"] = house.running.client()
    house.sessions["ops"] = house.clients["ops"].open_session("ops")
    for name in house.numbers:
        house.connect(name)
