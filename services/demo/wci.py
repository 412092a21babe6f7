"""Scene A: the undersubscribed California-Québec auctions of 2016, line by line against the published table.

Goes in: what each seller offered, in the order of sale (consigned units first, then those offered before, then new
ones), and the published total as bids at the reserve price. Comes out, for comparison: how much of each line is sold,
that is the split between the jurisdictions and, within California, the order of sale. Consigned units left over are
carried into the next current auction by the venue itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.commands import ParticipantClass, SupplyKind
from engine.units import parse_scaled
from engine.views import RoundResult, SupplyLine
from services.client import Supply, Value
from services.demo.inputs import Sale, SaleLine, wci_sales
from services.demo.venue import Adopted, Member, Venue, lines_beyond, values_as_integers
from services.reports.report import Published, RoundReport, Text
from services.reports.scale import Scale

RESERVE_PRICE = "12.73"
"""USD, for all auctions of 2016; its source is in benchmarks/replays/wci/SOURCE.md."""

GROUPS = {"CA": 1, "QC": 2}
GROUP_NAMES = {1: "California", 2: "Québec"}
SOURCE = "nearzero/WCI-cap-and-trade, CC BY-SA 4.0"

_LOT_T = 1_000
_BIDDERS = 8
_RANK_OFFERED_BEFORE, _RANK_NEW = 2, 3


@dataclass(frozen=True)
class LineComparison:
    """One published line and what the venue made of it, in t."""

    sale: Sale
    line: SaleLine
    offered: int
    sold: int

    @property
    def agrees(self) -> bool:
        """Whether offer and sale are the published ones, to the tonne."""
        return (self.offered, self.sold) == (self.line.offered, self.line.sold)


@dataclass(frozen=True)
class Played:
    """One auction that was played. `carried_in` are consigned units that the venue itself offered again."""

    sale: Sale
    report: RoundReport
    lines: tuple[LineComparison, ...]
    carried_in: int


def compare(sale: Sale, supply: Sequence[SupplyLine]) -> tuple[LineComparison, ...]:
    """The lines of a sale beside the lines of a round.

    Lines of a jurisdiction come in the order in which they were drafted. The table has one consigned line; in the round
    it may be several lots, which are added up.
    """
    drafted = iter([line for line in supply if line.kind is not SupplyKind.CONSIGNED])
    consigned = [line for line in supply if line.kind is SupplyKind.CONSIGNED]
    compared = []
    for line in sale.lines:
        ours = consigned if line.is_consigned else [next(drafted)]
        offered, sold = sum(one.quantity_lots for one in ours), sum(one.sold_lots for one in ours)
        compared.append(LineComparison(sale, line, offered, sold))
    return tuple(compared)


def bid_quantities(total: int, bidders: int = _BIDDERS) -> list[int]:
    """A total in lots of 1,000 t, spread evenly over the bidders. Raises ValueError for another total."""
    lots, rest = divmod(total, _LOT_T)
    if rest:
        raise ValueError(f"{total} t is no multiple of {_LOT_T} t")
    each, more = divmod(lots, bidders)
    return [(each + (bidder < more)) * _LOT_T for bidder in range(bidders)]


async def play(venue: Venue, on_sale: Callable[[], None]) -> tuple[Played, ...]:
    """All eight sales of 2016; calls `on_sale` after each."""
    book = await venue.adopt("wci_2016")
    sellers = {
        "CA": await venue.member("California Air Resources Board", ParticipantClass.GOVERNMENT),
        "QC": await venue.member("Gouvernement du Québec", ParticipantClass.GOVERNMENT),
        "consign": await venue.member("California utilities (consigned)", ParticipantClass.KEY_EMITTER),
    }
    bidders = [
        await venue.member(f"WCI bidder {number}", ParticipantClass.KEY_EMITTER) for number in range(1, _BIDDERS + 1)
    ]
    instruments = {
        "current": await venue.define("WCI allowances, current auctions", book),
        "advance": await venue.define("WCI allowances of 2019, advance auctions", book),
    }
    played = []
    for sale in wci_sales():
        played.append(await _play_sale(venue, book, instruments[sale.kind], sale, sellers, bidders))
        on_sale()
    return tuple(played)


async def _play_sale(
    venue: Venue, book: Adopted, instrument: int, sale: Sale, sellers: dict[str, Member], bidders: list[Member]
) -> Played:
    values = (Value("auction.reserve_price", RESERVE_PRICE),)
    supply = []
    for line in sale.lines:
        # What a consignor was left with comes back by the venue's own rule; what is new it deposits and consigns anew.
        await venue.give_units(sellers[line.seller], instrument, line.new if line.is_consigned else line.offered)
        if not line.is_consigned:
            supply.append(_supply(sale, line, sellers[line.seller].number))
    name = f"WCI-{sale.month:%Y-%m}-{sale.kind}"
    number = await venue.draft(name, book, instrument, sale.month, values=values, supply=supply)
    for line in sale.lines:
        if line.is_consigned:
            await sellers["consign"].session.consign(number, line.new, group=GROUPS[line.jurisdiction])
    await venue.session.open_round(number)
    await _bid(venue, number, sale, bidders)
    result = await venue.close_and_clear(number)
    again = sum(line.again for line in sale.lines if line.is_consigned)
    report = _report(name, sale, result, book, values, sellers)
    return Played(sale, report, compare(sale, result.supply), again)


def _supply(sale: Sale, line: SaleLine, seller: int) -> Supply:
    is_new = line.vintage >= sale.month.year
    return Supply(
        seller=seller,
        quantity_lots=line.offered,
        kind=SupplyKind.GOVERNMENT if is_new else SupplyKind.RETURNED,
        rank=_RANK_NEW if is_new else _RANK_OFFERED_BEFORE,
        group=GROUPS[line.jurisdiction],
    )


async def _bid(venue: Venue, number: int, sale: Sale, bidders: list[Member]) -> None:
    """The published total, bid for at the reserve price. All bids are alike, so their order does not matter."""
    price_ticks = parse_scaled(RESERVE_PRICE, 100)
    quantities = bid_quantities(sale.sold)
    for bidder, lots in zip(bidders, quantities, strict=True):
        await venue.give_cash(bidder, price_ticks * lots)
    await asyncio.gather(
        *(bidder.bid(number, price_ticks, lots) for bidder, lots in zip(bidders, quantities, strict=True) if lots)
    )


_KINDS = {"current": Text("current auction", "当期拍卖"), "advance": Text("advance auction", "预售拍卖")}

_NOTE = Text(
    "Supply and the total sold are the published ones. The single bids were never published: the total is bid for at "
    "the reserve price by eight bidders that are made up. What is checked is who sold how much.",
    "供给量与总成交量为公布数据；各笔申报从未公布，此处由八个虚构竞买人按底价申报同一总量。复核的是各出让方的成交量。",
)


def _report(
    name: str, sale: Sale, result: RoundResult, book: Adopted, values: Sequence[Value], sellers: dict[str, Member]
) -> RoundReport:
    kind = _KINDS[sale.kind]
    month = f"{sale.month:%Y-%m}"
    return RoundReport(
        title=Text(f"California–Québec {kind.en}, {month}", f"加州—魁北克{kind.zh}（{month}）"),
        name=name,
        day=sale.month,
        instrument="WCI allowances",
        scale=Scale(book.book.currency),
        result=result,
        book=book.book,
        book_sha256=book.sha256,
        sellers={member.number: member.name for member in sellers.values()},
        groups=GROUP_NAMES,
        values=values_as_integers(values),
        carried=lines_beyond(result, len(sale.lines)),
        published={
            "offered": Published(str(sale.offered), SOURCE),
            "sold": Published(str(sale.sold), SOURCE),
            "unsold": Published(str(sale.offered - sale.sold), SOURCE),
        },
        notes=(_NOTE,),
        when=month,
    )
