"""Pictures come out whole. A glyph that the font lacks is a warning of the drawing library, and so a failure here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from services.reports.curves import Trade
from services.reports.notice import Picture
from services.reports.pictures import Measure, awards_picture, round_picture, sellers_picture
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale
from services.reports.session import session_picture
from tests.reports.sample import EMPTY, report

DRAW = (round_picture, awards_picture, sellers_picture)


def size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, as the file states them."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("draw", DRAW)
def test_a_picture_is_a_png_of_the_right_width_with_something_on_it(draw: Callable[[RoundReport], Picture]) -> None:
    picture = draw(report())
    width, height = size(picture.png)
    assert width == 1536
    assert height > 400
    assert len(picture.png) > 20_000
    assert "样本场次" in picture.title.zh
    assert "A sample round" in picture.title.en


@pytest.mark.parametrize("draw", DRAW)
def test_the_same_report_gives_the_same_picture(draw: Callable[[RoundReport], Picture]) -> None:
    assert draw(report()).png == draw(report()).png


@pytest.mark.parametrize("draw", DRAW)
def test_a_round_without_bids_can_be_drawn(draw: Callable[[RoundReport], Picture]) -> None:
    assert size(draw(report(EMPTY)).png)[0] == 1536


def test_more_sellers_make_a_taller_picture() -> None:
    _, one = size(sellers_picture(report(EMPTY)).png)
    _, three = size(sellers_picture(report()).png)
    assert three > one


@pytest.mark.parametrize(
    ("tonnes", "unit"), [(4_999, "t"), (5_000, "thousand t"), (4_999_999, "thousand t"), (5_000_000, "million t")]
)
def test_the_axis_takes_a_unit_that_keeps_its_numbers_short(tonnes: int, unit: str) -> None:
    assert Measure.fitting(tonnes).name.en == unit


def test_a_session_can_be_drawn() -> None:
    begin = datetime.fromisoformat("2024-01-02T10:00")
    trades = [Trade(begin + timedelta(days=day), 6000 + day, 10 + day) for day in range(90)]
    picture = session_picture(trades, Scale("NZD"), Text("A session", "交易时段"), Text("made up", "虚构"))
    assert size(picture.png) == (1536, 1024)
