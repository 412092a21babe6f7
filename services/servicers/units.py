"""UnitService: the life of units off the market."""

from __future__ import annotations

from engine.commands import ParticipantClass, Table
from services.servicers.venue import Context, Venue
from services.translate.answers import Clause
from services.translate.units import (
    obligation_message,
    pledge_message,
    unit_kind_message,
    unit_step_rows,
    unit_type_rows,
)
from services.wire.jingjia.units.v1 import units_pb2, units_pb2_grpc


class UnitServicer(units_pb2_grpc.UnitServiceServicer):
    """Takes steps and shows what they came to."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def SetUnitType(
        self, request: units_pb2.SetUnitTypeRequest, context: Context
    ) -> units_pb2.SetUnitTypeResponse:
        """What the units of an instrument are."""
        rows = unit_type_rows(request, self._venue.caller(context).number)
        return units_pb2.SetUnitTypeResponse(receipt=await self._venue.submit_for_receipt(Table.UNIT_TYPES, rows))

    async def StepUnits(self, request: units_pb2.StepUnitsRequest, context: Context) -> units_pb2.StepUnitsResponse:
        """A step in the life of units."""
        caller = self._venue.caller(context)
        rows, text = unit_step_rows(request, caller.number)
        clause = self._clause(request.obligation or request.instrument, caller.participant_class)
        told = await self._venue.submit_for_receipt(Table.UNIT_STEPS, rows, text, clause)
        return units_pb2.StepUnitsResponse(receipt=told)

    async def ListUnitTypes(
        self, request: units_pb2.ListUnitTypesRequest, context: Context
    ) -> units_pb2.ListUnitTypesResponse:
        """What was said of instruments."""
        del request
        self._venue.caller(context)
        return units_pb2.ListUnitTypesResponse(
            sequence=self._venue.last_sequence,
            instruments=[unit_kind_message(view) for view in self._venue.core.unit_kinds()],
        )

    async def ListObligations(
        self, request: units_pb2.ListObligationsRequest, context: Context
    ) -> units_pb2.ListObligationsResponse:
        """What one participant has to surrender."""
        number = self._venue.participant(self._venue.caller(context), request.participant, "Obligations")
        return units_pb2.ListObligationsResponse(
            participant=number,
            sequence=self._venue.last_sequence,
            obligations=[obligation_message(view) for view in self._venue.core.obligations(number)],
        )

    async def ListPledges(
        self, request: units_pb2.ListPledgesRequest, context: Context
    ) -> units_pb2.ListPledgesResponse:
        """Pledges that concern the caller."""
        del request
        caller = self._venue.caller(context)
        sees_all = caller.participant_class is ParticipantClass.OPERATOR
        return units_pb2.ListPledgesResponse(
            sequence=self._venue.last_sequence,
            pledges=[
                pledge_message(view)
                for view in self._venue.core.pledges()
                if sees_all or caller.number in (view.owner, view.pledgee)
            ],
        )

    def _clause(self, instrument: int, klass: ParticipantClass) -> Clause:
        return lambda _row, parameter: self._venue.clauses.of_instrument(instrument, parameter, int(klass))
