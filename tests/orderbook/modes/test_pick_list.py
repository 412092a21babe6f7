"""Pick-list trading: the national and the Guangdong rule by hand, reasons in their order, the slow twin by event."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capacity import SMALL
from engine.commands import OrderCommand, OrderType, Side, Table, TimeInForce, rows_of
from engine.events import EventKind
from engine.orderbook.layout import MarketData
from engine.orderbook.modes.pick_list import TAKE, PickList
from engine.orderbook.modes.pick_list.reference import PickRow, SlowEvent, SlowPickList
from engine.outcomes import Outcome
from tests.conftest import Seen

B, S = int(Side.BUY), int(Side.SELL)
COMMANDS = {"TAKE": TAKE, "MASS_CANCEL": 5, "BARTER": 77, **{c.name: int(c) for c in OrderCommand if c < 5}}


def columns(rows: list[PickRow]) -> np.ndarray:
    table = rows_of(Table.ORDERS, len(rows))
    for at, row in enumerate(rows):
        record = table[at]
        record.command, record.actor, record.request_id = COMMANDS[row.command], row.actor, row.request
        record.order_id, record.side, record.order_type = row.order, row.side, row.order_type
        record.time_in_force, record.price_ticks, record.quantity_lots = row.tif, row.price, row.quantity
    return table


def plain(events: np.ndarray) -> list[SlowEvent]:
    return [
        (
            EventKind(int(e.kind)).name, Outcome(int(e.outcome)).name, int(e.row), int(e.side), int(e.participant),
            int(e.order_id), int(e.counter_order_id), int(e.price_ticks), int(e.quantity_lots), int(e.remaining_lots),
        )
        for e in events.view(np.recarray)
    ]  # fmt: skip


def apply(book: PickList, *rows: PickRow) -> list[SlowEvent]:
    return plain(book.apply(columns(list(rows))))


def waiting(book: PickList) -> list[tuple[int, int, int, int]]:
    return [
        (int(o.side), int(o.price_ticks), int(o.order_id), int(o.remaining_lots))
        for o in book.orders().view(np.recarray)
    ]


def listing(order: int, side: int, price: int, quantity: int = 10, actor: int = 1) -> PickRow:
    return PickRow("NEW", actor, order, side=side, price=price, quantity=quantity)


def take(order: int, quantity: int, request: int = 900, actor: int = 2) -> PickRow:
    return PickRow("TAKE", actor, order, request, quantity=quantity)


def outcomes(book: PickList, *rows: PickRow) -> list[str]:
    """What became of each row."""
    told = {event[2]: event[1] for event in apply(book, *rows)}
    return [told[row] for row in range(len(rows))]


def test_a_listing_trades_when_it_is_taken_and_not_before() -> None:
    """A buy listing above a sell listing waits like any other; taking 4 of 10 leaves 6 in their place."""
    book = PickList(reach_levels=5, any_at_level=True)
    events = apply(book, listing(1, S, 50), listing(2, B, 60, actor=3), take(1, 4))
    assert events[2:] == [
        ("ORDER_ACCEPTED", "ACCEPTED", 2, B, 2, 900, 0, 50, 4, 0),
        ("TRADE", "ACCEPTED", 2, B, 2, 900, 1, 50, 4, 6),
    ]
    assert waiting(book) == [(B, 60, 2, 10), (S, 50, 1, 6)]


def test_national_rule_any_listing_within_five_prices() -> None:
    book = PickList(reach_levels=5, any_at_level=True)
    apply(book, *(listing(order, S, price) for order, price in enumerate((50, 51, 52, 53, 54, 54, 55), 1)))
    assert outcomes(book, take(7, 1), take(6, 10), take(5, 1)) == ["LISTING_OUT_OF_REACH", "ACCEPTED", "ACCEPTED"]
    assert outcomes(book, PickRow("CANCEL", 1, 1), take(7, 1)) == ["ACCEPTED", "ACCEPTED"]


def test_guangdong_rule_only_the_best_price() -> None:
    book = PickList(reach_levels=1, any_at_level=False)
    apply(book, listing(1, B, 50), listing(2, B, 51), listing(3, B, 51))
    assert outcomes(book, take(1, 1), take(3, 1), take(2, 10), take(3, 10), take(1, 1)) == [
        "LISTING_OUT_OF_REACH",
        "LISTING_OUT_OF_REACH",
        "ACCEPTED",
        "ACCEPTED",
        "ACCEPTED",
    ]


def test_reasons_against_a_take_in_their_order() -> None:
    """Wrong in every way at first; each step mends one thing and meets the next reason; the last is accepted."""
    book = PickList(reach_levels=1, any_at_level=True)
    book.set_self_trade_group(3, 1)
    apply(book, listing(1, S, 50), listing(2, S, 60), listing(3, S, 50))
    book.set_guard(band_high_ticks=55)
    row = PickRow("TAKE", 3, 9, 0, quantity=0)
    steps = [
        ("UNKNOWN_COMMAND", {}),
        ("QUANTITY_OUT_OF_BOUNDS", {"request": 7}),
        ("ORDER_UNKNOWN", {"quantity": 11}),
        ("PRICE_OUTSIDE_BAND", {"order": 2}),
        ("LISTING_OF_OWN_GROUP", None),
        ("LISTING_OUT_OF_REACH", {"actor": 2}),
        ("QUANTITY_ABOVE_LISTING", {"order": 3}),
        ("ACCEPTED", {"quantity": 10}),
    ]
    for expected, change in steps:
        if change is None:
            book.set_guard(band_high_ticks=0)
        row = replace(row, **(change or {}))
        before = waiting(book)
        assert outcomes(book, row) == [expected]
        assert (waiting(book) == before) == (expected != "ACCEPTED")


@pytest.mark.parametrize(
    "change",
    [
        {"order_type": int(OrderType.MARKET), "price": 0},
        {"order_type": int(OrderType.POST_ONLY)},
        {"tif": int(TimeInForce.IOC)},
        {"tif": int(TimeInForce.FOK)},
    ],
)
def test_only_limit_orders_that_wait_are_listings(change: dict[str, int]) -> None:
    book = PickList(reach_levels=5, any_at_level=True)
    assert outcomes(book, replace(listing(1, S, 50), **change)) == ["ORDER_TYPE_NOT_OFFERED"]
    assert waiting(book) == []


def test_depth_is_told_of_listings_and_takes() -> None:
    book = PickList(market_data=MarketData.DEPTH_AND_TOP, reach_levels=5, any_at_level=True)
    events = book.apply(columns([listing(1, S, 50), take(1, 4), take(1, 6)]))
    told = events[events["kind"] == EventKind.DEPTH_CHANGED]
    assert told["quantity_lots"].tolist() == [10, 6, 0]
    tops = events[events["kind"] == EventKind.TOP_CHANGED]
    assert tops["price_ticks"].tolist() == [50, 50, 0]
    assert book.depth().last_price_ticks == 50


def test_a_listing_expires() -> None:
    book = PickList(reach_levels=5, any_at_level=True)
    rows = columns([replace(listing(1, S, 50), tif=int(TimeInForce.GTD))])
    rows["expire_ns"] = 20
    book.apply(rows, 10)
    events = book.apply(columns([take(1, 1)]), 20)
    assert [EventKind(kind).name for kind in events["kind"]] == ["ORDER_CANCELLED", "REFUSED"]
    assert int(events[1]["outcome"]) == Outcome.ORDER_UNKNOWN


def test_a_full_pool_refuses_listing_and_take() -> None:
    book = PickList(reach_levels=0, any_at_level=True)
    apply(book, *(listing(order, S, 50) for order in range(1, SMALL.orders + 1)))
    assert outcomes(book, listing(99_999, S, 50), take(1, 1)) == ["ORDERS_FULL", "ORDERS_FULL"]
    assert outcomes(book, PickRow("CANCEL", 1, 2), take(1, 1)) == ["ACCEPTED", "ACCEPTED"]


def test_a_negative_reach_is_refused() -> None:
    with pytest.raises(ValueError, match="reach of -1 levels"):
        PickList(reach_levels=-1, any_at_level=True)


ROWS = st.builds(
    PickRow,
    command=st.sampled_from(["NEW", "NEW", "NEW", "TAKE", "TAKE", "TAKE", "CANCEL", "REDUCE", "REPLACE", "BARTER"]),
    actor=st.integers(1, 4),
    order=st.integers(1, 9),
    request=st.sampled_from([0, 500, 501]),
    side=st.sampled_from([B, S]),
    order_type=st.sampled_from([1, 1, 1, 3]),
    tif=st.sampled_from([1, 1, 1, 2, 3]),
    price=st.sampled_from([0, 7, 8, 9, 10, 11, 12, 13, 2**30, 2**30 + 1]),
    quantity=st.sampled_from([0, 1, 2, 3, 5, 2**32 - 1, 2**32]),
)


@given(
    rows=st.lists(ROWS, max_size=40),
    reach=st.integers(0, 3),
    any_at_level=st.booleans(),
    band=st.sampled_from([(0, 0), (8, 12)]),
)
def test_twin(rows: list[PickRow], reach: int, any_at_level: bool, band: tuple[int, int]) -> None:
    book = PickList(reach_levels=reach, any_at_level=any_at_level)
    slow = SlowPickList(reach, any_at_level, *band, groups={4: 1})
    book.set_self_trade_group(4, 1)
    book.set_guard(band_low_ticks=band[0], band_high_ticks=band[1])
    assert apply(book, *rows) == slow.apply(rows)
    assert waiting(book) == slow.waiting()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8))
def test_long_seeded_run(seed: int, seen: Seen) -> None:
    random = np.random.default_rng(seed)
    reach, any_at_level = int(random.integers(0, 6)), bool(random.integers(0, 2))
    book, slow = PickList(reach_levels=reach, any_at_level=any_at_level), SlowPickList(reach, any_at_level)
    commands = ["NEW", "NEW", "TAKE", "TAKE", "CANCEL", "REDUCE", "REPLACE"]
    for batch in range(60):
        rows = [
            PickRow(
                str(random.choice(commands)), int(random.integers(1, 30)), int(random.integers(1, 300)),
                100_000 + batch * 100 + at, int(random.integers(1, 3)), 1, 1,
                int(random.integers(90, 111)), int(random.integers(1, 40)),
            )
            for at in range(100)
        ]  # fmt: skip
        assert apply(book, *rows) == slow.apply(rows), f"seed {seed}"
    assert waiting(book) == slow.waiting()
    seen("commands of pick-lists like the slow twin", 60 * 100)
