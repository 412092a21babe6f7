"""A venue in a few calls: builds batches for the core so that tests read as what happens, not as arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import numpy as np

from engine.capacity import SMALL, Capacity
from engine.commands import (
    CASH,
    Batch,
    Drawn,
    Fact,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    Side,
    SupplyKind,
    Table,
    TimeInForce,
    order_id,
    rows_of,
)
from engine.core import Core
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import BY_KEY, DEFINITIONS, Basis, Kind, words_of
from engine.rounds.dossier import commitment_of
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid, to_words
from engine.views import Applied

OPERATOR = 1
DAY = 19_000

TRADING = {"trading.tick": 1, "trading.lot": 1}

UNIFORM = {
    "auction.price_rule": "uniform",
    "auction.undersubscription_rule": "lowest_valid_bid",
    "auction.margin_rule": "time_priority",
    "auction.reserve_price": 1_000,
    "auction.reserve_comparator": "at_or_above",
    "auction.below_reserve": "refused_at_entry",
    "bid.guarantee": "sum_of_values",
    "bid.tick": 1,
    "bid.lot": 1,
    **TRADING,
}
"""A complete chapter on auctions; tests change single keys of it."""

CONSIGNED = {
    **UNIFORM,
    ("consignment.allowed", ParticipantClass.KEY_EMITTER): 1,
    "consignment.may_bid": 0,
    "consignment.minimum_allowed": 0,
    "consignment.rank": 0,
    "consignment.unsold": "return_to_owner",
}

Key = str | tuple[str, ParticipantClass]


def stored(key: str, value: int | str) -> int:
    """A value as it is stored: a word as the number of its enum's member."""
    parameter = BY_KEY[key]
    if DEFINITIONS[parameter].kind is Kind.WORD:
        return words_of(parameter)[str(value)]
    return int(value)


class Venue:
    """A core with an operator, and a session for everybody who acts."""

    def __init__(self, capacity: Capacity = SMALL) -> None:
        self.core = Core(capacity)
        self.time_ns = DAY * 86_400_000_000_000
        self._sessions: dict[int, int] = {}
        self._requests: dict[int, int] = {}
        self.applied: Applied | None = None
        self.register("operator", ParticipantClass.OPERATOR, actor=0)

    def send(self, table: Table, rows: list[dict[str, int]], text: bytes = b"", actor: int = OPERATOR) -> Applied:
        """Apply rows given by column names, as `actor`, without a request key unless a row names one."""
        columns = rows_of(table, len(rows))
        columns["actor"] = actor
        for i, row in enumerate(rows):
            for name, value in row.items():
                columns[name][i] = value
        self.time_ns += 1
        self.applied = self.core.apply(Batch(table, self.time_ns, columns, text))
        return self.applied

    def named(self, table: Table, name: str, actor: int = OPERATOR, **columns: int) -> int:
        """One row with a name; returns the number it got (the row must be accepted)."""
        text = name.encode()
        applied = self.send(table, [{"text_start": 0, "text_length": len(text), **columns}], text, actor)
        assert outcomes(applied) == [Outcome.ACCEPTED], outcomes(applied)
        return int(applied.references[0])

    def register(self, name: str, klass: ParticipantClass, actor: int = OPERATOR) -> int:
        return self.named(Table.PARTICIPANTS, name, actor, participant_class=klass)

    def adopt(self, values: Mapping[Key, int | str], basis: Basis = Basis.OPERATOR, name: str = "book") -> int:
        """A book of undated values given by key, or by (key, class)."""
        rows = []
        for key, value in values.items():
            plain, klass = key if isinstance(key, tuple) else (key, 0)
            rows.append(
                {
                    "parameter": BY_KEY[plain],
                    "participant_class": int(klass),
                    "basis": Basis.UNKNOWN if value == "unknown" else basis,
                    "value": 0 if value == "unknown" else stored(plain, value),
                }
            )
        text = json.dumps({"files": {}, "name": name}).encode()
        return int(self.send(Table.RULE_BOOKS, rows, text).references[0])

    def instrument(self, name: str, book: int, trading: bool = True) -> int:
        number = self.named(Table.INSTRUMENTS, name, rule_book=book, tick_minor=1, lot_units=1)
        if trading:
            self.send(Table.PHASES, [{"instrument": number, "phase": Phase.CONTINUOUS}])
        return number

    def deposit_cash(self, participant: int, amount_minor: int) -> None:
        self.send(Table.DEPOSITS, [{"participant": participant, "instrument": CASH, "quantity": amount_minor}])

    def deposit_units(self, participant: int, instrument: int, lots: int) -> None:
        self.send(Table.DEPOSITS, [{"participant": participant, "instrument": instrument, "quantity": lots}])

    def session(self, participant: int) -> int:
        if participant not in self._sessions:
            self._sessions[participant] = self.named(Table.SESSIONS, "main", participant)
        return self._sessions[participant]

    def key(self, participant: int) -> dict[str, int]:
        """The next request key of a participant."""
        self._requests[participant] = self._requests.get(participant, 0) + 1
        return {"session": self.session(participant), "request_id": self._requests[participant]}

    # -- trading -------------------------------------------------------------------------------------------------

    def order(
        self,
        participant: int,
        side: Side,
        price_ticks: int,
        quantity_lots: int,
        instrument: int = 1,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.GTC,
    ) -> int:
        """A new order; returns its id, whatever became of it (`applied` says what did)."""
        key = self.key(participant)
        row = {
            **key,
            "command": OrderCommand.NEW,
            "side": side,
            "order_type": order_type,
            "time_in_force": time_in_force,
            "instrument": instrument,
            "price_ticks": price_ticks,
            "quantity_lots": quantity_lots,
        }
        self.send(Table.ORDERS, [row], actor=participant)
        return order_id(key["session"], key["request_id"])

    def change(
        self, participant: int, command: OrderCommand, target: int, price_ticks: int = 0, quantity_lots: int = 0
    ) -> Applied:
        row = {
            **self.key(participant),
            "command": command,
            "order_id": target,
            "price_ticks": price_ticks,
            "quantity_lots": quantity_lots,
        }
        return self.send(Table.ORDERS, [row], actor=participant)

    # -- rounds --------------------------------------------------------------------------------------------------

    def round(self, name: str, book: int, instrument: int = 1, day: int = DAY) -> int:
        return self.named(Table.ROUNDS, name, rule_book=book, instrument=instrument, day=day)

    def set_value(self, number: int, key: str, value: int | str, klass: int = 0) -> Applied:
        return self.send(
            Table.ROUND_VALUES,
            [
                {
                    "round_number": number,
                    "parameter": BY_KEY[key],
                    "participant_class": klass,
                    "value": stored(key, value),
                }
            ],
        )

    def supply(
        self, number: int, seller: int, lots: int, kind: int = SupplyKind.GOVERNMENT, group: int = 0, rank: int = 1
    ) -> Applied:
        row = {
            "round_number": number,
            "seller": seller,
            "kind": kind,
            "group": group,
            "rank": rank,
            "quantity_lots": lots,
        }
        return self.send(Table.SUPPLY, [row])

    def consign(self, number: int, consignor: int, lots: int, minimum: int = 0, group: int = 0) -> Applied:
        row = {"round_number": number, "group": group, "quantity_lots": lots, "minimum_price_ticks": minimum}
        return self.send(Table.CONSIGNMENTS, [{**self.key(consignor), **row}], actor=consignor)

    def act(self, number: int, action: RoundAction, actor: int = OPERATOR) -> Applied:
        return self.send(Table.ROUND_ACTIONS, [{"round_number": number, "action": action}], actor=actor)

    def bid(self, number: int, bidder: int, price_ticks: int, lots: int) -> Applied:
        row = {"round_number": number, "price_ticks": price_ticks, "quantity_lots": lots}
        return self.send(Table.BIDS, [{**self.key(bidder), **row}], actor=bidder)

    def commit(self, number: int, bidder: int, price_ticks: int, lots: int, replaces: int = 0) -> Applied:
        """A commitment to a bid; the salt is made of its key."""
        key = self.key(bidder)
        bid = PlainBid(number, bidder, order_id(**key), price_ticks, lots)
        words = to_words(commitment_of_bid(bid, salt_of(bid)))
        hashes = {f"hash_{place}": word for place, word in enumerate(words, start=1)}
        row = {**key, "round_number": number, "replaces": replaces, **hashes}
        return self.send(Table.COMMITMENTS, [row], actor=bidder)

    def reveal_bids(self, bids: Iterable[PlainBid]) -> Applied:
        """One batch that reveals these bids."""
        return self.send(Table.REVEALS, [revealed(bid) for bid in bids])

    def bid_id(self, bidder: int) -> int:
        """The id of the bidder's latest request."""
        return order_id(self.session(bidder), self._requests[bidder])

    def line(self, number: int, seller: int, lots: int, **conditions: int) -> Applied:
        """A line of supply with conditions."""
        row = {"round_number": number, "seller": seller, "kind": SupplyKind.RESERVE, "rank": 5, "quantity_lots": lots}
        return self.send(Table.SUPPLY_LINES, [{**row, **conditions}])

    def draw(self, number: int, targets: Iterable[int], drawn: Drawn = Drawn.BID) -> Applied:
        return self.send(Table.DRAWS, [{"round_number": number, "drawn": drawn, "target": t} for t in targets])

    def worded(self, table: Table, text: str, actor: int = OPERATOR, **columns: int) -> Applied:
        """One row with a text."""
        data = text.encode()
        return self.send(table, [{"text_start": 0, "text_length": len(data), **columns}], data, actor)

    def seal(self, number: int, price_ticks: int, salt: str = "pinch") -> Applied:
        return self.worded(Table.HIDDEN_RESERVES, commitment_of(price_ticks, salt), round_number=number)

    def reveal(self, number: int, price_ticks: int, salt: str = "pinch") -> Applied:
        return self.worded(Table.HIDDEN_RESERVES, salt, round_number=number, price_ticks=price_ticks)

    def fact(self, participant: int, fact: Fact, year: int, lots: int, instrument: int = 1) -> Applied:
        row = {"participant": participant, "instrument": instrument, "fact": fact, "year": year}
        return self.send(Table.FACTS, [{**row, "quantity_lots": lots}])

    def link(self, participant: int, group: int) -> Applied:
        return self.send(Table.LINKS, [{"participant": participant, "link": group}])

    def guarantee(self, number: int, bidder: int, amount_minor: int) -> Applied:
        row = {**self.key(bidder), "round_number": number, "amount_minor": amount_minor}
        return self.send(Table.GUARANTEES, [row], actor=bidder)

    def amend(self, number: int, actor: int, change: int, target: int, price_ticks: int = 0, lots: int = 0) -> Applied:
        row = {"round_number": number, "change": change, "target": target, "price_ticks": price_ticks}
        return self.send(Table.CHANGES, [{**self.key(actor), **row, "quantity_lots": lots}], actor=actor)

    def step(
        self, number: int, action: int, actor: int = OPERATOR, reason: str = "as agreed", argument: int = 0
    ) -> Applied:
        return self.worded(Table.ROUND_STEPS, reason, actor, round_number=number, action=action, argument=argument)

    def reserve(self, step: int, actor: int = OPERATOR, instrument: int = 1, **columns: int) -> Applied:
        row = {"step": step, "instrument": instrument, "day": DAY, **columns}
        if actor != OPERATOR:
            row |= self.key(actor)
        return self.send(Table.RESERVE_STEPS, [row], actor=actor)

    def allocation(self, step: int, participant: int, year: int, lots: int, **columns: int) -> Applied:
        row = {"step": step, "instrument": 1, "participant": participant, "year": year, "quantity_lots": lots}
        return self.send(Table.ALLOCATIONS, [{**row, **columns}])


def salt_of(bid: PlainBid) -> bytes:
    """The salt under which tests commit to a bid."""
    return hashlib.sha256(b"salt" + bid.canonical()).digest()


def revealed(bid: PlainBid) -> dict[str, int]:
    """The row that reveals a bid."""
    salt = {f"salt_{place}": word for place, word in enumerate(to_words(salt_of(bid)), start=1)}
    row = {"round_number": bid.round_number, "target": bid.bid_id, "price_ticks": bid.price_ticks}
    return {**row, "quantity_lots": bid.quantity_lots, **salt}


def outcomes(applied: Applied) -> list[Outcome]:
    """What became of each row."""
    return [Outcome(int(code)) for code in applied.outcomes]


def kinds(applied: Applied) -> list[EventKind]:
    """The kinds of a batch's events, in order."""
    return [EventKind(int(kind)) for kind in applied.events["kind"]]


def only(applied: Applied, kind: EventKind) -> np.ndarray:
    """The events of one kind."""
    return applied.events[applied.events["kind"] == kind]


def trades(batches: Iterable[Applied]) -> list[tuple[int, int]]:
    """(price, quantity) of every trade."""
    return [
        (int(event["price_ticks"]), int(event["quantity_lots"]))
        for applied in batches
        for event in only(applied, EventKind.TRADE)
    ]
