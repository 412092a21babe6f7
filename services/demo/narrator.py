"""How the demonstration speaks: headings, findings and tables on a console, with progress where it takes a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule

from services.reports.report import Text

_NARROWEST = 110


class Narrator:
    """Speaks to one console. Progress bars appear on a terminal only; elsewhere the headings have to do."""

    def __init__(self, console: Console) -> None:
        self._console = console
        if not console.is_terminal:
            # A log is not folded at 80 columns: tables stay whole.
            console.width = max(console.width, _NARROWEST)

    def heading(self, letter: str, title: Text) -> None:
        """Begins a scene."""
        self._console.print()
        self._console.print(Rule(f"[bold]{letter}[/]  {title.zh}  [dim]{title.en}[/]", align="left", style="dim"))

    def show(self, what: RenderableType) -> None:
        """A table or the like."""
        self._console.print(what)

    def say(self, finding: Text) -> None:
        """One finding in both languages."""
        self._console.print(f"{finding.zh}\n[dim]{finding.en}[/]", highlight=False)

    def tell(self, line: str) -> None:
        """One plain line."""
        self._console.print(line, highlight=False, soft_wrap=True)

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """A bar that goes when it is done; gives the function that moves it on. `total` None: nobody knows."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        bar = Progress(
            *columns, TimeElapsedColumn(), console=self._console, transient=True, disable=not self._console.is_terminal
        )
        with bar:
            task = bar.add_task(what, total=total)
            yield lambda steps: bar.update(task, advance=steps)
