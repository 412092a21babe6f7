"""Order entry through a real server: every call, what it answers, and what it does to accounts."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from engine.commands import order_id
from services.client import (
    Client,
    OrderCommand,
    Orders,
    OrderType,
    Outcome,
    Phase,
    Refused,
    Session,
    Side,
    TimeInForce,
)
from services.identity import METADATA_KEY
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc
from tests.services.running import Market

TRADE, ACCEPTED, CANCELLED = (
    orders_pb2.EXECUTION_KIND_TRADE,
    orders_pb2.EXECUTION_KIND_ACCEPTED,
    orders_pb2.EXECUTION_KIND_CANCELLED,
)


Desk = tuple[Client, Session]


@pytest.fixture
def desks(market: Market) -> Iterator[tuple[Desk, Desk]]:
    """Sessions of alpha and beta, with nothing of theirs left in the book afterwards."""
    with market.client("alpha") as alpha, market.client("beta") as beta:
        sessions = alpha.open_session("desk"), beta.open_session("desk")
        yield (alpha, sessions[0]), (beta, sessions[1])
        for session in sessions:
            session.mass_cancel()


def test_one_order_rests_and_the_next_trades_with_it(market: Market, desks: tuple[Desk, Desk]) -> None:
    (alpha, a), (beta, b) = desks
    units = beta.holdings()[0].available_lots
    resting, told = a.submit_order(market.instrument, Side.BUY, 4350, 10)
    assert resting == order_id(a.number, a.next_request_id - 1)
    assert told.kinds.tolist() == [ACCEPTED]
    assert told.remaining_lots.tolist() == [10]
    assert alpha.cash().held_minor == 4350 * 10
    _, told = b.submit_order(market.instrument, Side.SELL, 4340, 4)
    assert told.kinds.tolist() == [ACCEPTED, TRADE]
    assert told.price_ticks.tolist() == [4340, 4350]
    assert told.quantity_lots.tolist() == [4, 4]
    assert told.remaining_lots.tolist() == [4, 0]
    assert told.takers.tolist() == [0, 1]
    assert told.sides.tolist() == [Side.SELL, Side.SELL]
    assert beta.holdings()[0].available_lots == units - 4
    assert alpha.cash().held_minor == 4350 * 6


def test_change_reduce_cancel(market: Market, desks: tuple[Desk, Desk]) -> None:
    (alpha, a), _ = desks
    number, _ = a.submit_order(market.instrument, Side.BUY, 100, 10)
    assert a.reduce_order(number, 3).remaining_lots.tolist() == [7]
    told = a.replace_order(number, 90, 20)
    assert told.order_ids.tolist() == [number]
    assert told.remaining_lots.tolist() == [20]
    assert alpha.cash().held_minor == 90 * 20
    told = a.cancel_order(number)
    assert (told.quantity_lots.tolist(), told.remaining_lots.tolist()) == ([20], [0])
    assert told.reasons.tolist() == [orders_pb2.CANCEL_REASON_REQUESTED]
    assert alpha.cash().held_minor == 0
    with pytest.raises(Refused) as caught:
        a.cancel_order(number)
    assert caught.value.outcome is Outcome.ORDER_UNKNOWN


def test_a_batch_answers_row_by_row_in_order(market: Market, desks: tuple[Desk, Desk]) -> None:
    """Rows are independent and sequential: row 2 cancels row 0 and frees the cash that row 3 needs."""
    (alpha, a), _ = desks
    free = alpha.cash().available_minor
    first = order_id(a.number, a.next_request_id)
    answer = a.submit_orders(
        Orders(
            instruments=market.instrument,
            commands=[OrderCommand.NEW, OrderCommand.NEW, OrderCommand.CANCEL, OrderCommand.NEW],
            order_types=[OrderType.LIMIT, OrderType.LIMIT, 0, OrderType.LIMIT],
            times_in_force=[TimeInForce.GTC, TimeInForce.GTC, 0, TimeInForce.GTC],
            sides=[Side.BUY, Side.BUY, 0, Side.BUY],
            order_ids=[0, 0, first, 0],
            price_ticks=[1000, 1000, 0, 1000],
            quantity_lots=[free // 1000, 1, 0, free // 1000],
        )
    )
    assert answer.accepted.tolist() == [True, False, True, True]
    assert not answer.repeated.any()
    assert [(r.row, r.outcome) for r in answer.refusals] == [(1, Outcome.CASH_INSUFFICIENT)]
    assert answer.refusals[0].advice
    assert answer.refusals[0].may_succeed_later
    assert answer.order_ids[0] == first
    assert answer.executions.order_ids.tolist() == [first, first, first + 3]
    assert answer.executions.kinds.tolist() == [ACCEPTED, CANCELLED, ACCEPTED]


def test_a_refusal_names_parameter_and_clause(market: Market) -> None:
    """Under a rule book of steps of 0.05 and of 10 units: the refusal says so, with what the value rests on."""
    with market.client() as client:
        ops = client.open_session("coarse")
        files = {
            name: text.replace('value = "0.01"', 'value = "0.05"').replace("value = 1\n", "value = 10\n")
            for name, text in client.rule_book("nz_spot").files.items()
        }
        files["book.toml"] = files["book.toml"].replace('name = "nz_spot"', 'name = "coarse"')
        coarse = ops.define_instrument("COARSE", ops.adopt_own_rule_book("coarse", files), tick_minor=1, lot_units=1)
        ops.set_phase(coarse, Phase.CONTINUOUS)
        ops.deposit_units(market.alpha, coarse, 100)
    with market.client("alpha") as client:
        desk = client.open_session("clauses")
        before = market.running.digest()
        answer = desk.submit_orders(
            Orders(instruments=coarse, sides=Side.SELL, price_ticks=[7, 10], quantity_lots=[10, 7])
        )
    assert [r.outcome for r in answer.refusals] == [Outcome.PRICE_OFF_TICK, Outcome.QUANTITY_OFF_LOT]
    assert [r.parameter for r in answer.refusals] == ["trading.tick", "trading.lot"]
    assert "trading.tick = 0.05 NZD (from 2021-01-01)" in answer.refusals[0].clause
    assert "decided by the editors of this book" in answer.refusals[0].clause
    assert "trading.lot = 10 t" in answer.refusals[1].clause
    assert before != market.running.digest(), "a refused row uses up its request id, and nothing else"
    with market.client("alpha") as client:
        assert {h.instrument: h.available_lots for h in client.holdings()}[coarse] == 100


def test_immediate_or_cancel_ends_at_once(market: Market, desks: tuple[Desk, Desk]) -> None:
    (_, a), (_, b) = desks
    a.submit_order(market.instrument, Side.SELL, 500, 3)
    _, told = b.submit_order(market.instrument, Side.BUY, 500, 5, time_in_force=TimeInForce.IOC)
    assert told.kinds.tolist() == [ACCEPTED, TRADE, CANCELLED]
    assert told.remaining_lots.tolist() == [5, 2, 0]
    assert told.reasons.tolist()[-1] == orders_pb2.CANCEL_REASON_MAY_NOT_REST


def test_mass_cancel_takes_back_ones_own_on_one_side(market: Market, desks: tuple[Desk, Desk]) -> None:
    (alpha, a), (beta, b) = desks
    for price in (10, 11, 12):
        a.submit_order(market.instrument, Side.BUY, price, 1)
    a.submit_order(market.instrument, Side.SELL, 900, 1)
    b.submit_order(market.instrument, Side.BUY, 9, 1)
    told = a.mass_cancel(side=Side.BUY)
    assert sorted(told.price_ticks.tolist()) == [10, 11, 12]
    assert set(told.reasons.tolist()) == {orders_pb2.CANCEL_REASON_MASS_CANCEL}
    assert alpha.cash().held_minor == 0
    assert alpha.holdings()[0].held_lots == 1
    assert beta.cash().held_minor == 9
    with pytest.raises(Refused) as caught:
        a.mass_cancel(everybody=True)
    assert caught.value.outcome is Outcome.NOT_PERMITTED_FOR_CLASS


def test_a_stream_answers_in_order(market: Market, desks: tuple[Desk, Desk]) -> None:
    (_, a), _ = desks
    with a.order_stream() as stream:
        waiting = [
            stream.send(Orders(instruments=market.instrument, sides=Side.BUY, price_ticks=[20, 21], quantity_lots=1))
            for _ in range(100)
        ]
        answers = [future.result(10) for future in waiting]
    assert all(answer.accepted.all() for answer in answers)
    firsts = [answer.first_sequence for answer in answers]
    assert firsts == sorted(firsts)
    ids = np.concatenate([answer.order_ids for answer in answers])
    assert np.array_equal(ids, ids[0] + np.arange(200))
    assert sorted(a.mass_cancel().order_ids.tolist()) == ids.tolist()


def test_a_participant_follows_its_own_executions_and_no_others(market: Market, desks: tuple[Desk, Desk]) -> None:
    (alpha, a), (_, b) = desks
    start = market.running.sequence() + 1
    mine, _ = a.submit_order(market.instrument, Side.SELL, 700, 5)
    b.submit_order(market.instrument, Side.BUY, 700, 2)
    b.submit_order(market.instrument, Side.BUY, 1, 1)
    b.submit_order(market.instrument, Side.BUY, 700, 3)
    seen = []
    for update in alpha.follow_executions(start):
        seen.append(update.executions)
        if sum(int(e.quantity_lots[e.kinds == TRADE].sum()) for e in seen) == 5:
            break
    assert set(np.concatenate([e.order_ids for e in seen]).tolist()) == {mine}
    trades = [e.trades() for e in seen]
    assert np.concatenate([t.remaining_lots for t in trades]).tolist() == [3, 0]
    assert np.concatenate([t.takers for t in trades]).tolist() == [0, 0]
    assert np.concatenate([t.sides for t in trades]).tolist() == [Side.SELL, Side.SELL]


def test_the_operator_may_not_trade(market: Market) -> None:
    with market.client() as client:
        session = client.open_session("trades")
        with pytest.raises(Refused) as caught:
            session.submit_order(market.instrument, Side.BUY, 10, 1)
    assert caught.value.outcome is Outcome.NOT_PERMITTED_FOR_CLASS


def test_a_client_that_vanishes_leaves_nothing_behind(market: Market) -> None:
    """Streams broken off in the middle, both ways: their handlers and tasks end, and what was sent is recorded."""
    running = market.running
    method = "/jingjia.orders.v1.OrderService/"
    names = ("OrderSession", "FollowExecutions")
    streams = [running.server.metrics.open_streams.labels(method + name) for name in names]
    assert [stream._value.get() for stream in streams] == [0, 0]
    tasks = running.do(_count_tasks())
    with market.client("alpha") as client:
        session = client.open_session("vanishing")
    channel = grpc.insecure_channel(running.address)
    stub = orders_pb2_grpc.OrderServiceStub(channel)
    alpha = ((METADATA_KEY, "alpha"),)
    never = threading.Event()

    def requests() -> Iterator[orders_pb2.OrderSessionRequest]:
        message, _ = Orders(market.instrument, Side.BUY, [33, 34], 1).message(session.number, 1)
        yield orders_pb2.OrderSessionRequest(orders=message)
        never.wait(10)

    answers = stub.OrderSession(requests(), metadata=alpha, timeout=60)
    request = orders_pb2.FollowExecutionsRequest(from_sequence=1)
    follower = stub.FollowExecutions(request, metadata=alpha, timeout=60)
    assert len(next(answers).answer.statuses) == 2
    assert next(follower).first_sequence == 1
    assert [stream._value.get() for stream in streams] == [1, 1]
    channel.close()
    never.set()
    end = time.monotonic() + 5
    while [stream._value.get() for stream in streams] != [0, 0] or running.do(_count_tasks()) > tasks:
        assert time.monotonic() < end, "something was kept for a client that is gone"
        time.sleep(0.02)
    with market.client("alpha") as client:
        assert client.open_session("vanishing").next_request_id == 3
        client.open_session("vanishing").mass_cancel()


async def _count_tasks() -> int:
    return len(asyncio.all_tasks())
