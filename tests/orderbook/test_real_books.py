"""Two real sessions, published with the books they must give: every book follows from the messages before it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from engine.orderbook import OrderBook
from engine.views import Depth
from tests.orderbook.rows import BUY, SELL, cancel, new, reduce, rows

LEVELS = 10
Picture = tuple[list[tuple[int, int]], list[tuple[int, int]]]

pytestmark = pytest.mark.compiled


def read(path: Path) -> Iterator[list[int]]:
    """The lines of a LOBSTER file as integers, the time left out."""
    with path.open() as lines:
        for line in csv.reader(lines):
            yield [int(text) for text in line if "." not in text]


def picture(line: list[int]) -> Picture:
    """A line of the order-book file: ask price, ask size, bid price, bid size, level after level."""
    asks = [(line[i], line[i + 1]) for i in range(0, len(line), 4)]
    bids = [(line[i + 2], line[i + 3]) for i in range(0, len(line), 4)]
    return bids, asks


def book_like(shown: Picture) -> tuple[OrderBook, dict[tuple[int, int], int]]:
    """A book with one order at each price of a picture, and the id of the order at each (side, price)."""
    bids, asks = shown
    ids = {
        (side, price): number
        for number, (side, price) in enumerate(
            [(BUY, price) for price, _ in bids] + [(SELL, price) for price, _ in asks], 1
        )
    }
    book = OrderBook()
    events = book.apply(
        rows(
            *(
                new(ids[side, price], side, price, lots)
                for side, level in ((BUY, bids), (SELL, asks))
                for price, lots in level
            )
        )
    )
    assert len(events) == len(ids)
    return book, ids


def command_of(message: list[int], ids: dict[tuple[int, int], int], lots_there: int) -> list[dict[str, int]]:
    """What a LOBSTER message asks for in a book with one order a price: type, order id, size, price, direction."""
    kind, _, size, price, direction = message
    side = BUY if direction == 1 else SELL
    match kind:
        case 1:
            return [new(900, side, price, size)]
        case 2 | 3:
            target = ids[side, price]
            return [reduce(target, size) if size < lots_there else cancel(target)]
        case 4:
            return [new(900, SELL if side == BUY else BUY, price, size, time_in_force=2)]
        case _:
            return []


def pairs(depth: Depth) -> Picture:
    return (
        [(level.price_ticks, level.quantity_lots) for level in depth.bids],
        [(level.price_ticks, level.quantity_lots) for level in depth.asks],
    )


def test_lobster_books_follow_from_their_messages(reference_data: Path) -> None:
    messages = list(read(reference_data / "orderlog" / "lobster_aapl_message_10.csv"))
    pictures = [picture(line) for line in read(reference_data / "orderlog" / "lobster_aapl_orderbook_10.csv")]
    followed = 0
    for message, before, after in zip(messages[1:], pictures, pictures[1:], strict=False):
        book, ids = book_like(before)
        side, price = (0 if message[4] == 1 else 1), message[3]
        there = dict(before[side]).get(price, 0)
        if there or message[0] in (1, 5):
            book.apply(rows(*command_of(message, ids, there)))
        for mine, expected in zip(pairs(book.depth(0, LEVELS)), after, strict=True):
            assert mine == expected[: len(mine)], f"after {message}"
            assert len(mine) >= LEVELS - 1
        followed += 1
    assert followed == len(pictures) - 1 == 998


NAMES = ("ts_event", "sequence", "action", "order_id")
"""What names a message in both files."""


def ticks(text: str) -> int:
    return int(Decimal(text) * 100)


def test_arl_states_come_out(reference_data: Path) -> None:
    book = OrderBook()
    remaining: dict[int, int] = {}
    states: dict[tuple[str, ...], Depth] = {}
    traded: dict[tuple[str, str], Depth] = {}
    with (reference_data / "orderlog" / "arl_mbo.csv").open() as lines:
        for message in csv.DictReader(lines):
            order_id, size = int(message["order_id"]), int(message["size"])
            if message["action"] == "A":
                side = BUY if message["side"] == "B" else SELL
                command = new(order_id, side, ticks(message["price"]), size)
                remaining[order_id] = size
            elif message["action"] == "C":
                remaining[order_id] -= size
                command = reduce(order_id, size) if remaining[order_id] else cancel(order_id)
            if message["action"] in "AC":
                assert [event["outcome"] for event in book.apply(rows(command))] == [0]
            states[tuple(message[name] for name in NAMES)] = book.depth(0, LEVELS)
            traded[message["ts_event"], message["sequence"]] = book.depth(0, LEVELS)
    with (reference_data / "orderlog" / "arl_mbp10_expected.csv").open() as lines:
        expected = list(csv.DictReader(lines))
    for line in expected:
        depth = states.get(tuple(line[name] for name in NAMES))
        if line["action"] == "T":  # shown with the resting order already without what traded
            depth = traded[line["ts_event"], line["sequence"]]
        for name, levels in (("bid", depth.bids), ("ask", depth.asks)):
            shown = [
                (ticks(line[f"{name}_px_{i:02}"]), int(line[f"{name}_sz_{i:02}"]), int(line[f"{name}_ct_{i:02}"]))
                for i in range(LEVELS)
                if line[f"{name}_px_{i:02}"]
            ]
            mine = [(level.price_ticks, level.quantity_lots, level.orders) for level in levels]
            assert mine == shown, f"{name} at {line['ts_event']}"
    assert len(expected) == 3_928
