"""Where bytes from outside come in, each as a function of bytes: it may refuse in its own words, and nothing else.

Driven by Hypothesis in the suite (`test_targets.py`) and, guided by coverage, by atheris (`python -m tests.fuzz.run`).
`SEEDS` are good inputs to begin from.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
from google.protobuf.message import DecodeError, Message

from engine.capacity import SMALL
from engine.commands import ROWS, Batch, MalformedBatch, OrderCommand, OrderType, Side, Table, TimeInForce
from engine.core import Core
from engine.limits import PRICE_TICKS_MAX
from engine.orderbook import OrderBook
from engine.orderbook.book import GUARDED
from engine.orderbook.invariants import check_book
from engine.rules.loader import read_book
from engine.snapshot import Dump, decode, encode
from services.journal.problems import JournalDamaged
from services.journal.record import NOTHING_JUDGED, Entry
from services.journal.snapshot import Header, Unusable, pack, unpack
from services.sequencer import Malformed as MalformedSubmission
from services.sequencer.keys import check_submission
from services.translate import auctions, orders, reference, single_orders
from services.translate.problems import Malformed
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reference.v1 import reference_pb2
from tests.core.venue import CONSIGNED, Venue
from tests.engine.story import tell

TRADER = 2
_BOOKS = Path(__file__).resolve().parent.parent.parent / "engine" / "rules" / "books"
_MESSAGES: tuple[tuple[type[Message], Callable[..., object]], ...] = (
    (orders_pb2.OrderColumns, orders.order_rows),
    (auctions_pb2.BidColumns, auctions.bid_rows),
    (auctions_pb2.ConsignRequest, auctions.consignment_rows),
    (orders_pb2.SubmitOrderRequest, single_orders.submit_row),
    (orders_pb2.CancelOrderRequest, single_orders.cancel_row),
    (orders_pb2.ReduceOrderRequest, single_orders.reduce_row),
    (orders_pb2.ReplaceOrderRequest, single_orders.replace_row),
    (orders_pb2.MassCancelRequest, single_orders.mass_cancel_row),
    (reference_pb2.RegisterParticipantRequest, reference.participant_rows),
    (reference_pb2.DefineInstrumentRequest, reference.instrument_rows),
    (reference_pb2.OpenSessionRequest, reference.session_rows),
    (reference_pb2.SetPhaseRequest, reference.phase_rows),
    (accounts_pb2.DepositRequest, reference.deposit_rows),
)
_TABLES = tuple(ROWS)


@cache
def _venue() -> tuple[Core, Dump]:
    """A venue with orders, rounds and members, and its dump, from which every input starts."""
    venue: Venue = tell(3, 60, "small")
    book = venue.adopt(CONSIGNED)
    for name in ("draft", "open"):
        number = venue.round(name, book)
        venue.supply(number, 3, 10)
    from engine.commands import RoundAction

    venue.act(number, RoundAction.OPEN)
    return venue.core, venue.core.dump()


def _judge(table: Table, rows: np.ndarray, text: bytes) -> None:
    """The rows as the sequencer would take them: refused as a submission, or judged, and every unit still there."""
    try:
        check_submission(table, rows, text)
        batch = Batch(table, 0, rows, text)
    except (MalformedSubmission, MalformedBatch):
        return
    core, dump = _venue()
    core.restore(dump)
    applied = core.apply(Batch(table, core.time_ns, batch.rows, text))
    assert len(applied.outcomes) == len(rows)
    assert core.conservation() == []


def wire(data: bytes) -> None:
    """A message: its first byte picks the type; what parses is translated, what is translated is judged."""
    if not data:
        return
    message_type, translate = _MESSAGES[data[0] % len(_MESSAGES)]
    try:
        message = message_type.FromString(data[1:])
    except DecodeError:
        return
    try:
        found = translate(message, TRADER)
    except Malformed:
        return
    rows, text = found if isinstance(found, tuple) else (found, b"")
    assert isinstance(rows, np.ndarray)
    table = next(table for table, dtype in ROWS.items() if dtype == rows.dtype)
    _judge(table, rows, text)


def rows(data: bytes) -> None:
    """Rows of any table, any bits: byte 0 picks the table, byte 1 how many; then the rows, then text."""
    if len(data) < 2:
        return
    table = _TABLES[data[0] % len(_TABLES)]
    dtype = ROWS[table]
    count = 1 + data[1] % 4
    body = data[2 : 2 + count * dtype.itemsize].ljust(count * dtype.itemsize, b"\0")
    _judge(table, np.frombuffer(bytearray(body), dtype), data[2 + count * dtype.itemsize :])


def bare_book(data: bytes) -> None:
    """A book by itself: eight numbers for guards drawn by the first byte, then rows of ORDERS, any bits."""
    if len(data) < 1 + 8 * 8:
        return
    book = OrderBook(SMALL)
    numbers = np.frombuffer(data, "<i8", 8, 1).tolist()
    guards = {GUARDED[(data[0] + at) % len(GUARDED)]: number for at, number in enumerate(numbers)}
    with suppress(ValueError):
        book.set_guard(0, **guards)
    size = ROWS[Table.ORDERS].itemsize
    body = data[1 + 8 * 8 :]
    count = min(8, len(body) // size)
    orders = np.frombuffer(bytearray(body[: count * size]), ROWS[Table.ORDERS])
    for time_ns in (0, 2**62):
        book.apply(orders, time_ns)
        check_book(book.state)


def rule_book(data: bytes) -> None:
    """One file of a rule book."""
    reading = read_book("fuzzed", {"10_notice.toml": data})
    assert (reading.book is None) == bool(reading.problems)


def snapshot(data: bytes) -> None:
    """A snapshot's file; one whose checksums hold is decoded and put into a core."""
    try:
        _, parts = unpack(memoryview(data))
    except Unusable:
        return
    try:
        dump = decode(parts[0], parts[1:]) if parts else None
        if dump is not None:
            Core(SMALL).restore(dump)
    except ValueError:
        return


def dump_text(data: bytes) -> None:
    """The text of a dump, as if its checksum held."""
    _, dump = _venue()
    try:
        Core(SMALL).restore(decode(data, [dump.record.tobytes()]))
    except ValueError:
        return


def journal_row(data: bytes) -> None:
    """Rows and text of a journal row whose checksum holds."""
    if len(data) < 4:
        return
    entry = Entry(1, data[0], 0, 1, 1 + data[1] % 4, data[3 : 3 + data[2]], data[3 + data[2] :], b"", NOTHING_JUDGED)
    try:
        entry.batch()
    except (JournalDamaged, MalformedBatch):
        return


def _snapshot_seed() -> bytes:
    _, dump = _venue()
    text, arrays = encode(dump)
    header = Header(
        format_version=1, journal="", number=1, chain="", rows=1, time_ns=0, sequence=0, event_chain="",
        state_digest="", build="", capacity="small", adoptions=[],
    )  # fmt: skip
    return pack(header, [text, *(array.tobytes() for array in arrays)])


def _book_seed() -> bytes:
    """A stop that waits and the trade that sets it off, under a band up to the last price; nobody is left opposite."""
    rows = np.zeros(4, ROWS[Table.ORDERS])
    rows["command"], rows["actor"], rows["order_id"] = OrderCommand.NEW, [1, 2, 3, 4], [1, 2, 3, 4]
    rows["side"], rows["order_type"] = [Side.SELL, Side.BUY, Side.SELL, Side.BUY], OrderType.LIMIT
    rows["order_type"][1], rows["stop_price_ticks"][1] = OrderType.STOP, 100
    rows["time_in_force"], rows["price_ticks"], rows["quantity_lots"] = (
        TimeInForce.GTC,
        [100, 0, 101, 100],
        [5, 9, 5, 5],
    )
    numbers = np.zeros(8, "<i8")
    numbers[GUARDED.index("band_high_ticks")] = PRICE_TICKS_MAX
    return b"\0" + numbers.tobytes() + rows.tobytes()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "wire": wire,
    "rows": rows,
    "bare_book": bare_book,
    "rule_book": rule_book,
    "snapshot": snapshot,
    "dump_text": dump_text,
    "journal_row": journal_row,
}


@cache
def seeds(target: str) -> tuple[bytes, ...]:
    """Good inputs of a target."""
    if target == "rule_book":
        return tuple(path.read_bytes() for path in sorted(_BOOKS.glob("*/10_notice.toml"))[:3])
    if target == "snapshot":
        return (_snapshot_seed(),)
    if target == "dump_text":
        return (encode(_venue()[1])[0],)
    if target == "wire":
        columns = orders_pb2.OrderColumns(
            session=1, request_ids=[9_000], commands=[1], instruments=[1], sides=[1], order_types=[1],
            times_in_force=[1], price_ticks=[5_000], quantity_lots=[1], order_ids=[0],
        )  # fmt: skip
        bid = auctions_pb2.BidColumns(session=1, request_ids=[9_001], price_ticks=[1_000], quantity_lots=[5])
        return (b"\0" + columns.SerializeToString(), b"\1" + bid.SerializeToString())
    if target == "bare_book":
        return (_book_seed(),)
    row = np.zeros(1, ROWS[Table.ORDERS])
    row["actor"], row["session"], row["request_id"], row["command"], row["side"] = TRADER, 1, 9_000, 1, 1
    row["order_type"], row["time_in_force"], row["instrument"] = 1, 1, 1
    row["price_ticks"], row["quantity_lots"] = 5_000, 3
    return (bytes([_TABLES.index(Table.ORDERS), 0]) + row.tobytes(), bytes([12, 0, 124]) + row.tobytes())
