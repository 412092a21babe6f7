"""AccountService: units and cash."""

from __future__ import annotations

import asyncio

from engine.commands import Table
from services.audit.reading import Reading
from services.identity import require_operator
from services.servicers.venue import Context, Venue
from services.statements.following import Followed, follow
from services.translate.reference import deposit_rows, due_message, holding_message
from services.translate.statements import admit_lines, admit_range, statement_message, trial_message
from services.wire.jingjia.accounts.v1 import accounts_pb2, accounts_pb2_grpc


class AccountServicer(accounts_pb2_grpc.AccountServiceServicer):
    """Shows accounts to their owners and to the operator; takes the operator's deposits."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._one_at_a_time = asyncio.Lock()

    async def GetHoldings(
        self, request: accounts_pb2.GetHoldingsRequest, context: Context
    ) -> accounts_pb2.GetHoldingsResponse:
        """Units of one participant."""
        number = self._venue.participant(self._venue.caller(context), request.participant, "Units")
        return accounts_pb2.GetHoldingsResponse(
            participant=number,
            sequence=self._venue.last_sequence,
            holdings=[holding_message(view) for view in self._venue.core.holdings(number)],
            due=[due_message(view) for view in self._venue.core.due(number)],
        )

    async def GetCash(self, request: accounts_pb2.GetCashRequest, context: Context) -> accounts_pb2.GetCashResponse:
        """Cash of one participant."""
        number = self._venue.participant(self._venue.caller(context), request.participant, "Cash")
        view = self._venue.core.cash(number)
        return accounts_pb2.GetCashResponse(
            participant=number,
            sequence=self._venue.last_sequence,
            available_minor=view.available_minor,
            held_minor=view.held_minor,
            unsettled_minor=view.unsettled_minor,
        )

    async def Deposit(self, request: accounts_pb2.DepositRequest, context: Context) -> accounts_pb2.DepositResponse:
        """Credits cash or units."""
        caller = self._venue.caller(context)
        rows = deposit_rows(request, caller.number)
        return accounts_pb2.DepositResponse(receipt=await self._venue.submit_for_receipt(Table.DEPOSITS, rows))

    async def GetStatement(
        self, request: accounts_pb2.GetStatementRequest, context: Context
    ) -> accounts_pb2.GetStatementResponse:
        """The statement of one participant, out of the journal."""
        number = self._venue.participant(self._venue.caller(context), request.participant, "The statement")
        first, last = admit_range(request.from_sequence, request.to_sequence, self._venue.last_sequence)
        followed = await self._followed(number, first, last)
        statement = followed.ledger.statement()
        admit_lines(statement)
        return statement_message(statement)

    async def GetTrialBalance(
        self, request: accounts_pb2.GetTrialBalanceRequest, context: Context
    ) -> accounts_pb2.GetTrialBalanceResponse:
        """What all accounts have, out of the journal."""
        require_operator(self._venue.caller(context), "The trial balance")
        _, last = admit_range(0, request.to_sequence, self._venue.last_sequence)
        return trial_message((await self._followed(0, 1, last)).ledger)

    async def _followed(self, account: int, first: int, last: int) -> Followed:
        """The journal replayed to an event in a thread of its own, beside the writer; one at a time."""

        def replayed() -> Followed:
            with Reading(self._venue.journal_folder, self._venue.core.capacity) as reading:
                return follow(reading, account, first, last)

        async with self._one_at_a_time:
            return await asyncio.to_thread(replayed)
