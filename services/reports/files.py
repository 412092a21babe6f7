"""The notice of a round as files: the page, its figures as CSV, its pictures."""

from __future__ import annotations

from services.reports.curves import Part, limit_bars
from services.reports.notice import notice_csv, notice_html
from services.reports.pictures import awards_picture, limits_picture, round_picture
from services.reports.report import RoundReport


def notice_files(report: RoundReport, result_digest: str) -> dict[str, bytes]:
    """`notice.html`, `notice.csv` and the pictures of the page as PNG, by file name."""
    pictures = {"demand_and_supply.png": round_picture(report)}
    if report.result.sold_lots:
        pictures["awards.png"] = awards_picture(report)
    if any(bar.part is Part.CUT for bar in limit_bars(report)):
        pictures["limits.png"] = limits_picture(report)
    page = notice_html(report, list(pictures.values()), result_digest=result_digest)
    table = notice_csv(report)
    return {
        "notice.html": page.encode(),
        "notice.csv": table.encode(),
        **{name: picture.png for name, picture in pictures.items()},
    }
