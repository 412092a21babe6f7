"""The client of the package as a stranger meets it: its names, its checks before sending, its example."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2

import services.client as client
from services.client import (
    AsyncClient,
    AsyncSession,
    CallFailed,
    Client,
    ClientError,
    Orders,
    ParticipantClass,
    Retry,
    Session,
    Side,
    Tls,
)
from tests.services.running import Market, Running

ROOT = Path(__file__).resolve().parents[2]

NAMES = [
    "AsyncClient",
    "AsyncOrderStream",
    "AsyncSession",
    "Awards",
    "BidAnswer",
    "Bids",
    "BookMirror",
    "CallFailed",
    "Client",
    "ClientError",
    "Drawn",
    "ExecutionUpdate",
    "Executions",
    "Fact",
    "GapFound",
    "MarketEvents",
    "MarketUpdate",
    "OrderAnswer",
    "OrderCommand",
    "OrderStream",
    "OrderType",
    "Orders",
    "Outcome",
    "ParticipantClass",
    "Phase",
    "Refusal",
    "Refused",
    "Retry",
    "RoundAction",
    "SelfTrade",
    "Session",
    "Side",
    "Supply",
    "SupplyKind",
    "TimeInForce",
    "Tls",
    "Unanswered",
    "Value",
]

CLIENT_CALLS = [
    "allocation_years",
    "blocks",
    "book",
    "cash",
    "changes",
    "close",
    "connect",
    "due",
    "explain_bid",
    "follow_executions",
    "follow_market",
    "holdings",
    "instruments",
    "large_holders",
    "notice",
    "obligations",
    "open_session",
    "orders_of",
    "own_orders",
    "participants",
    "phases",
    "pledges",
    "preview_clear",
    "receipt",
    "reserves",
    "result",
    "round",
    "round_export",
    "rounds",
    "rule_book",
    "rule_books",
    "sessions",
    "state",
    "statement",
    "stops",
    "trading_day",
    "trial_balance",
    "unit_types",
]

SESSION_CALLS = [
    "adopt_own_rule_book",
    "adopt_rule_book",
    "amend_bid",
    "approve_change",
    "approve_resumption",
    "cancel_order",
    "cancel_round",
    "change_guarantee",
    "clear_round",
    "close_round",
    "confirm_block",
    "consign",
    "counter_block",
    "create_round",
    "decline_block",
    "define_instrument",
    "deposit_cash",
    "deposit_units",
    "link_participant",
    "mass_cancel",
    "next_request_id",
    "offer_block",
    "open_round",
    "order_stream",
    "propose_change",
    "propose_resumption",
    "propose_rule_book",
    "record_draw",
    "record_fact",
    "reduce_order",
    "register_participant",
    "replace_order",
    "resend",
    "reveal_hidden_reserve",
    "seal_hidden_reserve",
    "set_phase",
    "set_unit_type",
    "step_allocation",
    "step_reserve",
    "step_round",
    "step_units",
    "stop_trading",
    "submit_bids",
    "submit_order",
    "submit_orders",
    "switch_blocks",
    "take_listing",
    "withdraw_bid",
    "withdraw_block",
    "withdraw_change",
    "withdraw_consignment",
]


def public(kind: type) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_"))


def test_public_names_are_these() -> None:
    assert sorted(client.__all__) == NAMES
    assert all(hasattr(client, name) for name in NAMES)


@pytest.mark.parametrize(
    ("kind", "names"),
    [(Client, CLIENT_CALLS), (AsyncClient, CLIENT_CALLS), (Session, SESSION_CALLS), (AsyncSession, SESSION_CALLS)],
)
def test_calls_are_these_with_and_without_asyncio(kind: type, names: list[str]) -> None:
    assert public(kind) == names


@pytest.mark.parametrize(("plain", "awaited"), [(Client, AsyncClient), (Session, AsyncSession)])
def test_both_clients_take_the_same_arguments_and_are_documented(plain: type, awaited: type) -> None:
    for name in public(plain):
        ours, theirs = getattr(plain, name), getattr(awaited, name)
        assert inspect.getdoc(ours), name
        assert inspect.getdoc(theirs), name
        if callable(ours):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name


@pytest.mark.parametrize(
    ("orders", "error", "text"),
    [
        (Orders(instruments=1, sides=Side.BUY, price_ticks=[1.5], quantity_lots=1), TypeError, "whole numbers"),
        (Orders(instruments=1, sides=Side.BUY, price_ticks=["7"], quantity_lots=1), TypeError, "price_ticks"),
        (
            Orders(instruments=[1, 1], sides=[1, 1, 1], price_ticks=1, quantity_lots=1),
            ValueError,
            "instruments: found 2",
        ),
        (Orders(instruments=-1, sides=1, price_ticks=1, quantity_lots=1), ValueError, "instruments: found -1"),
        (Orders(instruments=1, sides=300, price_ticks=1, quantity_lots=1), ValueError, "sides: found 300"),
        (Orders(instruments=1, sides=1, price_ticks=[[1]], quantity_lots=1), TypeError, "2-d"),
    ],
)
def test_what_no_column_can_hold_is_refused_before_it_is_sent(
    orders: Orders, error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=text):
        orders.message(1, 1)


def test_one_value_stands_for_all_rows() -> None:
    message, count = Orders(instruments=3, sides=Side.SELL, price_ticks=np.array([5, 6]), quantity_lots=7).message(9, 4)
    assert count == 2
    assert (message.session, list(message.request_ids)) == (9, [4, 5])
    assert (list(message.instruments), list(message.sides)) == ([3, 3], [Side.SELL] * 2)
    assert (list(message.price_ticks), list(message.quantity_lots)) == ([5, 6], [7, 7])


def test_a_caller_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="either the participant"):
        Client.connect("127.0.0.1:1")
    with pytest.raises(ValueError, match="either the participant"):
        Client.connect("127.0.0.1:1", participant="a", tls=Tls(tmp_path, tmp_path, tmp_path))
    with pytest.raises(OSError, match="No such file"):
        Client.connect("127.0.0.1:1", tls=Tls(tmp_path / "a", tmp_path / "b", tmp_path / "c"))


def test_a_venue_that_is_not_there_is_told_after_the_retries() -> None:
    retry = Retry(for_s=0.3, first_pause_s=0.05, call_s=0.5)
    with Client.connect("127.0.0.1:9", participant="a", retry=retry) as nobody, pytest.raises(CallFailed) as caught:
        nobody.participants()
    assert caught.value.code.name in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert caught.value.reason == ""


def test_a_request_that_cannot_be_built_uses_up_no_id(market: Market) -> None:
    with market.client("alpha") as alpha:
        session = alpha.open_session("ids")
        before = session.next_request_id
        with pytest.raises(TypeError):
            session.submit_orders(Orders(market.instrument, Side.BUY, [1.5], 1))
        assert session.next_request_id == before
        with pytest.raises(CallFailed):
            session.submit_order(market.instrument, Side.BUY, -1, 1)
        assert session.submit_order(market.instrument, Side.BUY, 1, 1)


def test_what_there_is_can_be_listed(market: Market) -> None:
    with market.client() as ops:
        assert [(p.name, p.participant_class) for p in ops.participants()][1:] == [
            ("alpha", ParticipantClass.INSTITUTION),
            ("beta", ParticipantClass.KEY_EMITTER),
        ]
        (instrument,) = ops.instruments()
        assert (instrument.name, instrument.price_step_ticks, instrument.quantity_step_lots) == ("NZU", 1, 1)
        books = ops.rule_books()
        assert [book.name for book in books.adopted] == ["nz_spot"]
        assert "shenzhen_2014" in books.shipped
        adopted, shipped = ops.rule_book(books.adopted[0].number), ops.rule_book("nz_spot")
        assert adopted == shipped
        assert adopted.sha256 == books.adopted[0].sha256
        tick = next(value for value in adopted.values if value.parameter == "trading.tick")
        assert (tick.value, tick.basis) == ("0.01", "assumed")
        assert tick.clause
        state = ops.state()
        assert (state.last_sequence, state.digest) == (market.running.sequence(), market.running.digest())


def test_a_session_does_one_thing_at_a_time(market: Market) -> None:
    import asyncio

    async def both() -> None:
        async with AsyncClient.connect(market.running.address, participant="alpha") as alpha:
            session = await alpha.open_session("one at a time")
            first = asyncio.create_task(session.submit_order(market.instrument, Side.BUY, 1, 1))
            await asyncio.sleep(0)
            with pytest.raises(ClientError, match="under way"):
                await session.submit_order(market.instrument, Side.BUY, 1, 1)
            assert await first

    asyncio.run(both())


def test_the_example_is_typed_strictly() -> None:
    example = str(ROOT / "examples" / "first_orders.py")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", example], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_example_runs(empty: Running) -> None:
    example = str(ROOT / "examples" / "first_orders.py")
    done = subprocess.run(
        [sys.executable, example, empty.address, "运营方"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "alpha bought 6 of 10 at 43.50" in done.stdout
    assert "ORDER_UNKNOWN" in done.stdout


@pytest.mark.parametrize(
    ("code", "reason", "again"),
    [
        (grpc.StatusCode.UNAVAILABLE, "", True),
        (grpc.StatusCode.INTERNAL, "", True),
        (grpc.StatusCode.INTERNAL, "DEFECT", False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "", False),
        (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST", False),
    ],
)
def test_only_what_was_not_heard_is_sent_again(code: grpc.StatusCode, reason: str, again: bool) -> None:
    status = status_pb2.Status(code=code.value[0])
    if reason:
        status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="jingjia"))
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    failed = CallFailed(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details="said"))
    assert failed.is_worth_repeating is again
