"""Scene C: consigned bidding (委托竞价) under the proposed rules, first with too few bids, then with too many.

Three key emitters consign part of their allowances beside the government. In the first round demand stays below what is
consigned: the consignors share it in proportion, the government sells nothing, and what is left over goes into the
second round by itself. There demand exceeds everything. Companies and bids are made up; the rules are those of the rule
book `shenzhen_consignment`, a proposal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from engine.commands import ParticipantClass
from services.client import Supply, Value
from services.demo.venue import Adopted, Member, Venue, lines_beyond, values_as_integers
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale

FLOOR = "40.00"
RATIO = "0.30"
SEED = 256
CONSIGNORS = ("甲热电 Power A", "乙水泥 Cement B", "丙电子 Electronics C")
HOLDINGS_LOTS = (600_000, 410_000, 190_000)

_BIDDERS = 24


@dataclass(frozen=True)
class Plan:
    """One round: what is consigned anew, what the government adds, and roughly how much is bid for."""

    name: str
    day: date
    title: Text
    consigned_lots: tuple[int, int, int]
    government_lots: int
    demand_lots: int


PLANS = (
    Plan(
        "SZ-consigned-1",
        date(2024, 6, 7),
        Text("Consigned bidding, first round: too few bids", "委托竞价第一场（申报不足）"),
        (120_000, 85_001, 40_003),
        300_000,
        150_000,
    ),
    Plan(
        "SZ-consigned-2",
        date(2024, 6, 21),
        Text("Consigned bidding, second round: more bids than units", "委托竞价第二场（申报充足）"),
        (30_000, 20_000, 0),
        180_000,
        620_000,
    ),
)

_NOTE = Text(
    f"Companies and bids are made up (seed {SEED}) to show the rules at work.",
    f"参与单位与申报均为虚构（种子 {SEED}），仅用于演示规则。",
)


@dataclass(frozen=True)
class Consigned:
    """A round with what its consignors' accounts show: cash received, in fen, by participant number."""

    report: RoundReport
    received_minor: Mapping[int, int]

    @property
    def is_balanced(self) -> bool:
        """Payments, proceeds by line and proceeds of the round are one sum; accounts got what the notice says."""
        result = self.report.result
        by_seller = dict.fromkeys(self.received_minor, 0)
        for line in result.supply:
            if line.seller in by_seller:
                by_seller[line.seller] += line.proceeds_minor
        paid = sum(award.payment_minor for award in result.awards)
        received = sum(line.proceeds_minor for line in result.supply)
        return paid == received == result.proceeds_minor and by_seller == dict(self.received_minor)


def draw(plan: Plan, generator: np.random.Generator) -> list[tuple[int, int]]:
    """(price in ticks, quantity in lots) of each bidder: prices in steps of 5 fen from the floor up."""
    shares = generator.dirichlet(np.full(_BIDDERS, 2.0))
    prices = 4_000 + 5 * np.floor(generator.gamma(2.0, 60.0, _BIDDERS)).astype(np.int64)
    lots = np.maximum(1, np.floor(shares * plan.demand_lots)).astype(np.int64)
    return list(zip(prices.tolist(), lots.tolist(), strict=True))


async def play(venue: Venue, on_round: Callable[[], None]) -> tuple[Consigned, ...]:
    """Both rounds; calls `on_round` after each."""
    book = await venue.adopt("shenzhen_consignment")
    instrument = await venue.define("SZEA-2023", book)
    government = await venue.member("深圳市政府 Shenzhen", ParticipantClass.GOVERNMENT)
    await venue.give_units(government, instrument, sum(plan.government_lots for plan in PLANS))
    consignors = [await venue.member(name, ParticipantClass.KEY_EMITTER) for name in CONSIGNORS]
    for consignor, lots in zip(consignors, HOLDINGS_LOTS, strict=True):
        await venue.give_units(consignor, instrument, lots)
    generator = np.random.default_rng(SEED)
    played = []
    for plan in PLANS:
        played.append(await _play_round(venue, book, instrument, plan, government, consignors, draw(plan, generator)))
        on_round()
    return tuple(played)


async def _play_round(
    venue: Venue,
    book: Adopted,
    instrument: int,
    plan: Plan,
    government: Member,
    consignors: list[Member],
    bids: list[tuple[int, int]],
) -> Consigned:
    values = (
        Value("auction.reserve_price", FLOOR),
        Value("consignment.ratio", RATIO, ParticipantClass.KEY_EMITTER),
    )
    number = await venue.draft(
        plan.name,
        book,
        instrument,
        plan.day,
        values=values,
        supply=[Supply(government.number, plan.government_lots, rank=2)],
    )
    for consignor, lots in zip(consignors, plan.consigned_lots, strict=True):
        if lots:
            await consignor.session.consign(number, lots)
    await venue.session.open_round(number)
    for place, (price_ticks, lots) in enumerate(bids, start=1):
        bidder = await venue.member(f"SZ bidder {place:03d}", ParticipantClass.KEY_EMITTER)
        await venue.give_cash(bidder, price_ticks * lots)
        await bidder.bid(number, price_ticks, lots)
    before = {member.number: (await member.client.cash()).available_minor for member in consignors}
    result = await venue.close_and_clear(number)
    received = {
        member.number: (await member.client.cash()).available_minor - before[member.number] for member in consignors
    }
    report = RoundReport(
        title=plan.title,
        name=plan.name,
        day=plan.day,
        instrument="SZEA-2023",
        scale=Scale(book.book.currency),
        result=result,
        book=book.book,
        book_sha256=book.sha256,
        sellers={member.number: member.name for member in (government, *consignors)},
        values=values_as_integers(values),
        carried=lines_beyond(result, 1 + sum(lots > 0 for lots in plan.consigned_lots)),
        notes=(_NOTE,),
    )
    return Consigned(report, received)
