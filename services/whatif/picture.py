"""One picture of a comparison: by design, the distributions of price, quantity sold, proceeds and concentration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from services.reports import canvas, words
from services.reports.report import Text
from services.reports.scale import MINOR_PER_UNIT, Scale
from services.whatif.run import SOLD, Outcomes

TITLE = Text("What if: the round over many bid books", "假设分析：多套申报下的竞价结果")
NOTE = Text(
    "Box: middle half; line: median; whiskers: 5 to 95 %. Not an official result.",
    "箱体为中间一半，线为中位数，须线为5%至95%。非正式结果。",
)
_NAME_MAX = 46


def comparison_picture(outcomes: Sequence[Outcomes], scale: Scale) -> bytes:
    """The picture as PNG."""
    unit = words.price_unit(scale.currency)
    currency = words.currency(scale.currency)
    panels = [
        (Text(f"Price, {unit.en}", f"成交价 {unit.zh}"), [_prices(one, scale) for one in outcomes]),
        (Text("Sold, t", "成交量 吨"), [one.sold_lots * float(scale.lot_units) for one in outcomes]),
        (Text(f"Proceeds, {currency.en}", f"成交金额 {currency.zh}"), [_money(one) for one in outcomes]),
        (Text("Concentration (HHI, 0 to 1)", "集中度（0至1）"), [one.concentration_ppm / 1e6 for one in outcomes]),
    ]
    height = 2.6 + 0.62 * len(outcomes)
    with canvas.sheet(12.6, height) as figure:
        canvas.entitle(figure, TITLE, NOTE)
        left, gap = 0.24, 0.022
        width = (0.985 - left - 3 * gap) / 4
        for place, (title, values) in enumerate(panels):
            axes = figure.add_axes((left + place * (width + gap), 0.9 / height, width, 1 - 2.1 / height))
            axes.boxplot(
                [column if column.size else np.zeros(1) for column in values],
                orientation="horizontal",
                whis=(5, 95),
                widths=0.55,
                showfliers=False,
                patch_artist=True,
                boxprops={"facecolor": canvas.AWARDED, "edgecolor": canvas.DEMAND},
                medianprops={"color": canvas.PRICE, "linewidth": 1.8},
                whiskerprops={"color": canvas.DEMAND},
                capprops={"color": canvas.DEMAND},
            )
            axes.set_title(f"{title.zh}\n{title.en}", fontsize=9.5, loc="left")
            axes.invert_yaxis()
            axes.ticklabel_format(axis="x", style="plain", useOffset=False)
            axes.xaxis.set_major_locator(MaxNLocator(3))
            axes.xaxis.set_major_formatter(_short)
            names = [_shortened(one.design.name) for one in outcomes] if place == 0 else [""] * len(outcomes)
            axes.set_yticklabels(names, fontsize=9)
        return canvas.png(figure)


def _short(value: float, _: object = None) -> str:
    """A number with M or k where it is long."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.4g}{letter}"
    return f"{value:,.4g}"


def _shortened(name: str) -> str:
    return name if len(name) <= _NAME_MAX else name[: _NAME_MAX - 1] + "…"


def _prices(outcomes: Outcomes, scale: Scale) -> np.ndarray:
    sold = np.isin(outcomes.statuses, SOLD)
    return outcomes.prices_ticks[sold] * float(scale.tick_minor) / MINOR_PER_UNIT


def _money(outcomes: Outcomes) -> np.ndarray:
    return outcomes.proceeds_minor / float(MINOR_PER_UNIT)
