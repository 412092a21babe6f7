"""Files that a replay writes: trades in order of execution, the book that is left. Whole or not at all.

A file is written beside its place under another name and put there when it is complete, so nobody reads half of one.
A name that ends in .gz is compressed.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from engine.commands import Side
from services.errors import BadInput
from services.replay.call_phase import WaitingOrder
from services.replay.prices import TickSize
from services.replay.session import AUCTION, Trades

TRADE_COLUMNS = "seq,price,quantity,buy_order_id,sell_order_id,aggressor"
DEPTH_COLUMNS = "side,price,quantity,orders"

_AGGRESSORS = {AUCTION: "auction", int(Side.BUY): "buy", int(Side.SELL): "sell"}
_SIDES = {int(Side.BUY): "buy", int(Side.SELL): "sell"}


@contextmanager
def whole_file(path: Path | None) -> Iterator[TextIO | None]:
    """A text file that appears at `path` only when the block ends well; None when there is no path."""
    if path is None:
        yield None
        return
    part = path.with_name(f".{path.name}.part")
    try:
        with _open(part, compressed=path.suffix == ".gz") as file:
            yield file
        part.replace(path)
    except OSError as problem:
        raise BadInput(f"{path}: cannot be written: {problem.strerror or problem}") from None
    finally:
        part.unlink(missing_ok=True)


def _open(path: Path, compressed: bool) -> TextIO:
    if compressed:
        return gzip.open(path, "wt", encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


class TradesWriter:
    """Writes trades as CSV; `order_ids` are the ids as the log has them."""

    def __init__(self, file: TextIO | None, tick: TickSize, order_ids: tuple[str, ...]) -> None:
        self._file = file
        self._tick = tick
        self._ids = [_quoted(order_id) for order_id in order_ids]
        self._prices: dict[int, str] = {}
        if file is not None:
            file.write(TRADE_COLUMNS + "\n")

    def write(self, trades: Trades) -> None:
        """Append trades; nothing without a file."""
        if self._file is None:
            return
        ids = self._ids
        self._file.writelines(
            f"{seq},{self._price(price)},{quantity},{ids[buy]},{ids[sell]},{_AGGRESSORS[aggressor]}\n"
            for seq, price, quantity, buy, sell, aggressor in zip(
                trades.seqs.tolist(),
                trades.prices_ticks.tolist(),
                trades.quantities_lots.tolist(),
                trades.buys.tolist(),
                trades.sells.tolist(),
                trades.aggressors.tolist(),
                strict=True,
            )
        )

    def _price(self, ticks: int) -> str:
        text = self._prices.get(ticks)
        if text is None:
            text = self._prices[ticks] = self._tick.text(ticks)
        return text


def write_depth(file: TextIO | None, tick: TickSize, orders: Iterable[WaitingOrder]) -> None:
    """Write what waits at each price, buys before sells, best first; `orders` come in that order.

    Market orders, which wait in a call only, have no price: theirs is empty.
    """
    if file is None:
        return
    levels: dict[tuple[int, int], tuple[int, int]] = {}
    for order in orders:
        quantity, count = levels.get((order.side, order.price_ticks), (0, 0))
        levels[order.side, order.price_ticks] = quantity + order.quantity_lots, count + 1
    file.write(DEPTH_COLUMNS + "\n")
    for (side, price), (quantity, count) in levels.items():
        file.write(f"{_SIDES[side]},{tick.text(price) if price else ''},{quantity},{count}\n")


def _quoted(text: str) -> str:
    """A CSV field, quoted where it has to be."""
    if any(character in text for character in ',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text
