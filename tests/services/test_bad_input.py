"""What is wrong with a request, told in full, with the right code; and nothing has moved: the digest is the same.

The tables go through the raw stubs, because the client of the package refuses most of this before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2

from engine import limits
from engine.commands import order_id
from services.identity import METADATA_KEY, METADATA_KEY_BINARY
from services.server import MESSAGE_BYTES_MAX
from services.translate import columns
from services.wire.jingjia.accounts.v1 import accounts_pb2, accounts_pb2_grpc
from services.wire.jingjia.auctions.v1 import auctions_pb2, auctions_pb2_grpc
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.market.v1 import market_pb2, market_pb2_grpc
from services.wire.jingjia.orders.v1 import orders_pb2, orders_pb2_grpc
from services.wire.jingjia.reference.v1 import reference_pb2, reference_pb2_grpc
from services.wire.jingjia.rules.v1 import rules_pb2, rules_pb2_grpc
from tests.services.running import OPERATOR, Market

INVALID = grpc.StatusCode.INVALID_ARGUMENT
ALPHA = ((METADATA_KEY, "alpha"),)
OPS = ((METADATA_KEY_BINARY, OPERATOR.encode()),)


@pytest.fixture(scope="module")
def channel(market: Market) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(market.running.address) as opened:
        yield opened


@pytest.fixture(scope="module")
def key(market: Market) -> common_pb2.RequestKey:
    """A good key of alpha's, never used up because nothing here is accepted."""
    with market.client("alpha") as client:
        session = client.open_session("bad input")
        return common_pb2.RequestKey(session=session.number, request_id=session.next_request_id)


def failure(call: Callable[[], Any]) -> tuple[grpc.StatusCode, str, dict[str, str], error_details_pb2.ErrorInfo]:
    """Code, text, violations by field and ErrorInfo of a call that has to fail."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    violations, info = {}, error_details_pb2.ErrorInfo()
    for name, value in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            bad = error_details_pb2.BadRequest()
            if detail.Unpack(bad):
                violations = {v.field: v.description for v in bad.field_violations}
            detail.Unpack(info)
    return error.code(), error.details(), violations, info


def batch(market: Market, key: common_pb2.RequestKey, **changes: Any) -> orders_pb2.SubmitOrderBatchRequest:
    """Three good buy orders, with columns replaced; a column of None is left out."""
    request = orders_pb2.SubmitOrderBatchRequest()
    given: dict[str, Any] = {
        "request_ids": key.request_id + np.arange(3),
        "instruments": [market.instrument] * 3,
        "sides": [1, 1, 1],
        "price_ticks": [10, 10, 10],
        "quantity_lots": [1, 1, 1],
    }
    request.orders.session = changes.pop("session", key.session)
    given |= changes
    columns.write(request.orders, {name: np.array(values) for name, values in given.items() if values is not None})
    return request


BATCHES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("no rows", dict.fromkeys(("request_ids", "instruments", "sides", "price_ticks", "quantity_lots")), {
        "orders.request_ids": "found 0 rows; allowed is 1 to 65536"}),
    ("no session", {"session": 0}, {"orders.session": f"found 0; allowed is 1 to {limits.SESSIONS_MAX}"}),
    ("ids fall", {"request_ids": [9, 8, 8]}, {
        "orders.request_ids[1]": "found 8; each has to be above the one before it",
        "orders.request_ids[2]": "found 8; each has to be above the one before it"}),
    ("id too large", {"request_ids": [1, 2, 2**40]}, {
        "orders.request_ids[2]": f"found {2**40}; allowed is 1 to {2**40 - 1}"}),
    ("a column too short", {"sides": [1, 1]}, {
        "orders.sides": "found 2 values; allowed is 3, as many as request_ids, or none"}),
    ("a column too long", {"price_ticks": [1, 2, 3, 4]}, {
        "orders.price_ticks": "found 4 values; allowed is 3, as many as request_ids, or none"}),
    ("unknown side", {"sides": [1, 3, 1]}, {"orders.sides[1]": "found 3; allowed is SIDE_BUY, SIDE_SELL"}),
    ("no sides at all", {"sides": None}, {
        f"orders.sides[{i}]": "found 0; allowed is SIDE_BUY, SIDE_SELL" for i in range(3)}),
    ("unknown command", {"commands": [1, 99, 0]}, {
        "orders.commands[1]": "found 99; allowed is ORDER_COMMAND_NEW, ORDER_COMMAND_CANCEL, ORDER_COMMAND_REDUCE, "
        "ORDER_COMMAND_REPLACE, ORDER_COMMAND_MASS_CANCEL, ORDER_COMMAND_TAKE",
        "orders.commands[2]": "found 0; allowed is ORDER_COMMAND_NEW, ORDER_COMMAND_CANCEL, ORDER_COMMAND_REDUCE, "
        "ORDER_COMMAND_REPLACE, ORDER_COMMAND_MASS_CANCEL, ORDER_COMMAND_TAKE"}),
    ("price 0", {"price_ticks": [10, 0, 10]}, {
        "orders.price_ticks[1]": f"found 0; a row with a limit needs 1 to {limits.PRICE_TICKS_MAX} ticks"}),
    ("price negative and too large", {"price_ticks": [-1, 10, 2**30 + 1]}, {
        "orders.price_ticks[0]": "found -1; allowed is 0 to 1073741824",
        "orders.price_ticks[2]": "found 1073741825; allowed is 0 to 1073741824"}),
    ("quantity too large", {"quantity_lots": [1, 2**32, 1]}, {
        "orders.quantity_lots[1]": "found 4294967296; allowed is 0 to 4294967295"}),
    ("amount too large", {"price_ticks": [1, 1, 2**30], "quantity_lots": [1, 1, 2**32 - 1]}, {
        "orders.quantity_lots[2]": f"found 4294967295; price x quantity may not pass {2**60}"}),
    ("cancel with a quantity", {"commands": [2, 1, 1], "order_ids": [5, 0, 0]}, {
        "orders.quantity_lots[0]": "found 1; this command takes no quantity; to lower an order send REDUCE"}),
    ("cancel of nothing", {"commands": [1, 2, 1], "quantity_lots": [1, 0, 1]}, {
        "orders.order_ids[1]": "found 0; this command needs one"}),
    ("new with an id", {"order_ids": [0, 7, 0]}, {"orders.order_ids[1]": "found 7; a NEW row makes its own"}),
    ("everything", {"session": 0, "sides": [3, 1, 1], "price_ticks": [0, 10, 10], "quantity_lots": [1, 0, -4]}, {
        "orders.session": f"found 0; allowed is 1 to {limits.SESSIONS_MAX}",
        "orders.sides[0]": "found 3; allowed is SIDE_BUY, SIDE_SELL",
        "orders.price_ticks[0]": f"found 0; a row with a limit needs 1 to {limits.PRICE_TICKS_MAX} ticks",
        "orders.quantity_lots[1]": f"found 0; this command needs 1 to {limits.QUANTITY_LOTS_MAX} lots",
        "orders.quantity_lots[2]": "found -4; allowed is 0 to 4294967295"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "expected"), BATCHES, ids=[name for name, _, _ in BATCHES])
def test_a_malformed_batch_names_every_row(
    market: Market,
    channel: grpc.Channel,
    key: common_pb2.RequestKey,
    name: str,
    changes: dict[str, Any],
    expected: dict[str, str],
) -> None:
    before = market.running.digest()
    stub = orders_pb2_grpc.OrderServiceStub(channel)
    request = batch(market, key, **changes)
    code, text, violations, info = failure(lambda: stub.SubmitOrderBatch(request, metadata=ALPHA, timeout=5))
    assert (code, violations) == (INVALID, expected), name
    assert (info.reason, info.domain, info.metadata["problems"]) == (
        "MALFORMED_REQUEST",
        "jingjia",
        str(len(expected)),
    )
    assert next(iter(expected)) in text
    assert market.running.digest() == before


def test_the_good_batch_of_the_table_is_good(market: Market, channel: grpc.Channel, key: common_pb2.RequestKey) -> None:
    """Last of the table: with nothing replaced the batch goes through, so each problem above was the only one."""
    with market.client("alpha") as client:
        session = client.open_session("good batch")
    good = common_pb2.RequestKey(session=session.number, request_id=session.next_request_id)
    answer = orders_pb2_grpc.OrderServiceStub(channel).SubmitOrderBatch(batch(market, good), metadata=ALPHA, timeout=5)
    assert list(answer.answer.statuses) == [common_pb2.ROW_STATUS_ACCEPTED] * 3


def test_ten_thousand_problems_are_counted_and_some_are_told(
    market: Market, channel: grpc.Channel, key: common_pb2.RequestKey
) -> None:
    """The status has to fit the 8 KiB of metadata that other languages take."""
    count = 10_000
    request = batch(
        market,
        key,
        request_ids=1 + np.arange(count),
        instruments=np.ones(count),
        sides=np.full(count, 9),
        price_ticks=np.full(count, 2**40),
        quantity_lots=np.full(count, -5),
    )
    stub = orders_pb2_grpc.OrderServiceStub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.SubmitOrderBatch(request, metadata=ALPHA, timeout=5)
    error: Any = caught.value
    assert error.code() is INVALID
    size = sum(len(name) + len(value) * 4 / 3 for name, value in error.trailing_metadata())
    assert size + len(error.details()) < 8_192
    _, _, violations, info = failure(lambda: stub.SubmitOrderBatch(request, metadata=ALPHA, timeout=5))
    assert info.metadata["problems"] == str(3 * count)
    assert 10 <= len(violations) <= 32


def test_more_rows_than_a_batch_holds_names_the_maximum(
    market: Market, channel: grpc.Channel, key: common_pb2.RequestKey
) -> None:
    ids = 1 + np.arange(limits.BATCH_ROWS_MAX + 1)
    request = batch(
        market, key, request_ids=ids, **dict.fromkeys(("instruments", "sides", "price_ticks", "quantity_lots"))
    )
    stub = orders_pb2_grpc.OrderServiceStub(channel)
    code, _, violations, _ = failure(lambda: stub.SubmitOrderBatch(request, metadata=ALPHA, timeout=5))
    assert code is INVALID
    assert violations == {"orders.request_ids": "found 65537 rows; allowed is 1 to 65536"}


def test_a_message_over_the_limit_names_the_limit(market: Market, channel: grpc.Channel) -> None:
    before = market.running.digest()
    request = orders_pb2.SubmitOrderBatchRequest()
    columns.write(request.orders, {"request_ids": np.ones(MESSAGE_BYTES_MAX // 8 + 1, np.int64)})
    stub = orders_pb2_grpc.OrderServiceStub(channel)
    code, text, _, _ = failure(lambda: stub.SubmitOrderBatch(request, metadata=ALPHA, timeout=20))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert str(MESSAGE_BYTES_MAX) in text
    assert market.running.digest() == before


def test_a_full_batch_fits_a_message(market: Market, key: common_pb2.RequestKey) -> None:
    count = limits.BATCH_ROWS_MAX
    request = orders_pb2.OrderSessionRequest()
    names = [field.name for field in orders_pb2.OrderColumns.DESCRIPTOR.fields if field.name != "session"]
    columns.write(request.orders, {name: np.ones(count, np.int64) for name in names})
    assert request.ByteSize() < MESSAGE_BYTES_MAX
    assert market.instrument
    assert key.session


UNARY: list[tuple[str, str, Any, dict[str, str]]] = [
    ("submit", "SubmitOrder", {"side": 7, "order_type": 77, "time_in_force": 9, "self_trade": 8}, {
        "order_type": "found 77; allowed is ORDER_TYPE_UNSPECIFIED",
        "time_in_force": "found 9; allowed is TIME_IN_FORCE_UNSPECIFIED",
        "side": "found 7; allowed is SIDE_BUY, SIDE_SELL",
        "self_trade": "found 8; allowed is SELF_TRADE_UNSPECIFIED",
        "price_ticks": "found 0; allowed is 1 to 1073741824",
        "quantity_lots": "found 0; allowed is 1 to 4294967295"}),
    ("amount", "SubmitOrder", {"side": 1, "price_ticks": 2**30, "quantity_lots": 2**32 - 1}, {
        "quantity_lots": "price x quantity is"}),
    ("cancel", "CancelOrder", {}, {"order_id": "found 0; allowed is 1 to"}),
    ("reduce", "ReduceOrder", {"order_id": -1}, {
        "order_id": "found -1; allowed is 1 to", "quantity_lots": "found 0; allowed is 1 to"}),
    ("replace", "ReplaceOrder", {"order_id": 1}, {
        "price_ticks": "found 0; allowed is 1 to", "quantity_lots": "found 0; allowed is 1 to"}),
    ("mass cancel", "MassCancel", {"side": 4, "participant": 3, "everybody": True}, {
        "participant": "found 3 together with everybody", "side": "found 4; allowed is SIDE_UNSPECIFIED"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "method", "fields", "expected"), UNARY, ids=[row[0] for row in UNARY])
def test_a_malformed_single_order_names_every_field(
    market: Market, channel: grpc.Channel, name: str, method: str, fields: dict[str, Any], expected: dict[str, str]
) -> None:
    before = market.running.digest()
    call = getattr(orders_pb2_grpc.OrderServiceStub(channel), method)
    request = getattr(orders_pb2, f"{method}Request")(**fields)
    code, _, violations, _ = failure(lambda: call(request, metadata=ALPHA, timeout=5))
    expected = {"key.session": "found 0; allowed is 1 to", "key.request_id": "found 0; allowed is 1 to"} | expected
    assert code is INVALID, name
    assert violations.keys() == expected.keys()
    for field, text in expected.items():
        assert violations[field].startswith(text)
    assert market.running.digest() == before


def _auction(channel: grpc.Channel) -> Any:
    return auctions_pb2_grpc.AuctionServiceStub(channel)


def _bids(**given: Any) -> auctions_pb2.SubmitBidsRequest:
    request = auctions_pb2.SubmitBidsRequest()
    request.bids.session = given.pop("session", 1)
    columns.write(request.bids, {name: np.array(values) for name, values in given.items()})
    return request


def _draft(**changes: Any) -> auctions_pb2.CreateRoundRequest:
    key = common_pb2.RequestKey(session=1, request_id=1)
    return auctions_pb2.CreateRoundRequest(
        **({"key": key, "name": "r", "rule_book": 1, "instrument": 1, "day": 19_000} | changes)
    )


OTHERS: list[tuple[str, Callable[[grpc.Channel], Callable[..., Any]], Any, grpc.StatusCode, str, Any]] = [
    ("bids without rows", lambda c: _auction(c).SubmitBids, _bids(), INVALID, "MALFORMED_REQUEST", {
        "bids.request_ids": "found 0 rows; allowed is 1 to 65536"}),
    ("bids out of bounds", lambda c: _auction(c).SubmitBids,
     _bids(request_ids=[1, 2], round_numbers=[0, 1], price_ticks=[0, 2**31], quantity_lots=[5]), INVALID,
     "MALFORMED_REQUEST", {
        "bids.round_numbers[0]": "found 0; allowed is 1 to 4294967295",
        "bids.price_ticks[0]": "found 0; allowed is 1 to 1073741824",
        "bids.price_ticks[1]": "found 2147483648; allowed is 1 to 1073741824",
        "bids.quantity_lots": "found 1 values; allowed is 2, as many as request_ids"}),
    ("a bid of too much money", lambda c: _auction(c).SubmitBids,
     _bids(request_ids=[1], round_numbers=[1], price_ticks=[2**30], quantity_lots=[2**31]), INVALID,
     "MALFORMED_REQUEST", {"bids.quantity_lots[0]": f"found {2**31}; price x quantity may not pass {2**60}"}),
    ("a round with bad values", lambda c: _auction(c).CreateRound, _draft(
        name=" ", day=-1, rule_book=0,
        values=[auctions_pb2.RoundValue(parameter="bid.tock", value="1"),
                auctions_pb2.RoundValue(parameter="auction.price_rule", value="uniforms"),
                auctions_pb2.RoundValue(parameter="bid.lot", value="1.5")],
        supply=[auctions_pb2.NewSupply(seller=2, kind=9, rank=70_000)]), INVALID, "MALFORMED_REQUEST", {
        "name": "found ' ' of 1 bytes; allowed is 1 to 200 bytes of UTF-8, not blank",
        "rule_book": "found 0; allowed is 1 to 65535",
        "day": "found -1; allowed is 0 to 53375",
        "values[0].parameter": "no parameter is called 'bid.tock'. Did you mean `bid.tick`?",
        "values[1].value": "found 'uniforms'; allowed is one of: uniform, pay_as_bid",
        "values[2].value": "found '1.5'; allowed is a whole number without quotes",
        "supply[0].kind": "found 9; allowed is SUPPLY_KIND_CONSIGNED",
        "supply[0].rank": "found 70000; allowed is 0 to 65535",
        "supply[0].quantity_lots": "found 0; allowed is 1 to 4294967295"}),
    ("a consignment of nothing", lambda c: _auction(c).Consign,
     auctions_pb2.ConsignRequest(round_number=1, minimum_price_ticks=-1), INVALID, "MALFORMED_REQUEST", {
        "key.session": "found 0", "key.request_id": "found 0", "quantity_lots": "found 0",
        "minimum_price_ticks": "found -1"}),
    ("a session without a name", lambda c: reference_pb2_grpc.ReferenceServiceStub(c).OpenSession,
     reference_pb2.OpenSessionRequest(), INVALID, "MALFORMED_REQUEST", {"name": "found '' of 0 bytes"}),
    ("a participant of no class", lambda c: reference_pb2_grpc.ReferenceServiceStub(c).RegisterParticipant,
     reference_pb2.RegisterParticipantRequest(name="x" * 201), INVALID, "MALFORMED_REQUEST", {
        "name": "found", "participant_class": "found PARTICIPANT_CLASS_UNSPECIFIED; allowed is"}),
    ("an instrument of nothing", lambda c: reference_pb2_grpc.ReferenceServiceStub(c).DefineInstrument,
     reference_pb2.DefineInstrumentRequest(name="i"), INVALID, "MALFORMED_REQUEST", {
        "rule_book": "found 0", "tick_minor": "found 0", "lot_units": "found 0"}),
    ("a phase that is none", lambda c: reference_pb2_grpc.ReferenceServiceStub(c).SetPhase,
     reference_pb2.SetPhaseRequest(instrument=1), INVALID, "MALFORMED_REQUEST", {
        "phase": "found PHASE_UNSPECIFIED; allowed is PHASE_CLOSED"}),
    ("a deposit of nothing", lambda c: accounts_pb2_grpc.AccountServiceStub(c).Deposit,
     accounts_pb2.DepositRequest(participant=2), INVALID, "MALFORMED_REQUEST", {
        "asset": "found nothing; allowed is cash_minor or units"}),
    ("half a key", lambda c: accounts_pb2_grpc.AccountServiceStub(c).Deposit, accounts_pb2.DepositRequest(
        participant=2, cash_minor=1, key=common_pb2.RequestKey(session=1)), INVALID, "MALFORMED_REQUEST", {
        "key.request_id": "found 0; allowed is 1 to 1099511627775"}),
    ("adopting nothing", lambda c: rules_pb2_grpc.RuleBookServiceStub(c).AdoptRuleBook,
     rules_pb2.AdoptRuleBookRequest(), INVALID, "MALFORMED_REQUEST", {"book": "found nothing"}),
    ("adopting a book with problems", lambda c: rules_pb2_grpc.RuleBookServiceStub(c).AdoptRuleBook,
     rules_pb2.AdoptRuleBookRequest(files=rules_pb2.RuleBookFiles(name="b", files={"book.toml": "[book]\nnme = 1"})),
     INVALID, "BAD_RULE_BOOK", {"assumptions.toml:1: ": "no file at this place; allowed: a rule book has"}),
    ("a path for a shipped book", lambda c: rules_pb2_grpc.RuleBookServiceStub(c).AdoptRuleBook,
     rules_pb2.AdoptRuleBookRequest(shipped="../../.."), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("an unknown shipped book", lambda c: rules_pb2_grpc.RuleBookServiceStub(c).ShowRuleBook,
     rules_pb2.ShowRuleBookRequest(shipped="shenzhen_1999"), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("an unknown adopted book", lambda c: rules_pb2_grpc.RuleBookServiceStub(c).ShowRuleBook,
     rules_pb2.ShowRuleBookRequest(number=77), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("an unknown round", lambda c: _auction(c).GetRound, auctions_pb2.GetRoundRequest(round_number=77),
     grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("the result of an unknown round", lambda c: _auction(c).GetResult,
     auctions_pb2.GetResultRequest(round_number=77), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("a dry run of an unknown round", lambda c: _auction(c).ClearRound,
     auctions_pb2.ClearRoundRequest(round_number=77, dry_run=True), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("a book of no instrument", lambda c: market_pb2_grpc.MarketDataServiceStub(c).GetBook,
     market_pb2.GetBookRequest(instrument=77), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("the phase of no instrument", lambda c: market_pb2_grpc.MarketDataServiceStub(c).GetPhase,
     market_pb2.GetPhaseRequest(instruments=[77]), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
    ("the cash of nobody", lambda c: accounts_pb2_grpc.AccountServiceStub(c).GetCash,
     accounts_pb2.GetCashRequest(participant=77), grpc.StatusCode.NOT_FOUND, "NOT_FOUND", {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "method", "request_", "code", "reason", "expected"), OTHERS, ids=[r[0] for r in OTHERS]
)
def test_other_calls_told_what_is_wrong(
    market: Market,
    channel: grpc.Channel,
    name: str,
    method: Callable[[grpc.Channel], Callable[..., Any]],
    request_: Any,
    code: grpc.StatusCode,
    reason: str,
    expected: dict[str, str],
) -> None:
    before = market.running.digest()
    found, text, violations, info = failure(lambda: method(channel)(request_, metadata=OPS, timeout=5))
    assert (found, info.reason) == (code, reason), text
    for field, description in expected.items():
        assert violations[field].startswith(description), (name, violations)
    if code is INVALID and reason == "MALFORMED_REQUEST":
        assert violations.keys() == expected.keys()
    assert market.running.digest() == before


def test_a_malformed_batch_ends_the_stream_after_the_answers_before_it(market: Market, channel: grpc.Channel) -> None:
    with market.client("alpha") as client:
        session = client.open_session("bad stream")
    requests = []
    for place in range(4):
        request = orders_pb2.OrderSessionRequest()
        request.orders.session = session.number
        price = 0 if place == 2 else 10
        columns.write(request.orders, {
            "request_ids": np.array([place + 1]),
            "instruments": np.array([market.instrument]),
            "sides": np.array([1]),
            "price_ticks": np.array([price]),
            "quantity_lots": np.array([1]),
        })  # fmt: skip
        requests.append(request)
    answers = []

    def call() -> None:
        stub = orders_pb2_grpc.OrderServiceStub(channel)
        answers.extend(stub.OrderSession(iter(requests), metadata=ALPHA, timeout=5))

    code, text, violations, _ = failure(call)
    assert code is INVALID, text
    assert violations == {"orders.price_ticks[0]": f"found 0; a row with a limit needs 1 to {2**30} ticks"}
    assert [list(a.answer.statuses) for a in answers] == [[common_pb2.ROW_STATUS_ACCEPTED]] * 2
    with market.client("alpha") as client:
        found = next(s for s in client.sessions() if s.number == session.number)
        assert found.last_request_id == 2, "what came after the malformed batch was not done"
        resumed = client.open_session("bad stream")
        assert resumed.next_request_id == 3
        assert resumed.cancel_order(order_id(session.number, 1)).quantity_lots.tolist() == [1]


def test_a_defect_is_logged_under_a_number_and_without_its_text(
    market: Market, channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a sealed bid at 47.13")

    monkeypatch.setattr(market.running.server.core, "cash", fail)
    stub = accounts_pb2_grpc.AccountServiceStub(channel)
    code, text, _, info = failure(lambda: stub.GetCash(accounts_pb2.GetCashRequest(), metadata=ALPHA, timeout=5))
    assert (code, info.reason) == (grpc.StatusCode.INTERNAL, "DEFECT")
    incident = info.metadata["incident"]
    assert incident in text
    logged = "".join(capfd.readouterr())
    assert incident in logged
    assert "accounts.py" in logged
    assert "47.13" not in logged + text
