"""BlockService: negotiated blocks."""

from __future__ import annotations

import numpy as np

from engine.commands import BlockCommand, ParticipantClass, Table
from engine.events import EventKind
from engine.views import Participant
from services.servicers.venue import Context, Venue
from services.translate.answers import receipt
from services.translate.blocks import answer_row, counter_row, offer_row, offers, switch_row
from services.wire.jingjia.blocks.v1 import blocks_pb2, blocks_pb2_grpc
from services.wire.jingjia.common.v1 import common_pb2


class BlockServicer(blocks_pb2_grpc.BlockServiceServicer):
    """Takes offers and answers to them."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def OfferBlock(
        self, request: blocks_pb2.OfferBlockRequest, context: Context
    ) -> blocks_pb2.OfferBlockResponse:
        """Offers a block."""
        caller = self._venue.caller(context)
        return blocks_pb2.OfferBlockResponse(receipt=await self._one(offer_row(request, caller.number), caller))

    async def CounterBlock(
        self, request: blocks_pb2.CounterBlockRequest, context: Context
    ) -> blocks_pb2.CounterBlockResponse:
        """Proposes other terms."""
        caller = self._venue.caller(context)
        return blocks_pb2.CounterBlockResponse(receipt=await self._one(counter_row(request, caller.number), caller))

    async def ConfirmBlock(
        self, request: blocks_pb2.ConfirmBlockRequest, context: Context
    ) -> blocks_pb2.ConfirmBlockResponse:
        """Agrees to the terms last proposed."""
        caller = self._venue.caller(context)
        rows = answer_row(request, caller.number, BlockCommand.CONFIRM)
        return blocks_pb2.ConfirmBlockResponse(receipt=await self._one(rows, caller))

    async def DeclineBlock(
        self, request: blocks_pb2.DeclineBlockRequest, context: Context
    ) -> blocks_pb2.DeclineBlockResponse:
        """Ends an offer that asks the caller."""
        caller = self._venue.caller(context)
        rows = answer_row(request, caller.number, BlockCommand.DECLINE)
        return blocks_pb2.DeclineBlockResponse(receipt=await self._one(rows, caller))

    async def WithdrawBlock(
        self, request: blocks_pb2.WithdrawBlockRequest, context: Context
    ) -> blocks_pb2.WithdrawBlockResponse:
        """Ends an offer whose last proposal is the caller's."""
        caller = self._venue.caller(context)
        rows = answer_row(request, caller.number, BlockCommand.WITHDRAW)
        return blocks_pb2.WithdrawBlockResponse(receipt=await self._one(rows, caller))

    async def SwitchBlocks(
        self, request: blocks_pb2.SwitchBlocksRequest, context: Context
    ) -> blocks_pb2.SwitchBlocksResponse:
        """Lets blocks of an instrument be traded, or no more."""
        caller = self._venue.caller(context)
        return blocks_pb2.SwitchBlocksResponse(receipt=await self._one(switch_row(request, caller.number), caller))

    async def ListBlocks(
        self, request: blocks_pb2.ListBlocksRequest, context: Context
    ) -> blocks_pb2.ListBlocksResponse:
        """The offers that the caller may act on."""
        caller = self._venue.caller(context)
        everything = caller.participant_class is ParticipantClass.OPERATOR
        core = self._venue.core
        return blocks_pb2.ListBlocksResponse(
            sequence=self._venue.last_sequence,
            offers=offers(core.block_offers(), request.instrument, caller.number, everything),
        )

    async def _one(self, rows: np.ndarray, caller: Participant) -> common_pb2.Receipt:
        answer = await self._venue.submit(Table.BLOCKS, rows)
        refused = answer.events[answer.events["kind"] == EventKind.REFUSED]
        instrument = int(refused["instrument"][0]) if len(refused) else int(rows["instrument"][0])
        klass = int(caller.participant_class)
        return receipt([answer], [lambda _, parameter: self._venue.clauses.of_instrument(instrument, parameter, klass)])
