"""Plays one order and one consigned lot through a real server in this process, and prints which functions were called.

A program of its own, to be run with the JIT off, so that what is compiled otherwise is seen too. Prints JSON: for each
path the calls of the engine and the services in their order, as `file: Class.function` with repeats left out.
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

from services.client import Bids, Client, Orders, ParticipantClass, Phase, Side, Value
from tests.services.running import Running

ROOT = str(Path(__file__).resolve().parents[2]) + "/"
OURS = (ROOT + "engine/", ROOT + "services/")


class Recorder:
    """Writes down calls while it is on."""

    def __init__(self) -> None:
        self.calls: dict[str, None] = {}
        self.is_on = False

    def __call__(self, frame: FrameType, happened: str, _argument: Any) -> None:
        """A profile function (`sys.setprofile`)."""
        if not self.is_on or happened != "call":
            return
        code = frame.f_code
        if code.co_filename.startswith(OURS):
            self.calls.setdefault(f"{code.co_filename.removeprefix(ROOT)}: {code.co_qualname}")


def order(running: Running, recorder: Recorder) -> list[str]:
    """A buy of 10 lots at 43.50, of which 6 trade."""
    recorder.calls.clear()
    with running.client() as operator:
        desk = operator.open_session("floor")
        book = desk.adopt_rule_book("shenzhen_spot")
        instrument = desk.define_instrument("SZEA-2023", book, tick_minor=1, lot_units=1)
        buyer = desk.register_participant("buyer", ParticipantClass.INSTITUTION)
        seller = desk.register_participant("seller", ParticipantClass.INSTITUTION)
        desk.deposit_cash(buyer, 100_000)
        desk.deposit_units(seller, instrument, 6)
        desk.set_phase(instrument, Phase.CONTINUOUS)
    with running.client("seller") as client:
        client.open_session("s").submit_orders(Orders(instrument, Side.SELL, price_ticks=[4_340], quantity_lots=[6]))
    with running.client("buyer") as client:
        session = client.open_session("b")
        recorder.is_on = True
        answer = session.submit_orders(Orders(instrument, Side.BUY, price_ticks=[4_350], quantity_lots=[10]))
        recorder.is_on = False
        assert not answer.refusals, answer.refusals
        assert client.holdings()[0].available_lots == 6
    return list(recorder.calls)


def consigned_lot(running: Running, recorder: Recorder) -> list[str]:
    """A consigned line of 300 lots, a bid for 150, a clear."""
    recorder.calls.clear()
    with running.client() as operator:
        desk = operator.open_session("auctions")
        book = desk.adopt_rule_book("shenzhen_consignment")
        instrument = desk.define_instrument("SZEA-2024", book, tick_minor=1, lot_units=1)
        consignor = desk.register_participant("consignor", ParticipantClass.KEY_EMITTER)
        bidder = desk.register_participant("bidder", ParticipantClass.KEY_EMITTER)
        desk.deposit_units(consignor, instrument, 1_000)
        desk.deposit_cash(bidder, 10_000_000)
        values = [
            Value("auction.reserve_price", "40.00"),
            Value("consignment.ratio", "0.30", ParticipantClass.KEY_EMITTER),
        ]
        number = desk.create_round("round", book, instrument, date(2024, 6, 7), values=values)
        recorder.is_on = True
        _consign(running.client("consignor"), number)
        desk.open_round(number)
        _bid(running.client("bidder"), number)
        desk.close_round(number)
        result = desk.clear_round(number)
        recorder.is_on = False
        assert result.sold_lots == 150
    return list(recorder.calls)


def _consign(client: Client, number: int) -> None:
    with client:
        client.open_session("c").consign(number, 300)


def _bid(client: Client, number: int) -> None:
    with client:
        answer = client.open_session("b").submit_bids(Bids([number], [4_500], [150]))
        assert not answer.refusals, answer.refusals


def main(folder: Path) -> None:
    """Both paths."""
    recorder = Recorder()
    threading.setprofile(recorder)
    running = Running(folder / "journal")
    try:
        sys.stdout.write(json.dumps({"order": order(running, recorder), "lot": consigned_lot(running, recorder)}))
    finally:
        running.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
