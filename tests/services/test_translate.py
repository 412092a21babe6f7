"""Columns, executions, public events and statuses by themselves, on inputs made by hand."""

from __future__ import annotations

import grpc
import numpy as np
import pytest
from google.rpc import error_details_pb2

from engine.events import EVENT, CancelReason, EventKind
from engine.outcomes import Outcome
from engine.rules.problems import Problem, ProblemsFound
from services.client.records import Executions
from services.identity import NotPermitted, NotRegistered, Unidentified
from services.sequencer import KeyReused, Malformed, QueueFull, Stopped, SubscriberTooSlow, TooOld
from services.status import STATUS, NotFound, NotReady, NotYet, ReaderStalled, code_of, internal_status, status_of
from services.translate import columns, problems
from services.translate.executions import UNKNOWN_REMAINING, executions
from services.translate.market import market_events
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reference.v1 import reference_pb2


def events(*rows: dict[str, int]) -> np.ndarray:
    found = np.zeros(len(rows), EVENT)
    for place, row in enumerate(rows):
        for name, value in row.items():
            found[name][place] = value
    return found


# -- columns --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 127, 128, 16_384, 65_536])
def test_columns_come_back_as_they_were_written(count: int) -> None:
    rng = np.random.default_rng(count)
    prices = rng.integers(-(2**63), 2**63 - 1, count)
    numbers = rng.integers(0, 2**32, count, np.uint32)
    sides = rng.integers(0, 3, count)
    message = orders_pb2.OrderColumns()
    columns.write(message, {"price_ticks": prices, "instruments": numbers, "sides": sides})
    again = orders_pb2.OrderColumns.FromString(message.SerializeToString())
    assert again == orders_pb2.OrderColumns(
        price_ticks=prices.tolist(), instruments=numbers.tolist(), sides=sides.tolist()
    )
    assert np.array_equal(columns.read(again.price_ticks), prices)
    assert np.array_equal(columns.read(again.instruments), numbers)
    assert np.array_equal(columns.read(again.sides), sides)


def test_a_column_read_is_a_copy() -> None:
    message = orders_pb2.OrderColumns(price_ticks=[1, 2])
    values = columns.read(message.price_ticks)
    message.price_ticks[0] = 9
    assert values.tolist() == [1, 2]


@pytest.mark.parametrize("name", ["session", "key"])
def test_what_is_no_column_is_refused(name: str) -> None:
    message = orders_pb2.OrderColumns() if name == "session" else orders_pb2.SubmitOrderRequest()
    with pytest.raises(TypeError, match="no packed column"):
        columns.write(message, {name: np.ones(1)})


def test_every_enum_of_a_column_travels_in_one_byte() -> None:
    """`columns.write` puts a varint of one byte a value: numbers of 128 or more would be read as something else."""
    for file in (orders_pb2, market_pb2, common_pb2):
        for message in file.DESCRIPTOR.message_types_by_name.values():
            for field in message.fields:
                if field.enum_type is not None and field.is_repeated:
                    assert max(value.number for value in field.enum_type.values) < 128, field.full_name


@pytest.mark.parametrize(
    ("values", "largest", "beyond"),
    [([0, 5], 5, False), ([0, 6], 5, True), ([-1, 0], 5, True), ([], 5, False), ([-(2**63)], 2**62, True)],
)
def test_beyond_finds_what_is_negative_or_too_large(values: list[int], largest: int, beyond: bool) -> None:
    assert columns.beyond(np.array(values, np.int64), largest) is beyond


# -- executions -----------------------------------------------------------------------------------------------------

ACCEPTED = {"kind": EventKind.ORDER_ACCEPTED, "participant": 7, "order_id": 100, "side": 1, "price_ticks": 50}
TRADE = {
    "kind": EventKind.TRADE,
    "participant": 7,
    "order_id": 100,
    "side": 1,
    "counterparty": 8,
    "counter_order_id": 200,
}


def test_what_is_left_of_the_incoming_order_counts_down() -> None:
    found = executions(
        events(
            ACCEPTED | {"quantity_lots": 10},
            TRADE | {"quantity_lots": 3, "remaining_lots": 0, "price_ticks": 48},
            {"kind": EventKind.DEPTH_CHANGED, "side": 2, "price_ticks": 48},
            TRADE | {"quantity_lots": 2, "remaining_lots": 9, "price_ticks": 49, "counter_order_id": 201},
            {
                "kind": EventKind.ORDER_CANCELLED,
                "participant": 7,
                "order_id": 100,
                "quantity_lots": 5,
                "reference": CancelReason.MAY_NOT_REST,
            },
        ),
        1000,
        7,
    )
    assert found is not None
    assert list(found.sequences) == [1000, 1001, 1003, 1004]
    assert list(found.quantity_lots) == [10, 3, 2, 5]
    assert list(found.remaining_lots) == [10, 7, 5, 0]
    assert list(found.takers) == [0, 1, 1, 0]
    assert list(found.reasons) == [0, 0, 0, orders_pb2.CANCEL_REASON_MAY_NOT_REST]


def test_a_charge_is_told_to_who_pays_with_its_amount() -> None:
    fee = {"kind": EventKind.TRADE_CHARGED, "participant": 8, "order_id": 200, "counterparty": 1, "amount_minor": 72}
    batch = events(ACCEPTED, TRADE | {"quantity_lots": 3, "remaining_lots": 4, "price_ticks": 48}, fee)
    found = executions(batch, 1, 8)
    assert found is not None
    assert list(found.kinds) == [orders_pb2.EXECUTION_KIND_TRADE, orders_pb2.EXECUTION_KIND_CHARGED]
    assert (list(found.order_ids), list(found.amounts_minor)) == ([200, 200], [0, 72])
    assert list(found.remaining_lots) == [4, 0]
    other = executions(batch, 1, 7)
    assert other is not None
    assert list(other.amounts_minor) == []
    assert Executions.of(other).amounts_minor.tolist() == [0, 0]


def test_the_other_side_of_a_trade_sees_its_own_order_only() -> None:
    found = executions(events(ACCEPTED, TRADE | {"quantity_lots": 3, "remaining_lots": 4, "price_ticks": 48}), 1, 8)
    assert found is not None
    assert list(found.order_ids) == [200]
    assert list(found.sides) == [common_pb2.SIDE_SELL]
    assert (list(found.remaining_lots), list(found.takers)) == ([4], [0])


def test_a_trade_with_oneself_is_told_twice() -> None:
    both = events(ACCEPTED | {"quantity_lots": 5}, TRADE | {"counterparty": 7, "quantity_lots": 2, "remaining_lots": 1})
    found = executions(both, 1, 7)
    assert found is not None
    assert list(found.order_ids) == [100, 100, 200]
    assert list(found.sides) == [common_pb2.SIDE_BUY, common_pb2.SIDE_BUY, common_pb2.SIDE_SELL]
    assert list(found.remaining_lots) == [5, 3, 1]


def test_a_stretch_that_begins_inside_a_batch_says_what_it_does_not_know() -> None:
    found = executions(events(TRADE | {"quantity_lots": 2, "remaining_lots": 1}), 1, 7)
    assert found is not None
    assert list(found.remaining_lots) == [UNKNOWN_REMAINING]


def test_a_decrement_of_ones_own_orders_counts_against_the_incoming_one() -> None:
    reduced = {"kind": EventKind.ORDER_REDUCED, "participant": 7, "side": 1, "reference": CancelReason.SELF_TRADE}
    found = executions(
        events(
            ACCEPTED | {"quantity_lots": 10},
            reduced | {"order_id": 90, "quantity_lots": 4, "remaining_lots": 2, "side": 2},
            reduced | {"order_id": 100, "quantity_lots": 4, "remaining_lots": 6},
            TRADE | {"quantity_lots": 1, "remaining_lots": 0},
        ),
        1,
        7,
    )
    assert found is not None
    assert list(found.remaining_lots) == [10, 2, 6, 5]
    assert list(found.reasons)[1:3] == [orders_pb2.CANCEL_REASON_SELF_TRADE] * 2


def test_nothing_of_ones_own_is_nothing() -> None:
    assert executions(events(ACCEPTED, {"kind": EventKind.BID_ACCEPTED, "participant": 9}), 1, 9) is None


# -- public events --------------------------------------------------------------------------------------------------


def test_every_kind_of_event_is_public_or_private_on_purpose() -> None:
    """A new kind of event has to be put on one side: nothing becomes public by accident."""
    public = {
        EventKind.TRADE,
        EventKind.DEPTH_CHANGED,
        EventKind.PHASE_CHANGED,
        EventKind.CALL_TRADE,
        EventKind.CALL_INDICATED,
        EventKind.CALL_UNCROSSED,
        EventKind.BLOCK_TRADED,
        EventKind.TRADING_DAY_ENDED,
        EventKind.ROUND_OPENED,
        EventKind.ROUND_CLOSED,
        EventKind.ROUND_CLEARED,
        EventKind.ROUND_CANCELLED,
    }
    for kind in EventKind:
        shown = market_events(events({"kind": kind, "quantity_lots": 5, "participant": 3, "order_id": 4}), 1, None)
        assert (shown is not None) == (kind in public), kind


@pytest.mark.parametrize("kind", [EventKind.TRADING_STOPPED, EventKind.TRADING_RESUMED])
def test_a_stop_is_public_unless_it_is_one_participants(kind: EventKind) -> None:
    assert market_events(events({"kind": kind, "instrument": 2, "counterparty": 1}), 1, None) is not None
    assert market_events(events({"kind": kind, "participant": 3, "counterparty": 1}), 1, None) is None


def test_how_many_bids_a_closed_round_has_is_not_public() -> None:
    shown = market_events(events({"kind": EventKind.ROUND_CLOSED, "reference": 3, "quantity_lots": 17}), 1, None)
    assert shown is not None
    assert (list(shown.references), list(shown.quantity_lots)) == ([3], [0])


# -- statuses -------------------------------------------------------------------------------------------------------

ERRORS: list[tuple[Exception, grpc.StatusCode]] = [
    (problems.Malformed([problems.Problem("a[0]", "b")], 1), grpc.StatusCode.INVALID_ARGUMENT),
    (Malformed(["row 1"]), grpc.StatusCode.INVALID_ARGUMENT),
    (ProblemsFound([Problem("f.toml", 1, "k", "found", "allowed", "next")]), grpc.StatusCode.INVALID_ARGUMENT),
    (Unidentified("who"), grpc.StatusCode.UNAUTHENTICATED),
    (NotRegistered("who"), grpc.StatusCode.PERMISSION_DENIED),
    (NotPermitted("what"), grpc.StatusCode.PERMISSION_DENIED),
    (NotFound(Outcome.ROUND_UNKNOWN, "none"), grpc.StatusCode.NOT_FOUND),
    (NotYet(Outcome.ROUND_NOT_CLOSED, "later"), grpc.StatusCode.FAILED_PRECONDITION),
    (KeyReused([1], ["side"]), grpc.StatusCode.ALREADY_EXISTS),
    (QueueFull(5, 5, "rows"), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (SubscriberTooSlow(5, 9), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (ReaderStalled(5, 1.0), grpc.StatusCode.RESOURCE_EXHAUSTED),
    (TooOld(9), grpc.StatusCode.OUT_OF_RANGE),
    (Stopped("disk"), grpc.StatusCode.UNAVAILABLE),
    (NotReady("soon"), grpc.StatusCode.UNAVAILABLE),
]


@pytest.mark.parametrize(("error", "code"), ERRORS, ids=[type(error).__name__ for error, _ in ERRORS])
def test_each_error_has_its_status(error: Exception, code: grpc.StatusCode) -> None:
    status = status_of(error)
    assert status is not None
    assert code_of(status) is code
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.domain, info.reason) == ("jingjia", STATUS[type(error)][1])
    assert len(status.SerializeToString()) < 6_000


def test_the_table_is_tried_whole() -> None:
    assert {type(error) for error, _ in ERRORS} == set(STATUS)


def test_a_defect_tells_an_incident_and_nothing_else() -> None:
    assert status_of(RuntimeError("a bid of 47.13")) is None
    status = internal_status("abc123")
    assert code_of(status) is grpc.StatusCode.INTERNAL
    assert "abc123" in status.message
    assert "47.13" not in str(status)


def test_a_long_text_is_cut() -> None:
    status = status_of(Stopped("x" * 5_000))
    assert status is not None
    assert len(status.message) == 600
    assert reference_pb2.OpenSessionRequest().name == ""
