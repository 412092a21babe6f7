"""The order book on dense ladders: what most books do, and what a tree of levels has to be compared with.

    python -m benchmarks.orderbook.dense [--operations N] [--live N] [--json]

A dense ladder is an array with an entry for every price, so that a level is found without a search, and a word of bits
for every 64 prices, which leads to the next level that has orders. It covers 65,536 neighbouring prices and no more,
and its memory follows that span. Everything else is the compiled book itself: this module puts its own functions in the
place of those of `engine.orderbook.levels`, and only then are the kernels compiled. So it wants a process and a folder
for compiled kernels of its own (`in_a_process`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import engine.orderbook.levels.kernels as tree
from benchmarks.latency import load_ns
from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.drawn import draw_flow
from benchmarks.orderbook.replaying import replay
from benchmarks.orderbook.report import parser_of, run
from benchmarks.timing import RUNS, time_batches
from engine.capacity import MEDIUM, Capacity
from engine.jit import helper, routine, stand_alone
from engine.orderbook.bits.kernels import bit, lowest_bit
from engine.orderbook.entries.kernels import ladder_at, level_at
from engine.orderbook.layout import KEY_MAX, LADDERS, Fields, book_fields
from engine.orderbook.levels.kernels import key_at, place_of

ROOT = Path(__file__).resolve().parents[2]
BATCH = 4_096
PRICE_BITS = 16
PRICES = 1 << PRICE_BITS
WORD_BITS = 6
WORDS = PRICES >> WORD_BITS

CAPACITY = replace(MEDIUM, name="dense", instruments=1, levels=LADDERS * PRICES)
"""As many levels as prices: the number of a level says its price."""


def dense_fields(capacity: Capacity) -> Fields:
    """The fields of the book, and the words of bits: which prices of which ladder have orders."""
    return [*book_fields(capacity), ("occupied", np.dtype("i8"), (LADDERS * WORDS,))]


@helper
def position_of(ladder_number: int, key: int) -> int:
    """Where a price stands among those of all ladders; the smaller within a ladder, the earlier served."""
    return ladder_number << PRICE_BITS | key & (PRICES - 1)


@helper
def find_level(x: Any, ladder_number: int, key: int) -> int:
    """As `engine.orderbook.levels.kernels.find_level`, and so on for every function below."""
    level = position_of(ladder_number, key) + 1
    return level if level_at(x, level).orders > 0 else 0


@helper
def open_level(x: Any, ladder_number: int, key: int) -> int:
    level = position_of(ladder_number, key) + 1
    if level_at(x, level).orders == 0:
        occupy(x, ladder_number, key)
    return level


@routine
def occupy(x: Any, ladder_number: int, key: int) -> None:
    """Make a level of a price without orders."""
    stand_alone()
    position = position_of(ladder_number, key)
    record = level_at(x, position + 1)
    record.quantity_lots = 0
    record.place = place_of(ladder_number, key)
    record.head = 0
    record.tail = 0
    x.occupied[np.uint32(position >> WORD_BITS)] |= bit(position & 63)
    x.book.levels_used += 1
    ladder = ladder_at(x, ladder_number)
    ladder.levels += 1
    if KEY_MAX - key >= ladder.nearness:
        ladder.best = position + 1
        ladder.nearness = KEY_MAX + 1 - key


@helper
def following(x: Any, position: int) -> int:
    """The level with orders that stands next behind a position in its ladder, or 0."""
    word = position >> WORD_BITS
    end = (word | WORDS - 1) + 1
    rest = x.occupied[np.uint32(word)] & ~(bit(position & 63) | bit(position & 63) - 1)
    while rest == 0:
        word += 1
        if word == end:
            return 0
        rest = x.occupied[np.uint32(word)]
    return (word << WORD_BITS | lowest_bit(rest)) + 1


@routine
def next_level(x: Any, level: int) -> int:
    stand_alone()
    return following(x, np.int64(level) - 1)


@routine
def remove_level(x: Any, level: int) -> None:
    stand_alone()
    position = np.int64(level) - 1
    x.occupied[np.uint32(position >> WORD_BITS)] &= ~bit(position & 63)
    level_at(x, level).place = 0
    x.book.levels_used -= 1
    ladder = ladder_at(x, position >> PRICE_BITS)
    ladder.levels -= 1
    if ladder.best == level:
        best = following(x, position)
        ladder.best = best
        ladder.nearness = KEY_MAX + 1 - key_at(level_at(x, best)) if best != 0 else 0


def put_in_place() -> None:
    """Let every module of the book that is compiled from now on use dense ladders."""
    own = {function.__name__: function for function in (find_level, open_level, next_level, remove_level)}
    exchanged = {id(getattr(tree, name)): function for name, function in own.items()}
    exchanged[id(book_fields)] = dense_fields
    for name, module in list(sys.modules.items()):
        if name.startswith("engine.orderbook"):
            for attribute, value in list(vars(module).items()):
                if id(value) in exchanged:
                    setattr(module, attribute, exchanged[id(value)])


def measure(operations: int, live: int, runs: int = RUNS) -> dict[str, Any]:
    """Nanoseconds an operation of the flow of `benchmarks.orderbook.span` as drawn, and what it comes to."""
    put_in_place()
    rows = rows_of_flow(draw_flow(operations, live, seed=2))
    result = replay(rows, CAPACITY, BATCH)
    spent = time_batches(rows, CAPACITY, BATCH, runs=runs)
    return {
        "ns_per_operation": round(spent, 2),
        "trades": result.trades,
        "live": result.live,
        "trade_hash": f"{result.trade_hash:016x}",
        "book_hash": f"{result.book_hash:016x}",
        "load_ns": round(load_ns(), 3),
    }


def in_a_process(operations: int, live: int) -> dict[str, Any]:
    """`measure` in a process and a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", __name__, "--operations", str(operations), "--live", str(live), "--json"],
            env={**os.environ, "JINGJIA_CACHE_DIR": folder, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> int:
    """Measure and print."""
    parser = parser_of("benchmarks.orderbook.dense", __doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=500_000, help="operations of the flow (default 500,000)")
    parser.add_argument("--live", type=int, default=10_000, help="live orders it comes to (default 10,000)")
    options = parser.parse_args()
    return run(lambda: measure(options.operations, options.live), options.json)


if __name__ == "__main__":
    sys.exit(main())
