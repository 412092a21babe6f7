"""AccountService: units and cash."""

from __future__ import annotations

from engine.commands import Table
from services.servicers.venue import Context, Venue
from services.translate.reference import deposit_rows, holding_message
from services.wire.jingjia.accounts.v1 import accounts_pb2, accounts_pb2_grpc


class AccountServicer(accounts_pb2_grpc.AccountServiceServicer):
    """Shows accounts to their owners and to the operator; takes the operator's deposits."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    async def GetHoldings(
        self, request: accounts_pb2.GetHoldingsRequest, context: Context
    ) -> accounts_pb2.GetHoldingsResponse:
        """Units of one participant."""
        number = self._venue.participant(self._venue.caller(context), request.participant, "Units")
        return accounts_pb2.GetHoldingsResponse(
            participant=number,
            sequence=self._venue.last_sequence,
            holdings=[holding_message(view) for view in self._venue.core.holdings(number)],
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
