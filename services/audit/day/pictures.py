"""Pictures of a day: prices and volume over it, and how the day's trades were spread over buyers and sellers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from services.audit.day.figures import DayReport, Traded
from services.reports import canvas
from services.reports.notice import Picture
from services.reports.pictures import Measure
from services.reports.report import Text

_HOUR_NS = 3_600_000_000_000
_BINS = 48
_MARKS = {"continuous": (".", canvas.PRICE, "连续竞价 Continuous"), "call": ("D", canvas.DEMAND, "集合竞价 Call"),
          "block": ("x", canvas.SOFT, "大宗 Block")}  # fmt: skip


def day_picture(report: DayReport, traded: Traded) -> Picture:
    """Every trade as a point, the volume in half-hours below. The instrument has traded."""
    title = Text(
        f"Price and volume: {traded.instrument}, {report.day}", f"价格与成交量：{traded.instrument}　{report.day}"
    )
    note = Text(f"Times are UTC{report.utc_offset}.", f"时间为 UTC{report.utc_offset}。")
    with canvas.sheet(9.6, 5.6) as figure:
        canvas.entitle(figure, title, note)
        prices = figure.add_axes((0.085, 0.45, 0.885, 0.395))
        volumes = figure.add_axes((0.085, 0.215, 0.885, 0.17), sharex=prices)
        handles = [*_draw_prices(prices, traded), _draw_volumes(volumes, traded)]
        canvas.legend_below(figure, volumes, handles, 4, offset_points=26)
        return Picture(title, canvas.png(figure))


def _draw_prices(axes: Axes, traded: Traded) -> list[Line2D]:
    handles: list[Line2D] = []
    for mode, (mark, colour, label) in _MARKS.items():
        points = [tick for tick in traded.ticks if tick[3] == mode]
        if points:
            hours = [tick[0] / _HOUR_NS for tick in points]
            paid = [tick[1] / 100 for tick in points]
            (line,) = axes.plot(hours, paid, mark, color=colour, markersize=5, alpha=0.8, label=label)
            handles.append(line)
    for price in traded.band or ():
        axes.axhline(float(price), color=canvas.RESERVE, linewidth=1.0, linestyle=(0, (5, 3)))
    axes.set_ylabel("价格 Price")
    axes.tick_params(labelbottom=False)
    axes.margins(y=0.15)
    return handles


def _draw_volumes(axes: Axes, traded: Traded) -> Patch:
    units = np.zeros(_BINS, np.int64)
    for since_ns, _, quantity, _ in traded.ticks:
        units[min(_BINS - 1, since_ns * _BINS // (24 * _HOUR_NS))] += quantity
    measure = Measure.fitting(int(units.max()))
    width = 24 / _BINS
    axes.bar(
        [(place + 0.5) * width for place in range(_BINS)],
        [measure.of(int(quantity)) for quantity in units],
        width=width * 0.9,
        color=canvas.SUPPLY,
    )
    axes.set_ylabel(f"成交量（{measure.name.zh}）", fontsize=9.5)
    times = [tick[0] / _HOUR_NS for tick in traded.ticks]
    first, last = int(min(times)), int(max(times)) + 1
    step = max(1, (last - first) // 8)
    axes.set_xlim(first - 0.25, last + 0.25)
    places = list(range(first, last + 1, step))
    axes.set_xticks(places, [f"{hour:02}:00" for hour in places])
    return Patch(color=canvas.SUPPLY, label=f"每半小时成交量 Volume by half-hour, {measure.name.en}")


def concentration_picture(report: DayReport, traded: Traded) -> Picture:
    """The five largest buyers and sellers, and the rest. The instrument has traded."""
    title = Text(f"Concentration: {traded.instrument}, {report.day}", f"成交集中度：{traded.instrument}　{report.day}")
    with canvas.sheet(9.6, 3.9) as figure:
        canvas.entitle(figure, title)
        for place, one in enumerate(traded.concentration):
            axes = figure.add_axes((0.16 + 0.49 * place, 0.11, 0.33, 0.62))
            names = [canvas.shortened(share.participant, 18) for share in one.largest]
            parts = [float(share.per_cent) for share in one.largest]
            rest = 100 - sum(parts)
            if rest > 0.005:
                names, parts = [*names, "其他 others"], [*parts, rest]
            _draw_shares(axes, names, parts)
            side = "买方 Buyers" if one.side == "buy" else "卖方 Sellers"
            axes.set_title(f"{side}　HHI {one.herfindahl:,}", fontsize=10.5, loc="left", color=canvas.INK)
        return Picture(title, canvas.png(figure))


def _draw_shares(axes: Axes, names: Sequence[str], parts: Sequence[float]) -> None:
    places = range(len(parts))
    axes.barh(list(places), parts, color=canvas.DEMAND, height=0.62)
    for place, part in zip(places, parts, strict=True):
        axes.text(part + 1, place, f"{part:.1f}%", va="center", fontsize=9, color=canvas.SOFT)
    axes.set_yticks(list(places), names, fontsize=9.5)
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
