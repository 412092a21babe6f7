"""The generated stubs of one asyncio channel."""

from __future__ import annotations

import grpc.aio

from services.wire.jingjia.accounts.v1.accounts_pb2_grpc import AccountServiceStub
from services.wire.jingjia.auctions.v1.auctions_pb2_grpc import AuctionServiceStub
from services.wire.jingjia.blocks.v1.blocks_pb2_grpc import BlockServiceStub
from services.wire.jingjia.floor.v1.floor_pb2_grpc import FloorServiceStub
from services.wire.jingjia.market.v1.market_pb2_grpc import MarketDataServiceStub
from services.wire.jingjia.orders.v1.orders_pb2_grpc import OrderServiceStub
from services.wire.jingjia.reference.v1.reference_pb2_grpc import ReferenceServiceStub
from services.wire.jingjia.reserve.v1.reserve_pb2_grpc import ReserveServiceStub
from services.wire.jingjia.rules.v1.rules_pb2_grpc import RuleBookServiceStub
from services.wire.jingjia.units.v1.units_pb2_grpc import UnitServiceStub


class Stubs:
    """One stub for each service."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.accounts = AccountServiceStub(channel)
        self.auctions = AuctionServiceStub(channel)
        self.blocks = BlockServiceStub(channel)
        self.floor = FloorServiceStub(channel)
        self.market = MarketDataServiceStub(channel)
        self.orders = OrderServiceStub(channel)
        self.reference = ReferenceServiceStub(channel)
        self.reserve = ReserveServiceStub(channel)
        self.rules = RuleBookServiceStub(channel)
        self.units = UnitServiceStub(channel)
