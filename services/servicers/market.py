"""MarketDataService: pictures of the book, and the public events that keep them current."""

from __future__ import annotations

import numpy as np

from services.servicers.streams import send, stretches
from services.servicers.venue import Context, Venue
from services.translate.market import PHASES, book, market_events, standing
from services.wire.jingjia.market.v1 import market_pb2, market_pb2_grpc


class MarketDataServicer(market_pb2_grpc.MarketDataServiceServicer):
    """Shows the market to every registered participant."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def GetBook(self, request: market_pb2.GetBookRequest, context: Context) -> market_pb2.GetBookResponse:
        """A picture of one book, tied to a sequence."""
        self._venue.caller(context)
        instrument = self._venue.instrument(request.instrument)
        levels = request.levels or self._venue.core.capacity.levels
        core = self._venue.core
        return book(core.depth(instrument.number, levels), instrument.phase, core.indicative(instrument.number))

    async def GetOrders(self, request: market_pb2.GetOrdersRequest, context: Context) -> market_pb2.GetOrdersResponse:
        """One book order by order."""
        self._venue.caller(context)
        instrument = self._venue.instrument(request.instrument)
        return standing(self._venue.core.orders(instrument.number), self._venue.last_sequence)

    async def GetPhase(self, request: market_pb2.GetPhaseRequest, context: Context) -> market_pb2.GetPhaseResponse:
        """What instruments are doing."""
        self._venue.caller(context)
        wanted = [self._venue.instrument(number) for number in request.instruments] or self._venue.core.instruments()
        return market_pb2.GetPhaseResponse(
            sequence=self._venue.last_sequence,
            phases=[
                market_pb2.InstrumentPhase(instrument=view.number, phase=PHASES[view.phase])
                for view in sorted(wanted, key=lambda view: view.number)
            ],
        )

    async def Subscribe(  # type: ignore[override]
        self, request: market_pb2.SubscribeRequest, context: Context
    ) -> None:
        """Public events from a sequence on."""
        self._venue.caller(context)
        numbers = [self._venue.instrument(number).number for number in request.instruments]
        instruments = np.array(numbers, np.uint16) if numbers else None
        subscription = self._venue.subscribe(request.from_sequence)
        public = stretches(subscription, lambda events, first: market_events(events, first, instruments))
        async for first, last, found in public:
            message = market_pb2.SubscribeResponse(first_sequence=first, last_sequence=last, events=found)
            await send(context, message, first, self._venue.write_timeout_s)
