"""What goes in and comes out as columns: records of NumPy arrays, checked before they are sent.

Going in, a column is an array, a list or one value for all rows; whole numbers only. Coming out, all columns of a
record are 1-d arrays of one length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from engine.commands import ParticipantClass, SupplyKind, order_id
from engine.rounds.sealed_bid import PlainBid, commitment_of_bid
from services.client.errors import Refusal, Refused, refusals_of
from services.translate import columns
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2

_REPEATED = (common_pb2.ROW_STATUS_ACCEPTED_BEFORE, common_pb2.ROW_STATUS_REFUSED_BEFORE)
_ACCEPTED = (common_pb2.ROW_STATUS_ACCEPTED, common_pb2.ROW_STATUS_ACCEPTED_BEFORE)

_LEAST_AND_MOST = {"u4": (0, 2**32 - 1), "i8": (-(2**63), 2**63 - 1), "u1": (0, 127)}


def _encode(message: Any, given: Mapping[str, tuple[ArrayLike | None, str]]) -> int:
    """Writes columns (name: values, width) into `message`, one-value columns repeated; gives the number of rows."""
    arrays = {name: np.atleast_1d(np.asarray(values)) for name, (values, _) in given.items() if values is not None}
    count = max((len(array) for array in arrays.values()), default=0)
    whole = {}
    for name, array in arrays.items():
        if array.ndim != 1 or array.dtype.kind not in "iub":
            raise TypeError(f"{name}: a column of whole numbers is needed, found {array.ndim}-d {array.dtype}")
        if len(array) not in (1, count):
            raise ValueError(f"{name}: found {len(array)} values; needed is {count}, or one for all rows")
        least, most = _LEAST_AND_MOST[given[name][1]]
        if len(array) and not least <= int(array.min()) <= int(array.max()) <= most:
            raise ValueError(f"{name}: found {array.min()} to {array.max()}; allowed is {least} to {most}")
        whole[name] = np.broadcast_to(array, count)
    columns.write(message, whole)
    return count


@dataclass(frozen=True)
class Orders:
    """Rows of orders as columns; row i is the i-th value of each. What is left out is 0 or the usual (NEW, LIMIT, GTC).

    Prices in ticks, quantities in lots, `expire_ns` in nanoseconds since 1970-01-01T00:00:00Z. Enum columns take the
    members of `engine.commands` (`Side.BUY`) or their numbers. Which column a command needs says `OrderColumns` in
    proto/jingjia/orders/v1/orders.proto.
    """

    instruments: ArrayLike | None = None
    sides: ArrayLike | None = None
    price_ticks: ArrayLike | None = None
    quantity_lots: ArrayLike | None = None
    commands: ArrayLike | None = None
    order_ids: ArrayLike | None = None
    order_types: ArrayLike | None = None
    times_in_force: ArrayLike | None = None
    stop_price_ticks: ArrayLike | None = None
    display_lots: ArrayLike | None = None
    minimum_lots: ArrayLike | None = None
    expire_ns: ArrayLike | None = None
    participants: ArrayLike | None = None
    self_trades: ArrayLike | None = None

    def message(self, session: int, first_request_id: int) -> tuple[orders_pb2.OrderColumns, int]:
        """The columns as the wire takes them, and how many rows they are; ids follow each other from the first."""
        message = orders_pb2.OrderColumns(session=session)
        given = {field.name: (getattr(self, field.name), _ORDER_WIDTHS.get(field.name, "i8")) for field in fields(self)}
        count = _encode(message, given)
        columns.write(message, {"request_ids": first_request_id + np.arange(count)})
        return message, count


_ORDER_WIDTHS = {"instruments": "u4", "participants": "u4"} | dict.fromkeys(
    ("sides", "commands", "order_types", "times_in_force", "self_trades"), "u1"
)


@dataclass(frozen=True)
class Bids:
    """Sealed bids as columns: round numbers, prices in ticks, quantities in lots."""

    round_numbers: ArrayLike
    price_ticks: ArrayLike
    quantity_lots: ArrayLike

    def message(self, session: int, first_request_id: int) -> tuple[auctions_pb2.BidColumns, int]:
        """The columns as the wire takes them, and how many rows they are."""
        message = auctions_pb2.BidColumns(session=session)
        given = {
            "round_numbers": (self.round_numbers, "u4"),
            "price_ticks": (self.price_ticks, "i8"),
            "quantity_lots": (self.quantity_lots, "i8"),
        }
        count = _encode(message, given)
        columns.write(message, {"request_ids": first_request_id + np.arange(count)})
        return message, count


@dataclass(frozen=True)
class Value:
    """A value that a round sets for itself: the parameter's key and the value as a rule book writes them."""

    parameter: str
    value: str
    participant_class: ParticipantClass | None = None


@dataclass(frozen=True)
class Supply:
    """A line of supply to be added to a round; the columns are those of SUPPLY_LINES in `engine.commands`."""

    seller: int
    quantity_lots: int
    kind: SupplyKind = SupplyKind.GOVERNMENT
    rank: int = 0
    group: int = 0
    minimum_price_ticks: int = 0
    trigger_price_ticks: int = 0
    tier: int = 0
    withheld: bool = False


# -- what comes out -------------------------------------------------------------------------------------------------


class _Columns:
    """Reads every field of a record from the column of the same name."""

    @classmethod
    def _read(cls, message: Any) -> dict[str, np.ndarray]:
        return {field.name: columns.read(getattr(message, field.name)) for field in fields(cls)}  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Executions(_Columns):
    """What happened to one's own orders; the columns are those of the message `jingjia.orders.v1.Executions`."""

    sequences: np.ndarray
    kinds: np.ndarray
    instruments: np.ndarray
    order_ids: np.ndarray
    sides: np.ndarray
    price_ticks: np.ndarray
    quantity_lots: np.ndarray
    remaining_lots: np.ndarray
    takers: np.ndarray
    reasons: np.ndarray
    amounts_minor: np.ndarray

    def __len__(self) -> int:
        return len(self.sequences)

    @classmethod
    def of(cls, message: orders_pb2.Executions) -> Executions:
        """From the wire, where a column of charges that are all 0 is left out."""
        read = cls._read(message)
        if not len(read["amounts_minor"]):
            read["amounts_minor"] = np.zeros(len(read["sequences"]), np.int64)
        return cls(**read)

    def trades(self) -> Executions:
        """The trades among them."""
        chosen = self.kinds == orders_pb2.EXECUTION_KIND_TRADE
        return Executions(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True, eq=False)
class OrderAnswer:
    """What became of a batch. `accepted` and `repeated` (bool) and `order_ids` (int64) have one entry a row.

    `order_ids` are those that NEW rows open. `repeated`: the row had been recorded before, this is its first answer
    again; what it did then is in the executions of that time. Everything told is durable.
    """

    accepted: np.ndarray
    repeated: np.ndarray
    order_ids: np.ndarray
    refusals: tuple[Refusal, ...]
    executions: Executions
    first_sequence: int
    last_sequence: int

    @classmethod
    def of(cls, message: orders_pb2.OrderAnswer, session: int, first_request_id: int) -> OrderAnswer:
        """From the wire."""
        status = columns.read(message.statuses)
        return cls(
            accepted=np.isin(status, _ACCEPTED),
            repeated=np.isin(status, _REPEATED),
            order_ids=order_id(session, first_request_id) + np.arange(len(status)),
            refusals=refusals_of(message.refusals),
            executions=Executions.of(message.executions),
            first_sequence=message.first_sequence,
            last_sequence=message.last_sequence,
        )


@dataclass(frozen=True)
class Committed:
    """What entered for a bid: SHA-256 over the salt and the canonical bid (`engine.rounds.sealed_bid`)."""

    bid_id: int
    sha256: bytes
    salt: bytes

    @classmethod
    def of(cls, message: auctions_pb2.BidCommitment) -> Committed:
        """From the wire."""
        return cls(message.bid_id, bytes.fromhex(message.commitment_sha256), bytes.fromhex(message.salt))

    def is_of(self, bid: PlainBid) -> bool:
        """Whether it commits to this bid and to no other."""
        return commitment_of_bid(bid, self.salt) == self.sha256


@dataclass(frozen=True, eq=False)
class BidAnswer:
    """What became of bids: as `OrderAnswer`; `bid_ids` are those that the rows open."""

    accepted: np.ndarray
    repeated: np.ndarray
    bid_ids: np.ndarray
    refusals: tuple[Refusal, ...]
    first_sequence: int
    last_sequence: int
    commitments: tuple[Committed, ...] = ()
    """One a row, where bids are committed to; else empty."""

    @classmethod
    def of(cls, message: auctions_pb2.SubmitBidsResponse, session: int, first_request_id: int) -> BidAnswer:
        """From the wire."""
        status = columns.read(message.statuses)
        return cls(
            accepted=np.isin(status, _ACCEPTED),
            repeated=np.isin(status, _REPEATED),
            bid_ids=order_id(session, first_request_id) + np.arange(len(status)),
            refusals=refusals_of(message.refusals),
            first_sequence=message.first_sequence,
            last_sequence=message.last_sequence,
            commitments=tuple(map(Committed.of, message.commitments)),
        )


@dataclass(frozen=True, eq=False)
class MarketEvents(_Columns):
    """Public events; the columns are those of the message `jingjia.market.v1.MarketEvents`."""

    sequences: np.ndarray
    kinds: np.ndarray
    instruments: np.ndarray
    sides: np.ndarray
    price_ticks: np.ndarray
    quantity_lots: np.ndarray
    references: np.ndarray

    def __len__(self) -> int:
        return len(self.sequences)

    @classmethod
    def of(cls, message: market_pb2.MarketEvents) -> MarketEvents:
        """From the wire."""
        return cls(**cls._read(message))


@dataclass(frozen=True, eq=False)
class MarketUpdate:
    """The public events of one stretch of sequences; stretches follow each other without gaps."""

    first_sequence: int
    last_sequence: int
    events: MarketEvents


@dataclass(frozen=True, eq=False)
class ExecutionUpdate:
    """One's own executions in one stretch of sequences; stretches follow each other without gaps."""

    first_sequence: int
    last_sequence: int
    executions: Executions


@dataclass(frozen=True, eq=False)
class Awards(_Columns):
    """Bids of a round and what they got; the columns are those of the message `jingjia.auctions.v1.Awards`."""

    bid_ids: np.ndarray
    bidders: np.ndarray
    bid_price_ticks: np.ndarray
    bid_quantity_lots: np.ndarray
    awarded_lots: np.ndarray
    price_ticks: np.ndarray
    payment_minor: np.ndarray
    valid: np.ndarray

    def __len__(self) -> int:
        return len(self.bid_ids)

    @classmethod
    def of(cls, message: auctions_pb2.Awards) -> Awards:
        """From the wire."""
        return cls(**cls._read(message))


def checked(receipt: common_pb2.Receipt) -> common_pb2.Receipt:
    """The receipt of an accepted request; raises Refused for any other."""
    if receipt.refusals:
        raise Refused(refusals_of(receipt.refusals), receipt)
    return receipt
