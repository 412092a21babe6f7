"""The picture of a trading session: single trades and the day's mean above, quantity by month below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from services.reports import canvas, words
from services.reports.curves import DayBar, Trade, day_bars, month_lots
from services.reports.notice import Picture
from services.reports.pictures import Measure
from services.reports.report import Text
from services.reports.scale import Scale

_MONTH_MIDDLE = timedelta(days=14)
_MONTH_WIDTH_DAYS = 24


def session_picture(trades: Sequence[Trade], scale: Scale, title: Text, source: Text) -> Picture:
    """Price and volume of a session of at least one trade. `source` stands in small print below."""
    bars = day_bars(trades)
    with canvas.sheet(9.6, 6.4) as figure:
        canvas.entitle(figure, title, source)
        prices = figure.add_axes((0.085, 0.44, 0.885, 0.425))
        volumes = figure.add_axes((0.085, 0.185, 0.885, 0.19), sharex=prices)
        handles = [*_draw_prices(prices, trades, bars, scale), _draw_volumes(volumes, bars, scale)]
        canvas.legend_below(figure, volumes, handles, 3, offset_points=26)
        return Picture(title, canvas.png(figure))


def _draw_prices(axes: Axes, trades: Sequence[Trade], bars: Sequence[DayBar], scale: Scale) -> list[Line2D]:
    unit = words.price_unit(scale.currency)
    times = np.array([trade.time for trade in trades], "datetime64[s]")
    paid = np.array([trade.price_ticks for trade in trades]) * scale.tick_minor / 100
    days = np.array([bar.day for bar in bars], "datetime64[D]")
    means = np.array([bar.average_ticks for bar in bars]) * scale.tick_minor / 100
    (dots,) = axes.plot(
        times,
        paid,
        ".",
        color=canvas.PRICE,
        alpha=0.45,
        markersize=5,
        markeredgewidth=0,
        label="逐笔成交 Single trades",
    )
    (line,) = axes.plot(
        days, means, color=canvas.DEMAND, linewidth=1.0, label="日加权平均价 Daily mean, weighted by quantity"
    )
    axes.set_ylabel(f"价格 Price（{unit.zh}, {unit.en}）")
    axes.tick_params(labelbottom=False)
    axes.set_ylim(bottom=0)
    axes.annotate(
        f"末笔 Last {scale.price(trades[-1].price_ticks)}",
        (times[-1], paid[-1]),
        xytext=(0, 22),
        textcoords="offset points",
        ha="right",
        fontsize=9.5,
        color=canvas.INK,
        arrowprops={"arrowstyle": "-", "color": canvas.SOFT, "linewidth": 0.8},
    )
    return [dots, line]


def _draw_volumes(axes: Axes, bars: Sequence[DayBar], scale: Scale) -> Patch:
    months = month_lots(bars)
    measure = Measure.fitting(max(map(scale.quantity, months.values())))
    middles = np.array([month + _MONTH_MIDDLE for month in months], "datetime64[D]")
    heights = [measure.of(scale.quantity(lots)) for lots in months.values()]
    axes.bar(middles, heights, width=_MONTH_WIDTH_DAYS, color=canvas.SUPPLY)
    axes.set_ylabel(f"月成交量（{measure.name.zh}）", fontsize=9.5)
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    return Patch(color=canvas.SUPPLY, label=f"月成交量 Monthly volume, {measure.name.en}")
