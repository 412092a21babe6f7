"""The report of a day as files: a page in Chinese and English, its figures as CSV and JSON, its pictures."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator

from services.audit.day.figures import DayReport
from services.audit.day.pictures import concentration_picture, day_picture
from services.reports.notice import Picture
from services.reports.pages import render
from services.reports.report import Text
from services.reports.words import STATUS

PHASES: dict[str, Text] = {
    "closed": Text("closed", "休市"),
    "continuous": Text("continuous", "连续竞价"),
    "halted": Text("halted", "临时停牌"),
    "opening_call": Text("opening call", "开盘集合竞价"),
    "closing_call": Text("closing call", "收盘集合竞价"),
    "firm_call": Text("firm call", "集合竞价（不可撤单）"),
    "pick_list": Text("pick list", "挂牌点选"),
    "median": Text("median", "协商议价"),
}
TURNS: dict[str, Text] = {
    "opened": Text("opened", "开始"),
    "closed": Text("closed", "截止"),
    "result": Text("result", "结果"),
    "settled": Text("settled", "完成交收"),
    "cancelled": Text("cancelled", "取消"),
}
WATCHED: dict[str, Text] = {
    "stopped": Text("trading stopped", "暂停交易"),
    "resumed": Text("trading resumed", "恢复交易"),
    "large holder": Text("large holder reported", "大户报告"),
}
MODES: dict[str, Text] = {
    "continuous": Text("continuous", "连续竞价"),
    "call": Text("call auction", "集合竞价"),
    "block": Text("blocks", "大宗"),
}
COUNTS: dict[str, Text] = {
    "order_accepted": Text("orders accepted", "有效委托"),
    "order_cancelled": Text("orders cancelled", "撤单"),
    "order_reduced": Text("orders reduced", "减量"),
    "order_replaced": Text("orders replaced", "改单"),
    "bid_accepted": Text("bids accepted", "有效申报"),
}
SIDES = {"buy": Text("buyers", "买方"), "sell": Text("sellers", "卖方")}


def day_files(report: DayReport) -> dict[str, bytes]:
    """`day.html`, `day.csv`, `day.json` and the pictures of the page, by file name."""
    pictures: dict[str, Picture] = {}
    for place, traded in enumerate(report.instruments, start=1):
        if traded.trades:
            pictures[f"price_{place}.png"] = day_picture(report, traded)
            pictures[f"concentration_{place}.png"] = concentration_picture(report, traded)
    return {
        "day.html": day_html(report, pictures).encode(),
        "day.csv": day_csv(report).encode(),
        "day.json": (json.dumps(report.plain(), ensure_ascii=False, indent=2) + "\n").encode(),
        **{name: picture.png for name, picture in pictures.items()},
    }


def day_html(report: DayReport, pictures: dict[str, Picture]) -> str:
    """The page; nothing is loaded from anywhere."""
    return render(
        "day.html.j2",
        report=report,
        pictures=list(pictures.values()),
        phases=PHASES,
        turns=TURNS,
        watched=WATCHED,
        modes=MODES,
        counts=COUNTS,
        sides=SIDES,
        statuses={status.name.lower(): text for status, text in STATUS.items()},
    )


def day_csv(report: DayReport) -> str:
    """The figures, one a row: section, subject, key, value. Prices and money are decimal text, quantities units."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(("section", "subject", "key", "value"))
    for row in _rows(report):
        writer.writerow(["" if cell is None else cell for cell in row])
    return target.getvalue()


def _rows(report: DayReport) -> Iterator[tuple[object, ...]]:
    for key in ("day", "utc_offset", "journal", "first_batch", "last_batch", "commands", "events", "event_chain",
                "state_digest"):  # fmt: skip
        yield "venue", "", key, getattr(report, key)
    yield from (("venue", "", key, count) for key, count in report.counts.items())
    for one in report.instruments:
        for key in ("reference", "open", "high", "low", "close", "official_close", "average", "trades", "units",
                    "turnover", "halts", "halted_minutes"):  # fmt: skip
            yield "prices", one.instrument, key, getattr(one, key)
        for mode, figures in one.by_mode.items():
            yield from (("modes", one.instrument, f"{mode} {key}", value) for key, value in figures.items())
        for side in one.concentration:
            yield "concentration", one.instrument, f"{side.side} herfindahl", side.herfindahl
            yield "concentration", one.instrument, f"{side.side} top five, %", side.top_per_cent
            yield from (("concentration", one.instrument, f"{side.side} {s.participant}, %", s.per_cent)
                        for s in side.largest)  # fmt: skip
        yield from (("holders", one.instrument, f"{s.participant}, units", s.units) for s in one.holders)
        yield from (("phases", one.instrument, time, phase) for time, phase in one.phases)
    for refused in report.refusals:
        yield "refusals", refused.table, f"{refused.outcome} {refused.parameter}".strip(), refused.rows
    for block in report.blocks:
        yield (
            "blocks",
            block["instrument"],
            f"{block['time']} {block['buyer']} from {block['seller']}, units",
            block["units"],
        )
    for watched in report.watched:
        subject = watched["participant"] or watched["instrument"] or "all"
        yield "watched", subject, f"{watched['time']} {watched['what']}", watched["units"] or None
    for turn in report.rounds:
        yield from (("rounds", turn["round"], f"{turn['time']} {key}", value) for key, value in turn.items()
                    if key not in ("time", "round"))  # fmt: skip
