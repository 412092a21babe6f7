"""A round through a real server: drafted, consigned to, bid in, closed, previewed, cleared, read by whom it concerns.

The figures, by hand. Offer: 400 lots consigned by beta and 600 of the government, 1,000 in all. Caps of the book: half
of the offer for a key emitter (500), three tenths for an institution (300). Bids: alpha 300 at 45.00; gamma 500 and
delta 300 at 44.00. alpha is served whole; 800 lots want the 700 that are left: 500 x 700 / 800 = 437.5 and 262.5, so
437 and 262, and the lot over goes to the earlier of the equal remainders, gamma. Everybody pays 44.00.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import grpc
import pytest

from engine.commands import order_id
from services.client import (
    Awards,
    Bids,
    CallFailed,
    Client,
    Outcome,
    ParticipantClass,
    Refused,
    Session,
    Supply,
    SupplyKind,
    Value,
)
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.market.v1 import market_pb2
from tests.services.running import Running

DAY = date(2026, 3, 2)
RESERVE = Value("auction.reserve_price", "40.00")


@dataclass
class House:
    """A server with the consignment book adopted, one instrument, and a client and session for everybody."""

    running: Running
    book: int
    instrument: int
    numbers: dict[str, int]
    clients: dict[str, Client]
    sessions: dict[str, Session]

    @property
    def ops(self) -> Session:
        return self.sessions["ops"]

    def round(self, name: str, *, open_it: bool = True) -> int:
        """A round with 600 lots of the government on offer."""
        supply = Supply(seller=self.numbers["government"], quantity_lots=600)
        number = self.ops.create_round(name, self.book, self.instrument, DAY, values=[RESERVE], supply=[supply])
        if open_it:
            self.ops.open_round(number)
        return number


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    running = Running(tmp_path_factory.mktemp("house") / "journal")
    clients = {"ops": running.client()}
    ops = clients["ops"].open_session("ops")
    book = ops.adopt_rule_book("shenzhen_consignment")
    instrument = ops.define_instrument("SZA", book, tick_minor=1, lot_units=1)
    classes = {
        "government": ParticipantClass.GOVERNMENT,
        "alpha": ParticipantClass.INSTITUTION,
        "beta": ParticipantClass.KEY_EMITTER,
        "gamma": ParticipantClass.KEY_EMITTER,
        "delta": ParticipantClass.INSTITUTION,
    }
    numbers = {name: ops.register_participant(name, klass) for name, klass in classes.items()}
    sessions = {"ops": ops}
    for name, number in numbers.items():
        clients[name] = running.client(name)
        sessions[name] = clients[name].open_session("desk")
        ops.deposit_cash(number, 10**9)
    ops.deposit_units(numbers["government"], instrument, 100_000)
    ops.deposit_units(numbers["beta"], instrument, 10_000)
    yield House(running, book, instrument, numbers, clients, sessions)
    for client in clients.values():
        client.close()
    running.stop()


def _bid(house: House, name: str, number: int, price: int, lots: int) -> int:
    answer = house.sessions[name].submit_bids(Bids(number, [price], [lots]))
    assert answer.accepted.all(), answer.refusals
    return int(answer.bid_ids[0])


def test_a_round_from_draft_to_result(house: House) -> None:
    number = house.round("whole")
    assert house.sessions["beta"].consign(number, 400) == 2
    bids = {
        "alpha": _bid(house, "alpha", number, 4500, 300),
        "gamma": _bid(house, "gamma", number, 4400, 500),
        "delta": _bid(house, "delta", number, 4400, 300),
    }
    assert house.clients["alpha"].cash().held_minor == 300 * 4500
    house.ops.close_round(number)
    before = house.running.digest()
    preview = house.clients["ops"].preview_clear(number)
    assert house.running.digest() == before, "a dry run moves nothing"
    result = house.ops.clear_round(number)
    assert result == preview
    assert house.running.digest() != before
    assert result.status == auctions_pb2.ROUND_STATUS_CLEARED
    assert (result.price_ticks, result.offered_lots, result.sold_lots) == (4400, 1000, 1000)
    assert (result.valid_demand_lots, result.submitted_demand_lots) == (1100, 1100)
    assert result.proceeds_minor == 4_400_000
    awards = Awards.of(result.awards)
    got = dict(zip(awards.bid_ids.tolist(), awards.awarded_lots.tolist(), strict=True))
    assert got == {bids["alpha"]: 300, bids["gamma"]: 438, bids["delta"]: 262}
    assert awards.payment_minor.tolist() == [lots * 4400 for lots in awards.awarded_lots.tolist()]
    assert {line.seller: (line.sold_lots, line.proceeds_minor) for line in result.supply} == {
        house.numbers["government"]: (600, 600 * 4400),
        house.numbers["beta"]: (400, 400 * 4400),
    }
    cash = house.clients["alpha"].cash()
    assert (cash.available_minor, cash.held_minor) == (10**9 - 300 * 4400, 0)
    assert house.clients["gamma"].holdings()[0].available_lots == 438
    assert house.clients["ops"].round(number).stage == auctions_pb2.ROUND_STAGE_CLEARED


def test_a_result_shows_everybody_the_figures_and_ones_own_awards(house: House) -> None:
    number = house.round("shown")
    mine = _bid(house, "alpha", number, 4300, 100)
    _bid(house, "gamma", number, 4200, 50)
    house.ops.close_round(number)
    house.ops.clear_round(number)
    seen = house.clients["alpha"].result(number)
    assert (seen.sold_lots, seen.price_ticks) == (150, 4200)
    assert Awards.of(seen.awards).bid_ids.tolist() == [mine]
    assert list(seen.supply) == []
    assert len(Awards.of(house.clients["beta"].result(number).awards)) == 0
    assert len(Awards.of(house.clients["ops"].result(number).awards)) == 2
    assert [line.seller for line in house.clients["government"].result(number).supply] == [house.numbers["government"]]


def test_bids_stay_sealed_until_the_clear(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """A bid at a price and quantity that occur nowhere else: no call, stream or log of anybody else shows them."""
    price, lots = 87_13, 137
    start = house.running.sequence() + 1
    number = house.round("sealed")
    mine = _bid(house, "alpha", number, price, lots)
    end = house.running.sequence()

    def everything() -> list[str]:
        shown = []
        for name in ("ops", "beta", "government"):
            client = house.clients[name]
            shown += [str(client.round(number)), str(client.rounds()), str(client.phases()), str(client.holdings())]
            shown.append(str(client.book(house.instrument)))
            for call in (client.result, client.preview_clear):
                with pytest.raises(CallFailed) as caught:
                    call(number)
                shown.append(str(caught.value))
            for stream in (client.follow_market(start), client.follow_executions(start)):
                for update in stream:
                    shown.append(str(update))
                    if update.last_sequence >= end:
                        break
        return shown

    house.sessions["ops"].set_phase(house.instrument, _closed())
    end = house.running.sequence()
    texts = everything()
    assert len(texts) > 20
    found = [text for text in texts if str(price) in text or str(lots) in text or str(mine) in text]
    assert found == []
    assert "87.13" not in capfd.readouterr().err
    assert house.clients["beta"].round(number).HasField("bids") is False
    assert house.clients["ops"].round(number).bids == 1, "the operator sees how many, not what"
    house.ops.close_round(number)
    result = house.ops.clear_round(number)
    assert result.price_ticks == price


def _closed():
    from services.client import Phase

    return Phase.CLOSED


def test_a_consignors_minimum_is_its_own_affair_until_the_clear(house: House) -> None:
    supply = Supply(seller=house.numbers["government"], quantity_lots=10)
    values = [RESERVE, Value("consignment.minimum_allowed", "true")]
    number = house.ops.create_round("minimum", house.book, house.instrument, DAY, values=values, supply=[supply])
    house.ops.open_round(number)
    house.sessions["beta"].consign(number, 40, minimum_price_ticks=4321)
    for name, seen in (("beta", 4321), ("ops", 0), ("alpha", 0)):
        assert [line.minimum_price_ticks for line in house.clients[name].round(number).supply] == [0, seen]
    house.ops.cancel_round(number)
    assert house.clients["alpha"].round(number).supply[1].minimum_price_ticks == 4321


def test_refusals_name_the_rule(house: House) -> None:
    number = house.round("refused")
    alpha = house.sessions["alpha"]
    before = house.clients["alpha"].cash()
    answer = alpha.submit_bids(Bids(number, [3_900, 4_400, 4_400], [10, 10_000, 20]))
    assert [(r.row, r.outcome, r.parameter) for r in answer.refusals] == [
        (0, Outcome.BID_BELOW_RESERVE, "auction.reserve_price"),
        (1, Outcome.BID_CAP_EXCEEDED, "bid.cap_share"),
    ]
    assert "bid.cap_share = 0.3" in answer.refusals[1].clause
    assert answer.accepted.tolist() == [False, False, True]
    assert answer.bid_ids.tolist()[0] == order_id(alpha.number, alpha.next_request_id - 3)
    after = house.clients["alpha"].cash()
    assert after.held_minor - before.held_minor == 20 * 4400
    with pytest.raises(Refused) as caught:
        alpha.consign(number, 1)
    assert caught.value.outcome in (Outcome.HOLDING_INSUFFICIENT, Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS)
    house.ops.cancel_round(number)
    assert house.clients["alpha"].cash().held_minor == before.held_minor


def test_a_value_that_the_round_needs_and_nobody_knows_refuses_the_opening(house: House) -> None:
    supply = Supply(seller=house.numbers["government"], quantity_lots=1)
    number = house.ops.create_round("unknown", house.book, house.instrument, DAY, supply=[supply])
    with pytest.raises(Refused) as caught:
        house.ops.open_round(number)
    refusal = caught.value.refusals[0]
    assert (refusal.outcome, refusal.parameter) == (Outcome.PARAMETER_WITHOUT_VALUE, "auction.reserve_price")
    assert "auction.reserve_price has no known value" in refusal.clause


def test_a_draft_tells_every_row_that_was_refused(house: House) -> None:
    """Row 0 is the round, then the values, then the supply; what was good of it is there."""
    values = [RESERVE, Value("bid.cap_share", "0.5", ParticipantClass.INDIVIDUAL)]
    supply = [Supply(house.numbers["beta"], 10**6), Supply(house.numbers["government"], 5, SupplyKind.RESERVE, rank=3)]
    with pytest.raises(Refused) as caught:
        house.ops.create_round("partly", house.book, house.instrument, DAY, values=values, supply=supply)
    assert [(r.row, r.outcome) for r in caught.value.refusals] == [(3, Outcome.HOLDING_INSUFFICIENT)]
    number = caught.value.receipt.reference
    shown = house.clients["ops"].round(number)
    assert [(line.kind, line.quantity_lots, line.rank) for line in shown.supply] == [
        (auctions_pb2.SUPPLY_KIND_RESERVE, 5, 3)
    ]
    assert ("auction.reserve_price", "40.00") in [(value.parameter, value.value) for value in shown.values]
    with pytest.raises(Refused) as caught:
        house.ops.create_round("partly", house.book, house.instrument, DAY)
    assert caught.value.outcome is Outcome.NAME_ALREADY_REGISTERED
    assert caught.value.receipt.reference == number


@pytest.mark.parametrize("name", ["alpha", "government"])
def test_only_the_operator_runs_rounds(house: House, name: str) -> None:
    session = house.sessions[name]
    for act in (
        lambda: session.create_round(f"{name}'s", house.book, house.instrument, DAY),
        lambda: session.open_round(1),
        lambda: session.close_round(1),
        lambda: session.clear_round(1),
        lambda: session.cancel_round(1),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.outcome is Outcome.NOT_PERMITTED_FOR_CLASS
    with pytest.raises(CallFailed) as failed:
        house.clients[name].preview_clear(1)
    assert failed.value.code is grpc.StatusCode.PERMISSION_DENIED


def test_a_dry_run_waits_for_the_close(house: House) -> None:
    number = house.round("early")
    _bid(house, "alpha", number, 4400, 1)
    with pytest.raises(CallFailed) as caught:
        house.clients["ops"].preview_clear(number)
    assert (caught.value.code, caught.value.metadata["outcome"]) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "ROUND_NOT_CLOSED",
    )
    house.ops.cancel_round(number)


def test_the_stages_of_a_round_are_public_and_its_bids_are_not(house: House) -> None:
    start = house.running.sequence() + 1
    number = house.round("public")
    _bid(house, "alpha", number, 4444, 11)
    house.ops.close_round(number)
    house.ops.clear_round(number)
    end = house.running.sequence()
    seen = []
    for update in house.clients["beta"].follow_market(start):
        events = update.events
        seen += zip(
            events.kinds.tolist(),
            events.references.tolist(),
            events.price_ticks.tolist(),
            events.quantity_lots.tolist(),
            strict=True,
        )
        if update.last_sequence >= end or len(seen) == 3:
            break
    assert seen == [
        (market_pb2.MARKET_EVENT_KIND_ROUND_OPENED, number, 0, 600),
        (market_pb2.MARKET_EVENT_KIND_ROUND_CLOSED, number, 0, 0),
        (market_pb2.MARKET_EVENT_KIND_ROUND_CLEARED, number, 4444, 11),
    ]


def test_the_journal_is_left_whole(house: House, tmp_path: Path) -> None:
    """Whatever the tests of this file did, a replay of the journal gives the same state."""
    from engine.capacity import MEDIUM
    from engine.core import Core
    from services.journal.journal import Journal
    from services.journal.replay import replay

    del tmp_path
    journal = Journal.open_for_reading(house.running.config.data)
    try:
        core = Core(MEDIUM)
        steps = sum(1 for _ in replay(journal, core))
    finally:
        journal.close()
    assert steps > 50
    assert core.digest() == house.running.digest()
