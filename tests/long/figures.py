"""A plugin of pytest for `make long`: tests in stages, a line of progress now and then, a table of figures at the end.

`pytest -p tests.long.figures -m long --figures FILE.md` writes FILE.md: what the tests said they had done (fixture
`seen`), added up, stage by stage. A run in which something failed says so on top of it.
"""

from __future__ import annotations

import os
import platform
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import monotonic

import pytest

from tests.long.plan import STAGES, stage_of

LINE_EVERY_S = 20


@dataclass
class Stage:
    """What became of the tests of a stage so far."""

    name: str
    tests: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    seen: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        faults = f", {self.failed} FAILED" if self.failed else ""
        return f"{self.name}: {self.done} of {self.tests} tests, {self.seconds:.0f} s of work{faults}"


class Figures:
    """Counts of the whole run, kept where the reports of all workers arrive."""

    def __init__(self, config: pytest.Config, path: Path | None) -> None:
        self._config, self._path = config, path
        self._began = self._told = monotonic()
        self.stages = [Stage(name) for name in STAGES]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._count([item.nodeid for item in session.items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        self._count(ids)

    def _count(self, ids: list[str]) -> None:
        tests = Counter(stage_of(test) for test in ids)
        for at, stage in enumerate(self.stages):
            stage.tests = tests[at]

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """No dot for what went well: the lines of progress say it."""
        return ("passed" if report.when == "call" else "", "", "") if report.passed else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        stage = self.stages[stage_of(report.nodeid)]
        stage.seconds += report.duration
        stage.failed += report.failed
        stage.skipped += report.skipped
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == "seen":
                    stage.seen[value[0]] += value[1]
        if report.when == "teardown":
            stage.done += 1
            self._progress(stage)

    def _progress(self, stage: Stage) -> None:
        now = monotonic()
        if stage.done < stage.tests and now - self._told < LINE_EVERY_S:
            return
        self._told = now
        done, tests = (sum(getattr(one, what) for one in self.stages) for what in ("done", "tests"))
        terminal = self._config.pluginmanager.get_plugin("terminalreporter")
        terminal.ensure_newline()
        terminal.write_line(f"{_clock(now - self._began)} {stage.line()}; {done} of {tests} in all")

    def pytest_sessionfinish(self) -> None:
        if self._path is not None:
            self._path.write_text(self.page())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line("")
        for line in self.table():
            terminalreporter.write_line(line)
        if self._path is not None:
            terminalreporter.write_line(f"written to {self._path}")

    # -- the page ----------------------------------------------------------------------------------------------------

    def page(self) -> str:
        """The whole page, Markdown."""
        failed, skipped = (sum(getattr(one, what) for one in self.stages) for what in ("failed", "skipped"))
        libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "grpcio"))
        where = (
            f"Written by `make long`. {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
            f"CPython {platform.python_version()}, {libraries}, SQLite {sqlite3.sqlite_version}. "
            f"The whole run took {_clock(monotonic() - self._began)}."
        )
        says = [where]
        if failed:
            says.append(f"**{failed} tests FAILED**; their counts are left out.")
        if skipped:
            says.append(f"{skipped} tests were skipped: something they need is not on this machine.")
        return "\n".join(["# Figures of a whole run", "", *_apart(says), *self.table(), ""])

    def table(self) -> list[str]:
        """One line for each thing that was counted, the stages in between."""
        lines = ["| what was done without a fault | how often |", "|---|---|"]
        for stage in self.stages:
            if stage.done:
                tests = "1 test" if stage.done == 1 else f"{stage.done} tests"
                lines.append(f"| **{stage.name}**: {tests}, {_clock(stage.seconds)} of work | |")
                lines += [f"| {what} | {count:,} |" for what, count in stage.seen.items()]
        return lines


def _apart(paragraphs: list[str]) -> list[str]:
    return [line for paragraph in paragraphs for line in (paragraph, "")]


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", type=Path, help="Markdown file for the table of figures")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Figures(config, config.getoption("figures")), "figures of a long run")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: stage_of(item.nodeid))
