"""Scene B: the Shenzhen auction of 2022-08-12 under its own rules, with bids that are drawn.

580,764 t at a floor of 29.64, caps of 50 % and 30 % of the offer, price first, then time, everybody pays its own bid.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from engine.commands import ParticipantClass
from services.client import Supply
from services.demo.drawn_bids import SEED, draw_bids
from services.demo.inputs import shenzhen_published
from services.demo.venue import Venue
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale

DAY = date(2022, 8, 12)
OFFERED_LOTS = 580_764

_NOTE = Text(
    f"The bids of this auction were never published. Those used here are drawn (seed {SEED:,}), in a way that brings "
    "the outcome close to the published figures, which stand beside it. Supply, floor, caps and rules are real.",
    f"本场各笔申报从未公布，此处所用申报为随机生成（种子 {SEED:,}），生成方式使结果接近公布数据，并列示以供对照。"
    "竞价总量、底价、申报上限与成交规则均为真实数据。",
)


async def play(venue: Venue, on_bid: Callable[[], None]) -> RoundReport:
    """The auction; calls `on_bid` after each bid. Bids arrive one by one: who is earlier goes first among equals."""
    book = await venue.adopt("shenzhen_2022")
    instrument = await venue.define("SZEA-2021", book)
    government = await venue.member("深圳市政府 Shenzhen", ParticipantClass.GOVERNMENT)
    await venue.give_units(government, instrument, OFFERED_LOTS)
    number = await venue.draft("SZ-2022-08-12", book, instrument, DAY, supply=[Supply(government.number, OFFERED_LOTS)])
    await venue.session.open_round(number)
    for place, bid in enumerate(draw_bids(), start=1):
        bidder = await venue.member(f"SZ bidder {place:03d}", bid.bidder_class)
        await venue.give_cash(bidder, bid.price_ticks * bid.quantity_lots)
        await bidder.bid(number, bid.price_ticks, bid.quantity_lots)
        on_bid()
    return RoundReport(
        title=Text("Shenzhen: auction of 2021 allowances", "深圳市2021年度碳排放配额有偿竞价"),
        name="SZ-2022-08-12",
        day=DAY,
        instrument="SZEA-2021",
        scale=Scale(book.book.currency),
        result=await venue.close_and_clear(number),
        book=book.book,
        book_sha256=book.sha256,
        sellers={government.number: government.name},
        published=shenzhen_published(),
        notes=(_NOTE,),
    )
