"""Console tables of a round: its figures, its sellers. They show the rows that the notice shows."""

from __future__ import annotations

from rich import box
from rich.table import Table

from services.reports import words
from services.reports.content import sections, seller_lines
from services.reports.report import RoundReport
from services.reports.scale import grouped


def figures_table(report: RoundReport, *, only_published: bool = False) -> Table:
    """The figures of a round, beside published ones where there are any; or just those."""
    table = _table(_title(report))
    table.add_column("")
    table.add_column("", style="dim")
    table.add_column("本场 this round", justify="right")
    if report.published:
        table.add_column("公布 published", justify="right")
    table.add_column("", style="dim")
    for section in sections(report):
        rows = [row for row in section.rows if row.published is not None or not only_published]
        for row in rows:
            cells = [row.label.zh, row.label.en, row.shown]
            if report.published:
                cells.append(
                    "" if row.published is None else _published(row.published.value, row.published.rounded, row.agrees)
                )
            table.add_row(*cells, row.unit.en)
    return table


def _published(value: str, rounded: bool, agrees: bool | None) -> str:
    return f"{'≈ ' if rounded else ''}{grouped(value)}{' [green]=[/]' if agrees else '  '}"


def sellers_table(report: RoundReport) -> Table:
    """Who offered, sold, kept and received what."""
    table = _table(_title(report))
    currency = words.currency(report.scale.currency)
    table.add_column("出让方\nseller")
    table.add_column("来源\nkind", style="dim")
    for head in ("投放\noffered, t", "成交\nsold, t", "未成交\nunsold, t", f"收入\nproceeds, {currency.en}"):
        table.add_column(head, justify="right")
    for line in seller_lines(report):
        group = f"{line.group}: " if line.group else ""
        table.add_row(
            f"{group}{line.seller}",
            f"{line.kind.zh} {line.kind.en}",
            *(grouped(value) for value in (line.offered, line.sold, line.unsold, line.proceeds)),
        )
    return table


def _title(report: RoundReport) -> str:
    """Both titles, once where they are the same."""
    return "  ".join(dict.fromkeys((report.title.zh, report.title.en)))


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, header_style="dim")
