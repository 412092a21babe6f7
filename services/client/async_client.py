"""The client for asyncio: reads, streams that resume by themselves, and sessions to write with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType
from typing import Any

import grpc.aio

from services.client.account_views import AsyncAccountViews
from services.client.connection import Attempts, Connection, Retry, Tls
from services.client.errors import CallFailed, GapFound
from services.client.floor_calls import AsyncFloorViews
from services.client.records import (
    Executions,
    ExecutionUpdate,
    MarketEvents,
    MarketUpdate,
    checked,
)
from services.client.session import AsyncSession
from services.client.stubs import Stubs
from services.wire.jingjia.auctions.v1 import auctions_pb2
from services.wire.jingjia.blocks.v1 import blocks_pb2
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.reference.v1 import reference_pb2
from services.wire.jingjia.reserve.v1 import reserve_pb2
from services.wire.jingjia.rules.v1 import rules_pb2


class AsyncClient(AsyncAccountViews, AsyncFloorViews):
    """One participant's connection to a venue. Use as `async with AsyncClient.connect(...) as client`."""

    def __init__(self, connection: Connection) -> None:
        """Use `connect`."""
        self._connection = connection
        self._stubs = Stubs(connection.channel)

    @classmethod
    def connect(
        cls, address: str, *, participant: str | None = None, tls: Tls | None = None, retry: Retry | None = None
    ) -> AsyncClient:
        """A client of the venue at `address` ("host:port"). Needs a running event loop; connects with the first call.

        `participant` names the caller where the server runs without TLS; with `tls` the certificate does. Raises
        ValueError for both or neither, OSError for files that cannot be read.
        """
        return cls(Connection(address, participant, tls, retry or Retry()))

    async def close(self) -> None:
        """Closes the connection; open streams end."""
        await self._connection.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # -- sessions ------------------------------------------------------------------------------------------------

    async def open_session(self, name: str) -> AsyncSession:
        """Opens a session, or resumes the one of that name behind the last request id it used. Raises Refused."""
        request = reference_pb2.OpenSessionRequest(name=name)
        response = await self._connection.call(self._stubs.reference.OpenSession, request)
        checked(response.receipt)
        return AsyncSession(self._connection, self._stubs, response.session)

    async def sessions(self) -> list[reference_pb2.Session]:
        """One's own sessions."""
        request = reference_pb2.ListSessionsRequest()
        return list((await self._connection.call(self._stubs.reference.ListSessions, request)).sessions)

    # -- who and what there is -----------------------------------------------------------------------------------

    async def participants(self) -> list[reference_pb2.Participant]:
        """All participants, by number."""
        request = reference_pb2.ListParticipantsRequest()
        return list((await self._connection.call(self._stubs.reference.ListParticipants, request)).participants)

    async def instruments(self) -> list[reference_pb2.Instrument]:
        """All instruments, by number."""
        request = reference_pb2.ListInstrumentsRequest()
        return list((await self._connection.call(self._stubs.reference.ListInstruments, request)).instruments)

    async def state(self) -> reference_pb2.GetStateResponse:
        """Last sequence and digest of the venue; for the operator. Raises CallFailed."""
        return await self._connection.call(self._stubs.reference.GetState, reference_pb2.GetStateRequest())

    async def rule_books(self) -> rules_pb2.ListRuleBooksResponse:
        """Adopted books, and names of the shipped ones."""
        return await self._connection.call(self._stubs.rules.ListRuleBooks, rules_pb2.ListRuleBooksRequest())

    async def rule_book(self, book: int | str) -> rules_pb2.ShowRuleBookResponse:
        """An adopted book by number, or a shipped one by name, with its text and values. Raises CallFailed."""
        if isinstance(book, int):
            request = rules_pb2.ShowRuleBookRequest(number=book)
        else:
            request = rules_pb2.ShowRuleBookRequest(shipped=book)
        return await self._connection.call(self._stubs.rules.ShowRuleBook, request)

    # -- auctions ------------------------------------------------------------------------------------------------

    async def rounds(self) -> list[auctions_pb2.Round]:
        """All rounds, by number."""
        request = auctions_pb2.ListRoundsRequest()
        return list((await self._connection.call(self._stubs.auctions.ListRounds, request)).rounds)

    async def round(self, number: int) -> auctions_pb2.Round:
        """One round as it stands. Raises CallFailed (NOT_FOUND)."""
        request = auctions_pb2.GetRoundRequest(round_number=number)
        return (await self._connection.call(self._stubs.auctions.GetRound, request)).round

    async def result(self, number: int) -> auctions_pb2.RoundResult:
        """How a round ended, with one's own awards (for the operator: all). Raises CallFailed (FAILED_PRECONDITION)."""
        request = auctions_pb2.GetResultRequest(round_number=number)
        return (await self._connection.call(self._stubs.auctions.GetResult, request)).result

    async def receipt(self, number: int) -> auctions_pb2.GetReceiptResponse:
        """One's own receipt, as JSON; until the result is public, only what one committed to."""
        request = auctions_pb2.GetReceiptRequest(round_number=number)
        return await self._connection.call(self._stubs.auctions.GetReceipt, request)

    async def notice(self, number: int, draw: bytes = b"") -> dict[str, bytes]:
        """The results notice: files by name. `draw`: the file of the recorded draw, where bids were drawn."""
        request = auctions_pb2.GetNoticeRequest(round_number=number, draw=draw)
        files = (await self._connection.call(self._stubs.auctions.GetNotice, request)).files
        return {file.name: file.content for file in files}

    async def round_export(self, number: int, draw: bytes = b"") -> dict[str, bytes]:
        """The files of a folder from which the round is recomputed, by name. For the operator."""
        request = auctions_pb2.GetRoundExportRequest(round_number=number, draw=draw)
        files = (await self._connection.call(self._stubs.auctions.GetRoundExport, request)).files
        return {file.name: file.content for file in files}

    async def explain_bid(self, number: int, bid_id: int, draw: bytes = b"") -> str:
        """A bid's way to its award, as JSON; one's own bids, for the operator any."""
        request = auctions_pb2.ExplainBidRequest(round_number=number, bid_id=bid_id, draw=draw)
        return (await self._connection.call(self._stubs.auctions.ExplainBid, request)).explanation

    async def preview_clear(self, number: int) -> auctions_pb2.RoundResult:
        """What clearing a closed round would give; nothing moves. For the operator. Raises CallFailed."""
        request = auctions_pb2.ClearRoundRequest(round_number=number, dry_run=True)
        return (await self._connection.call(self._stubs.auctions.ClearRound, request)).result

    async def reserves(self) -> list[reserve_pb2.Reserve]:
        """All reserves, with the triggers that were met."""
        request = reserve_pb2.ListReservesRequest()
        return list((await self._connection.call(self._stubs.reserve.ListReserves, request)).reserves)

    async def allocation_years(self) -> list[reserve_pb2.Year]:
        """All planned years of allocation."""
        request = reserve_pb2.ListYearsRequest()
        return list((await self._connection.call(self._stubs.reserve.ListYears, request)).years)

    # -- the market ----------------------------------------------------------------------------------------------

    async def book(self, instrument: int, levels: int = 0) -> market_pb2.GetBookResponse:
        """A picture of a book (levels 0: all of them), tied to a sequence. Raises CallFailed (NOT_FOUND)."""
        request = market_pb2.GetBookRequest(instrument=instrument, levels=levels)
        return await self._connection.call(self._stubs.market.GetBook, request)

    async def orders_of(self, instrument: int) -> market_pb2.GetOrdersResponse:
        """A book order by order: what the taker of a pick-list chooses from. Raises CallFailed (NOT_FOUND)."""
        request = market_pb2.GetOrdersRequest(instrument=instrument)
        return await self._connection.call(self._stubs.market.GetOrders, request)

    async def own_orders(self, instrument: int = 0) -> orders_pb2.ListOrdersResponse:
        """One's own live orders (instrument 0: in all), tied to a sequence. Raises CallFailed (NOT_FOUND)."""
        request = orders_pb2.ListOrdersRequest(instrument=instrument)
        return await self._connection.call(self._stubs.orders.ListOrders, request)

    async def blocks(self, instrument: int = 0) -> list[blocks_pb2.BlockOffer]:
        """Offers of negotiated blocks that one may act on (instrument 0: of all), oldest first."""
        request = blocks_pb2.ListBlocksRequest(instrument=instrument)
        return list((await self._connection.call(self._stubs.blocks.ListBlocks, request)).offers)

    async def phases(self, instruments: Sequence[int] = ()) -> market_pb2.GetPhaseResponse:
        """What instruments are doing (none named: all)."""
        request = market_pb2.GetPhaseRequest(instruments=instruments)
        return await self._connection.call(self._stubs.market.GetPhase, request)

    async def follow_market(
        self, from_sequence: int = 0, instruments: Sequence[int] = ()
    ) -> AsyncIterator[MarketUpdate]:
        """Public events from a sequence on (0: from now on), without gaps, through drops.

        Raises CallFailed with OUT_OF_RANGE when the events are no longer kept (`metadata["first_available"]` says which
        are), and GapFound if the server skipped any.
        """

        def open_stream(sequence: int) -> Any:
            request = market_pb2.SubscribeRequest(from_sequence=sequence, instruments=instruments)
            return self._stubs.market.Subscribe(request, metadata=self._connection.metadata)

        async for message in self._resuming(open_stream, from_sequence):
            yield MarketUpdate(message.first_sequence, message.last_sequence, MarketEvents.of(message.events))

    async def follow_executions(self, from_sequence: int = 0) -> AsyncIterator[ExecutionUpdate]:
        """One's own executions from a sequence on (0: from now on), without gaps, through drops. Raises as above."""

        def open_stream(sequence: int) -> Any:
            request = orders_pb2.FollowExecutionsRequest(from_sequence=sequence)
            return self._stubs.orders.FollowExecutions(request, metadata=self._connection.metadata)

        async for message in self._resuming(open_stream, from_sequence):
            yield ExecutionUpdate(message.first_sequence, message.last_sequence, Executions.of(message.executions))

    async def _resuming(self, open_stream: Callable[[int], Any], from_sequence: int) -> AsyncIterator[Any]:
        """Messages of a stream that is opened again behind the last one whenever it drops."""
        # A place is fixed before the first stream opens, so that nothing is lost if that one drops without a word.
        following = from_sequence or (await self.phases()).sequence + 1
        attempts = Attempts(self._connection.retry)
        while True:
            call = open_stream(following)
            try:
                async for message in call:
                    if message.first_sequence != following:
                        raise GapFound(
                            f"event {following} was to follow, the stream went on with {message.first_sequence}"
                        )
                    following = message.last_sequence + 1
                    attempts = Attempts(self._connection.retry)
                    yield message
                return
            except grpc.aio.AioRpcError as error:
                failed = CallFailed(error)
                cut = failed.reason == "SUBSCRIBER_TOO_SLOW"
                if not cut and not await attempts.pause(failed):
                    raise failed from error
            finally:
                call.cancel()
