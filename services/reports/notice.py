"""The results notice (竞价结果公告): one HTML page in Chinese and English, and the same figures as CSV.

The page stands alone: style, pictures and the glyphs it uses are inside, nothing is loaded from anywhere. Bidders are
not named. The same report gives the same bytes.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from services.reports import words
from services.reports.content import Section, sections, seller_lines
from services.reports.pages import render
from services.reports.report import RoundReport, Text
from services.reports.result_json import result_json
from services.reports.rules import rule_rows
from services.reports.scale import decimals, money
from services.reports.statistics import figures

TILES = ("price", "offered", "sold", "cover_ratio", "proceeds")
"""The figures at the top of the page."""

WINNERS_SHOWN = 50
"""Most rows of the table of awards; the page says nothing about those after it but their sum."""


@dataclass(frozen=True)
class Picture:
    """A picture inside the page, as PNG."""

    title: Text
    png: bytes

    @property
    def base64(self) -> str:
        """The PNG for a data URL."""
        return base64.b64encode(self.png).decode("ascii")


@dataclass(frozen=True)
class Winner:
    """One row of the awards by winner; shares in per cent as text. `rank` is a number, or a range for the rest."""

    rank: str
    quantity: int
    share: str
    cumulative: str


def notice_html(report: RoundReport, pictures: Sequence[Picture] = (), result_digest: str | None = None) -> str:
    """The page, with the glyphs it uses embedded.

    `result_digest` is the digest of the result file that is published beside it; without one, that of the bare result.
    """
    found = sections(report)
    return render(
        "notice.html.j2",
        report=report,
        sections=found,
        tiles=_tiles(found),
        has_published=bool(report.published),
        sources=list(dict.fromkeys(published.source for published in report.published.values())),
        has_groups=any(line.group for line in report.result.supply),
        pictures=pictures,
        lines=seller_lines(report),
        totals=_totals(report),
        winners=winners(report),
        rules=rule_rows(report),
        currency=words.currency(report.scale.currency),
        draws=report.draws,
        digest=result_digest or result_json(report)["digest"],
    )


def notice_csv(report: RoundReport) -> str:
    """The figures as CSV: one a row, plain decimal text, labels in both languages; then the lines of supply.

    Columns: section, key, label_en, label_zh, value, unit, published, source. Seller lines have the key
    `line N offered / sold / unsold / proceeds`, with the seller as label. Last what a reader checks the notice with.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(("section", "key", "label_en", "label_zh", "value", "unit", "published", "source"))
    for section in sections(report):
        for row in section.rows:
            published = (row.published.value, row.published.source) if row.published else ("", "")
            writer.writerow((section.key, row.key, row.label.en, row.label.zh, row.value, row.unit.en, *published))
    for number, line in enumerate(seller_lines(report), start=1):
        for what, zh, value, unit in (
            ("offered", "投放量", line.offered, "t"),
            ("sold", "成交量", line.sold, "t"),
            ("unsold", "未成交量", line.unsold, "t"),
            ("proceeds", "收入", line.proceeds, report.scale.currency),
        ):
            label_en, label_zh = f"{line.seller} ({line.kind.en}): {what}", f"{line.seller}（{line.kind.zh}）：{zh}"
            writer.writerow(("sellers", f"line {number} {what}", label_en, label_zh, value, unit, "", ""))
    for key, label, value in _proof_rows(report):
        writer.writerow(("receipts" if key in _RECEIPT_KEYS else "draw", key, label.en, label.zh, value, "", "", ""))
    return target.getvalue()


_RECEIPT_KEYS = ("round", "root", "bids")


def _proof_rows(report: RoundReport) -> Iterator[tuple[str, Text, str]]:
    """What a notice publishes so that others can check it: the root of the receipts, and recorded draws."""
    if report.receipts is not None:
        yield "round", Text("Round", "场次"), report.name
        yield "root", Text("Root of the receipts", "申报回执根哈希"), report.receipts.root
        yield "bids", Text("Sealed bids", "密封申报笔数"), str(report.receipts.size)
    for draw in report.draws:
        yield "commitment", Text("Commitment of the draw", "抽签承诺"), draw["commitment"]
        yield "seed", Text("Seed of the draw", "抽签种子"), draw["seed"]
        yield "salt", Text("Salt of the draw", "抽签盐值"), draw["salt"]


def winners(report: RoundReport) -> list[Winner]:
    """What each winner got, most first, without names."""
    won = figures(report.result).won_lots
    total = sum(won)
    shown = [*won[:WINNERS_SHOWN], *([sum(won[WINNERS_SHOWN:])] if len(won) > WINNERS_SHOWN else [])]
    ranks = [str(rank) for rank in range(1, min(len(won), WINNERS_SHOWN) + 1)]
    if len(won) > WINNERS_SHOWN:
        ranks.append(f"{WINNERS_SHOWN + 1}–{len(won)}")
    return [
        Winner(rank, report.scale.quantity(lots), _per_cent(lots, total), _per_cent(so_far, total))
        for rank, lots, so_far in zip(ranks, shown, accumulate(shown), strict=True)
    ]


def _tiles(found: Sequence[Section]) -> list[Mapping[str, object]]:
    rows = {row.key: row for section in found for row in section.rows}
    return [
        {"label": row.label, "unit": row.unit, "shown": row.value if key == "cover_ratio" else row.shown}
        for key in TILES
        for row in (rows[key],)
    ]


def _totals(report: RoundReport) -> tuple[int | str, ...]:
    supply, quantity = report.result.supply, report.scale.quantity
    offered = sum(line.quantity_lots for line in supply)
    sold = sum(line.sold_lots for line in supply)
    return (
        quantity(offered),
        quantity(sold),
        quantity(offered - sold),
        money(sum(line.proceeds_minor for line in supply)),
    )


def _per_cent(part: int, whole: int) -> str:
    return decimals(Fraction(100 * part, whole), 2)
