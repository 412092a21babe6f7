"""A request that is sent again has one effect and the same answer: at once, after a lost answer, after a new start."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest

from services.client import CallFailed, Client, ClientError, Orders, Outcome, Refused, Retry, Side, Unanswered
from services.sequencer import Limits
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc
from tests.services.running import QUICK, Market, Running
from tests.services.test_bad_input import ALPHA, failure

IMPATIENT = Retry(for_s=0.3, first_pause_s=0.02, longest_pause_s=0.05, call_s=0.2)


class Stalled:
    """Holds the journal's writes up while it is entered."""

    def __init__(self, running: Running) -> None:
        self._journal = running.server.sequencer._journal
        self._append = self._journal.append
        self._free = threading.Event()

    def __enter__(self) -> None:
        def wait_and_append(*arguments: Any) -> Any:
            self._free.wait(30)
            return self._append(*arguments)

        self._journal.append = wait_and_append  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        self._free.set()
        self._journal.append = self._append  # type: ignore[method-assign]


def _order(market: Market, key: common_pb2.RequestKey, **changes: Any) -> orders_pb2.SubmitOrderRequest:
    given = {"instrument": market.instrument, "side": Side.BUY, "price_ticks": 10, "quantity_lots": 5}
    return orders_pb2.SubmitOrderRequest(key=key, **(given | changes))


def test_the_same_key_with_the_same_content_gives_the_first_answer(market: Market) -> None:
    with market.client("alpha") as client, grpc.insecure_channel(market.running.address) as channel:
        session = client.open_session("same")
        key = common_pb2.RequestKey(session=session.number, request_id=session.next_request_id)
        stub = orders_pb2_grpc.OrderServiceStub(channel)
        held = client.cash().held_minor
        first = stub.SubmitOrder(_order(market, key), metadata=ALPHA, timeout=5).receipt
        digest = market.running.digest()
        for _ in range(3):
            again = stub.SubmitOrder(_order(market, key), metadata=ALPHA, timeout=5).receipt
            assert again.status == common_pb2.ROW_STATUS_ACCEPTED_BEFORE
            assert (again.reference, again.first_sequence, again.last_sequence) == (
                first.reference,
                first.first_sequence,
                first.last_sequence,
            )
        assert market.running.digest() == digest
        assert client.cash().held_minor == held + 50


def test_a_refusal_is_repeated_as_a_refusal(market: Market) -> None:
    """Even when it would be accepted by now: the first answer stands."""
    with market.client("alpha") as client, grpc.insecure_channel(market.running.address) as channel:
        session = client.open_session("refused twice")
        key = common_pb2.RequestKey(session=session.number, request_id=1)
        stub = orders_pb2_grpc.OrderServiceStub(channel)
        much = _order(market, key, price_ticks=10**9, quantity_lots=10**5)
        first = stub.SubmitOrder(much, metadata=ALPHA, timeout=5).receipt
        assert first.status == common_pb2.ROW_STATUS_REFUSED
        again = stub.SubmitOrder(much, metadata=ALPHA, timeout=5).receipt
        assert again.status == common_pb2.ROW_STATUS_REFUSED_BEFORE
        assert list(again.refusals) == list(first.refusals)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"quantity_lots": 6}, "quantity_lots[0]"), ({"side": 2}, "side[0]"), ({"price_ticks": 11}, "price_ticks[0]")],
)
def test_the_same_key_with_other_content_is_refused(market: Market, change: dict[str, int], field: str) -> None:
    with market.client("alpha") as client, grpc.insecure_channel(market.running.address) as channel:
        session = client.open_session(f"other {field}")
        key = common_pb2.RequestKey(session=session.number, request_id=session.next_request_id)
        stub = orders_pb2_grpc.OrderServiceStub(channel)
        stub.SubmitOrder(_order(market, key), metadata=ALPHA, timeout=5)
        digest = market.running.digest()
        changed = _order(market, key, **change)
        code, _, violations, info = failure(lambda: stub.SubmitOrder(changed, metadata=ALPHA, timeout=5))
        assert (code, info.reason) == (grpc.StatusCode.ALREADY_EXISTS, "KEY_REUSED")
        assert list(violations) == [field]
        assert market.running.digest() == digest


def test_an_answer_that_came_too_late_is_got_by_resending(fresh_market: Market) -> None:
    """The journal stands still, the deadline passes; the order was recorded all the same, and once."""
    with fresh_market.client("alpha", IMPATIENT) as client:
        session = client.open_session("late")
        with Stalled(fresh_market.running):
            with pytest.raises(Unanswered) as caught:
                session.submit_orders(Orders(fresh_market.instrument, Side.BUY, [10, 11], 5))
            assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
            with pytest.raises(ClientError, match="call resend first"):
                session.cancel_order(1)
        answer = session.resend()
        assert answer.accepted.tolist() == [True, True]
        assert answer.repeated.tolist() == [True, True]
        assert client.cash().held_minor == 5 * 10 + 5 * 11
        assert session.submit_order(fresh_market.instrument, Side.BUY, 1, 1)[0] == answer.order_ids[-1] + 1
        with pytest.raises(ClientError, match="nothing to send again"):
            session.resend()


def test_a_full_queue_is_told_with_a_delay_and_nothing_is_recorded(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal", limits=Limits(queue_batches=2))
    try:
        with market.client("alpha", replace(IMPATIENT, call_s=5.0)) as client:
            sessions = [client.open_session(f"full {i}") for i in range(8)]
            with Stalled(market.running):
                failures: list[CallFailed] = []

                def send(place: int) -> None:
                    try:
                        sessions[place].submit_orders(Orders(market.instrument, Side.BUY, 10, 1))
                    except CallFailed as failed:
                        failures.append(failed)

                threads = [threading.Thread(target=send, args=(place,)) for place in range(8)]
                for thread in threads:
                    thread.start()
                threads_ended = threading.Event()
                threads_ended.wait(1.5)
            for thread in threads:
                thread.join(10)
            assert client.cash().held_minor == 10 * (8 - len(failures)), "what found the queue full was not recorded"
        full = [failed for failed in failures if failed.reason == "QUEUE_FULL"]
        assert full
        assert all(failed.code is grpc.StatusCode.RESOURCE_EXHAUSTED for failed in full)
        assert all(failed.retry_after_s == 0.05 for failed in full)
        assert full[0].metadata | {"waiting": ""} == {"waiting": "", "limit": "2", "unit": "batches"}
    finally:
        market.running.stop()


def test_a_full_queue_clears_and_the_client_goes_on_by_itself(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal", limits=Limits(queue_batches=1))
    try:
        with market.client("alpha") as client:
            sessions = [client.open_session(f"busy {i}") for i in range(6)]
            results: list[bool] = []

            def send(place: int) -> None:
                for _ in range(10):
                    answer = sessions[place].submit_orders(Orders(market.instrument, Side.BUY, 10, 1))
                    results.append(bool(answer.accepted.all()))

            threads = [threading.Thread(target=send, args=(place,)) for place in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            assert results == [True] * 60
            assert client.cash().held_minor == 60 * 10
    finally:
        market.running.stop()


def _restarted(running: Running) -> Running:
    """The same journal and the same port, after a stop."""
    port = int(running.address.rsplit(":", 1)[1])
    running.stop()
    return Running(running.config.data, port=port)


def test_repeats_are_known_after_a_new_start(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal")
    with market.client("alpha", QUICK) as client:
        session = client.open_session("day")
        first = session.submit_order(market.instrument, Side.BUY, 10, 5)[0]
        digest = market.running.digest()
        running = _restarted(market.running)
        try:
            assert running.digest() == digest
            # The client's channel finds the new server by itself, and its session goes on.
            assert session.submit_order(market.instrument, Side.BUY, 9, 5)[0] == first + 1
            resumed = client.open_session("day")
            assert (resumed.number, resumed.next_request_id) == (session.number, session.next_request_id)
            with grpc.insecure_channel(running.address) as channel:
                key = common_pb2.RequestKey(session=session.number, request_id=first & (2**40 - 1))
                stub = orders_pb2_grpc.OrderServiceStub(channel)
                again = stub.SubmitOrder(_order(market, key), metadata=ALPHA, timeout=5).receipt
            assert (again.status, again.reference) == (common_pb2.ROW_STATUS_ACCEPTED_BEFORE, first)
        finally:
            running.stop()


def test_a_stream_goes_on_over_a_new_start_and_doubles_nothing(tmp_path: Path) -> None:
    """Batches are handed over while the server stops and starts; each has one effect and an answer."""
    market = Market(tmp_path / "journal")
    running = market.running
    try:
        with market.client("alpha", QUICK) as client:
            session = client.open_session("through")
            rng = np.random.default_rng(17)
            with session.order_stream() as stream:
                waiting = []
                for place in range(120):
                    lots = rng.integers(1, 5, 3)
                    waiting.append((stream.send(Orders(market.instrument, Side.BUY, 10, lots)), int(lots.sum())))
                    if place == 60:
                        running = _restarted(running)
                answers = [(future.result(20), lots) for future, lots in waiting]
            assert all(answer.accepted.all() for answer, _ in answers)
            ids = np.concatenate([answer.order_ids for answer, _ in answers])
            assert len(set(ids.tolist())) == 360
            assert client.cash().held_minor == 10 * sum(lots for _, lots in answers)
    finally:
        running.stop()


def test_a_draft_that_was_cut_off_is_completed_by_its_repeat(market: Market) -> None:
    """CreateRound is three batches: sent again after only the first was recorded, it adds what is missing."""
    from datetime import date

    from services.client import Supply, SupplyKind
    from services.wire.jingjia.auctions.v1 import auctions_pb2, auctions_pb2_grpc
    from tests.services.test_bad_input import OPS

    with market.client() as client, grpc.insecure_channel(market.running.address) as channel:
        session = client.open_session("drafts")
        book = session.adopt_rule_book("shenzhen_2014")
        key = common_pb2.RequestKey(session=session.number, request_id=session.next_request_id)
        day = date(2014, 6, 6).toordinal() - date(1970, 1, 1).toordinal()
        bare = auctions_pb2.CreateRoundRequest(
            key=key, name="cut", rule_book=book, instrument=market.instrument, day=day
        )
        stub = auctions_pb2_grpc.AuctionServiceStub(channel)
        number = stub.CreateRound(bare, metadata=OPS, timeout=5).receipt.reference
        line = auctions_pb2.NewSupply(seller=market.alpha, kind=int(SupplyKind.GOVERNMENT), quantity_lots=7)
        whole = auctions_pb2.CreateRoundRequest()
        whole.CopyFrom(bare)
        whole.supply.append(line)
        told = stub.CreateRound(whole, metadata=OPS, timeout=5)
        assert told.receipt.reference == number
        assert told.last_request_id == key.request_id + 1
        assert [entry.quantity_lots for entry in client.round(number).supply] == [7]
        told = stub.CreateRound(whole, metadata=OPS, timeout=5)
        assert told.receipt.status == common_pb2.ROW_STATUS_ACCEPTED_BEFORE
        assert [entry.quantity_lots for entry in client.round(number).supply] == [7]
        assert Supply(seller=1, quantity_lots=1).kind is SupplyKind.GOVERNMENT


def test_a_session_of_another_cannot_be_used(market: Market) -> None:
    with market.client("alpha") as alpha, market.client("beta") as beta:
        theirs = alpha.open_session("mine")
        own = beta.open_session("own")
        own.number = theirs.number
        own._session.number = theirs.number
        with pytest.raises(Refused) as caught:
            own.submit_order(market.instrument, Side.BUY, 1, 1)
        assert caught.value.outcome is Outcome.SESSION_NOT_OF_ACTOR
        assert theirs.submit_order(market.instrument, Side.BUY, 1, 1)


def test_a_deposit_without_a_key_is_done_each_time(market: Market) -> None:
    """Said in the contract: without a key a repeat is another request."""
    from services.wire.jingjia.accounts.v1 import accounts_pb2_grpc
    from tests.services.test_bad_input import OPS

    with grpc.insecure_channel(market.running.address) as channel, market.client("alpha") as client:
        before = client.cash().available_minor
        stub = accounts_pb2_grpc.AccountServiceStub(channel)
        for _ in range(2):
            stub.Deposit(accounts_pb2.DepositRequest(participant=market.alpha, cash_minor=5), metadata=OPS, timeout=5)
        assert client.cash().available_minor == before + 10
    assert isinstance(client, Client)
