"""The bare book from outside: its own errors, full pools, small buffers, the JIT off, other processes, public flows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import engine.orderbook.book
from benchmarks.order_flow import book_hash, read_flow, rows_of_flow, trade_hash
from engine.capacity import LARGE, MEDIUM, SMALL
from engine.commands import OrderCommand, OrderType, Table, rows_of
from engine.events import EVENT, EventKind
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.orderbook import OrderBook
from engine.orderbook.invariants import BookBroken, check_book
from engine.orderbook.layout import MarketData, book_dtype
from engine.outcomes import Outcome
from tests.orderbook.flows import Mix, draw_rows
from tests.orderbook.rows import BUY, SELL, cancel, new, reduce, replace, rows

TINY = changed(SMALL, name="tiny", orders=6, levels=3)


def kinds(events: np.ndarray) -> list[str]:
    return [EventKind(kind).name for kind in events["kind"]]


def outcomes(events: np.ndarray) -> list[str]:
    return [Outcome(outcome).name for outcome in events["outcome"]]


# -- public flows ------------------------------------------------------------------------------------------------------


Generate = Callable[..., tuple[Path, dict[str, Any]]]


def replay(path: Path, batch: int) -> tuple[str, str, OrderBook]:
    """A flow through a book in batches: trade hash, book hash, the book."""
    book, digest = OrderBook(MEDIUM), 0
    flow = rows_of_flow(read_flow(path))
    for start in range(0, len(flow), batch):
        digest = trade_hash(book.apply(flow[start : start + batch]), digest)
    return f"{digest:016x}", f"{book_hash(book.orders()):016x}", book


@pytest.mark.compiled
@pytest.mark.parametrize("batch", [1, 97, 20_000])
def test_a_public_flow_gives_the_published_hashes(generate: Generate, batch: int) -> None:
    path, expected = generate(20_000, 500, 11)
    trades, orders, book = replay(path, batch)
    assert (trades, orders) == (expected["trade_hash"], expected["book_hash"])
    assert [book.depth(0, 1).bids[0].price_ticks, book.depth(0, 1).asks[0].price_ticks] == [
        expected["best_bid"],
        expected["best_ask"],
    ]


# -- the same on every machine -----------------------------------------------------------------------------------------

SCRIPT = """
import hashlib, sys
import numpy as np
from engine.orderbook import OrderBook
from engine.orderbook.layout import MarketData
from tests.orderbook.flows import Mix, draw_rows
book, digest = OrderBook(market_data=MarketData.DEPTH_AND_TOP), hashlib.sha256()
draw, next_id = np.random.default_rng(3), 1
for batch in range(8):
    rows = draw_rows(draw, 60, next_id, batch * 10, Mix(width_ticks=8, plain=0.3))
    digest.update(book.apply(rows, batch * 10).tobytes())
    next_id += 60
print(digest.hexdigest())
"""


def output_of(**environment: str) -> str:
    """What the script prints in a process of its own."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.compiled
def test_interpreted_and_compiled_events_are_the_same_bytes() -> None:
    compiled = output_of(PYTHONHASHSEED="1")
    assert len(compiled) == 64
    assert compiled == output_of(PYTHONHASHSEED="2", NUMBA_DISABLE_JIT="1")


def test_a_book_used_again_from_the_start_tells_the_same() -> None:
    flow = draw_rows(np.random.default_rng(5), 400, 1, 0, Mix())
    first, second = OrderBook(), OrderBook()
    assert first.apply(flow).tobytes() == second.apply(flow).tobytes()
    assert first.orders().tobytes() == second.orders().tobytes()


def test_batches_may_be_cut_anywhere() -> None:
    flow = draw_rows(np.random.default_rng(6), 300, 1, 0, Mix(plain=0.4))
    whole = OrderBook().apply(flow)
    book = OrderBook()
    parts = [book.apply(flow[start : start + 7]) for start in range(0, 300, 7)]
    cut = np.concatenate(parts)
    for column in set(EVENT.names or ()) - {"row"}:
        assert (cut[column] == whole[column]).all(), column


def test_a_small_output_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    flow = draw_rows(np.random.default_rng(7), 400, 1, 0, Mix(plain=0.2, width_ticks=5))
    expected = OrderBook(market_data=MarketData.DEPTH).apply(flow)
    monkeypatch.setattr(engine.orderbook.book, "_EVENTS_A_ROW", 0)
    monkeypatch.setattr(engine.orderbook.book, "_SPARE_EVENTS", 64)
    assert OrderBook(market_data=MarketData.DEPTH).apply(flow).tobytes() == expected.tobytes()


# -- bounds and full pools ---------------------------------------------------------------------------------------------


def test_an_iceberg_that_a_stop_sets_off_finds_room_for_all_its_slices() -> None:
    """One row sets off two stops, of which the second trades through every slice of the first."""
    book = OrderBook(SMALL, MarketData.DEPTH)
    iceberg = {"order_type": OrderType.STOP_LIMIT, "stop_price_ticks": 101, "display_lots": 1}
    book.apply(rows(new(1, BUY, 100, 1_000, **iceberg)))
    assert book.state.book.hidden_slices == 1_000
    book.apply(rows(new(2, SELL, 50, 1_000, order_type=OrderType.STOP_LIMIT, stop_price_ticks=101, actor=2)))
    book.apply(rows(new(3, SELL, 101, 1, actor=3)))
    events = book.apply(rows(new(4, BUY, 101, 1, actor=4)))
    assert kinds(events).count("TRADE") == 1_001
    assert kinds(events).count("ORDER_REFRESHED") == 999
    assert (book.state.book.hidden_slices, book.state.book.orders_used) == (0, 0)
    check_book(book.state)


@pytest.mark.parametrize(
    "change", [cancel(1), replace(1, 100, 500), reduce(1, 500)], ids=["cancel", "replace", "reduce"]
)
def test_the_slices_of_a_stop_that_waits_are_counted(change: dict[str, int]) -> None:
    book = OrderBook()
    stop = {"order_type": OrderType.STOP_LIMIT, "stop_price_ticks": 110, "display_lots": 10}
    book.apply(rows(new(1, BUY, 100, 1_000, **stop)))
    assert book.state.book.hidden_slices == 100
    book.apply(rows(change))
    assert book.state.book.hidden_slices == (0 if change["command"] == OrderCommand.CANCEL else 50)
    check_book(book.state)


def test_a_full_pool_of_orders_is_a_refusal() -> None:
    book = OrderBook(TINY)
    assert outcomes(book.apply(rows(*(new(i, BUY, 100, 1) for i in range(1, 8))))) == ["ACCEPTED"] * 6 + ["ORDERS_FULL"]
    book.apply(rows(cancel(3)))
    assert outcomes(book.apply(rows(new(9, BUY, 100, 1), new(10, BUY, 100, 1)))) == ["ACCEPTED", "ORDERS_FULL"]
    check_book(book.state)


def test_a_full_pool_of_levels_is_a_refusal_and_leaves_everything_else_possible() -> None:
    book = OrderBook(TINY)
    prices = [100, 101, 102, 103]
    events = book.apply(rows(*(new(i, BUY, price, 1) for i, price in enumerate(prices, 1))))
    assert outcomes(events)[-1] == "LEVELS_FULL"
    held = outcomes(events).count("ACCEPTED")
    assert held == 3
    # A price that is there already, an order that may not rest, and a cancel still go.
    more = book.apply(rows(new(8, BUY, 100, 1), new(9, BUY, 200, 1, time_in_force=2), replace(1, 500, 1), cancel(1)))
    assert outcomes(more) == ["ACCEPTED", "ACCEPTED", "ACCEPTED", "LEVELS_FULL", "ACCEPTED"]
    check_book(book.state)


def test_prices_and_quantities_at_their_bounds() -> None:
    book = OrderBook()
    top = new(1, SELL, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX)
    more = [new(i, SELL, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX) for i in range(2, 40)]
    events = book.apply(rows(top, *more, new(99, BUY, 1, QUANTITY_LOTS_MAX)))
    assert kinds(events) == ["ORDER_ACCEPTED"] * 40
    assert book.depth().asks[0].quantity_lots == 39 * QUANTITY_LOTS_MAX
    trade = book.apply(rows(new(100, BUY, PRICE_TICKS_MAX, QUANTITY_LOTS_MAX)))[-1]
    assert (trade["price_ticks"], trade["quantity_lots"]) == (PRICE_TICKS_MAX, QUANTITY_LOTS_MAX)


def test_far_prices_cost_no_memory_and_come_out_in_order() -> None:
    prices = sorted({1, PRICE_TICKS_MAX, *(2**power for power in range(30)), *(2**power + 1 for power in range(30))})
    book = OrderBook()
    shuffled = np.random.default_rng(1).permutation(len(prices))
    book.apply(rows(*(new(int(i) + 1, SELL, prices[i], 1) for i in shuffled)))
    assert [level.price_ticks for level in book.depth(0, 100).asks] == prices
    check_book(book.state)


@pytest.mark.parametrize("capacity", [MEDIUM, LARGE], ids=lambda capacity: capacity.name)
def test_a_live_order_takes_at_most_200_bytes(capacity: object) -> None:
    assert book_dtype(capacity).itemsize / capacity.orders <= 200  # type: ignore[attr-defined,arg-type]


# -- instruments, snapshots, mistakes of the caller --------------------------------------------------------------------


def test_an_instrument_more_changes_nothing_in_the_others() -> None:
    mix = Mix(instruments=1, plain=0.5)
    flow = draw_rows(np.random.default_rng(8), 300, 1, 0, mix)
    flow = flow[flow["command"] != OrderCommand.MASS_CANCEL]
    alone = OrderBook().apply(flow)
    other = rows(*(new(10_000 + i, BUY + i % 2, 900 + i, 3, instrument=5) for i in range(len(flow))))
    mixed = rows_of(Table.ORDERS, 2 * len(flow))
    mixed[0::2], mixed[1::2] = flow, other
    events = OrderBook().apply(mixed)
    mine = events[(events["instrument"] != 5) & (events["row"] % 2 == 0)]
    for column in set(EVENT.names or ()) - {"row"}:
        assert (mine[column] == alone[column]).all(), column


def test_the_state_is_its_bytes() -> None:
    flow = draw_rows(np.random.default_rng(9), 400, 1, 0, Mix(plain=0.5))
    first, second = OrderBook(), OrderBook()
    first.apply(flow[:200])
    second.restore(first.snapshot())
    assert first.apply(flow[200:]).tobytes() == second.apply(flow[200:]).tobytes()


def test_the_callers_mistakes_are_named() -> None:
    book = OrderBook()
    with pytest.raises(ValueError, match="ROWS"):
        book.apply(np.zeros(3))
    book.apply(rows(), time_ns=10)
    with pytest.raises(ValueError, match="before the last"):
        book.apply(rows(), time_ns=9)
    with pytest.raises(ValueError, match=r"band_top.*band_low_ticks"):
        book.set_guard(0, band_top=5)
    with pytest.raises(ValueError, match=r"band_high_ticks=1073741825: 0 \(not watched\) to 1073741824.*halted=-1: 0"):
        book.set_guard(0, halted=-1, band_high_ticks=PRICE_TICKS_MAX + 1, minimum_lots=5)
    assert book.state.guards[0].minimum_lots == 0
    with pytest.raises(ValueError, match="instrument 8"):
        book.depth(8)
    with pytest.raises(ValueError, match="participant 64"):
        book.set_self_trade_group(64, 1)


def test_a_broken_book_is_noticed() -> None:
    def book() -> OrderBook:
        it = OrderBook()
        it.apply(rows(*(new(i, BUY, 90 + i, 5) for i in range(1, 6)), new(7, SELL, 200, 9, display_lots=2)))
        check_book(it.state)
        return it

    def shorten(x: object) -> None:
        x.levels[1].quantity_lots -= 1  # type: ignore[attr-defined]

    def misplace(x: object) -> None:
        x.orders[2].price_ticks += 1  # type: ignore[attr-defined]

    def forget(x: object) -> None:
        x.id_table[np.flatnonzero(x.id_table["slot"])[0]].slot = 0  # type: ignore[attr-defined]

    def bury_best(x: object) -> None:
        x.ladders[0].best = 1  # type: ignore[attr-defined]

    def lose_slice(x: object) -> None:
        x.book.hidden_slices -= 1  # type: ignore[attr-defined]

    def leak(x: object) -> None:
        x.book.orders_free += 1  # type: ignore[attr-defined]

    for damage in (shorten, misplace, forget, bury_best, lose_slice, leak):
        damaged = book()
        damage(damaged.state)
        with pytest.raises(BookBroken):
            check_book(damaged.state)


# -- mistakes that other books have made -------------------------------------------------------------------------------


def test_an_emptied_level_is_gone_and_the_next_best_is_right() -> None:
    book = OrderBook()
    book.apply(rows(*(new(i, SELL, price, 2) for i, price in enumerate([100, 164, 4_196, 2**20], 1))))
    for order_id, following in ((1, 164), (2, 4_196), (3, 2**20)):
        book.apply(rows(new(50 + order_id, BUY, PRICE_TICKS_MAX, 2)))
        assert book.depth().asks[0].price_ticks == following
    book.apply(rows(cancel(4)))
    assert book.depth().asks == ()


def test_no_trade_is_ever_of_nothing_and_every_order_ends() -> None:
    flow = draw_rows(np.random.default_rng(10), 2_000, 1, 0, Mix(plain=0.3, width_ticks=6))
    book = OrderBook()
    events = book.apply(flow)
    trades = events[events["kind"] == EventKind.TRADE]
    assert len(trades) > 100
    assert (trades["quantity_lots"] > 0).all()
    left = dict.fromkeys(events["order_id"][events["kind"] == EventKind.ORDER_ACCEPTED].tolist(), 0)
    for event in events:
        order, lots = int(event["order_id"]), int(event["quantity_lots"])
        match EventKind(event["kind"]):
            case EventKind.ORDER_ACCEPTED | EventKind.ORDER_REPLACED:
                left[order] = lots
            case EventKind.TRADE:
                left[order] -= lots
                left[int(event["counter_order_id"])] -= lots
            case EventKind.ORDER_CANCELLED:
                assert left[order] == lots
                left[order] = 0
            case EventKind.ORDER_REDUCED:
                left[order] -= lots
    live = {int(line["order_id"]): int(line["remaining_lots"]) for line in book.orders()}
    assert {order: lots for order, lots in left.items() if lots} == live


def test_a_reduction_of_a_partly_filled_order_counts_what_remains() -> None:
    book = OrderBook()
    events = book.apply(rows(new(1, SELL, 100, 10), new(2, BUY, 100, 7), reduce(1, 3), reduce(1, 2)))
    assert outcomes(events)[-2:] == ["REDUCTION_NOT_BELOW_REMAINING", "ACCEPTED"]
    assert book.depth().asks[0].quantity_lots == 1
