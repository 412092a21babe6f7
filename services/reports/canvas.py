"""How pictures look: one font for both languages, one palette, titles on the left, the legend outside the data.

Figures are drawn without pyplot, so that nothing global is touched and a server can draw in any thread.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

from matplotlib import font_manager, rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from services.reports.fonts import FONT_FAMILY, font_file
from services.reports.report import Text

INK = "#1b2a2f"
SOFT = "#5f7075"
GRID = "#e3e9ea"
DEMAND = "#0b5c55"
SUPPLY = "#2f4a7c"
PRICE = "#c2571a"
RESERVE = "#9b2f4f"
AWARDED = "#cfe5e1"
UNSOLD = "#dfe4ea"

DOTS_PER_INCH = 160

_LEFT = 0.012
_SMALLEST_TITLE = 9.0

_STYLE: dict[Any, Any] = {
    "font.family": [FONT_FAMILY],
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": "#9aa8ab",
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 9.5,
    "figure.facecolor": "white",
    "svg.hashsalt": "jingjia",
}


@cache
def _register_font() -> None:
    with resources.as_file(font_file()) as path:
        font_manager.fontManager.addfont(path)


@contextmanager
def sheet(width_inches: float, height_inches: float) -> Iterator[Figure]:
    """A blank figure; draw on it inside the `with`, and save it there too."""
    _register_font()
    with rc_context(_STYLE):
        figure = Figure(figsize=(width_inches, height_inches), dpi=DOTS_PER_INCH)
        FigureCanvasAgg(figure)
        yield figure


def entitle(figure: Figure, title: Text, note: Text | None = None) -> None:
    """Both titles in the upper left corner of the figure, with a smaller line under them."""
    inch = 1 / figure.get_figheight()
    _fitted(figure, 1 - 0.10 * inch, title.zh, 14.5, INK)
    _fitted(figure, 1 - 0.40 * inch, title.en, 11, SOFT)
    if note is not None:
        figure.text(0.012, 0.06 * inch, f"{note.zh}　{note.en}", fontsize=8.5, va="bottom", ha="left", color=SOFT)


def _fitted(figure: Figure, top: float, words: str, size: float, colour: str) -> None:
    """One line of a title: smaller where it is long, and cut where that is not enough."""
    text = figure.text(_LEFT, top, words, fontsize=size, va="top", ha="left", color=colour)
    room = figure.get_window_extent().width * (1 - 2 * _LEFT)
    wide = text.get_window_extent(_renderer(figure)).width
    if wide > room:
        text.set_fontsize(max(size * room / wide, _SMALLEST_TITLE))
    while len(words) > 1 and text.get_window_extent(_renderer(figure)).width > room:
        words = words[: len(words) - 1 - len(words) // 24]
        text.set_text(f"{words}…")


def _renderer(figure: Figure) -> Any:
    return FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]


def shortened(name: str, most: int = 44) -> str:
    """A name for an axis: cut where it is wide; a Chinese character is as wide as two others."""
    wide = 0
    for i, char in enumerate(name):
        wide += 2 if ord(char) > 0x2E7F else 1
        if wide > most:
            return f"{name[:i]}…"
    return name


def legend_below(
    figure: Figure, axes: Axes, handles: Sequence[Artist], columns: int, offset_points: float = 46
) -> None:
    """The legend under the axis labels, outside the data."""
    height_points = figure.get_figheight() * 72 * axes.get_position().height
    axes.legend(
        handles=list(handles),
        loc="upper left",
        bbox_to_anchor=(0.0, -offset_points / height_points),
        ncols=columns,
        borderaxespad=0,
        handlelength=1.8,
        columnspacing=1.8,
    )


def make_room_for_names(figure: Figure, axes: Axes) -> None:
    """Moves the left edge of `axes` so that the longest name beside it fits, and nothing is wasted."""
    renderer = _renderer(figure)
    boxes = [label.get_window_extent(renderer) for label in axes.get_yticklabels()]
    longest = max((box.width for box in boxes), default=0.0)
    left = longest / figure.get_window_extent().width + 0.03
    place = axes.get_position()
    axes.set_position((left, place.y0, 0.97 - left, place.height))


def png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes."""
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()
