"""The way of a batch through the core: who may ask, what a refusal leaves behind, numbering, chain and digest."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from engine.capacity import MEDIUM, SMALL, Capacity
from engine.commands import (
    CASH,
    Batch,
    MalformedBatch,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    Side,
    Table,
    TimeInForce,
    rows_of,
)
from engine.core import Core
from engine.event_chain import CHAIN_START
from engine.events import EventKind
from engine.limits import AMOUNT_MINOR_MAX, CASH_TOTAL_MINOR_MAX, HOLDING_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.views import Cash
from tests.core.venue import OPERATOR, TRADING, UNIFORM, Venue, kinds, only, outcomes


def trading_venue(capacity: Capacity = SMALL) -> Venue:
    """Two traders (2 and 3) with cash and units of instrument 1."""
    venue = Venue(capacity)
    venue.instrument("SZEA", venue.adopt({**UNIFORM, **TRADING}))
    for name in ("buyer", "seller"):
        number = venue.register(name, ParticipantClass.INSTITUTION)
        venue.deposit_cash(number, 100_000)
        venue.deposit_units(number, 1, 1_000)
    return venue


def test_genesis_is_the_only_row_without_an_actor() -> None:
    venue = Venue()
    assert [p.participant_class for p in venue.core.participants()] == [ParticipantClass.OPERATOR]
    row = {"participant_class": ParticipantClass.INSTITUTION, "text_length": 1}
    assert outcomes(venue.send(Table.PARTICIPANTS, [row], b"x", actor=0)) == [Outcome.ACTOR_UNKNOWN]
    assert outcomes(venue.send(Table.PARTICIPANTS, [row], b"x", actor=7)) == [Outcome.ACTOR_UNKNOWN]


def test_a_venue_begins_with_its_operator() -> None:
    rows = rows_of(Table.PARTICIPANTS, 1)
    rows["participant_class"], rows["text_length"] = ParticipantClass.INSTITUTION, 1
    core = Core()
    assert outcomes(core.apply(Batch(Table.PARTICIPANTS, 1, rows, b"x"))) == [Outcome.NOT_PERMITTED_FOR_CLASS]
    assert core.participants() == []
    rows["participant_class"] = ParticipantClass.OPERATOR
    assert outcomes(core.apply(Batch(Table.PARTICIPANTS, 2, rows, b"x"))) == [Outcome.ACCEPTED]


@pytest.mark.parametrize(
    "table",
    [Table.PARTICIPANTS, Table.INSTRUMENTS, Table.DEPOSITS, Table.RULE_BOOKS, Table.ROUNDS, Table.ROUND_VALUES,
     Table.SUPPLY, Table.ROUND_ACTIONS, Table.PHASES],
)  # fmt: skip
def test_operators_tables_are_closed_to_others(table: Table) -> None:
    venue = trading_venue()
    before = venue.core.digest()
    sequence = venue.core.next_sequence
    assert outcomes(venue.send(table, [{}], b"", actor=2)) == [Outcome.NOT_PERMITTED_FOR_CLASS]
    assert venue.core.next_sequence == sequence + 1
    assert venue.core.digest() != before, "the refusal itself is history"
    assert venue.core.conservation() == []


def test_an_order_is_funded_traded_and_settled() -> None:
    venue = trading_venue()
    venue.order(3, Side.SELL, 90, 10)
    assert [h.held_lots for h in venue.core.holdings(3)] == [10]
    venue.order(2, Side.BUY, 100, 15)
    assert venue.core.cash(2) == Cash(2, 100_000 - 10 * 90 - 5 * 100, 500)
    assert venue.core.cash(3).available_minor == 100_000 + 900
    assert [(h.available_lots, h.held_lots) for h in venue.core.holdings(2)] == [(1_010, 0)]
    depth = venue.core.depth(1, 5)
    assert [(level.price_ticks, level.quantity_lots, level.orders) for level in depth.bids] == [(100, 5, 1)]
    assert (depth.asks, depth.last_price_ticks) == ((), 90)


REFUSED_ORDERS: list[tuple[str, dict[str, int], Outcome, Parameter]] = [
    ("no such command", {"command": 9}, Outcome.UNKNOWN_COMMAND, Parameter.NONE),
    ("no side", {"side": 0}, Outcome.UNKNOWN_COMMAND, Parameter.NONE),
    ("no type", {"order_type": 77}, Outcome.UNKNOWN_COMMAND, Parameter.NONE),
    ("no time in force", {"time_in_force": 77}, Outcome.UNKNOWN_COMMAND, Parameter.NONE),
    ("price 0", {"price_ticks": 0}, Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    ("negative price", {"price_ticks": -1}, Outcome.PRICE_OUT_OF_BOUNDS, Parameter.NONE),
    ("quantity 0", {"quantity_lots": 0}, Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    ("huge quantity", {"quantity_lots": 2**40}, Outcome.QUANTITY_OUT_OF_BOUNDS, Parameter.NONE),
    ("huge amount", {"price_ticks": 2**30, "quantity_lots": 2**31}, Outcome.AMOUNT_OUT_OF_BOUNDS, Parameter.NONE),
    ("another's session", {"session": 2}, Outcome.SESSION_NOT_OF_ACTOR, Parameter.NONE),
    ("a used request id", {"request_id": 0}, Outcome.REQUEST_ID_NOT_INCREASING, Parameter.NONE),
    ("no such instrument", {"instrument": 7}, Outcome.INSTRUMENT_UNKNOWN, Parameter.NONE),
    ("instrument far out", {"instrument": 2**31}, Outcome.INSTRUMENT_UNKNOWN, Parameter.NONE),
    ("closed instrument", {"instrument": 2}, Outcome.INSTRUMENT_NOT_TRADING, Parameter.NONE),
    ("a stop that nothing bounds", {"order_type": OrderType.STOP, "price_ticks": 0, "stop_price_ticks": 5},
     Outcome.ORDER_WITHOUT_BOUND, Parameter.TRADING_BAND),
    ("a stop limit without a stop", {"order_type": OrderType.STOP_LIMIT}, Outcome.STOP_PRICE_OUT_OF_BOUNDS,
     Parameter.NONE),
    ("market order with a price", {"order_type": OrderType.MARKET},
     Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER, Parameter.NONE),
    ("off tick", {"instrument": 3, "price_ticks": 101}, Outcome.PRICE_OFF_TICK, Parameter.TRADING_TICK),
    ("off lot", {"instrument": 3, "quantity_lots": 11}, Outcome.QUANTITY_OFF_LOT, Parameter.TRADING_LOT),
    ("market order into nothing", {"order_type": OrderType.MARKET, "price_ticks": 0}, Outcome.NO_LIQUIDITY,
     Parameter.NONE),
    ("more than its cash", {"quantity_lots": 1_001}, Outcome.CASH_INSUFFICIENT, Parameter.NONE),
    ("more than its units", {"side": Side.SELL, "quantity_lots": 1_001}, Outcome.HOLDING_INSUFFICIENT,
     Parameter.NONE),
    ("cancel of nothing", {"command": OrderCommand.CANCEL, "order_id": 5}, Outcome.ORDER_UNKNOWN, Parameter.NONE),
]  # fmt: skip


@pytest.mark.parametrize(("change", "outcome", "parameter"), [row[1:] for row in REFUSED_ORDERS],
                         ids=[row[0] for row in REFUSED_ORDERS])  # fmt: skip
def test_refused_order_names_its_reason_and_moves_nothing(
    change: dict[str, int], outcome: Outcome, parameter: Parameter
) -> None:
    venue = trading_venue()
    venue.instrument("closed", 1, trading=False)
    venue.instrument("coarse", venue.adopt({"trading.tick": 2, "trading.lot": 10}))
    key = venue.key(2)
    venue.session(3)
    row = {
        **key,
        "command": OrderCommand.NEW,
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.GTC,
        "instrument": 1,
        "price_ticks": 100,
        "quantity_lots": 10,
    }
    accounts = (venue.core.cash(2), venue.core.holdings(2))
    applied = venue.send(Table.ORDERS, [{**row, **change}], actor=2)
    assert outcomes(applied) == [outcome]
    assert applied.parameters[0] == parameter
    assert kinds(applied) == [EventKind.REFUSED]
    assert (venue.core.cash(2), venue.core.holdings(2)) == accounts
    assert venue.core.depth(1, 5).bids == ()


def test_only_its_owner_changes_an_order() -> None:
    venue = trading_venue()
    target = venue.order(2, Side.BUY, 100, 10)
    for command in (OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE):
        assert outcomes(venue.change(3, command, target, 100, 1)) == [Outcome.ORDER_NOT_OF_PARTICIPANT]
    assert outcomes(venue.change(2, OrderCommand.REDUCE, target, 0, 10)) == [Outcome.REDUCTION_NOT_BELOW_REMAINING]
    assert outcomes(venue.change(2, OrderCommand.REDUCE, target, 0, 4)) == [Outcome.ACCEPTED]
    assert venue.core.cash(2).held_minor == 600
    assert outcomes(venue.change(2, OrderCommand.REPLACE, target, 50, 20)) == [Outcome.ACCEPTED]
    assert venue.core.cash(2).held_minor == 1_000
    assert outcomes(venue.change(2, OrderCommand.CANCEL, target)) == [Outcome.ACCEPTED]
    assert venue.core.cash(2) == Cash(2, 100_000, 0)
    assert outcomes(venue.change(2, OrderCommand.CANCEL, target)) == [Outcome.ORDER_UNKNOWN]


def test_a_refused_row_uses_up_its_request_id() -> None:
    venue = trading_venue()
    venue.order(2, Side.BUY, 100, 10**6)
    assert venue.applied is not None
    assert outcomes(venue.applied) == [Outcome.CASH_INSUFFICIENT]
    assert venue.core.sessions()[0].last_request_id == 1


def test_an_order_id_is_known_before_the_answer() -> None:
    venue = trading_venue()
    target = venue.order(2, Side.BUY, 100, 10)
    assert venue.applied is not None
    assert venue.applied.references.tolist() == [target]
    assert only(venue.applied, EventKind.ORDER_ACCEPTED)["order_id"].tolist() == [target]


def test_opening_a_session_again_gives_the_same_number() -> None:
    venue = trading_venue()
    numbers = [venue.named(Table.SESSIONS, name, actor=2) for name in ("one", "two", "one")]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0]]
    assert venue.named(Table.SESSIONS, "one", actor=3) not in numbers


def test_names_are_registered_once() -> None:
    venue = trading_venue()
    row = {"participant_class": ParticipantClass.INDIVIDUAL, "text_length": 5}
    applied = venue.send(Table.PARTICIPANTS, [row], b"buyer")
    assert outcomes(applied) == [Outcome.NAME_ALREADY_REGISTERED]
    assert applied.references.tolist() == [2]
    assert outcomes(venue.send(Table.PARTICIPANTS, [{**row, "text_length": 0}])) == [Outcome.NAME_EMPTY_OR_TOO_LONG]
    assert outcomes(venue.send(Table.PARTICIPANTS, [{**row, "participant_class": 9}], b"other")) == [
        Outcome.UNKNOWN_COMMAND
    ]
    instrument = {"rule_book": 1, "tick_minor": 1, "lot_units": 1, "text_length": 4}
    assert outcomes(venue.send(Table.INSTRUMENTS, [instrument], b"SZEA")) == [Outcome.NAME_ALREADY_REGISTERED]
    assert outcomes(venue.send(Table.INSTRUMENTS, [{**instrument, "rule_book": 9}], b"NEWA")) == [
        Outcome.RULE_BOOK_UNKNOWN
    ]
    assert outcomes(venue.send(Table.INSTRUMENTS, [{**instrument, "tick_minor": 0}], b"NEWA")) == [
        Outcome.AMOUNT_OUT_OF_BOUNDS
    ]


@pytest.mark.parametrize(
    ("row", "outcome"),
    [
        ({"participant": 2, "instrument": CASH, "quantity": 0}, Outcome.AMOUNT_OUT_OF_BOUNDS),
        ({"participant": 2, "instrument": CASH, "quantity": AMOUNT_MINOR_MAX + 1}, Outcome.AMOUNT_OUT_OF_BOUNDS),
        ({"participant": 9, "instrument": CASH, "quantity": 1}, Outcome.PARTICIPANT_UNKNOWN),
        ({"participant": 2, "instrument": 9, "quantity": 1}, Outcome.INSTRUMENT_UNKNOWN),
        ({"participant": 2, "instrument": 1, "quantity": HOLDING_LOTS_MAX}, Outcome.HOLDING_LIMIT_EXCEEDED),
    ],
)
def test_refused_deposits(row: dict[str, int], outcome: Outcome) -> None:
    venue = trading_venue()
    before = (venue.core.cash(2), venue.core.holdings(2))
    assert outcomes(venue.send(Table.DEPOSITS, [row])) == [outcome]
    assert (venue.core.cash(2), venue.core.holdings(2)) == before


def test_all_cash_of_the_venue_is_bounded() -> None:
    venue = trading_venue()
    row = {"participant": 2, "instrument": CASH, "quantity": AMOUNT_MINOR_MAX}
    applied = venue.send(Table.DEPOSITS, [row] * 3)
    assert AMOUNT_MINOR_MAX * 2 + 200_000 > CASH_TOTAL_MINOR_MAX
    assert outcomes(applied) == [Outcome.ACCEPTED, Outcome.CASH_TOTAL_EXCEEDED, Outcome.CASH_TOTAL_EXCEEDED]


def fill(venue: Venue, table: Table, room: int, given_out: int, actor: int = OPERATOR, **columns: int) -> list[Outcome]:
    """Send two rows more than there are numbers left; returns what became of the last three."""
    count = room - 1 - given_out + 2
    names = "".join(f"{i:04}" for i in range(count)).encode()
    rows = [{"text_start": 4 * i, "text_length": 4, **columns} for i in range(count)]
    return outcomes(venue.send(table, rows, names, actor))[-3:]


def test_pools_that_are_full_refuse_by_name() -> None:
    venue = trading_venue()
    accepted = Outcome.ACCEPTED
    full = fill(venue, Table.PARTICIPANTS, SMALL.participants, 3, participant_class=ParticipantClass.INDIVIDUAL)
    assert full == [accepted, Outcome.PARTICIPANTS_FULL, Outcome.PARTICIPANTS_FULL]
    assert fill(venue, Table.SESSIONS, SMALL.sessions, 0, actor=2)[1:] == [Outcome.SESSIONS_FULL] * 2
    full = fill(venue, Table.INSTRUMENTS, SMALL.instruments, 1, rule_book=1, tick_minor=1, lot_units=1)
    assert full == [accepted, Outcome.INSTRUMENTS_FULL, Outcome.INSTRUMENTS_FULL]
    full = fill(venue, Table.ROUNDS, SMALL.rounds, 0, rule_book=1, instrument=1)
    assert full == [accepted, Outcome.ROUNDS_FULL, Outcome.ROUNDS_FULL]
    assert venue.core.conservation() == []


def test_phases_are_set_by_command() -> None:
    venue = trading_venue()
    applied = venue.send(Table.PHASES, [{"instrument": 1, "phase": Phase.CLOSED}])
    assert kinds(applied) == [EventKind.PHASE_CHANGED]
    venue.order(2, Side.BUY, 100, 1)
    assert venue.applied is not None
    assert outcomes(venue.applied) == [Outcome.INSTRUMENT_NOT_TRADING]
    assert outcomes(venue.send(Table.PHASES, [{"instrument": 9, "phase": 1}])) == [Outcome.INSTRUMENT_UNKNOWN]
    assert outcomes(venue.send(Table.PHASES, [{"instrument": 1, "phase": 99}])) == [Outcome.UNKNOWN_COMMAND]
    venue.instrument("auction only", venue.adopt({"auction.price_rule": "uniform"}), trading=False)
    refused = venue.send(Table.PHASES, [{"instrument": 2, "phase": Phase.CONTINUOUS}])
    assert outcomes(refused) == [Outcome.PARAMETER_WITHOUT_VALUE]


def test_malformed_batches_change_nothing() -> None:
    venue = trading_venue()
    before = venue.core.digest()
    with pytest.raises(MalformedBatch, match="lies before"):
        venue.core.apply(Batch(Table.ORDERS, 0, rows_of(Table.ORDERS, 1)))
    with pytest.raises(MalformedBatch, match="1 to 65536 rows"):
        Batch(Table.ORDERS, 0, rows_of(Table.ORDERS, 0))
    with pytest.raises(MalformedBatch, match="its row dtype"):
        Batch(Table.ORDERS, 0, rows_of(Table.BIDS, 1))
    rows = rows_of(Table.SESSIONS, 1)
    rows["text_length"] = 3
    with pytest.raises(MalformedBatch, match="byte 3 of a text of 2"):
        Batch(Table.SESSIONS, 0, rows, b"ab")
    assert venue.core.digest() == before


def test_events_are_numbered_and_chained() -> None:
    venue = trading_venue()
    core, chain = venue.core, venue.core.event_chain
    sequence = core.next_sequence
    venue.order(3, Side.SELL, 90, 10)
    applied = venue.applied
    assert applied is not None
    assert applied.first_sequence == sequence + 1, "the session was opened first"
    opened = core.event_chain
    assert opened != hashlib.sha256(chain + applied.events.tobytes()).digest()
    venue.order(2, Side.BUY, 90, 10)
    assert venue.applied is not None
    assert core.next_sequence == venue.applied.first_sequence + len(venue.applied.events)
    assert bytes(32) == CHAIN_START
    assert Core().event_chain == CHAIN_START


def story(capacity: Capacity) -> Venue:
    """A bit of everything: trading, a round cleared, a round open."""
    venue = trading_venue(capacity)
    venue.order(3, Side.SELL, 90, 10)
    venue.order(2, Side.BUY, 95, 4)
    venue.order(2, Side.BUY, 80, 4)
    for name in ("first", "second"):
        number = venue.round(name, 1)
        venue.supply(number, 3, 100)
        venue.act(number, RoundAction.OPEN)
        venue.bid(number, 2, 1_000, 7)
    venue.act(1, RoundAction.CLOSE)
    venue.act(1, RoundAction.CLEAR)
    return venue


def test_the_digest_goes_by_meaning_not_by_memory() -> None:
    small, again, medium = story(SMALL), story(SMALL), story(MEDIUM)
    assert small.core.digest() == again.core.digest() == medium.core.digest()
    assert small.core.event_chain == medium.core.event_chain
    again.order(2, Side.BUY, 80, 1)
    assert again.core.digest() != small.core.digest()


def test_independent_rows_of_a_batch_are_judged_in_order() -> None:
    venue = trading_venue()
    session = venue.session(2)
    rows = rows_of(Table.ORDERS, 3)
    rows["actor"], rows["session"], rows["request_id"] = 2, session, [1, 2, 3]
    rows["command"] = [OrderCommand.NEW, OrderCommand.CANCEL, OrderCommand.CANCEL]
    rows["side"], rows["order_type"], rows["time_in_force"], rows["instrument"] = 1, 1, 1, 1
    rows["price_ticks"], rows["quantity_lots"] = 100, 10
    rows["order_id"] = [0, session << 40 | 1, session << 40 | 1]
    venue.time_ns += 1
    applied = venue.core.apply(Batch(Table.ORDERS, venue.time_ns, rows))
    assert outcomes(applied) == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.ORDER_UNKNOWN]
    orders = applied.events[applied.events["kind"] != EventKind.DEPTH_CHANGED]
    assert orders["row"].tolist() == [0, 1, 2]
    assert np.array_equal(applied.references, [session << 40 | 1] * 3)
    assert venue.core.participants()[OPERATOR - 1].name == "operator"
