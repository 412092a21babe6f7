"""Order logs: CSV, one row a command, in the order of the book.

    seq,time,command,order_id,participant,side,type,tif,price,quantity,phase

`command` is new, cancel, reduce (by `quantity`), replace (new `price` and `quantity` under the same id) or phase. Order
ids and participants are any text. Which columns a command uses is the table `_NEEDS`; the others are not looked at, but
for the price of a market order, which has to be empty. `tif` may be empty for a market order: its rest never waits.

Promise: the whole file is read before anything is replayed, and everything wrong with it is told at once, by line, up
to a cap. What reading finds wrong is a row that cannot be a command; what the book refuses (a cancel of an order that
is gone) is part of the history and no error.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from enum import IntEnum
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from engine.commands import OrderCommand, OrderType, Side, TimeInForce
from engine.limits import QUANTITY_LOTS_MAX
from services.errors import BadInput
from services.replay.prices import TickSize

COLUMNS = ("seq", "time", "command", "order_id", "participant", "side", "type", "tif", "price", "quantity", "phase")
PROBLEMS_SHOWN = 50
CHUNK_ROWS = 65_536
SEQ_DIGITS_MAX = 18

PHASE_COMMAND = 100
"""`command` of a row that changes the phase; the others are `OrderCommand` numbers."""


class LogPhase(IntEnum):
    """What the instrument does, as logs write it."""

    CLOSED = 0
    CONTINUOUS = 1
    OPENING_CALL = 2
    CLOSING_CALL = 3
    UNCROSS = 4


_COMMANDS = {
    "new": int(OrderCommand.NEW),
    "cancel": int(OrderCommand.CANCEL),
    "reduce": int(OrderCommand.REDUCE),
    "replace": int(OrderCommand.REPLACE),
    "phase": PHASE_COMMAND,
}
_SIDES = {"buy": int(Side.BUY), "sell": int(Side.SELL)}
_TYPES = {"limit": int(OrderType.LIMIT), "market": int(OrderType.MARKET)}
_TIFS = {"gtc": int(TimeInForce.GTC), "ioc": int(TimeInForce.IOC), "fok": int(TimeInForce.FOK)}
_PHASES = {phase.name.lower(): int(phase) for phase in LogPhase}

_NEW, _CANCEL, _REDUCE, _REPLACE = (int(command) for command in OrderCommand if command <= OrderCommand.REPLACE)
_NEEDS: dict[str, tuple[int, ...]] = {
    "order_id": (_NEW, _CANCEL, _REDUCE, _REPLACE),
    "side": (_NEW,),
    "type": (_NEW,),
    "tif": (_NEW,),
    "price": (_NEW, _REPLACE),
    "quantity": (_NEW, _REDUCE, _REPLACE),
    "phase": (PHASE_COMMAND,),
}
"""Which commands use which column."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OrderLog:
    """A log as columns, one entry a row; what a row does not use is 0.

    `orders` are positions in `order_ids`, the ids as the file writes them; `prices_ticks` 0 is a market order.
    """

    seqs: Integers
    commands: Integers
    orders: Integers
    sides: Integers
    types: Integers
    tifs: Integers
    prices_ticks: Integers
    quantities_lots: Integers
    phases: Integers
    lines: Integers
    order_ids: tuple[str, ...]

    @property
    def rows(self) -> int:
        return int(self.seqs.size)


def read_log(path: Path, tick: TickSize, advance: Callable[[int], None] = lambda _: None) -> OrderLog:
    """Read a log, plain or gzipped. Raises BadInput with the problems of the file, at most `PROBLEMS_SHOWN` of them.

    `advance` hears how many rows have been read so far. Cost: some microseconds a row.
    """
    reading = _Reading(path, tick)
    try:
        with _open_text(path) as text:
            rows = csv.reader(text, strict=True)
            reading.header(next(rows, []))
            for chunk, lines in _chunks(rows):
                reading.chunk(chunk, lines)
                advance(reading.rows)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file; give an order log in CSV") from None
    except (OSError, EOFError) as problem:
        raise BadInput(f"{path}: cannot be read: {problem}") from None
    except UnicodeDecodeError as problem:
        raise BadInput(f"{path}: is not UTF-8: {problem.reason} at byte {problem.start}") from None
    except csv.Error as problem:
        raise BadInput(f"{path}:{reading.last_line + 1}: no CSV: {problem}") from None
    return reading.finish()


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _chunks(rows: Iterator[list[str]]) -> Iterator[tuple[list[list[str]], list[int]]]:
    """Rows with the line each ends on, in chunks; empty lines are left out."""
    chunk: list[list[str]] = []
    lines: list[int] = []
    for row in rows:
        if row:
            chunk.append(row)
            lines.append(rows.line_num)  # type: ignore[attr-defined]
        if len(chunk) == CHUNK_ROWS:
            yield chunk, lines
            chunk, lines = [], []
    if chunk:
        yield chunk, lines


class _Memo(dict[str, int]):
    """Remembers what each text was read as; -1 is a text that cannot be read."""

    def __init__(self, read: Callable[[str], int]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> int:
        value = self[text] = self._read(text)
        return value


@dataclass
class _Reading:
    """A log while it is being read: columns so far, problems so far."""

    path: Path
    tick: TickSize
    rows: int = 0
    last_line: int = 1
    problems: list[tuple[int, str]] = field(default_factory=list)
    parts: dict[str, list[Integers]] = field(default_factory=dict)
    places: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.prices = _Memo(self._price)
        self.quantities = _Memo(_quantity)
        self.previous_seq = -1

    def header(self, names: Sequence[str]) -> None:
        """Find the columns; without them nothing else can be read."""
        missing = [name for name in COLUMNS if name not in names]
        unknown = [name for name in names if name not in COLUMNS]
        twice = sorted({name for name in names if list(names).count(name) > 1})
        wrong = [f"{what} {', '.join(map(repr, which))}" for what, which in
                 (("missing", missing), ("unknown", unknown), ("twice", twice)) if which]  # fmt: skip
        if wrong:
            raise BadInput(f"{self.path}:1: columns: {'; '.join(wrong)}; the header has to be {','.join(COLUMNS)}")
        self.places = tuple(list(names).index(name) for name in COLUMNS)

    def chunk(self, rows: list[list[str]], lines: list[int]) -> None:
        """Read some rows into columns."""
        whole = [at for at, row in enumerate(rows) if len(row) == len(COLUMNS)]
        if len(whole) < len(rows):
            kept = set(whole)
            for at in (at for at in range(len(rows)) if at not in kept):
                self._problem(lines[at], f"{len(rows[at])} fields; {len(COLUMNS)} are needed")
            rows, lines = [rows[at] for at in whole], [lines[at] for at in whole]
        self.rows += len(rows)
        if not rows:
            return
        self.last_line = lines[-1]
        texts = list(zip(*rows, strict=True))
        text = {name: texts[place] for name, place in zip(COLUMNS, self.places, strict=True)}
        line = np.array(lines, np.int64)
        commands = self._words("command", text["command"], _COMMANDS, line)
        used = {name: np.isin(commands, which) for name, which in _NEEDS.items()}
        market = used["type"] & (np.array([_TYPES.get(word, 0) for word in text["type"]]) == OrderType.MARKET)
        columns = {
            "seqs": self._seqs(text["seq"], line),
            "commands": commands,
            "orders": self._orders(text["order_id"], used["order_id"], line),
            "sides": self._words("side", text["side"], _SIDES, line, used["side"]),
            "types": self._words("type", text["type"], _TYPES, line, used["type"]),
            "tifs": self._tifs(text["tif"], used["tif"], market, line),
            "prices_ticks": self._prices(text["price"], used["price"], market, line),
            "quantities_lots": self._quantities(text["quantity"], used["quantity"], line),
            "phases": self._words("phase", text["phase"], _PHASES, line, used["phase"]),
            "lines": line,
        }
        for name, column in columns.items():
            self.parts.setdefault(name, []).append(column)

    def finish(self) -> OrderLog:
        """The log, or BadInput with what was found."""
        if self.problems:
            listed = sorted(self.problems, key=lambda problem: problem[0])
            shown = [f"{self.path}:{line}: {text}" for line, text in listed[:PROBLEMS_SHOWN]]
            if len(listed) > PROBLEMS_SHOWN:
                shown.append(f"{self.path}: {len(listed) - PROBLEMS_SHOWN} more problems, {len(listed)} in all")
            raise BadInput(shown)
        none = [np.zeros(0, np.int64)]
        names = [column.name for column in fields(OrderLog) if column.name != "order_ids"]
        columns = {name: np.concatenate(self.parts.get(name, none)) for name in names}
        return OrderLog(**columns, order_ids=tuple(self.ids))

    def _problem(self, line: int, text: str) -> None:
        self.problems.append((line, text))

    def _problems(self, lines: Integers, wrong: npt.NDArray[np.bool_], tell: Callable[[int], str]) -> None:
        for at in np.flatnonzero(wrong).tolist():
            self._problem(int(lines[at]), tell(at))

    def _words(
        self,
        name: str,
        texts: Sequence[str],
        table: dict[str, int],
        lines: Integers,
        used: npt.NDArray[np.bool_] | None = None,
    ) -> Integers:
        """A column of words; a row that does not use it holds 0."""
        column = np.array([table.get(text, -1) for text in texts], np.int64)
        applies = np.ones(column.size, np.bool_) if used is None else used
        allowed = ", ".join(table)
        self._problems(lines, (column < 0) & applies, lambda at: f"{name} {texts[at]!r}: {allowed} is allowed")
        return np.where(applies, column, 0)

    def _tifs(
        self, texts: Sequence[str], used: npt.NDArray[np.bool_], market: npt.NDArray[np.bool_], lines: Integers
    ) -> Integers:
        empty = np.array([not text for text in texts]) & market
        column = self._words("tif", texts, _TIFS, lines, used & ~empty)
        return np.where(empty, int(TimeInForce.IOC), column)

    def _seqs(self, texts: Sequence[str], lines: Integers) -> Integers:
        """Sequence numbers: whole numbers that rise from row to row."""
        joined = "".join(texts)
        if joined.isascii() and joined.isdigit() and all(0 < len(text) <= SEQ_DIGITS_MAX for text in texts):
            column = np.array(list(map(int, texts)), np.int64)
        else:
            column = np.array([_whole(text, SEQ_DIGITS_MAX) for text in texts], np.int64)
            self._problems(lines, column < 0, lambda at: f"seq {texts[at]!r}: a whole number is needed")
        before = np.concatenate([[self.previous_seq], column[:-1]])
        self._problems(
            lines,
            (column <= before) & (column >= 0) & (before >= 0),
            lambda at: f"seq {texts[at]}: has to be above {int(before[at])}, that of the row before",
        )
        self.previous_seq = int(column[-1])
        return column

    def _orders(self, texts: Sequence[str], used: npt.NDArray[np.bool_], lines: Integers) -> Integers:
        empty = np.array([not text for text in texts])
        self._problems(lines, empty & used, lambda _: "order_id is empty; an id is needed")
        ids = self.ids
        column = [ids.setdefault(text, len(ids)) if use else 0 for text, use in zip(texts, used.tolist(), strict=True)]
        return np.array(column, np.int64)

    def _prices(
        self, texts: Sequence[str], used: npt.NDArray[np.bool_], market: npt.NDArray[np.bool_], lines: Integers
    ) -> Integers:
        filled = np.array([bool(text) for text in texts])
        self._problems(
            lines, market & filled, lambda at: f"price {texts[at]!r}: a market order has none; leave it empty"
        )
        applies = used & ~market
        self._problems(lines, applies & ~filled, lambda _: "price is empty; a limit is needed")
        prices = self.prices
        column = np.array([prices[text] for text in texts], np.int64)
        self._problems(lines, applies & filled & (column < 0), lambda at: self._price_problem(texts[at]))
        return np.where(applies, column, 0)

    def _quantities(self, texts: Sequence[str], used: npt.NDArray[np.bool_], lines: Integers) -> Integers:
        quantities = self.quantities
        column = np.array([quantities[text] for text in texts], np.int64)
        wrong = (column < 1) | (column > QUANTITY_LOTS_MAX)
        self._problems(
            lines,
            used & wrong,
            lambda at: f"quantity {texts[at]!r}: a whole number from 1 to {QUANTITY_LOTS_MAX} is needed",
        )
        return np.where(used, column, 0)

    def _price(self, text: str) -> int:
        try:
            return self.tick.ticks(text)
        except ValueError:
            return -1

    def _price_problem(self, text: str) -> str:
        try:
            self.tick.ticks(text)
        except ValueError as problem:
            return str(problem)
        raise AssertionError(f"price {text!r} was refused and can be read")


def _whole(text: str, digits: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= digits else -1


def _quantity(text: str) -> int:
    return _whole(text, len(str(QUANTITY_LOTS_MAX)))
