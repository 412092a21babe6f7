"""The picture and the table of scene D: every trade of the day, the band, the close; and what was refused, and why."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Patch
from rich import box
from rich.table import Table

from services.demo.trading_day import INSTRUMENT, TradingDay
from services.reports import canvas
from services.reports.notice import Picture
from services.reports.report import Text
from services.reports.scale import Scale, grouped, money

TITLE = Text(f"A day of trading by the rules of Hubei: {INSTRUMENT}", f"湖北规则下的一个交易日：{INSTRUMENT}")
_SOURCE = Text("Members and orders are made up; the rules are real.", "参与单位与申报均为虚构，规则为真实规则。")


def refusals_table(day: TradingDay) -> Table:
    """What was refused: outcome, clause, and what to do."""
    table = Table(box=box.SIMPLE_HEAD, header_style="dim")
    for head in ("申报\norder", "结果\noutcome", "依据\nclause", "处理\nwhat to do"):
        table.add_column(head)
    for what, refusal in day.refusals:
        table.add_row(what, refusal.outcome.name, refusal.clause or "—", refusal.advice)
    return table


def figures_table(day: TradingDay, scale: Scale) -> Table:
    """The day in figures."""
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", title="  ".join((TITLE.zh, TITLE.en)))
    heads = (
        "开盘\nopen",
        "最高\nhigh",
        "最低\nlow",
        "收盘\nclose",
        "成交量\nvolume, t",
        "成交额\nturnover",
        "手续费\nfees",
    )
    for head in heads:
        table.add_column(head, justify="right")
    prices = [trade.price_ticks for trade in day.trades]
    table.add_row(
        *(scale.price(ticks) for ticks in (day.open_ticks, max(prices), min(prices), day.close_ticks)),
        grouped(scale.quantity(day.volume_lots)),
        grouped(money(day.turnover_minor)),
        grouped(money(day.fees_minor)),
    )
    return table


def day_picture(day: TradingDay, scale: Scale) -> Picture:
    """Prices of the trades in their order with band and close, quantities below."""
    prices = np.array([trade.price_ticks for trade in day.trades]) * scale.tick_minor / 100
    lots = [trade.quantity_lots for trade in day.trades]
    places = np.arange(1, len(lots) + 1)
    with canvas.sheet(9.6, 5.6) as figure:
        canvas.entitle(figure, TITLE, _SOURCE)
        above = figure.add_axes((0.085, 0.45, 0.885, 0.395))
        below = figure.add_axes((0.085, 0.215, 0.885, 0.17), sharex=above)
        (line,) = above.step(places, prices, where="mid", color=canvas.DEMAND, linewidth=1.3, label="逐笔成交 Trades")
        close = above.axhline(
            day.close_ticks * scale.tick_minor / 100,
            color=canvas.PRICE,
            linestyle=(0, (5, 3)),
            label=f"收盘价 Close {scale.price(day.close_ticks)}",
        )
        last = above.axvspan(
            max(0.5, len(lots) - day.closing_trades + 0.5),
            len(lots) + 0.5,
            color=canvas.AWARDED,
            alpha=0.6,
            label=f"末{day.closing_trades}笔 The last {day.closing_trades}, which make the close",
        )
        above.set_ylabel("价格 Price（元/吨, CNY/t）")
        above.tick_params(labelbottom=False)
        above.margins(y=0.15)
        below.bar(places, lots, color=canvas.SUPPLY, width=0.8)
        below.set_ylabel("吨 t")
        below.set_xlabel("成交序号 Trade")
        quantity = Patch(color=canvas.SUPPLY, label="成交量 Quantity")
        canvas.legend_below(figure, below, [line, close, last, quantity], 2, offset_points=30)
        return Picture(TITLE, canvas.png(figure))
