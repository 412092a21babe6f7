"""Writing to the venue: a session, its request ids, and every call that changes something.

One request of a session is under way at a time, because ids have to arrive in their order; for speed send columns, or
use `order_stream`. A refusal by the rules raises `Refused`, except for rows of a batch, which answer for themselves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import grpc

from engine.commands import (
    OrderType,
    ParticipantClass,
    Phase,
    SelfTrade,
    Side,
    TimeInForce,
)
from services.client.connection import Connection
from services.client.errors import CallFailed, ClientError, Unanswered
from services.client.floor_calls import AsyncFloorCalls
from services.client.records import BidAnswer, Bids, Executions, OrderAnswer, Orders, Supply, Value, checked
from services.client.round_calls import AsyncRoundCalls
from services.client.stream import AsyncOrderStream
from services.client.stubs import Stubs
from services.translate.market import PHASES
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.blocks.v1 import blocks_pb2
from services.wire.jingjia.common.v1 import common_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reference.v1 import reference_pb2
from services.wire.jingjia.rules.v1 import rules_pb2

Result = TypeVar("Result")

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class AsyncSession(AsyncRoundCalls, AsyncFloorCalls):
    """One session of the caller. Get it from `AsyncClient.open_session`; the same name gives the same session again."""

    def __init__(self, connection: Connection, stubs: Stubs, session: reference_pb2.Session) -> None:
        self.number = session.number
        self.name = session.name
        self._next_id = session.last_request_id + 1
        self._connection = connection
        self._stubs = stubs
        self._lock = asyncio.Lock()
        self._again: Callable[[], Awaitable[Any]] | None = None

    @property
    def next_request_id(self) -> int:
        """The id that the next request will begin with."""
        return self._next_id

    # -- orders --------------------------------------------------------------------------------------------------

    async def submit_orders(self, orders: Orders) -> OrderAnswer:
        """Sends rows of orders as one batch. Rows are independent and judged in their order; each is told its fate."""
        first = self._next_id
        columns, count = orders.message(self.number, first)
        request = orders_pb2.SubmitOrderBatchRequest(orders=columns)

        async def send() -> OrderAnswer:
            response = await self._connection.call(self._stubs.orders.SubmitOrderBatch, request)
            return OrderAnswer.of(response.answer, self.number, first)

        return await self._write(count, send)

    async def submit_order(
        self,
        instrument: int,
        side: Side,
        price_ticks: int,
        quantity_lots: int,
        *,
        order_type: OrderType = OrderType.LIMIT,
        time_in_force: TimeInForce = TimeInForce.GTC,
        stop_price_ticks: int = 0,
        display_lots: int = 0,
        minimum_lots: int = 0,
        expire_ns: int = 0,
        self_trade: SelfTrade = SelfTrade.VENUE_RULE,
    ) -> tuple[int, Executions]:
        """Places one order; gives its id and what happened to it at once. Raises Refused."""
        request = orders_pb2.SubmitOrderRequest(
            key=self._key(),
            instrument=instrument,
            side=int(side),  # type: ignore[arg-type]
            order_type=int(order_type),  # type: ignore[arg-type]
            time_in_force=int(time_in_force),  # type: ignore[arg-type]
            price_ticks=price_ticks,
            quantity_lots=quantity_lots,
            stop_price_ticks=stop_price_ticks,
            display_lots=display_lots,
            minimum_lots=minimum_lots,
            expire_ns=expire_ns,
            self_trade=int(self_trade),  # type: ignore[arg-type]
        )
        response = await self._call(self._stubs.orders.SubmitOrder, request)
        return checked(response.receipt).reference, Executions.of(response.executions)

    async def cancel_order(self, order_id: int) -> Executions:
        """Takes back what is left of an order. Raises Refused (ORDER_UNKNOWN when it is gone)."""
        request = orders_pb2.CancelOrderRequest(key=self._key(), order_id=order_id)
        response = await self._call(self._stubs.orders.CancelOrder, request)
        checked(response.receipt)
        return Executions.of(response.executions)

    async def reduce_order(self, order_id: int, by_lots: int) -> Executions:
        """Takes `by_lots` off an order, which keeps its place. Raises Refused."""
        request = orders_pb2.ReduceOrderRequest(key=self._key(), order_id=order_id, quantity_lots=by_lots)
        response = await self._call(self._stubs.orders.ReduceOrder, request)
        checked(response.receipt)
        return Executions.of(response.executions)

    async def replace_order(self, order_id: int, price_ticks: int, quantity_lots: int) -> Executions:
        """Gives an order a new price and quantity; it loses its place. Raises Refused."""
        request = orders_pb2.ReplaceOrderRequest(
            key=self._key(), order_id=order_id, price_ticks=price_ticks, quantity_lots=quantity_lots
        )
        response = await self._call(self._stubs.orders.ReplaceOrder, request)
        checked(response.receipt)
        return Executions.of(response.executions)

    async def take_listing(self, order_id: int, quantity_lots: int) -> tuple[int, Executions]:
        """Takes a listing of a pick-list, or a part of it; gives the id of one's own order and its trade. Raises
        Refused."""
        request = orders_pb2.TakeListingRequest(key=self._key(), order_id=order_id, quantity_lots=quantity_lots)
        response = await self._call(self._stubs.orders.TakeListing, request)
        return checked(response.receipt).reference, Executions.of(response.executions)

    async def mass_cancel(
        self, *, instrument: int = 0, side: Side | None = None, participant: int = 0, everybody: bool = False
    ) -> Executions:
        """Takes back many orders: the caller's own, on one instrument or one side if named. Raises Refused."""
        request = orders_pb2.MassCancelRequest(
            key=self._key(),
            instrument=instrument,
            side=0 if side is None else int(side),  # type: ignore[arg-type]
            participant=participant,
            everybody=everybody,
        )
        response = await self._call(self._stubs.orders.MassCancel, request)
        checked(response.receipt)
        return Executions.of(response.executions)

    def order_stream(self) -> AsyncOrderStream:
        """Batches of orders on one stream, many under way at a time. While it is open, only it may use the session."""
        return AsyncOrderStream(self._connection, self._stubs.orders, self.number, self._take_ids)

    def _take_ids(self, count: int) -> int:
        first = self._next_id
        self._next_id += count
        return first

    # -- auctions ------------------------------------------------------------------------------------------------

    async def submit_bids(self, bids: Bids) -> BidAnswer:
        """Places sealed bids. Rows are independent and judged in their order; each is told its fate."""
        first = self._next_id
        columns, count = bids.message(self.number, first)
        request = auctions_pb2.SubmitBidsRequest(bids=columns)

        async def send() -> BidAnswer:
            response = await self._connection.call(self._stubs.auctions.SubmitBids, request)
            return BidAnswer.of(response, self.number, first)

        return await self._write(count, send)

    async def consign(
        self, round_number: int, quantity_lots: int, *, minimum_price_ticks: int = 0, group: int = 0
    ) -> int:
        """Consigns units of the caller to a round (委托竞价); gives the line of supply. Raises Refused."""
        request = auctions_pb2.ConsignRequest(
            key=self._key(),
            round_number=round_number,
            quantity_lots=quantity_lots,
            minimum_price_ticks=minimum_price_ticks,
            group=group,
        )
        return checked((await self._call(self._stubs.auctions.Consign, request)).receipt).reference

    async def create_round(
        self,
        name: str,
        rule_book: int,
        instrument: int,
        day: date,
        *,
        values: Sequence[Value] = (),
        supply: Sequence[Supply] = (),
    ) -> int:
        """Drafts a round under an adopted rule book; gives its number. The operator's to ask. Raises Refused."""
        request = auctions_pb2.CreateRoundRequest(
            key=self._key(),
            name=name,
            rule_book=rule_book,
            instrument=instrument,
            day=day.toordinal() - _EPOCH_ORDINAL,
            values=[
                auctions_pb2.RoundValue(
                    parameter=value.parameter,
                    value=value.value,
                    participant_class=int(value.participant_class or 0),  # type: ignore[arg-type]
                )
                for value in values
            ],
            supply=[
                auctions_pb2.NewSupply(
                    seller=line.seller,
                    kind=int(line.kind),  # type: ignore[arg-type]
                    group=line.group,
                    rank=line.rank,
                    quantity_lots=line.quantity_lots,
                    minimum_price_ticks=line.minimum_price_ticks,
                    trigger_price_ticks=line.trigger_price_ticks,
                    tier=line.tier,
                    withheld=line.withheld,
                )
                for line in supply
            ],
        )
        response = await self._call(self._stubs.auctions.CreateRound, request, 1 + len(values) + len(supply))
        return checked(response.receipt).reference

    async def open_round(self, round_number: int) -> None:
        """Opens a drafted round. The operator's to ask. Raises Refused."""
        request = auctions_pb2.OpenRoundRequest(key=self._key(), round_number=round_number)
        checked((await self._call(self._stubs.auctions.OpenRound, request)).receipt)

    async def close_round(self, round_number: int) -> None:
        """Closes a round to bids. The operator's to ask. Raises Refused."""
        request = auctions_pb2.CloseRoundRequest(key=self._key(), round_number=round_number)
        checked((await self._call(self._stubs.auctions.CloseRound, request)).receipt)

    async def cancel_round(self, round_number: int) -> None:
        """Cancels a round that is not cleared. The operator's to ask. Raises Refused."""
        request = auctions_pb2.CancelRoundRequest(key=self._key(), round_number=round_number)
        checked((await self._call(self._stubs.auctions.CancelRound, request)).receipt)

    async def clear_round(self, round_number: int) -> auctions_pb2.RoundResult:
        """Clears a closed round and settles it; gives the whole result. The operator's to ask. Raises Refused."""
        request = auctions_pb2.ClearRoundRequest(key=self._key(), round_number=round_number)
        response = await self._call(self._stubs.auctions.ClearRound, request)
        checked(response.receipt)
        return response.result

    # -- blocks --------------------------------------------------------------------------------------------------

    async def offer_block(
        self,
        instrument: int,
        side: Side,
        price_ticks: int,
        quantity_lots: int,
        *,
        counterparty: int = 0,
        expire_ns: int = 0,
    ) -> int:
        """Offers a block to a participant, or to everybody (0); gives the offer's id. Raises Refused."""
        request = blocks_pb2.OfferBlockRequest(
            key=self._key(),
            instrument=instrument,
            side=int(side),  # type: ignore[arg-type]
            counterparty=counterparty,
            price_ticks=price_ticks,
            quantity_lots=quantity_lots,
            expire_ns=expire_ns,
        )
        return checked((await self._call(self._stubs.blocks.OfferBlock, request)).receipt).reference

    async def counter_block(self, offer_id: int, price_ticks: int, quantity_lots: int) -> None:
        """Proposes other terms for an offer that asks the caller. Raises Refused."""
        request = blocks_pb2.CounterBlockRequest(
            key=self._key(), offer_id=offer_id, price_ticks=price_ticks, quantity_lots=quantity_lots
        )
        checked((await self._call(self._stubs.blocks.CounterBlock, request)).receipt)

    async def confirm_block(self, offer_id: int) -> None:
        """Agrees to the terms last proposed: the block is traded and settled. Raises Refused."""
        request = blocks_pb2.ConfirmBlockRequest(key=self._key(), offer_id=offer_id)
        checked((await self._call(self._stubs.blocks.ConfirmBlock, request)).receipt)

    async def decline_block(self, offer_id: int) -> None:
        """Ends an offer that asks the caller. Raises Refused."""
        request = blocks_pb2.DeclineBlockRequest(key=self._key(), offer_id=offer_id)
        checked((await self._call(self._stubs.blocks.DeclineBlock, request)).receipt)

    async def withdraw_block(self, offer_id: int) -> None:
        """Ends an offer whose last proposal is the caller's. Raises Refused."""
        request = blocks_pb2.WithdrawBlockRequest(key=self._key(), offer_id=offer_id)
        checked((await self._call(self._stubs.blocks.WithdrawBlock, request)).receipt)

    async def switch_blocks(self, instrument: int, *, open_now: bool) -> None:
        """Lets blocks of an instrument be traded, or no more. The operator's to ask. Raises Refused."""
        request = blocks_pb2.SwitchBlocksRequest(key=self._key(), instrument=instrument, open=open_now)
        checked((await self._call(self._stubs.blocks.SwitchBlocks, request)).receipt)

    # -- the operator's ------------------------------------------------------------------------------------------

    async def register_participant(self, name: str, participant_class: ParticipantClass) -> int:
        """Registers a participant; gives its number. Raises Refused."""
        klass = int(participant_class)
        request = reference_pb2.RegisterParticipantRequest(
            key=self._key(),
            name=name,
            participant_class=klass,  # type: ignore[arg-type]
        )
        return checked((await self._call(self._stubs.reference.RegisterParticipant, request)).receipt).reference

    async def define_instrument(self, name: str, rule_book: int, *, tick_minor: int, lot_units: int) -> int:
        """Defines an instrument: money of one tick per unit, units of one lot; gives its number. Raises Refused."""
        request = reference_pb2.DefineInstrumentRequest(
            key=self._key(), name=name, rule_book=rule_book, tick_minor=tick_minor, lot_units=lot_units
        )
        return checked((await self._call(self._stubs.reference.DefineInstrument, request)).receipt).reference

    async def set_phase(self, instrument: int, phase: Phase) -> None:
        """Says what an instrument does from now on. Raises Refused."""
        request = reference_pb2.SetPhaseRequest(key=self._key(), instrument=instrument, phase=PHASES[phase])
        checked((await self._call(self._stubs.reference.SetPhase, request)).receipt)

    async def deposit_cash(self, participant: int, cash_minor: int) -> None:
        """Credits cash, in minor units. Raises Refused."""
        request = accounts_pb2.DepositRequest(key=self._key(), participant=participant, cash_minor=cash_minor)
        checked((await self._call(self._stubs.accounts.Deposit, request)).receipt)

    async def deposit_units(self, participant: int, instrument: int, quantity_lots: int) -> None:
        """Credits units of an instrument, in lots. Raises Refused."""
        units = accounts_pb2.UnitsDeposit(instrument=instrument, quantity_lots=quantity_lots)
        request = accounts_pb2.DepositRequest(key=self._key(), participant=participant, units=units)
        checked((await self._call(self._stubs.accounts.Deposit, request)).receipt)

    async def adopt_rule_book(self, shipped: str) -> int:
        """Adopts a book that ships with the engine; gives its number. Raises Refused, CallFailed."""
        return await self._adopt(rules_pb2.AdoptRuleBookRequest(key=self._key(), shipped=shipped))

    async def adopt_own_rule_book(self, name: str, files: Mapping[str, str]) -> int:
        """Adopts a book of one's own, file name to text; gives its number. Raises Refused, or CallFailed with every
        problem of the book in `violations`."""
        book = rules_pb2.RuleBookFiles(name=name, files=files)
        return await self._adopt(rules_pb2.AdoptRuleBookRequest(key=self._key(), files=book))

    async def propose_rule_book(self, shipped: str, *, effective_ns: int = 0, effective_sequence: int = 0) -> int:
        """Proposes the adoption of a shipped book, for another person to approve where that is a rule; gives the number
        of the change. Raises Refused, CallFailed."""
        request = rules_pb2.AdoptRuleBookRequest(
            key=self._key(),
            shipped=shipped,
            propose=True,
            effective_ns=effective_ns,
            effective_sequence=effective_sequence,
        )
        return await self._adopt(request)

    async def _adopt(self, request: rules_pb2.AdoptRuleBookRequest) -> int:
        async def send() -> int:
            response = await self._connection.call(self._stubs.rules.AdoptRuleBook, request)
            # Only the venue knows how many ids the book took: as many as it compiles to values.
            self._next_id = max(self._next_id, response.last_request_id + 1)
            return checked(response.receipt).reference

        return await self._write(1, send)

    # -- how a write goes ----------------------------------------------------------------------------------------

    async def resend(self) -> Any:
        """Sends the request that got no answer again, under its own ids; gives what its call would have given.

        Raises ClientError when there is none.
        """
        again = self._again
        if again is None:
            raise ClientError("every request of this session was answered; there is nothing to send again")
        async with self._lock:
            return await self._attempt(again)

    def _key(self) -> common_pb2.RequestKey:
        return common_pb2.RequestKey(session=self.number, request_id=self._next_id)

    async def _call(self, method: Callable[..., Awaitable[Result]], request: object, ids: int = 1) -> Result:
        return await self._write(ids, lambda: self._connection.call(method, request))

    async def _write(self, ids: int, send: Callable[[], Awaitable[Result]]) -> Result:
        """One write that uses `ids` request ids from the next one on, which its request already carries."""
        if self._lock.locked():
            raise ClientError("another request of this session is under way; use order_stream, or another session")
        if self._again is not None:
            raise ClientError("an earlier request of this session got no answer; call resend first, then go on")
        async with self._lock:
            self._next_id += ids
            return await self._attempt(send)

    async def _attempt(self, send: Callable[[], Awaitable[Result]]) -> Result:
        self._again = send
        try:
            result = await send()
        except CallFailed as failed:
            cause = failed.__cause__
            if failed.is_worth_repeating and isinstance(cause, grpc.RpcError):
                raise Unanswered(cause) from cause
            self._again = None
            raise
        except ClientError:
            self._again = None
            raise
        self._again = None
        return result
