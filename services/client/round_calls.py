"""What a session says to rounds beside bids and consignments: steps, changes, recorded inputs; and to reserves
and units.

Once for asyncio and once waited for; a session inherits them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from engine.commands import Drawn, Fact, RoundAction
from engine.rounds.dossier import commitment_of
from engine.words.units import UnitType
from services.client.records import checked
from services.client.stubs import Stubs
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.reserve.v1 import reserve_pb2
from services.wire.jingjia.units.v1 import units_pb2

Result = TypeVar("Result")


class Waits(Protocol):
    """Whoever runs coroutines to their end."""

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What the work gives."""


class AsyncRoundCalls:
    """The calls for asyncio. A session gives them its stubs, its next key and its way of sending."""

    _stubs: Stubs

    def _key(self) -> common_pb2.RequestKey:
        raise NotImplementedError

    async def _call(self, method: Callable[..., Awaitable[Result]], request: object, ids: int = 1) -> Result:
        raise NotImplementedError

    async def step_round(
        self, round_number: int, action: RoundAction, reason: str = "", *, extension_minutes: int = 0
    ) -> None:
        """Takes a step in the life of a round, with its reason. Raises Refused."""
        request = auctions_pb2.StepRoundRequest(
            key=self._key(),
            round_number=round_number,
            action=int(action),  # type: ignore[arg-type]
            reason=reason,
            extension_minutes=extension_minutes,
        )
        checked((await self._call(self._stubs.auctions.StepRound, request)).receipt)

    async def amend_bid(self, round_number: int, bid_id: int, price_ticks: int, quantity_lots: int) -> int:
        """Changes a bid of the caller; gives the bid that takes its place. Raises Refused."""
        request = auctions_pb2.AmendBidRequest(
            key=self._key(),
            round_number=round_number,
            bid_id=bid_id,
            price_ticks=price_ticks,
            quantity_lots=quantity_lots,
        )
        return checked((await self._call(self._stubs.auctions.AmendBid, request)).receipt).reference

    async def withdraw_bid(self, round_number: int, bid_id: int) -> None:
        """Withdraws a bid of the caller; for the operator, a mistaken one. Raises Refused."""
        request = auctions_pb2.WithdrawBidRequest(
            key=self._key(),
            round_number=round_number,
            bid_id=bid_id,
        )
        checked((await self._call(self._stubs.auctions.WithdrawBid, request)).receipt)

    async def withdraw_consignment(self, round_number: int, line: int) -> None:
        """Withdraws a consigned line of the caller. Raises Refused."""
        request = auctions_pb2.WithdrawConsignmentRequest(
            key=self._key(),
            round_number=round_number,
            line=line,
        )
        checked((await self._call(self._stubs.auctions.WithdrawConsignment, request)).receipt)

    async def change_guarantee(self, round_number: int, amount_minor: int) -> None:
        """Puts up a guarantee for bids in a round, or (negative) takes it back. Raises Refused."""
        request = auctions_pb2.ChangeGuaranteeRequest(
            key=self._key(),
            round_number=round_number,
            amount_minor=amount_minor,
        )
        checked((await self._call(self._stubs.auctions.ChangeGuarantee, request)).receipt)

    async def record_draw(self, round_number: int, targets: Sequence[int], drawn: Drawn = Drawn.BID) -> None:
        """Records the order in which bids or lines were drawn. The operator's to ask. Raises Refused."""
        request = auctions_pb2.RecordDrawRequest(
            key=self._key(),
            round_number=round_number,
            targets=targets,
            drawn=int(drawn),  # type: ignore[arg-type]
        )
        checked((await self._call(self._stubs.auctions.RecordDraw, request, len(targets))).receipt)

    async def seal_hidden_reserve(self, round_number: int, price_ticks: int, salt: str) -> None:
        """Seals a hidden reserve: only its hash is sent. The operator's to ask. Raises Refused."""
        request = auctions_pb2.SealHiddenReserveRequest(
            key=self._key(),
            round_number=round_number,
            commitment_sha256=commitment_of(price_ticks, salt),
        )
        checked((await self._call(self._stubs.auctions.SealHiddenReserve, request)).receipt)

    async def reveal_hidden_reserve(self, round_number: int, price_ticks: int, salt: str) -> None:
        """Reveals the hidden reserve of a closed round. The operator's to ask. Raises Refused."""
        request = auctions_pb2.RevealHiddenReserveRequest(
            key=self._key(),
            round_number=round_number,
            price_ticks=price_ticks,
            salt=salt,
        )
        checked((await self._call(self._stubs.auctions.RevealHiddenReserve, request)).receipt)

    async def record_fact(self, participant: int, instrument: int, fact: Fact, year: int, quantity_lots: int) -> None:
        """Records a verified quantity of a year. The operator's to ask. Raises Refused."""
        request = auctions_pb2.RecordFactRequest(
            key=self._key(),
            participant=participant,
            instrument=instrument,
            fact=int(fact),  # type: ignore[arg-type]
            year=year,
            quantity_lots=quantity_lots,
        )
        checked((await self._call(self._stubs.auctions.RecordFact, request)).receipt)

    async def link_participant(self, participant: int, link: int) -> None:
        """Puts a participant into a group of linked ones (0: none). The operator's to ask. Raises Refused."""
        request = auctions_pb2.LinkParticipantRequest(
            key=self._key(),
            participant=participant,
            link=link,
        )
        checked((await self._call(self._stubs.auctions.LinkParticipant, request)).receipt)

    async def step_reserve(self, request: reserve_pb2.StepReserveRequest) -> None:
        """Takes a step in the life of a reserve; `request` needs no key. Raises Refused."""
        request.key.CopyFrom(self._key())
        checked((await self._call(self._stubs.reserve.StepReserve, request)).receipt)

    async def step_allocation(self, request: reserve_pb2.StepAllocationRequest) -> None:
        """Plans a year or allocates; `request` needs no key. The operator's to ask. Raises Refused."""
        request.key.CopyFrom(self._key())
        checked((await self._call(self._stubs.reserve.StepAllocation, request)).receipt)

    async def set_unit_type(self, instrument: int, unit_type: UnitType, vintage: int = 0) -> None:
        """Says, once, what the units of an instrument are (vintage 0: none). The operator's to ask. Raises Refused."""
        request = units_pb2.SetUnitTypeRequest(
            key=self._key(),
            instrument=instrument,
            unit_type=int(unit_type),  # type: ignore[arg-type]
            vintage=vintage,
        )
        checked((await self._call(self._stubs.units.SetUnitType, request)).receipt)

    async def step_units(self, request: units_pb2.StepUnitsRequest) -> int:
        """Takes a step in the life of units; `request` needs no key. Gives a new pledge's number. Raises Refused."""
        request.key.CopyFrom(self._key())
        return int(checked((await self._call(self._stubs.units.StepUnits, request)).receipt).reference)


class RoundCalls:
    """The same calls, waited for."""

    _loop: Waits
    _session: AsyncRoundCalls

    def step_round(
        self, round_number: int, action: RoundAction, reason: str = "", *, extension_minutes: int = 0
    ) -> None:
        """Takes a step in the life of a round, with its reason. Raises Refused."""
        self._loop.run(self._session.step_round(round_number, action, reason, extension_minutes=extension_minutes))

    def amend_bid(self, round_number: int, bid_id: int, price_ticks: int, quantity_lots: int) -> int:
        """Changes a bid of the caller; gives the bid that takes its place. Raises Refused."""
        return self._loop.run(self._session.amend_bid(round_number, bid_id, price_ticks, quantity_lots))

    def withdraw_bid(self, round_number: int, bid_id: int) -> None:
        """Withdraws a bid of the caller; for the operator, a mistaken one. Raises Refused."""
        self._loop.run(self._session.withdraw_bid(round_number, bid_id))

    def withdraw_consignment(self, round_number: int, line: int) -> None:
        """Withdraws a consigned line of the caller. Raises Refused."""
        self._loop.run(self._session.withdraw_consignment(round_number, line))

    def change_guarantee(self, round_number: int, amount_minor: int) -> None:
        """Puts up a guarantee for bids in a round, or (negative) takes it back. Raises Refused."""
        self._loop.run(self._session.change_guarantee(round_number, amount_minor))

    def record_draw(self, round_number: int, targets: Sequence[int], drawn: Drawn = Drawn.BID) -> None:
        """Records the order in which bids or lines were drawn. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.record_draw(round_number, targets, drawn))

    def seal_hidden_reserve(self, round_number: int, price_ticks: int, salt: str) -> None:
        """Seals a hidden reserve: only its hash is sent. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.seal_hidden_reserve(round_number, price_ticks, salt))

    def reveal_hidden_reserve(self, round_number: int, price_ticks: int, salt: str) -> None:
        """Reveals the hidden reserve of a closed round. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.reveal_hidden_reserve(round_number, price_ticks, salt))

    def record_fact(self, participant: int, instrument: int, fact: Fact, year: int, quantity_lots: int) -> None:
        """Records a verified quantity of a year. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.record_fact(participant, instrument, fact, year, quantity_lots))

    def link_participant(self, participant: int, link: int) -> None:
        """Puts a participant into a group of linked ones (0: none). The operator's to ask. Raises Refused."""
        self._loop.run(self._session.link_participant(participant, link))

    def step_reserve(self, request: reserve_pb2.StepReserveRequest) -> None:
        """Takes a step in the life of a reserve; `request` needs no key. Raises Refused."""
        self._loop.run(self._session.step_reserve(request))

    def step_allocation(self, request: reserve_pb2.StepAllocationRequest) -> None:
        """Plans a year or allocates; `request` needs no key. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.step_allocation(request))

    def set_unit_type(self, instrument: int, unit_type: UnitType, vintage: int = 0) -> None:
        """Says, once, what the units of an instrument are (vintage 0: none). The operator's to ask. Raises Refused."""
        self._loop.run(self._session.set_unit_type(instrument, unit_type, vintage))

    def step_units(self, request: units_pb2.StepUnitsRequest) -> int:
        """Takes a step in the life of units; `request` needs no key. Gives a new pledge's number. Raises Refused."""
        return self._loop.run(self._session.step_units(request))
