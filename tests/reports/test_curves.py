"""What pictures draw, as integers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from services.reports.curves import (
    Part,
    ReserveTier,
    Step,
    Trade,
    day_bars,
    demand_steps,
    limit_bars,
    month_lots,
    outline,
    paid_steps,
    reserve_tiers,
    supply_steps,
)
from services.reports.report import Refusals, SentBids, Text
from tests.reports.sample import EMPTY, RESULT, report


def test_demand_adds_up_valid_bids_from_the_highest_price() -> None:
    assert demand_steps(RESULT) == (Step(5000, 0, 40), Step(4800, 40, 90), Step(4500, 90, 120), Step(4400, 120, 140))


def test_bids_at_one_price_are_one_step() -> None:
    same = replace(RESULT, awards=tuple(replace(award, bid_price_ticks=4500) for award in RESULT.awards))
    assert demand_steps(same) == (Step(4500, 0, 140),)


def test_the_area_of_what_was_paid_is_the_proceeds() -> None:
    pay_as_bid = replace(
        RESULT, awards=tuple(replace(award, price_ticks=award.bid_price_ticks) for award in RESULT.awards)
    )
    assert paid_steps(pay_as_bid) == (Step(5000, 0, 40), Step(4800, 40, 90), Step(4500, 90, 100))
    area = sum(step.price_ticks * (step.end_lots - step.start_lots) for step in paid_steps(RESULT))
    assert area == RESULT.proceeds_minor


def test_supply_begins_at_the_reserve_and_rises_with_the_sellers_minimums() -> None:
    lines = (RESULT.supply[0], replace(RESULT.supply[1], minimum_price_ticks=4600), RESULT.supply[2])
    assert supply_steps(replace(RESULT, supply=lines), 4000) == (Step(4000, 0, 67), Step(4600, 67, 100))


def test_an_outline_has_both_ends_of_every_step() -> None:
    assert outline((Step(9, 0, 4), Step(7, 4, 6))) == ([0, 4, 4, 6], [9, 9, 7, 7])


def test_a_round_without_bids_has_no_demand() -> None:
    assert demand_steps(EMPTY) == ()
    assert paid_steps(EMPTY) == ()


def test_days_and_months_of_a_session() -> None:
    trades = [
        Trade(datetime.fromisoformat("2024-01-30T09:05"), 6000, 10),
        Trade(datetime.fromisoformat("2024-01-30T15:00"), 6101, 20),
        Trade(datetime.fromisoformat("2024-02-01T10:00"), 5900, 5),
    ]
    first, second = day_bars(trades)
    # (6000 x 10 + 6101 x 20) / 30 = 6067.33
    assert (first.low_ticks, first.high_ticks, first.average_ticks, first.quantity_lots) == (6000, 6101, 6067, 30)
    assert (first.trades, second.day, second.average_ticks) == (2, date(2024, 2, 1), 5900)
    assert month_lots((first, second)) == {date(2024, 1, 1): 30, date(2024, 2, 1): 5}


def test_limits_take_demand_down_bar_by_bar() -> None:
    """Of 170 sent in 20 were refused; of the 150 that entered 10 are void: 140 are valid, 100 awarded."""
    cap = Refusals(Text("over the cap", "超限"), 1, 15)
    off = Refusals(Text("off the step", "单位不符"), 1, 5)
    bars = limit_bars(report(sent=SentBids(5, 7, 170, (cap, off))))
    assert [(bar.part, bar.start_lots, bar.end_lots) for bar in bars] == [
        (Part.SENT, 0, 170),
        (Part.CUT, 155, 170),
        (Part.CUT, 150, 155),
        (Part.CUT, 140, 150),
        (Part.VALID, 0, 140),
        (Part.SOLD, 0, 100),
    ]
    assert [bar.label.en for bar in bars[1:4]] == ["over the cap", "off the step", "void at the clear"]


def test_nothing_is_cut_where_nothing_is() -> None:
    assert [bar.part for bar in limit_bars(report(EMPTY))] == [Part.SENT, Part.VALID, Part.SOLD]


def test_a_tier_is_on_offer_once_it_is_released() -> None:
    low = replace(RESULT.supply[1], trigger_price_ticks=4200, minimum_price_ticks=4200, released=True)
    high = replace(RESULT.supply[2], trigger_price_ticks=4700, minimum_price_ticks=4700, released=False)
    tiered = replace(RESULT, supply=(RESULT.supply[0], low, high))
    assert supply_steps(tiered, 4000) == (Step(4000, 0, 33), Step(4200, 33, 66))
    assert reserve_tiers(tiered) == (ReserveTier(4200, 33, True), ReserveTier(4700, 34, False))
    assert reserve_tiers(RESULT) == ()
