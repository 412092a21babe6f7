"""A market to time: participants with cash and units, instruments with bands, and a flow of orders.

The flow is one of `benchmarks.orderbook.drawn`, its orders dealt out to participants and instruments by chance. It
comes as rows of ORDERS twice: as members send them to the exchange, and as the bare book takes them, under the same
ids. Cash and units suffice for all of it and the bands are wide, so that both come to the same trades.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.order_flow import rows_of_flow
from benchmarks.orderbook.drawn import MIDDLE, draw_flow
from engine.capacity import Capacity
from engine.commands import CASH, Batch, OrderCommand, ParticipantClass, Phase, SelfTrade, Table, rows_of
from engine.core import Core
from engine.parameters import BY_KEY, Basis

OPERATOR = 1
START_NS = 1_700_000_000_000_000_000
BOOK = {
    "trading.tick": 1,
    "trading.lot": 1,
    "trading.reference_price": MIDDLE,
    "trading.band": 200_000,
    "trading.self_trade": int(SelfTrade.CANCEL_NEWEST),
}
"""The rule book of every instrument: steps of 1, a band of a fifth around the middle of the flow's prices."""

FEES = {"trading.fee_buyer_share": 5_000, "trading.fee_seller_share": 5_000}
"""What a book with fees says beside that: half a percent of the value from each side of a trade (Hubei's)."""

CASH_MINOR, LOTS = 2**50, 2**35

Submission = tuple[Table, np.ndarray, bytes]
"""A batch without its time: table, rows, text."""


@dataclass(frozen=True, eq=False)
class Flow:
    """The same orders for the exchange and for the bare book, and how many of them fill the book first."""

    rows: np.ndarray
    bare_rows: np.ndarray
    filling: int


def draw(counted: int, live: int, participants: int, instruments: int, seed: int = 3) -> Flow:
    """So many rows to be timed, after those that bring the books to about `live` orders."""
    filling = 8 * live
    records = draw_flow(filling + counted, live, seed)
    random = np.random.default_rng(seed)
    orders = int(records["order_id"].max()) + 1
    owner = random.integers(0, participants, orders)[records["order_id"]]
    rows = rows_of_flow(records)
    rows["instrument"] = 1 + random.integers(0, instruments, orders)[records["order_id"]]
    rows["actor"], rows["session"] = OPERATOR + 1 + owner, 1 + owner
    rows["request_id"] = _places(owner) + 1
    ids = np.zeros(orders, np.int64)
    is_new = rows["command"] == OrderCommand.NEW
    ids[records["order_id"][is_new]] = (rows["session"].astype(np.int64) << 40 | rows["request_id"])[is_new]
    # A change names its order, which knows its instrument.
    rows["instrument"] = np.where(is_new, rows["instrument"], 0)
    bare_rows = rows.copy()
    bare_rows["order_id"] = ids[records["order_id"]]
    rows["order_id"] = np.where(is_new, 0, bare_rows["order_id"])
    return Flow(rows, bare_rows, filling)


def market(participants: int, instruments: int, *, fees: bool = True) -> Iterator[Submission]:
    """What the operator, participant 1, sends so that everybody may trade everything; to be accepted, in this order.

    Members are participants from 2 on; session n - 1 is that of participant n.
    """
    members = np.arange(OPERATOR + 1, OPERATOR + 1 + participants)
    names = [f"member {number}" for number in range(participants)]
    yield _named(Table.PARTICIPANTS, names, actor=OPERATOR, participant_class=ParticipantClass.INSTITUTION)
    yield _named(Table.SESSIONS, ["main"] * participants, actor=members)
    book = BOOK | (FEES if fees else {})
    values = _rows(Table.RULE_BOOKS, len(book), actor=OPERATOR, basis=Basis.OPERATOR)
    values["parameter"], values["value"] = [BY_KEY[key] for key in book], list(book.values())
    yield Table.RULE_BOOKS, values, json.dumps({"files": {}, "name": "market"}).encode()
    names = [f"instrument {number}" for number in range(instruments)]
    yield _named(Table.INSTRUMENTS, names, actor=OPERATOR, rule_book=1, tick_minor=1, lot_units=1)
    numbers = np.arange(1, instruments + 1)
    phases = _rows(Table.PHASES, instruments, actor=OPERATOR, instrument=numbers, phase=Phase.CONTINUOUS)
    yield Table.PHASES, phases, b""
    for asset, quantity in [(CASH, CASH_MINOR), *((number, LOTS) for number in numbers.tolist())]:
        deposits = {"participant": members, "instrument": asset, "quantity": quantity}
        yield Table.DEPOSITS, _rows(Table.DEPOSITS, participants, actor=OPERATOR, **deposits), b""


def open_market(capacity: Capacity, participants: int, instruments: int, *, fees: bool = True) -> Core:
    """A core in which everybody may trade everything, for a fee or for none."""
    core = Core(capacity)
    operator = _named(Table.PARTICIPANTS, ["operator"], participant_class=ParticipantClass.OPERATOR)
    for table, rows, text in (operator, *market(participants, instruments, fees=fees)):
        outcomes = core.apply(Batch(table, START_NS, rows, text)).outcomes
        if outcomes.any():
            raise RuntimeError(f"rows of {table.name} were refused: {sorted(set(outcomes.tolist()))}")
    return core


def _places(owner: np.ndarray) -> np.ndarray:
    """Of each row, how many rows of the same owner stand before it."""
    order = np.argsort(owner, kind="stable")
    sorted_owner = owner[order]
    starts = np.searchsorted(sorted_owner, sorted_owner)
    places = np.empty(len(owner), np.int64)
    places[order] = np.arange(len(owner)) - starts
    return places


def _named(table: Table, names: list[str], **columns: Any) -> Submission:
    """Rows with names."""
    lengths = [len(name) for name in names]
    rows = _rows(table, len(names), text_start=np.cumsum([0, *lengths[:-1]]), text_length=lengths, **columns)
    return table, rows, "".join(names).encode()


def _rows(table: Table, count: int, **columns: Any) -> np.ndarray:
    rows = rows_of(table, count)
    for name, value in columns.items():
        rows[name] = value
    return rows
