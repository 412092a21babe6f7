"""The client for programs without asyncio: the same calls, each waiting for its answer.

An event loop in a thread of its own does the work, so streams go on while the program does something else. Objects may
be used from several threads; a session serves one request at a time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import date
from types import TracebackType
from typing import Any, TypeVar

from engine.commands import (
    OrderType,
    ParticipantClass,
    Phase,
    SelfTrade,
    Side,
    TimeInForce,
)
from services.client.account_views import AccountViews
from services.client.async_client import AsyncClient
from services.client.connection import Retry, Tls
from services.client.floor_calls import FloorCalls, FloorViews
from services.client.records import (
    BidAnswer,
    Bids,
    Executions,
    ExecutionUpdate,
    MarketUpdate,
    OrderAnswer,
    Orders,
    Supply,
    Value,
)
from services.client.round_calls import RoundCalls
from services.client.session import AsyncSession
from services.client.stream import AsyncOrderStream
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.blocks.v1 import blocks_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reference.v1 import reference_pb2
from services.wire.jingjia.reserve.v1 import reserve_pb2
from services.wire.jingjia.rules.v1 import rules_pb2

Result = TypeVar("Result")


class _Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jingjia-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Runs to the end and gives the result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def iterate(self, source: AsyncIterator[Result]) -> Iterator[Result]:
        """An asynchronous iterator as an ordinary one; closing it closes the source."""
        try:
            while True:
                try:
                    yield self.run(_next(source))
                except StopAsyncIteration:
                    return
        finally:
            if not self._loop.is_closed():
                self.run(_close(source))

    def stop(self) -> None:
        """Ends the thread, and what is still iterated over."""
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _next(source: AsyncIterator[Result]) -> Result:
    return await anext(source)


async def _close(source: Any) -> None:
    await source.aclose()


class Client(AccountViews, FloorViews):
    """One participant's connection to a venue. Use as `with Client.connect(...) as client`."""

    _loop: _Loop
    _client: AsyncClient

    def __init__(self, loop: _Loop, client: AsyncClient) -> None:
        """Use `connect`."""
        self._loop = loop
        self._client = client

    @classmethod
    def connect(
        cls, address: str, *, participant: str | None = None, tls: Tls | None = None, retry: Retry | None = None
    ) -> Client:
        """As `AsyncClient.connect`."""
        loop = _Loop()

        async def connect() -> AsyncClient:
            return AsyncClient.connect(address, participant=participant, tls=tls, retry=retry)

        try:
            return cls(loop, loop.run(connect()))
        except BaseException:
            loop.stop()
            raise

    def close(self) -> None:
        """Closes the connection; open streams end."""
        self._loop.run(self._client.close())
        self._loop.stop()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open_session(self, name: str) -> Session:
        """Opens a session, or resumes the one of that name. Raises Refused."""
        return Session(self._loop, self._loop.run(self._client.open_session(name)))

    def sessions(self) -> list[reference_pb2.Session]:
        """One's own sessions."""
        return self._loop.run(self._client.sessions())

    def participants(self) -> list[reference_pb2.Participant]:
        """All participants, by number."""
        return self._loop.run(self._client.participants())

    def instruments(self) -> list[reference_pb2.Instrument]:
        """All instruments, by number."""
        return self._loop.run(self._client.instruments())

    def state(self) -> reference_pb2.GetStateResponse:
        """Last sequence and digest of the venue; for the operator."""
        return self._loop.run(self._client.state())

    def rule_books(self) -> rules_pb2.ListRuleBooksResponse:
        """Adopted books, and names of the shipped ones."""
        return self._loop.run(self._client.rule_books())

    def rule_book(self, book: int | str) -> rules_pb2.ShowRuleBookResponse:
        """An adopted book by number, or a shipped one by name."""
        return self._loop.run(self._client.rule_book(book))

    def rounds(self) -> list[auctions_pb2.Round]:
        """All rounds, by number."""
        return self._loop.run(self._client.rounds())

    def round(self, number: int) -> auctions_pb2.Round:
        """One round as it stands."""
        return self._loop.run(self._client.round(number))

    def result(self, number: int) -> auctions_pb2.RoundResult:
        """How a round ended, with one's own awards (for the operator: all)."""
        return self._loop.run(self._client.result(number))

    def receipt(self, number: int) -> auctions_pb2.GetReceiptResponse:
        """One's own receipt, as JSON; until the result is public, only what one committed to."""
        return self._loop.run(self._client.receipt(number))

    def notice(self, number: int, draw: bytes = b"") -> dict[str, bytes]:
        """The results notice: files by name. `draw`: the file of the recorded draw, where bids were drawn."""
        return self._loop.run(self._client.notice(number, draw))

    def round_export(self, number: int, draw: bytes = b"") -> dict[str, bytes]:
        """The files of a folder from which the round is recomputed, by name. For the operator."""
        return self._loop.run(self._client.round_export(number, draw))

    def explain_bid(self, number: int, bid_id: int, draw: bytes = b"") -> str:
        """A bid's way to its award, as JSON; one's own bids, for the operator any."""
        return self._loop.run(self._client.explain_bid(number, bid_id, draw))

    def preview_clear(self, number: int) -> auctions_pb2.RoundResult:
        """What clearing a closed round would give; nothing moves. For the operator."""
        return self._loop.run(self._client.preview_clear(number))

    def reserves(self) -> list[reserve_pb2.Reserve]:
        """All reserves, with the triggers that were met."""
        return self._loop.run(self._client.reserves())

    def allocation_years(self) -> list[reserve_pb2.Year]:
        """All planned years of allocation."""
        return self._loop.run(self._client.allocation_years())

    def book(self, instrument: int, levels: int = 0) -> market_pb2.GetBookResponse:
        """A picture of a book (levels 0: all of them), tied to a sequence."""
        return self._loop.run(self._client.book(instrument, levels))

    def orders_of(self, instrument: int) -> market_pb2.GetOrdersResponse:
        """A book order by order: what the taker of a pick-list chooses from."""
        return self._loop.run(self._client.orders_of(instrument))

    def own_orders(self, instrument: int = 0) -> orders_pb2.ListOrdersResponse:
        """One's own live orders (instrument 0: in all), tied to a sequence."""
        return self._loop.run(self._client.own_orders(instrument))

    def blocks(self, instrument: int = 0) -> list[blocks_pb2.BlockOffer]:
        """Offers of negotiated blocks that one may act on (instrument 0: of all), oldest first."""
        return self._loop.run(self._client.blocks(instrument))

    def phases(self, instruments: Sequence[int] = ()) -> market_pb2.GetPhaseResponse:
        """What instruments are doing (none named: all)."""
        return self._loop.run(self._client.phases(instruments))

    def follow_market(self, from_sequence: int = 0, instruments: Sequence[int] = ()) -> Iterator[MarketUpdate]:
        """As `AsyncClient.follow_market`."""
        return self._loop.iterate(self._client.follow_market(from_sequence, instruments))

    def follow_executions(self, from_sequence: int = 0) -> Iterator[ExecutionUpdate]:
        """As `AsyncClient.follow_executions`."""
        return self._loop.iterate(self._client.follow_executions(from_sequence))


class Session(RoundCalls, FloorCalls):
    """One session of the caller; every method is that of `AsyncSession`, waited for."""

    _loop: _Loop
    _session: AsyncSession

    def __init__(self, loop: _Loop, session: AsyncSession) -> None:
        """Use `Client.open_session`."""
        self._loop = loop
        self._session = session
        self.number = session.number
        self.name = session.name

    @property
    def next_request_id(self) -> int:
        """The id that the next request will begin with."""
        return self._session.next_request_id

    def submit_orders(self, orders: Orders) -> OrderAnswer:
        """Sends rows of orders as one batch; each row is told its fate."""
        return self._loop.run(self._session.submit_orders(orders))

    def submit_order(
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
        return self._loop.run(
            self._session.submit_order(
                instrument,
                side,
                price_ticks,
                quantity_lots,
                order_type=order_type,
                time_in_force=time_in_force,
                stop_price_ticks=stop_price_ticks,
                display_lots=display_lots,
                minimum_lots=minimum_lots,
                expire_ns=expire_ns,
                self_trade=self_trade,
            )
        )

    def cancel_order(self, order_id: int) -> Executions:
        """Takes back what is left of an order. Raises Refused."""
        return self._loop.run(self._session.cancel_order(order_id))

    def reduce_order(self, order_id: int, by_lots: int) -> Executions:
        """Takes lots off an order, which keeps its place. Raises Refused."""
        return self._loop.run(self._session.reduce_order(order_id, by_lots))

    def replace_order(self, order_id: int, price_ticks: int, quantity_lots: int) -> Executions:
        """Gives an order a new price and quantity; it loses its place. Raises Refused."""
        return self._loop.run(self._session.replace_order(order_id, price_ticks, quantity_lots))

    def take_listing(self, order_id: int, quantity_lots: int) -> tuple[int, Executions]:
        """Takes a listing of a pick-list, or a part of it; gives the id of one's own order and its trade."""
        return self._loop.run(self._session.take_listing(order_id, quantity_lots))

    def mass_cancel(
        self, *, instrument: int = 0, side: Side | None = None, participant: int = 0, everybody: bool = False
    ) -> Executions:
        """Takes back many orders. Raises Refused."""
        return self._loop.run(
            self._session.mass_cancel(instrument=instrument, side=side, participant=participant, everybody=everybody)
        )

    def order_stream(self) -> OrderStream:
        """Batches of orders on one stream. While it is open, only it may use the session."""
        return OrderStream(self._loop, self._session)

    def offer_block(
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
        return self._loop.run(
            self._session.offer_block(
                instrument, side, price_ticks, quantity_lots, counterparty=counterparty, expire_ns=expire_ns
            )
        )

    def counter_block(self, offer_id: int, price_ticks: int, quantity_lots: int) -> None:
        """Proposes other terms for an offer that asks the caller. Raises Refused."""
        self._loop.run(self._session.counter_block(offer_id, price_ticks, quantity_lots))

    def confirm_block(self, offer_id: int) -> None:
        """Agrees to the terms last proposed: the block is traded and settled. Raises Refused."""
        self._loop.run(self._session.confirm_block(offer_id))

    def decline_block(self, offer_id: int) -> None:
        """Ends an offer that asks the caller. Raises Refused."""
        self._loop.run(self._session.decline_block(offer_id))

    def withdraw_block(self, offer_id: int) -> None:
        """Ends an offer whose last proposal is the caller's. Raises Refused."""
        self._loop.run(self._session.withdraw_block(offer_id))

    def switch_blocks(self, instrument: int, *, open_now: bool) -> None:
        """Lets blocks of an instrument be traded, or no more. The operator's to ask. Raises Refused."""
        self._loop.run(self._session.switch_blocks(instrument, open_now=open_now))

    def submit_bids(self, bids: Bids) -> BidAnswer:
        """Places sealed bids; each row is told its fate."""
        return self._loop.run(self._session.submit_bids(bids))

    def consign(self, round_number: int, quantity_lots: int, *, minimum_price_ticks: int = 0, group: int = 0) -> int:
        """Consigns units of the caller to a round; gives the line of supply. Raises Refused."""
        return self._loop.run(
            self._session.consign(round_number, quantity_lots, minimum_price_ticks=minimum_price_ticks, group=group)
        )

    def create_round(
        self,
        name: str,
        rule_book: int,
        instrument: int,
        day: date,
        *,
        values: Sequence[Value] = (),
        supply: Sequence[Supply] = (),
    ) -> int:
        """Drafts a round; gives its number. The operator's to ask. Raises Refused."""
        return self._loop.run(
            self._session.create_round(name, rule_book, instrument, day, values=values, supply=supply)
        )

    def open_round(self, round_number: int) -> None:
        """Opens a drafted round. Raises Refused."""
        self._loop.run(self._session.open_round(round_number))

    def close_round(self, round_number: int) -> None:
        """Closes a round to bids. Raises Refused."""
        self._loop.run(self._session.close_round(round_number))

    def cancel_round(self, round_number: int) -> None:
        """Cancels a round that is not cleared. Raises Refused."""
        self._loop.run(self._session.cancel_round(round_number))

    def clear_round(self, round_number: int) -> auctions_pb2.RoundResult:
        """Clears a closed round and settles it; gives the whole result. Raises Refused."""
        return self._loop.run(self._session.clear_round(round_number))

    def register_participant(self, name: str, participant_class: ParticipantClass) -> int:
        """Registers a participant; gives its number. Raises Refused."""
        return self._loop.run(self._session.register_participant(name, participant_class))

    def define_instrument(self, name: str, rule_book: int, *, tick_minor: int, lot_units: int) -> int:
        """Defines an instrument; gives its number. Raises Refused."""
        return self._loop.run(
            self._session.define_instrument(name, rule_book, tick_minor=tick_minor, lot_units=lot_units)
        )

    def set_phase(self, instrument: int, phase: Phase) -> None:
        """Says what an instrument does from now on. Raises Refused."""
        self._loop.run(self._session.set_phase(instrument, phase))

    def deposit_cash(self, participant: int, cash_minor: int) -> None:
        """Credits cash, in minor units. Raises Refused."""
        self._loop.run(self._session.deposit_cash(participant, cash_minor))

    def deposit_units(self, participant: int, instrument: int, quantity_lots: int) -> None:
        """Credits units of an instrument, in lots. Raises Refused."""
        self._loop.run(self._session.deposit_units(participant, instrument, quantity_lots))

    def adopt_rule_book(self, shipped: str) -> int:
        """Adopts a book that ships with the engine; gives its number. Raises Refused, CallFailed."""
        return self._loop.run(self._session.adopt_rule_book(shipped))

    def adopt_own_rule_book(self, name: str, files: Mapping[str, str]) -> int:
        """Adopts a book of one's own, file name to text; gives its number. Raises Refused, CallFailed."""
        return self._loop.run(self._session.adopt_own_rule_book(name, files))

    def resend(self) -> Any:
        """Sends the request that got no answer again; gives what its call would have given."""
        return self._loop.run(self._session.resend())


class OrderStream:
    """Use as `with session.order_stream() as stream`; leaving waits until everything is answered."""

    def __init__(self, loop: _Loop, session: AsyncSession) -> None:
        """Use `Session.order_stream`."""
        self._loop = loop
        self._session = session
        self._stream: AsyncOrderStream | None = None

    def __enter__(self) -> OrderStream:
        self._stream = self._loop.run(self._enter())
        return self

    async def _enter(self) -> AsyncOrderStream:
        return await self._session.order_stream().__aenter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stream is not None:
            self._loop.run(self._stream.__aexit__(kind, error, trace))

    def send(self, orders: Orders) -> Future[OrderAnswer]:
        """Hands over a batch; the future gets its answer. Waits while too many are without one."""
        stream = self._stream
        if stream is None:
            raise RuntimeError("use `with session.order_stream() as stream`")
        answer: Future[OrderAnswer] = Future()

        async def send() -> None:
            (await stream.send(orders)).add_done_callback(lambda done: _pass_on(done, answer))

        self._loop.run(send())
        return answer


def _pass_on(done: asyncio.Future[OrderAnswer], answer: Future[OrderAnswer]) -> None:
    error = done.exception()
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())
