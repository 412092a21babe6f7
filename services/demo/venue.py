"""The venue as the demonstration sees it: an operator and members, each a gRPC client under its own name.

Nothing here reaches into the server: whatever a scene shows has come over the wire.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from types import TracebackType

from engine.auction.terms import RoundStatus
from engine.commands import ParticipantClass, SupplyKind
from engine.parameters import BY_KEY
from engine.rules.model import ALL_CLASSES, Book
from engine.rules.values import parse_value
from engine.views import Award, RoundResult, SupplyLine
from services.client import AsyncClient, AsyncSession, Bids, Retry, Supply, Value
from services.client import Awards as AwardColumns
from services.errors import CheckFailed
from services.rule_books.files import load_book
from services.wire.jingjia.auctions.v1 import auctions_pb2

OPERATOR = "operator"
SESSION = "demonstration"
RETRY = Retry(for_s=300.0, first_pause_s=0.05, longest_pause_s=0.5, call_s=60.0)
"""Long enough to outlive a restart of the server, and kernels that are compiled when they are first needed."""


@dataclass(frozen=True)
class Adopted:
    """A rule book in force at the venue: its number there, its content, the hash of its text."""

    number: int
    book: Book
    sha256: str


@dataclass(frozen=True)
class Member:
    """A participant with a connection and a session of its own."""

    number: int
    name: str
    client: AsyncClient
    session: AsyncSession

    async def bid(self, round_number: int, price_ticks: int, quantity_lots: int) -> None:
        """Places one bid. Raises CheckFailed when it is refused."""
        answer = await self.session.submit_bids(Bids([round_number], [price_ticks], [quantity_lots]))
        if answer.refusals:
            raise CheckFailed(f"a bid of {self.name!r} in round {round_number}: {answer.refusals[0]}")


class Venue:
    """Use as `async with Venue(address) as venue`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.operator = AsyncClient.connect(address, participant=OPERATOR, retry=RETRY)
        self._members: dict[str, Member] = {}
        self._books: dict[str, Adopted] = {}
        self._session: AsyncSession | None = None

    async def __aenter__(self) -> Venue:
        self._session = await self.operator.open_session(SESSION)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in self._members.values():
            await member.client.close()
        await self.operator.close()

    @property
    def session(self) -> AsyncSession:
        """The operator's session."""
        if self._session is None:
            raise RuntimeError("use `async with Venue(...)`")
        return self._session

    async def adopt(self, name: str) -> Adopted:
        """A shipped rule book, adopted once."""
        if name not in self._books:
            number = await self.session.adopt_rule_book(name)
            shown = await self.operator.rule_book(number)
            self._books[name] = Adopted(number, load_book(name), shown.sha256)
        return self._books[name]

    async def define(self, name: str, book: Adopted) -> int:
        """An instrument of 1 t lots with prices in hundredths."""
        return await self.session.define_instrument(name, book.number, tick_minor=1, lot_units=1)

    async def member(self, name: str, participant_class: ParticipantClass) -> Member:
        """A participant, registered once, with its own connection."""
        if name not in self._members:
            number = await self.session.register_participant(name, participant_class)
            client = AsyncClient.connect(self.address, participant=name, retry=RETRY)
            self._members[name] = Member(number, name, client, await client.open_session(SESSION))
        return self._members[name]

    async def give_cash(self, member: Member, amount_minor: int) -> None:
        """Cash on deposit."""
        if amount_minor:
            await self.session.deposit_cash(member.number, amount_minor)

    async def give_units(self, member: Member, instrument: int, quantity_lots: int) -> None:
        """Units on deposit."""
        if quantity_lots:
            await self.session.deposit_units(member.number, instrument, quantity_lots)

    async def draft(
        self,
        name: str,
        book: Adopted,
        instrument: int,
        day: date,
        *,
        values: Sequence[Value] = (),
        supply: Sequence[Supply] = (),
    ) -> int:
        """A round that is not open yet."""
        return await self.session.create_round(name, book.number, instrument, day, values=values, supply=supply)

    async def close_and_clear(self, round_number: int) -> RoundResult:
        """Closes a round, clears and settles it."""
        await self.session.close_round(round_number)
        return round_result(await self.session.clear_round(round_number))


def values_as_integers(values: Sequence[Value]) -> tuple[tuple[int, int, int], ...]:
    """(parameter, class, value) of values as a round states them."""
    return tuple(
        (
            int(BY_KEY[value.parameter]),
            ALL_CLASSES if value.participant_class is None else int(value.participant_class),
            parse_value(BY_KEY[value.parameter], value.value),
        )
        for value in values
    )


def lines_beyond(result: RoundResult, given: int) -> frozenset[int]:
    """The lines of supply that the venue added to the first `given` ones: consigned units left over from before."""
    return frozenset(line.line for line in result.supply if line.line > given)


def round_result(message: auctions_pb2.RoundResult) -> RoundResult:
    """A result as it came over the wire."""
    columns = AwardColumns.of(message.awards)
    awards = zip(
        columns.bid_ids.tolist(),
        columns.bidders.tolist(),
        columns.bid_price_ticks.tolist(),
        columns.bid_quantity_lots.tolist(),
        columns.awarded_lots.tolist(),
        columns.price_ticks.tolist(),
        columns.payment_minor.tolist(),
        columns.valid.astype(bool).tolist(),
        strict=True,
    )
    return RoundResult(
        status=RoundStatus(message.status),
        price_ticks=message.price_ticks if message.HasField("price_ticks") else None,
        offered_lots=message.offered_lots,
        sold_lots=message.sold_lots,
        valid_demand_lots=message.valid_demand_lots,
        submitted_demand_lots=message.submitted_demand_lots,
        proceeds_minor=message.proceeds_minor,
        awards=tuple(Award(*row) for row in awards),
        supply=tuple(
            SupplyLine(
                line=line.line,
                kind=SupplyKind(line.kind),
                group=line.group,
                rank=line.rank,
                seller=line.seller,
                quantity_lots=line.quantity_lots,
                minimum_price_ticks=line.minimum_price_ticks,
                sold_lots=line.sold_lots,
                proceeds_minor=line.proceeds_minor,
            )
            for line in message.supply
        ),
    )
