"""The benchmarks of the order book, run tiny: each compares its results before it prints a figure."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.order_flow import hash_of_orders, hash_of_trades, rows_of_flow
from benchmarks.orderbook import __main__ as flow
from benchmarks.orderbook import batches, dense, live, memory, span, start, types
from benchmarks.orderbook.drawn import draw_flow, scatter_prices
from benchmarks.orderbook.python_books import DictBook, SortedBook, operations_of
from benchmarks.orderbook.replaying import replay
from engine.capacity import MEDIUM
from engine.limits import PRICE_TICKS_MAX


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    path = tmp_path / "flow.bin"
    draw_flow(3_000, 200, seed=1).tofile(path)
    return path


@pytest.mark.compiled
def test_the_flow_benchmark_prints_what_it_promises(drawn: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(flow, "TWIN_ROWS", 300)
    monkeypatch.setattr(sys, "argv", ["orderbook", "--flow", str(drawn), "--json"])
    assert flow.main() == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["operations"] == 3_000
    assert figures["trades"] > 50
    promised = {"ns_per_operation", "trade_hash", "book_hash", "load_ns", "loads_per_operation"}
    promised |= {"twin_ns_per_operation", "sorteddict_ns_per_operation", "times_faster_than_sorteddict"}
    assert promised <= set(figures)
    assert (len(figures["trade_hash"]), len(figures["book_hash"])) == (16, 16)


@pytest.mark.compiled
def test_a_published_hash_that_differs_prints_no_figure(drawn: Path, monkeypatch, capsys) -> None:
    drawn.with_name("flow.bin.json").write_text(json.dumps({"trade_hash": "0" * 16, "book_hash": "0" * 16}))
    monkeypatch.setattr(sys, "argv", ["orderbook", "--flow", str(drawn)])
    assert flow.main() == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "trade hash and published one differ" in printed.err


def test_a_file_that_is_no_flow_is_named(tmp_path: Path, monkeypatch, capsys) -> None:
    path = tmp_path / "odd.bin"
    path.write_bytes(b"seventeen bytes!!")
    monkeypatch.setattr(sys, "argv", ["orderbook", "--flow", str(path)])
    with pytest.raises(SystemExit) as stopped:
        flow.main()
    assert stopped.value.code == 2
    assert "16 bytes" in capsys.readouterr().err


def tree_for_dense(operations: int, live: int) -> dict[str, object]:
    """What the book on dense ladders comes to, from the tree: compiling the other one takes its time."""
    rows = rows_of_flow(draw_flow(operations, live, seed=2))
    result = replay(rows, MEDIUM, 4_096)
    hashes = {"trade_hash": f"{result.trade_hash:016x}", "book_hash": f"{result.book_hash:016x}"}
    return {"ns_per_operation": 20.0, "trades": result.trades, "live": result.live, **hashes}


@pytest.mark.long
@pytest.mark.compiled
def test_dense_ladders_give_the_same_book() -> None:
    """Another book that shares no search with the tree of levels: the same trades, the same orders left."""
    figures, expected = dense.in_a_process(30_000, 1_000), tree_for_dense(30_000, 1_000)
    assert {name: figures[name] for name in ("trades", "live", "trade_hash", "book_hash")} == {
        name: expected[name] for name in ("trades", "live", "trade_hash", "book_hash")
    }


TINY: dict[str, tuple[Callable[[], dict[str, object]], set[str]]] = {
    "live": (lambda: live.measure(50, 500, counted=2_000, runs=1), {"ratio", "more_ns_per_operation"}),
    "span": (lambda: span.measure(4_000, 300, runs=1, dense=tree_for_dense), {"ratio", "ratio_to_dense"}),
    "types": (lambda: types.measure(3_000, 200, runs=1), {"ratio", "among_others_ns_per_operation"}),
    "batches": (lambda: batches.measure(600, 50), {"ns_per_order_in_calls_of_1", "ns_per_order_in_calls_of_4096"}),
    "memory": (lambda: memory.measure(4_000, 500), {"bytes_in_use_per_live_order", "fixed_bytes"}),
}


@pytest.mark.compiled
@pytest.mark.parametrize("name", TINY)
def test_it_compares_and_measures(name: str) -> None:
    measure, promised = TINY[name]
    figures = measure()
    assert promised <= set(figures)
    assert all(figure > 0 for figure in figures.values() if isinstance(figure, int | float))


def test_the_first_order_of_a_process_is_what_it_says(monkeypatch) -> None:
    monkeypatch.setattr(start, "first_order", lambda folder: (1.0, 0.5, "[20]"))
    assert start.measure()["warm_seconds"] == 1.0


def test_the_python_books_agree_with_each_other() -> None:
    operations = operations_of(draw_flow(20_000, 500, seed=9))
    books = [SortedBook(), DictBook()]
    for book in books:
        book.apply(operations)
    assert len(books[0].trades) > 500
    assert hash_of_trades(books[0].trades) == hash_of_trades(books[1].trades)
    assert hash_of_orders(books[0].orders()) == hash_of_orders(books[1].orders())


def test_a_drawn_flow_holds_about_as_many_orders_as_it_says() -> None:
    book = DictBook()
    book.apply(operations_of(draw_flow(40_000, 2_000, seed=3)))
    assert 1_000 < len(book.where) < 4_000


def test_scattered_prices_keep_their_order_and_span_the_range() -> None:
    records = draw_flow(5_000, 300, seed=3)
    scattered = scatter_prices(records, PRICE_TICKS_MAX, seed=1)
    before, after = records["price"].astype(np.int64), scattered["price"].astype(np.int64)
    order = np.argsort(before, kind="stable")
    assert (np.diff(after[order]) >= 0).all()
    assert len(np.unique(before)) == len(np.unique(after))
    assert after.max() <= PRICE_TICKS_MAX
    assert after.max() - after[after > 0].min() > PRICE_TICKS_MAX * 0.99
