"""What a round is told beside bids, through a real server: inputs, changes, steps under four eyes, reserves.

And who may see what of its bids while the window is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from prometheus_client import generate_latest

from services.client import (
    Awards,
    Bids,
    CallFailed,
    Client,
    Drawn,
    Fact,
    Outcome,
    ParticipantClass,
    Refused,
    RoundAction,
    Session,
    Supply,
    SupplyKind,
    Value,
)
from services.rule_books.files import find_book
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.reserve.v1 import reserve_pb2
from tests.conftest import ROOT
from tests.services.running import Running

DAY = date(2026, 3, 2)
DAYS = DAY.toordinal() - date(1970, 1, 1).toordinal()
A = RoundAction

GOVERNED = "".join(
    f"""
[[{key}]]
from = 2023-11-24
value = true
basis = "operator"
decided_by = "the editors of this book"
decided_on = 2026-11-24
why = "For a test."
"""
    for key in ("governance.four_eyes", "governance.announcement", "governance.monitor")
)


class House:
    """A server with two operators and three members, the shipped book and one that asks for four eyes."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.clients: dict[str, Client] = {"ops": running.client()}
        self.sessions: dict[str, Session] = {"ops": self.clients["ops"].open_session("ops")}
        self.book = self.ops.adopt_rule_book("shenzhen_consignment")
        files = {name: text.decode() for name, text in find_book("shenzhen_consignment").files.items()}
        files["assumptions.toml"] += GOVERNED
        files["book.toml"] = files["book.toml"].replace('"shenzhen_consignment"', '"governed"')
        self.governed = self.ops.adopt_own_rule_book("governed", files)
        self.instrument = self.ops.define_instrument("SZA", self.book, tick_minor=1, lot_units=1)
        self.numbers: dict[str, int] = {}
        for name, klass in (
            ("second", ParticipantClass.OPERATOR),
            ("monitor", ParticipantClass.OPERATOR),
            ("government", ParticipantClass.GOVERNMENT),
            ("alpha", ParticipantClass.INSTITUTION),
            ("beta", ParticipantClass.KEY_EMITTER),
            ("gamma", ParticipantClass.KEY_EMITTER),
        ):
            self.numbers[name] = self.ops.register_participant(name, klass)
            self.clients[name] = running.client(name)
            self.sessions[name] = self.clients[name].open_session("desk")
            if klass is not ParticipantClass.OPERATOR:
                self.ops.deposit_cash(self.numbers[name], 10**9)
        self.ops.deposit_units(self.numbers["government"], self.instrument, 100_000)
        self.ops.deposit_units(self.numbers["beta"], self.instrument, 1_000)

    @property
    def ops(self) -> Session:
        return self.sessions["ops"]

    def draft(self, name: str, *values: Value, book: int = 0, supply: Supply | None = None) -> int:
        line = supply or Supply(seller=self.numbers["government"], quantity_lots=600)
        all_values = [Value("auction.reserve_price", "40.00"), *values]
        return self.ops.create_round(name, book or self.book, self.instrument, DAY, values=all_values, supply=[line])

    def bid(self, name: str, number: int, price: int, lots: int) -> int:
        answer = self.sessions[name].submit_bids(Bids(number, [price], [lots]))
        assert answer.accepted.all(), answer.refusals
        return int(answer.bid_ids[0])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    journal = tmp_path_factory.mktemp("house") / "journal"
    running = Running(journal)
    made = House(running)
    yield made
    for client in made.clients.values():
        client.close()
    digest = running.digest()
    running.stop()
    again = Running(journal)
    assert again.digest() == digest, "a restart comes to the same state"
    again.stop()


@contextmanager
def refused(outcome: Outcome, parameter: str = "") -> Iterator[None]:
    with pytest.raises(Refused) as caught:
        yield
    first = caught.value.refusals[0]
    assert (first.outcome, first.parameter) == (outcome, parameter)


def test_a_lottery_a_hidden_reserve_and_a_release_go_over_the_wire(house: House) -> None:
    values = [
        Value("auction.margin_rule", "random_order"),
        Value("auction.hidden_reserve_rule", "decline"),
        Value("supply.release_rule", "demand_above_trigger"),
        Value("supply.release_trigger_1", "60.00"),
    ]
    number = house.draft("inputs", *values)
    with refused(Outcome.HIDDEN_RESERVE_MISSING, "auction.hidden_reserve_rule"):
        house.ops.open_round(number)
    house.ops.seal_hidden_reserve(number, 4100, "salt")
    house.ops.open_round(number)
    assert len(house.clients["alpha"].round(number).hidden_reserve_sha256) == 64
    first, second = house.bid("beta", number, 4400, 300), house.bid("alpha", number, 4400, 180)
    third = house.bid("gamma", number, 4400, 300)
    house.ops.close_round(number)
    with refused(Outcome.HIDDEN_RESERVE_STILL_SEALED, "auction.hidden_reserve_rule"):
        house.ops.clear_round(number)
    house.ops.reveal_hidden_reserve(number, 4100, "salt")
    with refused(Outcome.DRAW_MISSING, "auction.margin_rule"):
        house.ops.clear_round(number)
    house.ops.record_draw(number, [second, third, first], Drawn.BID)
    result = house.ops.clear_round(number)
    awards = Awards.of(result.awards)
    got = dict(zip(awards.bid_ids.tolist(), awards.awarded_lots.tolist(), strict=True))
    assert got == {first: 120, second: 180, third: 300}
    assert [(place.target, place.place) for place in result.draws] == [(second, 1), (third, 2), (first, 3)]
    assert result.hidden_reserve_ticks == 4100


def test_a_draft_takes_lines_with_conditions(house: House) -> None:
    line = Supply(
        seller=house.numbers["government"], quantity_lots=50, kind=SupplyKind.RESERVE, trigger_price_ticks=6000
    )
    number = house.draft("conditions", supply=line)
    shown = house.clients["ops"].round(number).supply[0]
    assert (shown.trigger_price_ticks, shown.quantity_lots) == (6000, 50)
    house.ops.cancel_round(number)


def test_bids_and_consignments_are_changed_and_withdrawn(house: House) -> None:
    number = house.draft("changes", Value("bid.amendable", "true"), Value("consignment.withdrawable", "true"))
    house.ops.open_round(number)
    line = house.sessions["beta"].consign(number, 100)
    house.sessions["beta"].withdraw_consignment(number, line)
    old = house.bid("alpha", number, 4400, 100)
    new = house.sessions["alpha"].amend_bid(number, old, 4500, 90)
    assert new != old
    with refused(Outcome.BID_UNKNOWN):
        house.sessions["alpha"].withdraw_bid(number, old)
    with refused(Outcome.BID_UNKNOWN):
        house.sessions["beta"].withdraw_bid(number, new)
    house.sessions["alpha"].withdraw_bid(number, new)
    assert house.clients["alpha"].cash().held_minor == 0
    house.ops.cancel_round(number)


def test_guarantees_facts_and_links(house: House) -> None:
    values = [Value("bid.guarantee_excess", "trimmed"), Value("settlement.default_units", "return_to_sellers"),
              Value("bid.linked_cap_share", "0.1")]  # fmt: skip
    house.ops.record_fact(house.numbers["beta"], house.instrument, Fact.SHORTFALL, 2025, 500)
    for name in ("alpha", "beta"):
        house.ops.link_participant(house.numbers[name], 9)
    number = house.draft("guarantees", *values)
    house.ops.open_round(number)
    for name in ("alpha", "beta"):
        house.sessions[name].change_guarantee(number, 1_000_000)
        house.bid(name, number, 4400, 100)
    with refused(Outcome.GUARANTEE_IN_USE):
        house.sessions["alpha"].change_guarantee(number, -1)
    house.ops.close_round(number)
    assert house.ops.clear_round(number).sold_lots == 60
    for name in ("alpha", "beta"):
        house.ops.link_participant(house.numbers[name], 0)


def test_a_round_under_four_eyes(house: House) -> None:
    number = house.draft("governed", book=house.governed)
    second, monitor = house.sessions["second"], house.sessions["monitor"]
    with refused(Outcome.STEP_NOT_ALLOWED_IN_STAGE, "governance.four_eyes"):
        house.ops.open_round(number)
    house.ops.step_round(number, A.PROPOSE)
    with refused(Outcome.SAME_PERSON, "governance.four_eyes"):
        house.ops.step_round(number, A.APPROVE)
    second.step_round(number, A.APPROVE, "checked against the plan")
    second.step_round(number, A.PUBLISH)
    house.ops.open_round(number)
    house.bid("alpha", number, 4711, 100)
    house.ops.close_round(number)
    result = house.ops.clear_round(number)
    assert result.sold_lots == 100
    with pytest.raises(CallFailed, match="not announced"):
        house.clients["alpha"].result(number)
    with refused(Outcome.SAME_PERSON, "governance.monitor"):
        second.step_round(number, A.CERTIFY)
    monitor.step_round(number, A.CERTIFY, "all bids counted")
    second.step_round(number, A.ANNOUNCE)
    assert house.clients["alpha"].result(number).price_ticks == 4711
    assert house.clients["alpha"].cash().held_minor == 471_100
    house.ops.step_round(number, A.SETTLE)
    assert house.clients["alpha"].cash().held_minor == 0
    shown = house.clients["alpha"].round(number)
    assert shown.stage == auctions_pb2.ROUND_STAGE_SETTLED
    assert (shown.steps[1].actor, shown.steps[1].reason) == (house.numbers["second"], "checked against the plan")


@pytest.mark.parametrize("visibility", ["sealed", "count_only", "live_demand"])
def test_what_others_see_of_bids_is_the_rules_to_say(house: House, visibility: str) -> None:
    number = house.draft(f"visible {visibility}", Value("auction.visibility", visibility))
    house.ops.open_round(number)
    house.bid("alpha", number, 4400, 150)
    house.bid("beta", number, 4300, 250)
    seen = house.clients["government"].round(number)
    assert seen.HasField("bids") == (visibility != "sealed")
    assert seen.HasField("live_demand") == (visibility == "live_demand")
    if visibility == "live_demand":
        assert list(seen.live_demand.price_ticks) == [4400, 4300]
        assert list(seen.live_demand.quantity_lots) == [150, 400]
        assert seen.live_demand.indicative_price_ticks == 4300
    for name in ("ops", "government", "beta"):
        with pytest.raises(CallFailed):
            house.clients[name].preview_clear(number)
    house.ops.close_round(number)
    assert not house.clients["government"].round(number).HasField("live_demand")
    house.ops.cancel_round(number)


@pytest.mark.parametrize("visibility", ["sealed", "count_only"])
def test_a_canary_in_a_sealed_bid_is_found_nowhere(
    house: House, visibility: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Price, quantity and amount that occur nowhere else: no answer to anybody else, log line or metric has them."""
    price, lots = 61_937, 173 if visibility == "sealed" else 179
    start = house.running.sequence() + 1
    number = house.draft(f"canary {visibility}", Value("auction.visibility", visibility))
    house.ops.open_round(number)
    bid = house.bid("alpha", number, price, lots)
    end = house.running.sequence()
    shown = []
    for name in ("ops", "second", "government", "beta"):
        client = house.clients[name]
        shown += [str(client.round(number)), str(client.rounds()), str(client.holdings()), str(client.participants())]
        shown += [str(client.reserves()), str(client.allocation_years()), str(client.rule_books())]
        for call in (client.result, client.preview_clear):
            with pytest.raises(CallFailed) as caught:
                call(number)
            shown.append(str(caught.value))
        for update in client.follow_market(start):
            shown.append(str(update))
            if update.last_sequence >= end:
                break
    shown.append(house.running.ask(lambda server: generate_latest(server.metrics.registry).decode()))
    log = capfd.readouterr()
    shown += [log.out, log.err]
    whole = "|".join(map(str, (price, lots, price * lots, bid, r"619\.37")))
    canary = re.compile(rf"(?<![\d.])({whole})(?![\d])")
    assert canary.search(f"quantity_lots: {lots}\n")
    assert [found.group() for text in shown if (found := canary.search(text))] == []
    house.ops.close_round(number)
    assert house.ops.clear_round(number).price_ticks == price


def test_reserves_and_years_go_over_the_wire(house: House) -> None:
    step, year = reserve_pb2.StepReserveRequest, reserve_pb2.StepAllocationRequest
    account = house.numbers["government"]
    found = step(step=reserve_pb2.RESERVE_STEP_FOUND, instrument=house.instrument, rule_book=house.book,
                 participant=account)  # fmt: skip
    house.ops.step_reserve(found)
    with refused(Outcome.RESERVE_ALREADY_FOUNDED):
        house.ops.step_reserve(found)
    house.ops.step_reserve(
        step(step=reserve_pb2.RESERVE_STEP_ENDOW, instrument=house.instrument, day=DAYS, quantity_lots=700)
    )
    house.ops.step_reserve(
        step(step=reserve_pb2.RESERVE_STEP_REPORT_PRICE, instrument=house.instrument, day=DAYS, price_ticks=4400)
    )
    reserve = house.clients["alpha"].reserves()[0]
    assert (reserve.quantity_lots, [v.year for v in reserve.vintages]) == (700, [2026])
    plan = year(step=reserve_pb2.ALLOCATION_STEP_PLAN, instrument=house.instrument, rule_book=house.book,
                participant=account, year=2026, quantity_lots=10_000)  # fmt: skip
    house.ops.step_allocation(plan)
    house.ops.step_allocation(
        year(step=reserve_pb2.ALLOCATION_STEP_ALLOCATE, instrument=house.instrument,
             participant=house.numbers["beta"], year=2026, quantity_lots=4_000)
    )  # fmt: skip
    shown = house.clients["alpha"].allocation_years()[0]
    assert (shown.total_lots, shown.free_lots, shown.paid_lots) == (10_000, 4_000, 0)
    assert house.running.ask(lambda server: server.core.conservation()) == []


def test_the_regulators_page_says_how_a_round_is_approved(house: House) -> None:
    page = (ROOT / "docs" / "regulator.md").read_text(encoding="utf-8")
    steps, *_ = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    number = house.draft("the page's", book=house.governed)
    names = {"ops": house.ops, "second": house.sessions["second"], "number": number, "RoundAction": RoundAction}
    exec(compile(steps, "docs/regulator.md", "exec"), names)
    shown = house.clients["alpha"].round(number)
    assert shown.stage == auctions_pb2.ROUND_STAGE_OPEN
    assert [step.actor for step in shown.steps][:2] == [1, house.numbers["second"]]
    other = house.draft("proposed and approved by one", book=house.governed)
    house.ops.step_round(other, A.PROPOSE)
    with refused(Outcome.SAME_PERSON, "governance.four_eyes"):
        house.ops.step_round(other, A.APPROVE)
