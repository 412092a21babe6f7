"""Scene D: a real tape through the order book.

Every trade of the tape becomes two orders of two members: one rests, the other meets it and may not rest. What comes
out on the public tape has to be what went in, trade by trade. That is a test of the path (client, wire, journal, book,
market data), no proof of the matching: the orders are made so that each meets its partner.

Orders travel in batches. A run of trades whose prices never fall can share two batches, all sells before all buys: each
buy finds its own sell as the best one. A run whose prices never rise goes the other way round.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import grpc.aio
import numpy as np

from engine.commands import ParticipantClass, Phase, Side, TimeInForce
from services.client import OrderAnswer, Orders
from services.demo.venue import Member, Venue
from services.errors import CheckFailed
from services.identity import METADATA_KEY
from services.reports.curves import Trade
from services.wire.jingjia.market.v1 import market_pb2
from services.wire.jingjia.orders.v1 import orders_pb2
from services.wire.jingjia.orders.v1.orders_pb2_grpc import OrderServiceStub


@dataclass(frozen=True)
class Run:
    """Trades `start` to `end` of the tape in one pair of batches; `first_side` rests, the other side meets it."""

    start: int
    end: int
    first_side: Side


def runs(prices_ticks: Sequence[int]) -> tuple[Run, ...]:
    """The tape cut into runs of trades that can share a pair of batches, each as long as possible."""
    found: list[Run] = []
    start = 0
    while start < len(prices_ticks):
        rising = _reach(prices_ticks, start, 1)
        falling = _reach(prices_ticks, start, -1)
        found.append(Run(start, max(rising, falling), Side.SELL if rising >= falling else Side.BUY))
        start = found[-1].end
    return tuple(found)


def _reach(prices_ticks: Sequence[int], start: int, direction: int) -> int:
    end = start + 1
    while end < len(prices_ticks) and (prices_ticks[end] - prices_ticks[end - 1]) * direction >= 0:
        end += 1
    return end


@dataclass(frozen=True)
class TapeDifference:
    """The first place where two tapes differ; a side that has ended is None."""

    place: int
    expected: tuple[int, int] | None
    found: tuple[int, int] | None


def tape_difference(expected: Sequence[Trade], found: Sequence[tuple[int, int]]) -> TapeDifference | None:
    """Compares a tape with (price in ticks, quantity in lots) as they came out; None when they are equal."""
    for place in range(max(len(expected), len(found))):
        went_in = (expected[place].price_ticks, expected[place].quantity_lots) if place < len(expected) else None
        came_out = found[place] if place < len(found) else None
        if went_in != came_out:
            return TapeDifference(place, went_in, came_out)
    return None


@dataclass(frozen=True)
class Sent:
    """A batch that was answered, and what is needed to send it again."""

    member: Member
    orders: Orders
    first_request_id: int
    answer: OrderAnswer


class TapePlayer:
    """Two members who trade a tape with each other. `sent` are the batches answered so far, in their order."""

    def __init__(self, venue: Venue, instrument: int, seller: Member, buyer: Member, trades: Sequence[Trade]) -> None:
        """Use `prepare`."""
        self.venue = venue
        self.instrument = instrument
        self.first_sequence = 0
        self.sent: list[Sent] = []
        self._members = {Side.SELL: seller, Side.BUY: buyer}
        self._prices = np.array([trade.price_ticks for trade in trades], np.int64)
        self._lots = np.array([trade.quantity_lots for trade in trades], np.int64)

    @classmethod
    async def prepare(cls, venue: Venue, trades: Sequence[Trade]) -> TapePlayer:
        """Registers the members, gives each what the whole tape needs, and opens the instrument."""
        book = await venue.adopt("nz_spot")
        instrument = await venue.define("NZU", book)
        seller = await venue.member("NZU seller", ParticipantClass.INSTITUTION)
        buyer = await venue.member("NZU buyer", ParticipantClass.INSTITUTION)
        await venue.give_units(seller, instrument, sum(trade.quantity_lots for trade in trades))
        await venue.give_cash(buyer, sum(trade.price_ticks * trade.quantity_lots for trade in trades))
        await venue.session.set_phase(instrument, Phase.CONTINUOUS)
        player = cls(venue, instrument, seller, buyer, trades)
        player.first_sequence = (await venue.operator.state()).last_sequence + 1
        return player

    async def play(self, run: Run) -> tuple[Sent, Sent]:
        """Both batches of a run. Raises CheckFailed when a row is refused."""
        other = Side.BUY if run.first_side is Side.SELL else Side.SELL
        first = await self._send(run, run.first_side, TimeInForce.GTC)
        return first, await self._send(run, other, TimeInForce.IOC)

    async def _send(self, run: Run, side: Side, time_in_force: TimeInForce) -> Sent:
        member = self._members[side]
        orders = Orders(
            instruments=self.instrument,
            sides=side,
            times_in_force=time_in_force,
            price_ticks=self._prices[run.start : run.end],
            quantity_lots=self._lots[run.start : run.end],
        )
        first_request_id = member.session.next_request_id
        answer = await member.session.submit_orders(orders)
        if answer.refusals:
            raise CheckFailed(f"trades {run.start} to {run.end} of the tape: {answer.refusals[0]}")
        self.sent.append(Sent(member, orders, first_request_id, answer))
        return self.sent[-1]

    async def send_again(self, sent: Sent) -> OrderAnswer:
        """The very same request once more, as a program does that has lost its memory of the answer."""
        columns, _ = sent.orders.message(sent.member.session.number, sent.first_request_id)
        request = orders_pb2.SubmitOrderBatchRequest(orders=columns)
        async with grpc.aio.insecure_channel(self.venue.address) as channel:
            identity = ((METADATA_KEY, sent.member.name),)
            response = await OrderServiceStub(channel).SubmitOrderBatch(request, metadata=identity)
        return OrderAnswer.of(response.answer, sent.member.session.number, sent.first_request_id)

    async def tape(self) -> tuple[tuple[int, int], ...]:
        """The public trades of the instrument so far, (price in ticks, lots), read from the venue's market data."""
        last = (await self.venue.operator.state()).last_sequence
        return tuple([trade async for trade in self._public_trades(last)])

    async def _public_trades(self, last_sequence: int) -> AsyncIterator[tuple[int, int]]:
        if last_sequence < self.first_sequence:
            return
        async for update in self.venue.operator.follow_market(self.first_sequence, [self.instrument]):
            chosen = update.events.kinds == market_pb2.MARKET_EVENT_KIND_TRADE
            prices, lots = update.events.price_ticks[chosen], update.events.quantity_lots[chosen]
            for trade in zip(prices.tolist(), lots.tolist(), strict=True):
                yield trade
            if update.last_sequence >= last_sequence:
                return
