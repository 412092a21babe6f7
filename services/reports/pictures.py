"""Pictures of a round: demand and supply, awards by winner, sellers. Each gives a PNG; coordinates are in `curves`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from engine.parameters import Parameter
from services.reports import canvas, words
from services.reports.content import SellerLine, is_uniform, seller_lines
from services.reports.curves import (
    Part,
    Step,
    demand_steps,
    limit_bars,
    outline,
    paid_steps,
    reserve_tiers,
    supply_steps,
)
from services.reports.notice import Picture
from services.reports.report import RoundReport, Text
from services.reports.rules import value_in_force
from services.reports.scale import Scale, grouped
from services.reports.statistics import figures

_HIGHEST_LABELLED_ABOVE = 0.55
"""Share of the axis' height up to which the price is labelled above its point."""


_BARS_MAX = 100
"""Winners up to which each has a bar of its own; more are drawn as one outline."""

_TICKS_MAX = 26


@dataclass(frozen=True)
class Measure:
    """The unit of a quantity axis: units (t) of one step of it, and its name."""

    tonnes: int
    name: Text

    @classmethod
    def fitting(cls, most_tonnes: int) -> Measure:
        """Tonnes, thousands or millions, so that the axis has short numbers."""
        if most_tonnes >= 5_000_000:
            return cls(1_000_000, Text("million t", "百万吨"))
        if most_tonnes >= 5_000:
            return cls(1_000, Text("thousand t", "千吨"))
        return cls(1, Text("t", "吨"))

    def of(self, tonnes: int) -> float:
        """Where a quantity lies on the axis."""
        return tonnes / self.tonnes


def round_picture(report: RoundReport) -> Picture:
    """Demand and supply of a round, with reserve price, offer and the price that came out."""
    title = Text(f"Demand and supply: {report.title.en}", f"需求与供给：{report.title.zh}")
    # Every tier takes a line of the legend.
    below = 1.36 + 0.2 * len(reserve_tiers(report.result))
    with canvas.sheet(9.6, 4.44 + below) as figure:
        canvas.entitle(figure, title)
        inches = figure.get_figheight()
        axes = figure.add_axes((0.085, below / inches, 0.885, 3.51 / inches))
        _draw_curves(figure, axes, report)
        return Picture(title, canvas.png(figure))


def _draw_curves(figure: Figure, axes: Axes, report: RoundReport) -> None:
    result, scale = report.result, report.scale
    reserve_minor = value_in_force(report, Parameter.AUCTION_RESERVE_PRICE) or 0
    reserve_ticks = -(-reserve_minor // scale.tick_minor)
    demand, supply = demand_steps(result), supply_steps(result, reserve_ticks)
    offered = scale.quantity(result.offered_lots)
    most = max(offered, scale.quantity(result.valid_demand_lots))
    measure = Measure.fitting(most)
    triggers = [_money(scale, tier.trigger_ticks) for tier in reserve_tiers(result)]
    top = max([_money(scale, step.price_ticks) for step in demand] + [reserve_minor / 100, *triggers]) * 1.18 or 1.0
    right = measure.of(most) * 1.06 or 1.0
    axes.set_xlim(0, right)
    axes.set_ylim(0, top)
    _label_axes(axes, report, measure)
    handles: list[Line2D | Patch] = []
    if demand:
        handles += _draw_demand(axes, report, demand, measure)
    if supply:
        lots, ticks = outline(supply)
        x = [measure.of(scale.quantity(at)) for at in lots] + [measure.of(offered)]
        y = [_money(scale, price) for price in ticks] + [top]
        handles += axes.plot(x, y, color=canvas.SUPPLY, linewidth=1.8, label="供给 Supply")
    if reserve_minor:
        handles.append(
            axes.axhline(
                reserve_minor / 100,
                color=canvas.RESERVE,
                linewidth=1.3,
                linestyle=(0, (5, 3)),
                label=f"竞买底价 Reserve price {grouped(scale.price(reserve_ticks))}",
            )
        )
    handles += _draw_tiers(axes, report)
    if result.price_ticks is not None:
        handles.append(_mark_price(axes, report, measure))
    _mark_offer(axes, measure, offered, right, top)
    canvas.legend_below(figure, axes, handles, 2 if triggers else 3)


def _draw_demand(axes: Axes, report: RoundReport, demand: tuple[Step, ...], measure: Measure) -> list[Line2D | Patch]:
    scale, result = report.scale, report.result
    lots, ticks = outline(demand)
    x = [measure.of(scale.quantity(at)) for at in lots]
    y = [_money(scale, price) for price in ticks]
    (line,) = axes.plot([*x, x[-1]], [*y, 0], color=canvas.DEMAND, linewidth=1.8, label="有效申报 Valid bids")
    paid = paid_steps(result)
    if not paid:
        return [line]
    lots, ticks = outline(paid)
    axes.fill_between(
        [measure.of(scale.quantity(at)) for at in lots],
        [_money(scale, price) for price in ticks],
        color=canvas.AWARDED,
        linewidth=0,
    )
    return [line, Patch(color=canvas.AWARDED, label="成交金额 Proceeds (price × quantity)")]


def _draw_tiers(axes: Axes, report: RoundReport) -> list[Line2D | Patch]:
    """A line at the trigger of each tier of the reserve, with what became of the tier."""
    scale = report.scale
    return [
        axes.axhline(
            _money(scale, tier.trigger_ticks),
            color=canvas.RESERVE,
            linewidth=1.1,
            linestyle=(0, (1, 2)) if tier.released else (0, (1, 5)),
            label=f"储备触发价 Reserve tier {grouped(scale.price(tier.trigger_ticks))}: "
            f"{scale.quantity(tier.lots):,} t {'已释放 released' if tier.released else '未释放 not released'}",
        )
        for tier in reserve_tiers(report.result)
    ]


def _mark_price(axes: Axes, report: RoundReport, measure: Measure) -> Line2D:
    scale, result = report.scale, report.result
    price_ticks = result.price_ticks or 0
    x, y = measure.of(scale.quantity(result.sold_lots)), _money(scale, price_ticks)
    what = Text("Clearing price", "成交价") if is_uniform(report) else Text("Lowest accepted price", "最低成交价")
    text = f"{what.zh} {what.en}\n{grouped(scale.price(price_ticks))} {_unit(report)}"
    to_the_left = x > axes.get_xlim()[1] * 0.6
    # The offer is written along the upper edge; where the price is too near to it, its own label goes below.
    above = y < axes.get_ylim()[1] * _HIGHEST_LABELLED_ABOVE
    axes.annotate(
        text,
        (x, y),
        xytext=(-26 if to_the_left else 26, 34 if above else -34),
        textcoords="offset points",
        fontsize=10,
        ha="right" if to_the_left else "left",
        va="bottom" if above else "top",
        color=canvas.PRICE,
        linespacing=1.45,
        arrowprops={"arrowstyle": "-", "color": canvas.PRICE, "linewidth": 0.9, "shrinkB": 4},
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2},
    )
    (point,) = axes.plot(
        [x],
        [y],
        "o",
        color=canvas.PRICE,
        markersize=7,
        markeredgecolor="white",
        zorder=5,
        clip_on=False,
        label=f"{what.zh} {what.en}",
        linestyle="none",
    )
    return point


def _mark_offer(axes: Axes, measure: Measure, offered: int, right: float, top: float) -> None:
    x = measure.of(offered)
    to_the_left = x > right * 0.6
    axes.annotate(
        f"竞价总量 Offered\n{offered:,} t",
        (x, top * 0.985),
        xytext=(-8 if to_the_left else 8, 0),
        textcoords="offset points",
        ha="right" if to_the_left else "left",
        va="top",
        fontsize=10,
        color=canvas.SUPPLY,
        linespacing=1.45,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1},
    )


def awards_picture(report: RoundReport) -> Picture:
    """What each winner got, most first, with the share that the largest ones have together."""
    title = Text(f"Awards by winner: {report.title.en}", f"中标分布：{report.title.zh}")
    won = figures(report.result).won_lots
    quantities = [report.scale.quantity(lots) for lots in won]
    total = sum(quantities)
    measure = Measure.fitting(max(quantities, default=0))
    ranks = range(1, len(won) + 1)
    with canvas.sheet(9.6, 4.8) as figure:
        canvas.entitle(figure, title)
        axes = figure.add_axes((0.085, 0.27, 0.835, 0.535))
        few = len(won) <= _BARS_MAX
        heights = [measure.of(quantity) for quantity in quantities]
        if few:
            axes.bar(ranks, heights, color=canvas.DEMAND, width=0.72)
        else:
            axes.fill_between(ranks, heights, step="mid", color=canvas.DEMAND, linewidth=0)
            axes.set_ylim(0, max(heights) * 1.05)
        axes.set_xlabel("中标人名次（不具名）　Rank of the winner, names withheld")
        axes.set_ylabel(f"中标量 Awarded（{measure.name.zh}, {measure.name.en}）")
        if few:
            axes.set_xticks(list(ranks)[:: 1 + len(won) // _TICKS_MAX])
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
        axes.grid(visible=False, axis="x")
        axes.set_xlim(0.3, max(len(won), 1) + 0.7)
        shares = axes.twinx()
        shares.grid(visible=False)
        (line,) = shares.plot(
            ranks,
            [100 * so_far / total for so_far in accumulate(quantities)],
            color=canvas.PRICE,
            marker="o" if few else None,
            markersize=3.5,
            linewidth=1.4,
            label="累计份额 Cumulative share",
        )
        shares.set_ylim(0, 105)
        shares.set_ylabel("累计份额 Cumulative share（%）")
        canvas.legend_below(figure, axes, [Patch(color=canvas.DEMAND, label="中标量 Awarded"), line], 2)
        return Picture(title, canvas.png(figure))


def limits_picture(report: RoundReport) -> Picture:
    """What the rules took off from demand, step by step, from what was sent in to what was awarded."""
    title = Text(f"How limits cut demand: {report.title.en}", f"规则对需求的削减：{report.title.zh}")
    bars = limit_bars(report)
    quantity = report.scale.quantity
    measure = Measure.fitting(quantity(max((bar.end_lots for bar in bars), default=0)))
    most = measure.of(quantity(max((bar.end_lots for bar in bars), default=0)))
    with canvas.sheet(9.6, 1.75 + 0.42 * len(bars)) as figure:
        canvas.entitle(figure, title)
        inches = figure.get_figheight()
        axes = figure.add_axes((0.30, 0.62 / inches, 0.60, 1 - 1.42 / inches))
        for row, bar in enumerate(bars):
            start, end = measure.of(quantity(bar.start_lots)), measure.of(quantity(bar.end_lots))
            axes.barh(row, end - start, left=start, color=_PART_COLOUR[bar.part], height=0.62)
            lots = quantity(bar.end_lots - bar.start_lots)
            axes.annotate(
                f"−{lots:,}" if bar.part is Part.CUT else f"{lots:,}",
                (end, row),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=canvas.SOFT,
            )
        axes.set_xlim(0, most * 1.16 or 1.0)
        axes.set_yticks(range(len(bars)), [f"{bar.label.zh} {bar.label.en}" for bar in bars], color=canvas.INK)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
        axes.set_xlabel(f"数量 Quantity（{measure.name.zh}, {measure.name.en}）")
        canvas.make_room_for_names(figure, axes)
        return Picture(title, canvas.png(figure))


_PART_COLOUR = {
    Part.SENT: canvas.UNSOLD,
    Part.CUT: canvas.RESERVE,
    Part.VALID: canvas.DEMAND,
    Part.SOLD: canvas.PRICE,
}


def sellers_picture(report: RoundReport) -> Picture:
    """Every line of supply in the order of sale: sold, and not sold."""
    title = Text(f"Supply by seller: {report.title.en}", f"供给方成交情况：{report.title.zh}")
    lines = seller_lines(report)
    with canvas.sheet(9.6, 2.0 + 0.5 * len(lines)) as figure:
        canvas.entitle(figure, title)
        inches = figure.get_figheight()
        axes = figure.add_axes((0.30, 1.05 / inches, 0.60, 1 - 1.85 / inches))
        _draw_sellers(axes, lines)
        canvas.make_room_for_names(figure, axes)
        handles = [Patch(color=canvas.DEMAND, label="成交 Sold"), Patch(color=canvas.UNSOLD, label="未成交 Unsold")]
        canvas.legend_below(figure, axes, handles, 2)
        return Picture(title, canvas.png(figure))


def _draw_sellers(axes: Axes, lines: Sequence[SellerLine]) -> None:
    most = max((line.offered for line in lines), default=0)
    measure = Measure.fitting(most)
    rows = range(len(lines))
    sold = [measure.of(line.sold) for line in lines]
    unsold = [measure.of(line.unsold) for line in lines]
    axes.barh(rows, sold, color=canvas.DEMAND, height=0.58)
    axes.barh(rows, unsold, left=sold, color=canvas.UNSOLD, height=0.58)
    for row, line in zip(rows, lines, strict=True):
        axes.annotate(
            f"{line.sold:,} / {line.offered:,}",
            (measure.of(line.offered), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=canvas.SOFT,
        )
    axes.set_xlim(0, measure.of(most) * 1.27 or 1.0)
    labels = [f"{canvas.shortened(line.seller)}\n{line.kind.zh} {line.kind.en}" for line in lines]
    axes.set_yticks(list(rows), labels, color=canvas.INK, fontsize=9.5, linespacing=1.35)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel(f"数量 Quantity（{measure.name.zh}, {measure.name.en}）；成交 / 投放 sold / offered")


def _label_axes(axes: Axes, report: RoundReport, measure: Measure) -> None:
    axes.set_xlabel(f"累计数量 Cumulative quantity（{measure.name.zh}, {measure.name.en}）")
    axes.set_ylabel(f"价格 Price（{_unit(report)}）")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))


def _unit(report: RoundReport) -> str:
    unit = words.price_unit(report.scale.currency)
    return f"{unit.zh}, {unit.en}"


def _money(scale: Scale, price_ticks: int) -> float:
    """A price on an axis."""
    return price_ticks * scale.tick_minor / 100
