"""FloorService: stops, changes of the rules, prices of a day, large holders."""

from __future__ import annotations

import numpy as np

from engine.commands import ParticipantClass, Table
from engine.words.floor import ChangeStep, ControlAction
from services import identity
from services.servicers.venue import Context, Venue
from services.translate.answers import Clause
from services.translate.floor import (
    answer_rows,
    change_message,
    control_rows,
    day_message,
    holder_message,
    proposal_rows,
    stop_message,
)
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.floor.v1 import floor_pb2, floor_pb2_grpc


class FloorServicer(floor_pb2_grpc.FloorServiceServicer):
    """Runs the floor."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def GetTradingDay(
        self, request: floor_pb2.GetTradingDayRequest, context: Context
    ) -> floor_pb2.GetTradingDayResponse:
        """The prices of a day."""
        self._venue.caller(context)
        view = self._venue.instrument(request.instrument)
        return day_message(self._venue.core.floor.day_prices(view.number), self._venue.last_sequence)

    async def StopTrading(
        self, request: floor_pb2.StopTradingRequest, context: Context
    ) -> floor_pb2.StopTradingResponse:
        """The kill switch."""
        rows, text = control_rows(request, ControlAction.STOP, self._venue.caller(context).number)
        return floor_pb2.StopTradingResponse(receipt=await self._control(rows, text))

    async def ProposeResumption(
        self, request: floor_pb2.ProposeResumptionRequest, context: Context
    ) -> floor_pb2.ProposeResumptionResponse:
        """Proposes to lift a stop."""
        rows, text = control_rows(request, ControlAction.PROPOSE_RESUMPTION, self._venue.caller(context).number)
        return floor_pb2.ProposeResumptionResponse(receipt=await self._control(rows, text))

    async def ApproveResumption(
        self, request: floor_pb2.ApproveResumptionRequest, context: Context
    ) -> floor_pb2.ApproveResumptionResponse:
        """Lifts a stop."""
        rows, text = control_rows(request, ControlAction.APPROVE_RESUMPTION, self._venue.caller(context).number)
        return floor_pb2.ApproveResumptionResponse(receipt=await self._control(rows, text))

    async def _control(self, rows: np.ndarray, text: bytes) -> common_pb2.Receipt:
        return await self._venue.submit_for_receipt(Table.MARKET_CONTROLS, rows, text)

    async def ListStops(self, request: floor_pb2.ListStopsRequest, context: Context) -> floor_pb2.ListStopsResponse:
        """The stops that stand; a participant does not see others'."""
        del request
        caller, floor = self._venue.caller(context), self._venue.core.floor
        operator = caller.participant_class is ParticipantClass.OPERATOR
        shown = [stop for stop in floor.stops() if operator or stop.participant in (0, caller.number)]
        lifts = floor.proposals_to_resume()
        return floor_pb2.ListStopsResponse(
            stops=[stop_message(stop, lifts.get((stop.participant, stop.instrument), 0)) for stop in shown]
        )

    async def ProposeChange(
        self, request: floor_pb2.ProposeChangeRequest, context: Context
    ) -> floor_pb2.ProposeChangeResponse:
        """Proposes a change."""
        rows, text = proposal_rows(request, self._venue.caller(context).number)
        receipt = await self._change(rows, text, request.instrument)
        return floor_pb2.ProposeChangeResponse(receipt=receipt)

    async def ApproveChange(
        self, request: floor_pb2.ApproveChangeRequest, context: Context
    ) -> floor_pb2.ApproveChangeResponse:
        """Approves a change."""
        rows = answer_rows(request, ChangeStep.APPROVE, self._venue.caller(context).number)
        return floor_pb2.ApproveChangeResponse(receipt=await self._change(rows, b"", self._subject(request.change)))

    async def WithdrawChange(
        self, request: floor_pb2.WithdrawChangeRequest, context: Context
    ) -> floor_pb2.WithdrawChangeResponse:
        """Takes a change back."""
        rows = answer_rows(request, ChangeStep.WITHDRAW, self._venue.caller(context).number)
        return floor_pb2.WithdrawChangeResponse(receipt=await self._change(rows, b"", self._subject(request.change)))

    def _subject(self, number: int) -> int:
        """The instrument of a change; 0 where there is none."""
        return next((view.instrument for view in self._venue.core.floor.changes() if view.number == number), 0)

    async def _change(self, rows: np.ndarray, text: bytes, instrument: int) -> common_pb2.Receipt:
        clauses = self._venue.clauses
        clause: Clause = lambda _row, parameter: clauses.of_instrument(instrument, parameter)  # noqa: E731
        return await self._venue.submit_for_receipt(Table.VENUE_CHANGES, rows, text, clause)

    async def ListChanges(
        self, request: floor_pb2.ListChangesRequest, context: Context
    ) -> floor_pb2.ListChangesResponse:
        """All changes."""
        del request
        self._venue.caller(context)
        return floor_pb2.ListChangesResponse(changes=map(change_message, self._venue.core.floor.changes()))

    async def ListLargeHolders(
        self, request: floor_pb2.ListLargeHoldersRequest, context: Context
    ) -> floor_pb2.ListLargeHoldersResponse:
        """The accounts to report."""
        identity.require_operator(self._venue.caller(context), "The list of large holders")
        core, view = self._venue.core, self._venue.instrument(request.instrument)
        holders = core.floor.large_holders(view.number, core.time_ns // 86_400_000_000_000)
        return floor_pb2.ListLargeHoldersResponse(holders=map(holder_message, holders))
