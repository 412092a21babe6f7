"""The coordinates behind the pictures, as integers: what is drawn can be checked without looking at a pixel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.units import divide_half_up
from engine.views import RoundResult
from services.reports.report import RoundReport, Text


@dataclass(frozen=True)
class Step:
    """One horizontal stretch of a curve: from `start_lots` to `end_lots` at `price_ticks`."""

    price_ticks: int
    start_lots: int
    end_lots: int


def demand_steps(result: RoundResult) -> tuple[Step, ...]:
    """The valid bids added up from the highest price down: one stretch a price."""
    lots: dict[int, int] = defaultdict(int)
    for award in result.awards:
        if award.valid:
            lots[award.bid_price_ticks] += award.bid_quantity_lots
    return _steps(sorted(lots.items(), reverse=True))


def paid_steps(result: RoundResult) -> tuple[Step, ...]:
    """What was awarded, by the price paid, highest first: its area is the proceeds."""
    lots: dict[int, int] = defaultdict(int)
    for award in result.awards:
        if award.awarded_lots:
            lots[award.price_ticks] += award.awarded_lots
    return _steps(sorted(lots.items(), reverse=True))


def supply_steps(result: RoundResult, reserve_price_ticks: int) -> tuple[Step, ...]:
    """The lines on offer added up from the lowest price that lets them go: the higher of reserve and own minimum.

    A tier whose trigger was not met is not on offer.
    """
    lots: dict[int, int] = defaultdict(int)
    for line in result.supply:
        if not line.released:
            continue
        lots[max(line.minimum_price_ticks, reserve_price_ticks)] += line.quantity_lots
    return _steps(sorted(lots.items()))


@dataclass(frozen=True)
class ReserveTier:
    """Units that join the supply above a trigger; `released`: they did."""

    trigger_ticks: int
    lots: int
    released: bool


def reserve_tiers(result: RoundResult) -> tuple[ReserveTier, ...]:
    """The tiers of a round by their triggers, the lowest first; lines of one trigger are one tier."""
    lots: dict[int, int] = defaultdict(int)
    released: dict[int, bool] = defaultdict(bool)
    for line in result.supply:
        if line.trigger_price_ticks:
            lots[line.trigger_price_ticks] += line.quantity_lots
            released[line.trigger_price_ticks] |= line.released
    return tuple(ReserveTier(trigger, lots[trigger], released[trigger]) for trigger in sorted(lots))


def _steps(pairs: Iterable[tuple[int, int]]) -> tuple[Step, ...]:
    steps, reached = [], 0
    for price, lots in pairs:
        steps.append(Step(price, reached, reached + lots))
        reached += lots
    return tuple(steps)


def outline(steps: Sequence[Step]) -> tuple[list[int], list[int]]:
    """The corners of a staircase, (lots, ticks), from its first stretch to the end of its last."""
    corners = [(lots, step.price_ticks) for step in steps for lots in (step.start_lots, step.end_lots)]
    return [lots for lots, _ in corners], [ticks for _, ticks in corners]


class Part(StrEnum):
    """What a bar of the picture of limits is."""

    SENT = "sent"
    CUT = "cut"
    VALID = "valid"
    SOLD = "sold"


@dataclass(frozen=True)
class Bar:
    """One bar: from `start_lots` to `end_lots`. A cut ends where the one before it began."""

    part: Part
    label: Text
    start_lots: int
    end_lots: int


def limit_bars(report: RoundReport) -> tuple[Bar, ...]:
    """How demand shrinks from what was sent in to what is awarded: what each rule took off, one bar a rule."""
    result = report.result
    sent = result.submitted_demand_lots if report.sent is None else report.sent.lots
    cuts = [] if report.sent is None else [(refused.reason, refused.lots) for refused in report.sent.refused]
    void = sum(award.bid_quantity_lots for award in result.awards if not award.valid)
    cuts.append((Text("void at the clear", "清算时无效"), void))
    over = result.submitted_demand_lots - void - result.valid_demand_lots
    cuts.append((Text("limits at the clear", "清算时超限"), over))
    bars, left = [Bar(Part.SENT, Text("sent in", "提交"), 0, sent)], sent
    for label, lots in cuts:
        if lots:
            bars.append(Bar(Part.CUT, label, left - lots, left))
            left -= lots
    bars.append(Bar(Part.VALID, Text("valid", "有效"), 0, result.valid_demand_lots))
    bars.append(Bar(Part.SOLD, Text("awarded", "成交"), 0, result.sold_lots))
    return tuple(bars)


@dataclass(frozen=True)
class Trade:
    """One trade of a session."""

    time: datetime
    price_ticks: int
    quantity_lots: int


@dataclass(frozen=True)
class DayBar:
    """One day of a session. `average_ticks` is weighted by quantity, a half going up."""

    day: date
    low_ticks: int
    high_ticks: int
    average_ticks: int
    quantity_lots: int
    trades: int


def day_bars(trades: Iterable[Trade]) -> tuple[DayBar, ...]:
    """The trades of a session by day, days in order."""
    by_day: dict[date, list[Trade]] = defaultdict(list)
    for trade in trades:
        by_day[trade.time.date()].append(trade)
    return tuple(_day_bar(day, by_day[day]) for day in sorted(by_day))


def _day_bar(day: date, trades: Sequence[Trade]) -> DayBar:
    prices = [trade.price_ticks for trade in trades]
    quantity = sum(trade.quantity_lots for trade in trades)
    turnover = sum(trade.price_ticks * trade.quantity_lots for trade in trades)
    return DayBar(day, min(prices), max(prices), divide_half_up(turnover, quantity), quantity, len(trades))


def month_lots(bars: Iterable[DayBar]) -> dict[date, int]:
    """Traded lots by month, under the month's first day."""
    months: dict[date, int] = defaultdict(int)
    for bar in bars:
        months[bar.day.replace(day=1)] += bar.quantity_lots
    return dict(months)
