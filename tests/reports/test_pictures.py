"""Pictures come out whole. A glyph that the font lacks is a warning of the drawing library, and so a failure here."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.views import Award
from services.reports import canvas
from services.reports.curves import Trade
from services.reports.notice import Picture
from services.reports.pictures import Measure, awards_picture, limits_picture, round_picture, sellers_picture
from services.reports.report import RoundReport, Text
from services.reports.scale import Scale
from services.reports.session import session_picture
from tests.reports.sample import EMPTY, RESULT, report

DRAW = (round_picture, awards_picture, sellers_picture, limits_picture)


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


def test_a_long_title_stays_on_the_picture() -> None:
    for words in ("深圳市碳排放配额委托竞价" * 12, "word " * 60):
        with canvas.sheet(9.6, 5.0) as figure:
            canvas.entitle(figure, Text(words, words))
            for text in figure.texts:
                assert text.get_window_extent().x1 <= figure.get_window_extent().width
                assert text.get_text().endswith("…")


def test_a_short_title_is_left_as_it_is() -> None:
    with canvas.sheet(9.6, 5.0) as figure:
        canvas.entitle(figure, Text("A round", "场次"))
        assert [(text.get_text(), text.get_fontsize()) for text in figure.texts] == [("场次", 14.5), ("A round", 11)]


@pytest.mark.parametrize("winners", [1, 100, 101, 2_000])
def test_awards_of_few_and_many_winners_are_drawn(winners: int) -> None:
    awards = tuple(Award(i, i, 5000, 10, 10, 4500, 45_000, True) for i in range(winners))
    lots = 10 * winners
    result = replace(RESULT, awards=awards, offered_lots=lots, sold_lots=lots, proceeds_minor=45_000 * winners)
    assert size(awards_picture(report(result)).png)[0] == 1536


def test_a_name_beside_an_axis_is_cut_by_its_width() -> None:
    assert canvas.shortened("Power A") == "Power A"
    assert canvas.shortened("a" * 45) == "a" * 44 + "…"
    assert canvas.shortened("深" * 23) == "深" * 22 + "…"


def test_tiers_of_the_reserve_are_drawn_with_what_became_of_them() -> None:
    low = replace(RESULT.supply[1], trigger_price_ticks=4200, minimum_price_ticks=4200)
    high = replace(RESULT.supply[2], trigger_price_ticks=4700, minimum_price_ticks=4700, released=False)
    picture = round_picture(report(replace(RESULT, supply=(RESULT.supply[0], low, high))))
    assert size(picture.png)[1] > size(round_picture(report()).png)[1]
