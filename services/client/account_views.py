"""What a client is shown of accounts, statements, obligations and pledges. Once for asyncio and once waited for."""

from __future__ import annotations

from services.client.connection import Connection
from services.client.round_calls import Waits
from services.client.stubs import Stubs
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.units.v1 import units_pb2


class AsyncAccountViews:
    """What accounts show, for asyncio."""

    _stubs: Stubs
    _connection: Connection

    async def holdings(self, participant: int = 0) -> list[accounts_pb2.Holding]:
        """Units by instrument, in lots: one's own, or for the operator anybody's. Raises CallFailed."""
        request = accounts_pb2.GetHoldingsRequest(participant=participant)
        return list((await self._connection.call(self._stubs.accounts.GetHoldings, request)).holdings)

    async def due(self, participant: int = 0) -> list[accounts_pb2.Due]:
        """What of one's units and cash is not settled, and after how many trading days it is. Raises CallFailed."""
        request = accounts_pb2.GetHoldingsRequest(participant=participant)
        return list((await self._connection.call(self._stubs.accounts.GetHoldings, request)).due)

    async def cash(self, participant: int = 0) -> accounts_pb2.GetCashResponse:
        """Cash in minor units: one's own, or for the operator anybody's. Raises CallFailed."""
        request = accounts_pb2.GetCashRequest(participant=participant)
        return await self._connection.call(self._stubs.accounts.GetCash, request)

    async def statement(
        self, participant: int = 0, from_sequence: int = 0, to_sequence: int = 0
    ) -> accounts_pb2.GetStatementResponse:
        """What an account had, every posting, and what it has: one's own, or for the operator anybody's.

        From an event (0: the first) to an event (0: the last judged). Raises CallFailed.
        """
        request = accounts_pb2.GetStatementRequest(
            participant=participant, from_sequence=from_sequence, to_sequence=to_sequence
        )
        return await self._connection.call(self._stubs.accounts.GetStatement, request)

    async def trial_balance(self, to_sequence: int = 0) -> accounts_pb2.GetTrialBalanceResponse:
        """What all accounts have as of an event (0: the last judged). For the operator. Raises CallFailed."""
        request = accounts_pb2.GetTrialBalanceRequest(to_sequence=to_sequence)
        return await self._connection.call(self._stubs.accounts.GetTrialBalance, request)

    async def unit_types(self) -> list[units_pb2.InstrumentUnits]:
        """What was said of the units of instruments."""
        request = units_pb2.ListUnitTypesRequest()
        return list((await self._connection.call(self._stubs.units.ListUnitTypes, request)).instruments)

    async def obligations(self, participant: int = 0) -> list[units_pb2.Obligation]:
        """What is to be surrendered and was: one's own, or for the operator anybody's. Raises CallFailed."""
        request = units_pb2.ListObligationsRequest(participant=participant)
        return list((await self._connection.call(self._stubs.units.ListObligations, request)).obligations)

    async def pledges(self) -> list[units_pb2.Pledge]:
        """Pledges that concern the caller; for the operator all."""
        return list(
            (await self._connection.call(self._stubs.units.ListPledges, units_pb2.ListPledgesRequest())).pledges
        )


class AccountViews:
    """The same, waited for."""

    _loop: Waits
    _client: AsyncAccountViews

    def holdings(self, participant: int = 0) -> list[accounts_pb2.Holding]:
        """Units by instrument, in lots."""
        return self._loop.run(self._client.holdings(participant))

    def due(self, participant: int = 0) -> list[accounts_pb2.Due]:
        """What of one's units and cash is not settled, and after how many trading days it is."""
        return self._loop.run(self._client.due(participant))

    def cash(self, participant: int = 0) -> accounts_pb2.GetCashResponse:
        """Cash in minor units."""
        return self._loop.run(self._client.cash(participant))

    def statement(
        self, participant: int = 0, from_sequence: int = 0, to_sequence: int = 0
    ) -> accounts_pb2.GetStatementResponse:
        """What an account had, every posting, and what it has, between two events (0: the first, the last)."""
        return self._loop.run(self._client.statement(participant, from_sequence, to_sequence))

    def trial_balance(self, to_sequence: int = 0) -> accounts_pb2.GetTrialBalanceResponse:
        """What all accounts have as of an event (0: the last judged). For the operator."""
        return self._loop.run(self._client.trial_balance(to_sequence))

    def unit_types(self) -> list[units_pb2.InstrumentUnits]:
        """What was said of the units of instruments."""
        return self._loop.run(self._client.unit_types())

    def obligations(self, participant: int = 0) -> list[units_pb2.Obligation]:
        """What is to be surrendered and was."""
        return self._loop.run(self._client.obligations(participant))

    def pledges(self) -> list[units_pb2.Pledge]:
        """Pledges that concern the caller; for the operator all."""
        return self._loop.run(self._client.pledges())
