"""ReserveService: reserves and planned years, step by step. What they hold is public."""

from __future__ import annotations

from engine.commands import Table
from services.servicers.venue import Context, Venue
from services.translate.answers import Clause
from services.translate.reserve import allocation_rows, reserve_message, reserve_rows, year_message
from services.wire.jingjia.reserve.v1 import reserve_pb2, reserve_pb2_grpc


class ReserveServicer(reserve_pb2_grpc.ReserveServiceServicer):
    """Takes steps and shows what they came to."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def StepReserve(
        self, request: reserve_pb2.StepReserveRequest, context: Context
    ) -> reserve_pb2.StepReserveResponse:
        """A step in the life of a reserve."""
        rows = reserve_rows(request, self._venue.caller(context).number)
        return reserve_pb2.StepReserveResponse(
            receipt=await self._venue.submit_for_receipt(
                Table.RESERVE_STEPS, rows, clause=self._clause(request.instrument)
            )
        )

    async def StepAllocation(
        self, request: reserve_pb2.StepAllocationRequest, context: Context
    ) -> reserve_pb2.StepAllocationResponse:
        """A step in the life of a year."""
        rows = allocation_rows(request, self._venue.caller(context).number)
        clauses, book = self._venue.clauses, request.rule_book

        def clause(_row: int, parameter: int) -> str:
            return clauses.of_book(book, parameter) if book else ""

        told = await self._venue.submit_for_receipt(Table.ALLOCATIONS, rows, clause=clause)
        return reserve_pb2.StepAllocationResponse(receipt=told)

    async def ListReserves(
        self, request: reserve_pb2.ListReservesRequest, context: Context
    ) -> reserve_pb2.ListReservesResponse:
        """All reserves."""
        del request
        self._venue.caller(context)
        return reserve_pb2.ListReservesResponse(
            sequence=self._venue.last_sequence,
            reserves=[reserve_message(view) for view in self._venue.core.reserves()],
        )

    async def ListYears(self, request: reserve_pb2.ListYearsRequest, context: Context) -> reserve_pb2.ListYearsResponse:
        """All planned years."""
        del request
        self._venue.caller(context)
        return reserve_pb2.ListYearsResponse(
            sequence=self._venue.last_sequence,
            years=[year_message(view) for view in self._venue.core.allocation_years()],
        )

    def _clause(self, instrument: int) -> Clause:
        clauses = self._venue.clauses

        def clause(_row: int, parameter: int) -> str:
            for view in self._venue.core.reserves():
                if view.instrument == instrument:
                    return clauses.of_book(view.rule_book, parameter)
            return ""

        return clause
