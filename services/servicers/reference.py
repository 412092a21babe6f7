"""ReferenceService: participants, instruments, sessions, and where the venue stands."""

from __future__ import annotations

from engine.commands import Table
from engine.views import Session
from services import identity
from services.servicers.venue import Context, Venue, no_clause
from services.translate.answers import receipt
from services.translate.reference import (
    instrument_message,
    instrument_rows,
    participant_message,
    participant_rows,
    phase_rows,
    session_message,
    session_rows,
)
from services.wire.jingjia.reference.v1 import reference_pb2, reference_pb2_grpc


class ReferenceServicer(reference_pb2_grpc.ReferenceServiceServicer):
    """Registers and lists."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def RegisterParticipant(
        self, request: reference_pb2.RegisterParticipantRequest, context: Context
    ) -> reference_pb2.RegisterParticipantResponse:
        """Registers a participant."""
        rows, text = participant_rows(request, self._venue.caller(context).number)
        told = await self._venue.submit_for_receipt(Table.PARTICIPANTS, rows, text)
        return reference_pb2.RegisterParticipantResponse(receipt=told)

    async def ListParticipants(
        self, request: reference_pb2.ListParticipantsRequest, context: Context
    ) -> reference_pb2.ListParticipantsResponse:
        """All participants."""
        del request
        self._venue.caller(context)
        views = self._venue.core.participants()
        return reference_pb2.ListParticipantsResponse(participants=map(participant_message, views))

    async def DefineInstrument(
        self, request: reference_pb2.DefineInstrumentRequest, context: Context
    ) -> reference_pb2.DefineInstrumentResponse:
        """Defines an instrument."""
        rows, text = instrument_rows(request, self._venue.caller(context).number)
        clauses = self._venue.clauses

        def clause(_row: int, parameter: int) -> str:
            return clauses.of_book(request.rule_book, parameter)

        told = await self._venue.submit_for_receipt(Table.INSTRUMENTS, rows, text, clause)
        return reference_pb2.DefineInstrumentResponse(receipt=told)

    async def ListInstruments(
        self, request: reference_pb2.ListInstrumentsRequest, context: Context
    ) -> reference_pb2.ListInstrumentsResponse:
        """All instruments."""
        del request
        self._venue.caller(context)
        views = self._venue.core.instruments()
        return reference_pb2.ListInstrumentsResponse(instruments=map(instrument_message, views))

    async def OpenSession(
        self, request: reference_pb2.OpenSessionRequest, context: Context
    ) -> reference_pb2.OpenSessionResponse:
        """Opens a session, or returns the one of that name.

        Goes through the sequencer either way: what was sent before in the session is then judged, so the last request
        id that is returned counts it.
        """
        caller = self._venue.caller(context)
        rows, text = session_rows(request, caller.number)
        before = {view.number for view in self._sessions(caller.number)}
        answer = await self._venue.submit(Table.SESSIONS, rows, text)
        number = int(answer.references[0])
        found = [view for view in self._sessions(caller.number) if view.number == number]
        return reference_pb2.OpenSessionResponse(
            receipt=receipt([answer], [no_clause]),
            session=session_message(found[0]) if found else None,
            resumed=number in before,
        )

    async def ListSessions(
        self, request: reference_pb2.ListSessionsRequest, context: Context
    ) -> reference_pb2.ListSessionsResponse:
        """The caller's sessions."""
        del request
        views = self._sessions(self._venue.caller(context).number)
        return reference_pb2.ListSessionsResponse(sessions=map(session_message, views))

    def _sessions(self, participant: int) -> list[Session]:
        return [view for view in self._venue.core.sessions() if view.participant == participant]

    async def SetPhase(
        self, request: reference_pb2.SetPhaseRequest, context: Context
    ) -> reference_pb2.SetPhaseResponse:
        """Says what an instrument does from now on."""
        caller = self._venue.caller(context)
        rows = phase_rows(request, caller.number)
        clauses = self._venue.clauses

        def clause(_row: int, parameter: int) -> str:
            return clauses.of_instrument(request.instrument, parameter)

        told = await self._venue.submit_for_receipt(Table.PHASES, rows, clause=clause)
        return reference_pb2.SetPhaseResponse(receipt=told)

    async def GetState(
        self, request: reference_pb2.GetStateRequest, context: Context
    ) -> reference_pb2.GetStateResponse:
        """Where the venue stands."""
        del request
        identity.require_operator(self._venue.caller(context), "The state of the venue")
        return reference_pb2.GetStateResponse(
            last_sequence=self._venue.last_sequence,
            digest=self._venue.core.digest(),
            event_chain=self._venue.core.event_chain.hex(),
        )
