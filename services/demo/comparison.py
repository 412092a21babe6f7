"""The picture and the table of scene A: every line of the published results beside what the venue made of it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from rich import box
from rich.table import Table

from services.demo.inputs import SaleLine
from services.demo.wci import SOURCE, LineComparison, Played
from services.reports import canvas
from services.reports.notice import Picture
from services.reports.report import Text

TITLE = Text(
    "California–Québec auctions of 2016: sold by each seller, published and here",
    "加州—魁北克2016年拍卖：各出让方成交量，公布数据与本系统结果",
)
_SOURCE = Text(f"Published figures: {SOURCE}.", "公布数据：")

_JURISDICTIONS = {"CA": Text("California", "加州"), "QC": Text("Québec", "魁北克")}
_KINDS = {"current": Text("current", "当期"), "advance": Text("advance", "预售")}


def line_name(line: SaleLine) -> Text:
    """A published line in words."""
    who = _JURISDICTIONS[line.jurisdiction]
    if line.is_consigned:
        return Text(f"{who.en}, consigned", f"{who.zh}委托")
    return Text(f"{who.en} {line.vintage}", f"{who.zh} {line.vintage}")


def _short_name(line: SaleLine) -> str:
    """Both languages in one, short enough for a narrow console."""
    what = "委托 consigned" if line.is_consigned else str(line.vintage)
    return f"{_JURISDICTIONS[line.jurisdiction].zh} {line.jurisdiction} {what}"


def comparison_table(played: Sequence[Played]) -> Table:
    """One row a line; equal ones carry an equals sign."""
    table = Table(box=box.SIMPLE_HEAD, header_style="dim")
    for head in ("拍卖\nauction", "出让方\nseller"):
        table.add_column(head)
    for head in ("投放\noffered, t", "公布成交\npublished, t", "本系统成交\nsold here, t"):
        table.add_column(head, justify="right")
    table.add_column("")
    for one in played:
        for place, line in enumerate(one.lines):
            table.add_row(
                f"{one.sale.month:%Y-%m} {_KINDS[one.sale.kind].zh} {_KINDS[one.sale.kind].en}" if not place else "",
                _short_name(line.line),
                f"{line.offered:,}",
                f"{line.line.sold:,}",
                f"{line.sold:,}",
                "[green]=[/]" if line.agrees else "[red]≠[/]",
                end_section=place == len(one.lines) - 1,
            )
    return table


def comparison_picture(played: Sequence[Played]) -> Picture:
    """Offered and sold by line, with a mark where the published sale lies."""
    rows = [(one, line) for one in played for line in one.lines]
    with canvas.sheet(9.6, 2.1 + 0.31 * len(rows)) as figure:
        canvas.entitle(figure, TITLE, _SOURCE)
        inches = figure.get_figheight()
        axes = figure.add_axes((0.30, 1.3 / inches, 0.60, 1 - 2.1 / inches))
        _draw(axes, rows)
        canvas.make_room_for_names(figure, axes)
        handles = [
            Patch(color=canvas.DEMAND, label="成交 Sold here"),
            Patch(color=canvas.UNSOLD, label="未成交 Unsold here"),
            Line2D([], [], color=canvas.PRICE, marker="D", linestyle="none", label="公布成交量 Published sale"),
        ]
        canvas.legend_below(figure, axes, handles, 3)
        return Picture(TITLE, canvas.png(figure))


def _draw(axes: Axes, rows: Sequence[tuple[Played, LineComparison]]) -> None:
    places = range(len(rows))
    sold = [line.sold / 1e6 for _, line in rows]
    unsold = [(line.offered - line.sold) / 1e6 for _, line in rows]
    axes.barh(places, sold, color=canvas.DEMAND, height=0.66)
    axes.barh(places, unsold, left=sold, color=canvas.UNSOLD, height=0.66)
    axes.plot(
        [line.line.sold / 1e6 for _, line in rows], list(places), "D", color=canvas.PRICE, markersize=4.5, clip_on=False
    )
    names, month = [], ""
    for place, (one, line) in zip(places, rows, strict=True):
        sale = f"{one.sale.month:%Y-%m} {_KINDS[one.sale.kind].zh} {_KINDS[one.sale.kind].en}"
        if sale != month and place:
            axes.axhline(place - 0.5, color="#9aa8ab", linewidth=0.8)
        names.append(f"{sale + '　' if sale != month else ''}{_short_name(line.line)}")
        month = sale
    axes.set_yticks(list(places), names, color=canvas.INK, fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, None)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("数量 Quantity（百万吨, million t）")
