"""What operators say to the floor, and what anybody may ask of it: stops, changes of the rules, the day's prices.

Once for asyncio and once waited for; sessions inherit the calls, clients the views.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from services.client.connection import Connection
from services.client.records import checked
from services.client.round_calls import Result, Waits
from services.client.stubs import Stubs
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.floor.v1 import floor_pb2


def _target(participant: int, instrument: int) -> floor_pb2.Target:
    if participant:
        return floor_pb2.Target(participant=participant)
    return floor_pb2.Target(instrument=instrument) if instrument else floor_pb2.Target(everything=True)


class AsyncFloorCalls:
    """The calls for asyncio. A session gives them its stubs, its next key and its way of sending."""

    _stubs: Stubs

    def _key(self) -> common_pb2.RequestKey:
        raise NotImplementedError

    async def _call(self, method: Callable[..., Awaitable[Result]], request: object, ids: int = 1) -> Result:
        raise NotImplementedError

    async def stop_trading(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Stops a participant, an instrument, or (neither) everything. Raises Refused."""
        request = floor_pb2.StopTradingRequest(key=self._key(), target=_target(participant, instrument), reason=reason)
        checked((await self._call(self._stubs.floor.StopTrading, request)).receipt)

    async def propose_resumption(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Proposes to lift a stop. The operators' to ask. Raises Refused."""
        request = floor_pb2.ProposeResumptionRequest(
            key=self._key(), target=_target(participant, instrument), reason=reason
        )
        checked((await self._call(self._stubs.floor.ProposeResumption, request)).receipt)

    async def approve_resumption(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Lifts a stop that another operator proposed to lift. Raises Refused."""
        request = floor_pb2.ApproveResumptionRequest(
            key=self._key(), target=_target(participant, instrument), reason=reason
        )
        checked((await self._call(self._stubs.floor.ApproveResumption, request)).receipt)

    async def propose_change(
        self,
        instrument: int,
        reason: str,
        *,
        parameter: str = "",
        value: str = "",
        rule_book: int = 0,
        effective_ns: int = 0,
        effective_sequence: int = 0,
    ) -> int:
        """Proposes a value of a parameter for one instrument, or (`rule_book`) another book for it; gives the number of
        the change. The operators' to ask. Raises Refused."""
        request = floor_pb2.ProposeChangeRequest(
            key=self._key(),
            instrument=instrument,
            effect=floor_pb2.Effect(time_ns=effective_ns, sequence=effective_sequence),
            reason=reason,
        )
        if rule_book:
            request.rule_book = rule_book
        else:
            request.value.parameter, request.value.value = parameter, value
        return checked((await self._call(self._stubs.floor.ProposeChange, request)).receipt).reference

    async def propose_rule_book(self, shipped: str, *, effective_ns: int = 0, effective_sequence: int = 0) -> int:
        """Proposes the adoption of a shipped book; a session says how, for it knows how many ids a book takes."""
        raise NotImplementedError

    async def approve_change(self, change: int) -> None:
        """Approves a change that another person proposed. Raises Refused."""
        request = floor_pb2.ApproveChangeRequest(key=self._key(), change=change)
        checked((await self._call(self._stubs.floor.ApproveChange, request)).receipt)

    async def withdraw_change(self, change: int) -> None:
        """Takes back a change that is not in force yet. Raises Refused."""
        request = floor_pb2.WithdrawChangeRequest(key=self._key(), change=change)
        checked((await self._call(self._stubs.floor.WithdrawChange, request)).receipt)


class FloorCalls:
    """The same calls, waited for."""

    _loop: Waits
    _session: AsyncFloorCalls

    def stop_trading(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Stops a participant, an instrument, or (neither) everything. Raises Refused."""
        self._loop.run(self._session.stop_trading(reason, participant=participant, instrument=instrument))

    def propose_resumption(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Proposes to lift a stop. The operators' to ask. Raises Refused."""
        self._loop.run(self._session.propose_resumption(reason, participant=participant, instrument=instrument))

    def approve_resumption(self, reason: str, *, participant: int = 0, instrument: int = 0) -> None:
        """Lifts a stop that another operator proposed to lift. Raises Refused."""
        self._loop.run(self._session.approve_resumption(reason, participant=participant, instrument=instrument))

    def propose_change(
        self,
        instrument: int,
        reason: str,
        *,
        parameter: str = "",
        value: str = "",
        rule_book: int = 0,
        effective_ns: int = 0,
        effective_sequence: int = 0,
    ) -> int:
        """Proposes a change (`AsyncFloorCalls.propose_change`); gives its number. Raises Refused."""
        return self._loop.run(
            self._session.propose_change(
                instrument,
                reason,
                parameter=parameter,
                value=value,
                rule_book=rule_book,
                effective_ns=effective_ns,
                effective_sequence=effective_sequence,
            )
        )

    def propose_rule_book(self, shipped: str, *, effective_ns: int = 0, effective_sequence: int = 0) -> int:
        """Proposes the adoption of a shipped book; gives the number of the change."""
        return self._loop.run(
            self._session.propose_rule_book(shipped, effective_ns=effective_ns, effective_sequence=effective_sequence)
        )

    def approve_change(self, change: int) -> None:
        """Approves a change that another person proposed. Raises Refused."""
        self._loop.run(self._session.approve_change(change))

    def withdraw_change(self, change: int) -> None:
        """Takes back a change that is not in force yet. Raises Refused."""
        self._loop.run(self._session.withdraw_change(change))


class AsyncFloorViews:
    """What the floor shows, for asyncio."""

    _stubs: Stubs
    _connection: Connection

    async def trading_day(self, instrument: int) -> floor_pb2.GetTradingDayResponse:
        """The prices of a trading day as they stand. Raises CallFailed (NOT_FOUND)."""
        request = floor_pb2.GetTradingDayRequest(instrument=instrument)
        return await self._connection.call(self._stubs.floor.GetTradingDay, request)

    async def stops(self) -> list[floor_pb2.Stop]:
        """The stops that stand; of other participants for operators only."""
        return list((await self._connection.call(self._stubs.floor.ListStops, floor_pb2.ListStopsRequest())).stops)

    async def changes(self) -> list[floor_pb2.Change]:
        """All changes of the rules that were proposed."""
        request = floor_pb2.ListChangesRequest()
        return list((await self._connection.call(self._stubs.floor.ListChanges, request)).changes)

    async def large_holders(self, instrument: int) -> list[floor_pb2.LargeHolder]:
        """The accounts that would be reported now; for operators. Raises CallFailed."""
        request = floor_pb2.ListLargeHoldersRequest(instrument=instrument)
        return list((await self._connection.call(self._stubs.floor.ListLargeHolders, request)).holders)


class FloorViews:
    """The same, waited for."""

    _loop: Waits
    _client: AsyncFloorViews

    def trading_day(self, instrument: int) -> floor_pb2.GetTradingDayResponse:
        """The prices of a trading day as they stand. Raises CallFailed (NOT_FOUND)."""
        return self._loop.run(self._client.trading_day(instrument))

    def stops(self) -> list[floor_pb2.Stop]:
        """The stops that stand; of other participants for operators only."""
        return self._loop.run(self._client.stops())

    def changes(self) -> list[floor_pb2.Change]:
        """All changes of the rules that were proposed."""
        return self._loop.run(self._client.changes())

    def large_holders(self, instrument: int) -> list[floor_pb2.LargeHolder]:
        """The accounts that would be reported now; for operators. Raises CallFailed."""
        return self._loop.run(self._client.large_holders(instrument))
