"""A client of the venue, for programs: orders and bids as columns, retries that never double anything.

    from services.client import Client, Orders, Side

    with Client.connect("127.0.0.1:8920", participant="alpha") as client:
        session = client.open_session("desk-1")
        orders = Orders(instruments=1, sides=Side.BUY, price_ticks=[4350, 4349], quantity_lots=10)
        answer = session.submit_orders(orders)
        print(answer.accepted, answer.refusals)

`Client` reads and follows, its sessions write. `AsyncClient` is the same for asyncio. What a method returns is either a
message of the wire (each field documented in proto/) or a small record of NumPy arrays; prices are ticks, quantities
lots, money minor units: whole numbers everywhere.

Every write carries a session and a request id. When a call ends without an answer it is sent again under the same id
until `Retry.for_s` seconds have passed, and the venue gives the first answer again if it had recorded it.
"""

from engine.commands import (
    Drawn,
    Fact,
    OrderCommand,
    OrderType,
    ParticipantClass,
    Phase,
    RoundAction,
    SelfTrade,
    Side,
    SupplyKind,
    TimeInForce,
)
from engine.outcomes import Outcome
from services.client.async_client import AsyncClient
from services.client.connection import Retry, Tls
from services.client.errors import CallFailed, ClientError, GapFound, Refusal, Refused, Unanswered
from services.client.mirror import BookMirror
from services.client.records import (
    Awards,
    BidAnswer,
    Bids,
    Executions,
    ExecutionUpdate,
    MarketEvents,
    MarketUpdate,
    OrderAnswer,
    Orders,
    Supply,
    Value,
)
from services.client.session import AsyncSession
from services.client.stream import AsyncOrderStream
from services.client.sync import Client, OrderStream, Session

__all__ = [
    "AsyncClient",
    "AsyncOrderStream",
    "AsyncSession",
    "Awards",
    "BidAnswer",
    "Bids",
    "BookMirror",
    "CallFailed",
    "Client",
    "ClientError",
    "Drawn",
    "ExecutionUpdate",
    "Executions",
    "Fact",
    "GapFound",
    "MarketEvents",
    "MarketUpdate",
    "OrderAnswer",
    "OrderCommand",
    "OrderStream",
    "OrderType",
    "Orders",
    "Outcome",
    "ParticipantClass",
    "Phase",
    "Refusal",
    "Refused",
    "Retry",
    "RoundAction",
    "SelfTrade",
    "Session",
    "Side",
    "Supply",
    "SupplyKind",
    "TimeInForce",
    "Tls",
    "Unanswered",
    "Value",
]
