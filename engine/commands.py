"""Commands: what may be asked of the core, as tables of rows.

A batch holds rows of one table (`Table`), with one time and one sequence. Every row begins with the same three columns:
`actor` (the participant who asks, put there by the edge from its certificate), `session` and `request_id` (together the
key under which a repeated request is recognised; ids increase strictly within a session). Text (names, rule books)
travels as one UTF-8 blob beside the rows, which say where theirs begins and how long it is.

Rows are plain little-endian records: what a client sends as columns, what the journal stores and what a kernel reads
is the same layout. A table's layout never changes once released; a new layout is a new table number.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from engine import limits

_HEAD = [("actor", "u4"), ("session", "u4"), ("request_id", "i8")]
_TEXT = [("text_start", "u4"), ("text_length", "u4")]


def _words(name: str) -> list[tuple[str, str]]:
    """Columns for 32 bytes, as four little-endian words."""
    return [(f"{name}_{place}", "i8") for place in range(1, 5)]


def _row(*columns: tuple[str, str]) -> np.dtype:
    return np.dtype((np.record, [*_HEAD, *columns]))


class Table(IntEnum):
    """The command tables. Numbers are frozen once released."""

    PARTICIPANTS = 1
    INSTRUMENTS = 2
    SESSIONS = 3
    DEPOSITS = 4
    RULE_BOOKS = 5
    ROUNDS = 6
    ROUND_VALUES = 7
    SUPPLY = 8
    CONSIGNMENTS = 9
    BIDS = 10
    ROUND_ACTIONS = 11
    ORDERS = 12
    PHASES = 13
    SUPPLY_LINES = 20
    DRAWS = 21
    HIDDEN_RESERVES = 22
    LINKS = 23
    FACTS = 24
    GUARANTEES = 25
    CHANGES = 26
    ROUND_STEPS = 27
    RESERVE_STEPS = 28
    ALLOCATIONS = 29
    COMMITMENTS = 34
    REVEALS = 35
    UNIT_TYPES = 30
    UNIT_STEPS = 31
    BLOCKS = 14
    MARKET_CONTROLS = 15
    VENUE_CHANGES = 16
    BOOK_PROPOSALS = 17
    VOIDS = 50


WHOLE_BOOKS = (Table.RULE_BOOKS, Table.BOOK_PROPOSALS)
"""Tables of which a batch is one thing, carried out or refused as a whole."""


class ParticipantClass(IntEnum):
    """Who somebody is (参与方类别)."""

    OPERATOR = 1
    GOVERNMENT = 2
    KEY_EMITTER = 3
    INSTITUTION = 4
    INDIVIDUAL = 5


class Side(IntEnum):
    """Which way an order goes."""

    BUY = 1
    SELL = 2


class OrderCommand(IntEnum):
    """What a row of ORDERS asks for."""

    NEW = 1
    CANCEL = 2
    REDUCE = 3
    REPLACE = 4
    MASS_CANCEL = 5
    TAKE = 6
    """Take a listing of a pick-list, named in `order_id`."""


class OrderType(IntEnum):
    """How an order is priced, and what must happen before it may trade or rest."""

    LIMIT = 1
    MARKET = 2
    POST_ONLY = 3
    """A limit order that is refused when it would trade on arrival."""
    MARKET_TO_LIMIT = 4
    """Trades no further than the protection band beyond the best price; the rest stays as a limit order there."""
    STOP = 5
    """Waits for a trade at its stop price or beyond, then is a market order."""
    STOP_LIMIT = 6
    """Waits for a trade at its stop price or beyond, then is a limit order."""


class TimeInForce(IntEnum):
    """How long an order may wait."""

    GTC = 1
    """Until filled or cancelled."""
    IOC = 2
    """What does not trade at once is cancelled."""
    FOK = 3
    """Trades whole at once or is cancelled whole."""
    DAY = 4
    """Until the trading day of its instrument ends."""
    GTD = 5
    """Until `expire_ns`: cancelled at the start of the first batch whose time has reached it."""


class SelfTrade(IntEnum):
    """What happens when an incoming order meets a resting one of the same group of participants."""

    VENUE_RULE = 0
    """Whatever the instrument's guards say; without a rule there, ALLOW."""
    ALLOW = 1
    CANCEL_NEWEST = 2
    """What is left of the incoming order is cancelled."""
    CANCEL_OLDEST = 3
    """The resting order is cancelled; the incoming one goes on."""
    CANCEL_BOTH = 4
    DECREMENT = 5
    """Both lose the smaller of the two quantities; neither trades."""


class Phase(IntEnum):
    """What an instrument is doing: how its orders trade, and whether they may come and go."""

    CLOSED = 0
    """The trading day is over or has not begun."""
    CONTINUOUS = 1
    """Orders trade as they come, best price first, then earliest (连续竞价)."""
    HALTED = 2
    """Trading is interrupted: nothing comes in, orders may be taken back."""
    OPENING_CALL = 3
    """Orders gather for one price; they trade when the phase ends (集合竞价)."""
    CLOSING_CALL = 4
    """The same at the end of the day."""
    FIRM_CALL = 5
    """The last part of a call: orders come in, but none may be taken back or changed."""
    PICK_LIST = 6
    """Orders are listings; nothing trades before somebody takes one (挂牌点选)."""
    MEDIAN = 7
    """As continuous, but a trade is at the middle of bid, ask and last price (Hubei's 协商议价)."""


CALLS = frozenset({Phase.OPENING_CALL, Phase.CLOSING_CALL, Phase.FIRM_CALL})
"""Phases in which orders gather for one price."""

MATCHING = frozenset({Phase.CONTINUOUS, Phase.MEDIAN})
"""Phases in which an order trades on arrival."""


class BlockCommand(IntEnum):
    """What a row of BLOCKS asks for."""

    OFFER = 1
    """A price and a quantity, to one participant or to everybody."""
    COUNTER = 2
    """Other terms, by the one who is asked; then the other one is."""
    CONFIRM = 3
    """By the one who is asked: it is a trade at the terms last proposed."""
    DECLINE = 4
    """By the one who is asked by name: the offer ends."""
    WITHDRAW = 5
    """By the one who made the last proposal: the offer ends."""
    START = 6
    """By the operator: blocks of the instrument may be traded from here on."""
    STOP = 7
    """By the operator: no more; offers that wait may only be withdrawn or declined."""


class RoundAction(IntEnum):
    """What a row of ROUND_ACTIONS or ROUND_STEPS asks for."""

    OPEN = 1
    CLOSE = 2
    CLEAR = 3
    CANCEL = 4
    PROPOSE = 5
    APPROVE = 6
    RETURN_TO_DRAFT = 7
    PUBLISH = 8
    SUSPEND = 9
    RESUME = 10
    EXTEND = 11
    CERTIFY = 12
    ANNOUNCE = 13
    SETTLE = 14
    DECLINE = 15


class Drawn(IntEnum):
    """What a row of DRAWS gives a place in the recorded draw."""

    BID = 1
    SUPPLY_LINE = 2


class Fact(IntEnum):
    """What is recorded of a participant for a year, in lots of an instrument (经核查的事实)."""

    SHORTFALL = 1
    """Verified emissions above its own allowances."""
    EMISSIONS = 2
    """Verified emissions of the year."""
    ALLOCATION = 3
    """Allowances allocated to it for the year."""


class Change(IntEnum):
    """What a row of CHANGES asks for."""

    AMEND_BID = 1
    WITHDRAW_BID = 2
    WITHDRAW_CONSIGNMENT = 3


class SupplyKind(IntEnum):
    """Where units on offer come from (供给来源)."""

    CONSIGNED = 1
    RETURNED = 2
    GOVERNMENT = 3
    RESERVE = 4


CASH = 0xFFFF
"""`instrument` of a deposit of cash."""

ALL_INSTRUMENTS = 0xFFFFFFFF
"""`instrument` of a mass cancel that takes every instrument."""

ALL_PARTICIPANTS = 0xFFFFFFFF
"""`participant` of a mass cancel that takes everybody's orders."""

ROWS: dict[Table, np.dtype] = {
    Table.PARTICIPANTS: _row(("participant_class", "u1"), *_TEXT),
    Table.INSTRUMENTS: _row(("rule_book", "u2"), ("tick_minor", "i8"), ("lot_units", "i8"), *_TEXT),
    Table.SESSIONS: _row(*_TEXT),
    Table.DEPOSITS: _row(("participant", "u4"), ("instrument", "u2"), ("quantity", "i8")),
    Table.RULE_BOOKS: _row(
        ("parameter", "u2"), ("participant_class", "u1"), ("basis", "u1"), ("effective_day", "i4"), ("value", "i8")
    ),
    Table.ROUNDS: _row(("rule_book", "u2"), ("instrument", "u2"), ("day", "i4"), *_TEXT),
    Table.ROUND_VALUES: _row(("round_number", "u4"), ("parameter", "u2"), ("participant_class", "u1"), ("value", "i8")),
    Table.SUPPLY: _row(
        ("round_number", "u4"),
        ("seller", "u4"),
        ("kind", "u1"),
        ("group", "u2"),
        ("rank", "u2"),
        ("quantity_lots", "i8"),
    ),
    Table.CONSIGNMENTS: _row(
        ("round_number", "u4"), ("group", "u2"), ("quantity_lots", "i8"), ("minimum_price_ticks", "i8")
    ),
    Table.BIDS: _row(("round_number", "u4"), ("price_ticks", "i8"), ("quantity_lots", "i8")),
    Table.ROUND_ACTIONS: _row(("round_number", "u4"), ("action", "u1")),
    Table.ORDERS: _row(
        ("command", "u1"),
        ("side", "u1"),
        ("order_type", "u1"),
        ("time_in_force", "u1"),
        ("instrument", "u4"),
        ("order_id", "i8"),
        ("price_ticks", "i8"),
        ("quantity_lots", "i8"),
        ("stop_price_ticks", "i8"),
        ("display_lots", "i8"),
        ("minimum_lots", "i8"),
        ("expire_ns", "i8"),
        ("participant", "u4"),
        ("self_trade", "u4"),
    ),
    Table.PHASES: _row(("instrument", "u2"), ("phase", "u1")),
    Table.SUPPLY_LINES: _row(
        ("round_number", "u4"),
        ("seller", "u4"),
        ("kind", "u1"),
        ("tier", "u1"),
        ("withheld", "u1"),
        ("group", "u2"),
        ("rank", "u2"),
        ("quantity_lots", "i8"),
        ("minimum_price_ticks", "i8"),
        ("trigger_price_ticks", "i8"),
    ),
    Table.DRAWS: _row(("round_number", "u4"), ("drawn", "u1"), ("target", "i8")),
    Table.HIDDEN_RESERVES: _row(("round_number", "u4"), ("price_ticks", "i8"), *_TEXT),
    Table.LINKS: _row(("participant", "u4"), ("link", "u4")),
    Table.FACTS: _row(
        ("participant", "u4"), ("instrument", "u2"), ("fact", "u1"), ("year", "i4"), ("quantity_lots", "i8")
    ),
    Table.GUARANTEES: _row(("round_number", "u4"), ("amount_minor", "i8")),
    Table.CHANGES: _row(
        ("round_number", "u4"),
        ("change", "u1"),
        ("target", "i8"),
        ("price_ticks", "i8"),
        ("quantity_lots", "i8"),
    ),
    Table.ROUND_STEPS: _row(("round_number", "u4"), ("action", "u1"), ("argument", "i8"), *_TEXT),
    Table.RESERVE_STEPS: _row(
        ("step", "u1"),
        ("instrument", "u2"),
        ("rule_book", "u2"),
        ("participant", "u4"),
        ("day", "i4"),
        ("target", "i8"),
        ("quantity_lots", "i8"),
        ("price_ticks", "i8"),
    ),
    Table.ALLOCATIONS: _row(
        ("step", "u1"),
        ("instrument", "u2"),
        ("rule_book", "u2"),
        ("participant", "u4"),
        ("year", "i4"),
        ("exempt", "u1"),
        ("quantity_lots", "i8"),
    ),
    Table.COMMITMENTS: _row(("round_number", "u4"), ("replaces", "i8"), *_words("hash")),
    Table.REVEALS: _row(
        ("round_number", "u4"), ("target", "i8"), ("price_ticks", "i8"), ("quantity_lots", "i8"), *_words("salt")
    ),
    Table.BLOCKS: _row(
        ("command", "u1"),
        ("side", "u1"),
        ("instrument", "u2"),
        ("counterparty", "u4"),
        ("offer_id", "i8"),
        ("price_ticks", "i8"),
        ("quantity_lots", "i8"),
        ("expire_ns", "i8"),
    ),
    Table.MARKET_CONTROLS: _row(("action", "u1"), ("instrument", "u4"), ("participant", "u4"), *_TEXT),
    Table.UNIT_TYPES: _row(("instrument", "u2"), ("unit_type", "u1"), ("vintage", "i4")),
    Table.UNIT_STEPS: _row(
        ("step", "u1"),
        ("instrument", "u2"),
        ("obligation", "u2"),
        ("participant", "u4"),
        ("counterparty", "u4"),
        ("year", "i4"),
        ("target", "i8"),
        ("quantity_lots", "i8"),
        *_TEXT,
    ),
    Table.VENUE_CHANGES: _row(
        ("step", "u1"),
        ("change", "u4"),
        ("instrument", "u2"),
        ("parameter", "u2"),
        ("value", "i8"),
        ("effective_ns", "i8"),
        ("effective_sequence", "i8"),
        *_TEXT,
    ),
    Table.BOOK_PROPOSALS: _row(
        ("parameter", "u2"),
        ("participant_class", "u1"),
        ("basis", "u1"),
        ("effective_day", "i4"),
        ("value", "i8"),
        ("effective_ns", "i8"),
        ("effective_sequence", "i8"),
    ),
    Table.VOIDS: _row(("batch_number", "i8"), ("action", "u1"), *_TEXT),
}
"""The columns of each table's rows.

`day` and `effective_day` count days since 1970-01-01. `group` is the jurisdiction of a joint sale, 0 where there is one
seller side only; `rank` the place in the order of sale within a group, lower first. `quantity` of a deposit is minor
units of cash or lots of an instrument. `minimum_price_ticks` 0 means none. Rows of RULE_BOOKS are the integers compiled
from the one book whose whole text the batch carries.

Rows of MARKET_CONTROLS, VENUE_CHANGES and BOOK_PROPOSALS are explained in `engine.words.floor`.

The text of a row of VOIDS is the reason; the batch it names is one of the journal that this core could not judge.

A NEW order's `order_id` is 0: it becomes `order_id(session, request_id)`; the other commands name their target there.
SUPPLY_LINES is SUPPLY with conditions: `tier` names a release tier of the rule book (0: none), `trigger_price_ticks`
a trigger of the line's own (0: none), `withheld` 1 says that what the minimum keeps from sale is withheld, not
unsold. Rows of DRAWS stand in the order in which they were drawn; `target` is a bid's id or a line's number. A row of
HIDDEN_RESERVES without a price seals: its text is the SHA-256 (hex) of "PRICE_TICKS:SALT"; one with a price reveals:
its text is the salt. `link` numbers a group of linked participants (0: none). A positive amount of GUARANTEES is
held, a negative one given back. `target` of CHANGES is a bid's id or a line's number. `argument` of ROUND_STEPS is
minutes where the window is extended; the text is the reason. `target` of RESERVE_STEPS is the number of a trigger or
of a decision.

A row of COMMITMENTS commits to a bid whose id is that of the request (`order_id(session, request_id)`); `hash` is the
SHA-256 that `engine.rounds.sealed_bid.commitment_of_bid` makes; `replaces` is the live commitment whose place it takes
(0: none). Rows of REVEALS open all live commitments of one round in one batch; `target` is a bid's id.

In ORDERS 0 means "none" for the stop price, for the quantity shown (all of it), for the least quantity that must trade
on arrival, and for the expiry (GTD only); `participant` is the target of a MASS_CANCEL (0: the actor), whose `side` 0
means both. A TAKE names a listing in `order_id` and how much of it in `quantity_lots`; the taker's own order gets the
id of its request.

In BLOCKS `instrument`, `side` (the actor's own), `counterparty` (0: everybody) and `expire_ns` (0: none) belong to an
OFFER, price and quantity to OFFER and COUNTER. An OFFER's id is that of its request, as an order's; the other commands
name it in `offer_id`. START and STOP name the instrument.
"""


def is_code(enum: type[IntEnum], code: int) -> bool:
    """Whether a number that came with a row is a member of an enum."""
    return any(code == member for member in enum)


def order_id(session: int, request_id: int) -> int:
    """The id of the order or bid that a request opens: known to its sender before the answer comes."""
    return session << 40 | request_id


class MalformedBatch(ValueError):
    """A batch that no rule can judge: it never reaches the journal."""


@dataclass(frozen=True)
class Batch:
    """One unit of work: rows of one table at one time.

    `rows` is a 1-d array of `ROWS[table]`, `text` the UTF-8 blob its text columns point into, `time_ns` nanoseconds
    since 1970-01-01T00:00:00Z as the sequencer stamped them. Raises `MalformedBatch` when the rows are not rows of the
    table, are none or too many, or point outside the text; so a batch that exists can be judged.
    """

    table: Table
    time_ns: int
    rows: np.ndarray
    text: bytes = b""

    def __post_init__(self) -> None:
        rows, expected = self.rows, ROWS[self.table]
        # Two types are seldom two objects, and comparing their columns takes as long as the rest of this.
        if rows.ndim != 1 or (rows.dtype is not expected and rows.dtype != expected):
            raise MalformedBatch(f"rows of {self.table.name} need a 1-d array of its row dtype, found {rows.dtype}")
        if not 1 <= len(rows) <= limits.BATCH_ROWS_MAX:
            raise MalformedBatch(f"a batch holds 1 to {limits.BATCH_ROWS_MAX} rows, found {len(rows)}")
        if not 0 <= self.time_ns <= limits.TIME_NS_MAX:
            raise MalformedBatch(f"time_ns must be from 0 to {limits.TIME_NS_MAX}, found {self.time_ns}")
        if "text_start" in (expected.names or ()):
            ends = rows["text_start"].astype(np.int64) + rows["text_length"]
            if int(ends.max()) > len(self.text):
                raise MalformedBatch(
                    f"text columns point to byte {int(ends.max())} of a text of {len(self.text)} bytes"
                )
            for row in range(len(rows)):
                self._readable(row)
        elif self.table in (Table.RULE_BOOKS, Table.BOOK_PROPOSALS):
            self._readable(None)

    def _readable(self, row: int | None) -> None:
        """Raises MalformedBatch when the text of a row (None: the whole text) is not UTF-8."""
        try:
            _ = self.text.decode() if row is None else self.text_of(row)
        except UnicodeDecodeError:
            where = "the text" if row is None else f"the text of row {row}"
            raise MalformedBatch(f"{where} is not UTF-8") from None

    def text_of(self, row: int) -> str:
        """The text that row `row` points to."""
        start = int(self.rows["text_start"][row])
        return self.text[start : start + int(self.rows["text_length"][row])].decode()


def rows_of(table: Table, count: int) -> np.ndarray:
    """`count` empty rows of a table, ready to have their columns assigned."""
    return np.zeros(count, ROWS[table])
