"""What the demonstration leaves behind: notices, results, pictures, and a page that leads to them.

Files of the same names are overwritten; nothing else in the folder is touched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.reports.notice import Picture, notice_csv, notice_html
from services.reports.pages import render
from services.reports.report import RoundReport, Text
from services.reports.result_json import result_json


@dataclass(frozen=True)
class Link:
    """A file of the gallery, relative to its index."""

    title: Text
    href: str


@dataclass
class Part:
    """One scene on the index page."""

    title: Text
    findings: list[Text] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    pictures: list[Link] = field(default_factory=list)


class Gallery:
    """Writes into one folder and remembers what it wrote, in order."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder where there is none. Raises OSError."""
        self.folder = folder
        self.files: list[Path] = []
        self.parts: list[Part] = []
        folder.mkdir(parents=True, exist_ok=True)

    def add_finding(self, scene: Text, finding: Text) -> None:
        """What a scene came to; begins its part of the index, to which what is added next belongs."""
        if not self.parts or self.parts[-1].title != scene:
            self.parts.append(Part(scene))
        self.parts[-1].findings.append(finding)

    def add_round(
        self, report: RoundReport, draw: Sequence[Callable[[RoundReport], Picture]], *, shown: int = 0
    ) -> None:
        """The notice of a round as HTML and CSV, its result as JSON, its pictures as PNG.

        `shown`: how many of the pictures stand on the index page too.
        """
        pictures = [one(report) for one in draw]
        result = result_json(report)
        name = report.name
        page = self._write(f"notices/{name}.html", notice_html(report, pictures, result["digest"]))
        # A byte order mark makes spreadsheet programs read the Chinese right.
        self._write(f"notices/{name}.csv", "\ufeff" + notice_csv(report))
        self._write(f"results/{name}.json", json.dumps(result, ensure_ascii=False, indent=2) + "\n")
        for place, picture in enumerate(pictures, start=1):
            href = self._write_bytes(f"pictures/{name}-{place}.png", picture.png)
            if place <= shown:
                self.parts[-1].pictures.append(Link(picture.title, href))
        self.parts[-1].links.append(Link(report.title, page))

    def add_picture(self, name: str, picture: Picture) -> None:
        """A picture of its own, shown on the index page."""
        self.parts[-1].pictures.append(Link(picture.title, self._write_bytes(f"pictures/{name}.png", picture.png)))

    def finish(self, title: Text, summary: dict[str, Any]) -> Path:
        """The index page and the summary; gives the page's path."""
        self._write("summary.json", json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
        self._write("index.html", render("index.html.j2", title=title, parts=self.parts))
        return self.files[-1]

    def _write(self, name: str, text: str) -> str:
        return self._write_bytes(name, text.encode())

    def _write_bytes(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        self.files.append(path)
        return name
