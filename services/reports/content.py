"""What a results notice says, as rows of text: the page, the CSV and the console all show these same rows.

A row has a key for machines, a label and a unit in English and Chinese, and its value as plain decimal text (`value`)
and as people read it (`shown`). Where a figure was published about the same auction, it stands beside ours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from engine.auction.terms import PriceRule
from engine.parameters import Parameter
from engine.units import divide_half_up
from services.reports import words
from services.reports.report import CARRIED, SUPPLY_KINDS, Published, RoundReport, Text
from services.reports.rules import value_in_force
from services.reports.scale import decimals, grouped, money
from services.reports.statistics import Prices, RoundFigures, figures

NONE_SHOWN = "–"
"""What stands where a figure does not exist."""


@dataclass(frozen=True)
class Row:
    """One figure. `value` is empty where the figure does not exist."""

    key: str
    label: Text
    value: str
    shown: str
    unit: Text = words.NO_UNIT
    published: Published | None = None

    @property
    def agrees(self) -> bool | None:
        """Whether the published figure is equal; None where there is none, or it was published rounded."""
        return None if self.published is None or self.published.rounded else self.published.value == self.value


@dataclass(frozen=True)
class Section:
    """Rows under one heading."""

    key: str
    title: Text
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SellerLine:
    """One line of supply, in units (t) and as decimal text."""

    group: str
    kind: Text
    seller: str
    offered: int
    sold: int
    unsold: int
    proceeds: str


def sections(report: RoundReport) -> tuple[Section, ...]:
    """All figures of the notice, section by section."""
    counted = figures(report.result)
    return (
        Section("result", Text("Result", "成交结果"), (*_result_rows(report, counted), *_money_rows(report))),
        Section("bids", Text("Bids", "申报情况"), tuple(_bid_rows(report, counted))),
        Section("awards", Text("Awards", "成交分布"), tuple(_award_rows(report, counted))),
    )


def seller_lines(report: RoundReport) -> tuple[SellerLine, ...]:
    """The lines of supply with what became of them, by jurisdiction and in the order of sale."""
    quantity = report.scale.quantity
    return tuple(
        SellerLine(
            group=report.groups.get(line.group, ""),
            kind=CARRIED if line.line in report.carried else SUPPLY_KINDS[line.kind],
            seller=report.seller(line.seller),
            offered=quantity(line.quantity_lots),
            sold=quantity(line.sold_lots),
            unsold=quantity(line.quantity_lots - line.sold_lots),
            proceeds=money(line.proceeds_minor),
        )
        for line in sorted(report.result.supply, key=lambda line: (line.group, line.rank, line.line))
    )


def is_uniform(report: RoundReport) -> bool:
    """Whether all winners pay one price."""
    return value_in_force(report, Parameter.AUCTION_PRICE_RULE) != PriceRule.PAY_AS_BID


def _result_rows(report: RoundReport, counted: RoundFigures) -> Iterator[Row]:
    result, scale = report.result, report.scale
    per_tonne, status = words.price_unit(scale.currency), words.STATUS[result.status]
    reserve = value_in_force(report, Parameter.AUCTION_RESERVE_PRICE)
    price = Text("Clearing price", "成交价") if is_uniform(report) else Text("Lowest accepted price", "最低成交价")
    build = _Builder(report)
    yield Row("status", Text("Outcome", "竞价结果"), result.status.name.lower(), f"{status.zh} ({status.en})")
    yield build.text("price", price, None if result.price_ticks is None else scale.price(result.price_ticks), per_tonne)
    yield build.text("reserve_price", Text("Reserve price", "竞买底价"), money(reserve) if reserve else None, per_tonne)
    yield build.lots("offered", Text("Offered", "竞价总量"), result.offered_lots)
    yield build.lots("sold", Text("Sold", "成交量"), result.sold_lots)
    yield build.lots("unsold", Text("Unsold", "未成交量"), counted.unsold_lots)
    yield build.text(
        "proceeds", Text("Proceeds", "成交金额"), money(result.proceeds_minor), words.currency(scale.currency)
    )


def _money_rows(report: RoundReport) -> Iterator[Row]:
    """Fees and defaults, where there are any; nobody is named."""
    result, build, currency = report.result, _Builder(report), words.currency(report.scale.currency)
    if result.fees:
        fees = sum(amount for _, amount in result.fees)
        yield build.text("fees", Text("Fees of buyers and sellers", "手续费"), money(fees), currency)
    if result.defaults:
        lots = sum(default.lots for default in result.defaults)
        forfeited = sum(default.forfeited_minor for default in result.defaults)
        yield build.count("defaults", Text("Winners in default", "违约中标人数"), len(result.defaults), words.BIDDERS)
        yield build.lots("defaulted", Text("Quantity in default", "违约数量"), lots)
        yield build.text("forfeited", Text("Forfeited guarantees", "没收保证金"), money(forfeited), currency)


def _bid_rows(report: RoundReport, counted: RoundFigures) -> Iterator[Row]:
    result, build, sent = report.result, _Builder(report), report.sent
    bidders, bids, lots = counted.bidders_submitted, counted.bids_submitted, result.submitted_demand_lots
    if sent is not None:
        bidders, bids, lots = sent.bidders, sent.bids, sent.lots
    yield build.count("bidders_submitted", Text("Bidders", "申报竞买人数"), bidders, words.BIDDERS)
    yield build.count(
        "bidders_valid", Text("Bidders with a valid bid", "有效申报竞买人数"), counted.bidders_valid, words.BIDDERS
    )
    yield build.count("bids_submitted", Text("Bids submitted", "申报笔数"), bids, words.BIDS)
    if sent is not None:
        refused = sum(cut.bids for cut in sent.refused)
        yield build.count("bids_refused", Text("Bids refused at entry", "申报时拒绝笔数"), refused, words.BIDS)
    yield build.count("bids_valid", Text("Bids valid", "有效申报笔数"), counted.bids_valid, words.BIDS)
    yield build.lots("demand_submitted", Text("Quantity bid, submitted", "申报总量"), lots)
    yield build.lots("demand_valid", Text("Quantity bid, valid", "有效申报总量"), result.valid_demand_lots)
    yield build.cover("cover_submitted", Text("Cover ratio, submitted bids", "认购倍数（全部申报）"), lots)
    yield build.cover("cover_ratio", Text("Cover ratio, valid bids", "认购倍数（有效申报）"), result.valid_demand_lots)
    yield from build.prices("bid", Text("bid", "申报价"), counted.bids)


def _award_rows(report: RoundReport, counted: RoundFigures) -> Iterator[Row]:
    build, spread = _Builder(report), counted.concentration
    yield build.count("winners", Text("Winning bidders", "中标竞买人数"), counted.winners, words.BIDDERS)
    yield build.count("bids_awarded", Text("Winning bids", "中标笔数"), counted.bids_awarded, words.BIDS)
    yield from build.prices("award", Text("price paid", "成交价"), counted.awards)
    yield build.share(
        "largest_share", Text("Share of the largest winner", "最大中标人份额"), spread.largest_share if spread else None
    )
    yield build.share(
        "three_largest_share",
        Text("Share of the three largest", "前三名中标人份额"),
        spread.three_largest_share if spread else None,
    )
    index = decimals(spread.herfindahl_index, 0) if spread else None
    yield build.text("herfindahl_index", Text("Herfindahl–Hirschman index", "赫芬达尔指数"), index, words.NO_UNIT)


class _Builder:
    """Rows of one report: each knows how its kind of figure is written."""

    def __init__(self, report: RoundReport) -> None:
        self._report = report
        self._scale = report.scale

    def text(self, key: str, label: Text, value: str | None, unit: Text) -> Row:
        shown = NONE_SHOWN if value is None else grouped(value)
        return Row(key, label, value or "", shown, unit if value else words.NO_UNIT, self._report.published.get(key))

    def count(self, key: str, label: Text, number: int, unit: Text) -> Row:
        return self.text(key, label, str(number), unit)

    def lots(self, key: str, label: Text, quantity_lots: int) -> Row:
        return self.text(key, label, str(self._scale.quantity(quantity_lots)), words.TONNES)

    def share(self, key: str, label: Text, share: Fraction | None) -> Row:
        return self.text(key, label, None if share is None else decimals(100 * share, 2), words.PER_CENT)

    def cover(self, key: str, label: Text, demand_lots: int) -> Row:
        """A ratio with the division it is the outcome of."""
        demand, offered = self._scale.quantity(demand_lots), self._scale.quantity(self._report.result.offered_lots)
        if not offered:
            return self.text(key, label, None, words.NO_UNIT)
        value = decimals(Fraction(demand, offered), 2)
        return Row(key, label, value, f"{demand:,} ÷ {offered:,} = {value}", published=self._report.published.get(key))

    def prices(self, key: str, what: Text, prices: Prices | None) -> Iterator[Row]:
        unit, scale = words.price_unit(self._scale.currency), self._scale
        minimum = scale.price(prices.minimum_ticks) if prices else None
        maximum = scale.price(prices.maximum_ticks) if prices else None
        median = scale.price(prices.median_ticks) if prices else None
        mean = money(_half_up(prices.mean_ticks * scale.tick_minor)) if prices else None
        yield self.text(f"{key}_minimum", Text(f"Lowest {what.en}", f"最低{what.zh}"), minimum, unit)
        yield self.text(f"{key}_maximum", Text(f"Highest {what.en}", f"最高{what.zh}"), maximum, unit)
        yield self.text(f"{key}_mean", Text(f"Mean {what.en}", f"平均{what.zh}"), mean, unit)
        yield self.text(f"{key}_median", Text(f"Median {what.en}", f"{what.zh}中位数"), median, unit)


def _half_up(value: Fraction) -> int:
    return divide_half_up(value.numerator, value.denominator)
