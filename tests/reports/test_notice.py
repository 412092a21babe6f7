"""The results notice: all fields in both languages, every glyph inside, nothing loaded from outside, no names."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace

import pytest
from fontTools.ttLib import TTFont

from services.reports.content import sections, seller_lines
from services.reports.notice import WINNERS_SHOWN, Picture, notice_csv, notice_html, winners
from services.reports.pages import visible_text
from services.reports.report import Published, RoundReport, Text
from services.reports.rules import rule_rows
from services.reports.scale import Scale
from tests.reports.sample import EMPTY, RESULT, report


def values(made: RoundReport) -> dict[str, str]:
    return {row.key: row.value for section in sections(made) for row in section.rows}


def test_the_fields_of_a_real_notice_are_there_with_their_values() -> None:
    assert values(report()) == {
        "status": "cleared",
        "price": "45.00",
        "reserve_price": "40.00",
        "offered": "100",
        "sold": "100",
        "unsold": "0",
        "proceeds": "4500.00",
        "bidders_submitted": "4",
        "bidders_valid": "3",
        "bids_submitted": "5",
        "bids_valid": "4",
        "demand_submitted": "150",
        "demand_valid": "140",
        "cover_submitted": "1.50",
        "cover_ratio": "1.40",
        "bid_minimum": "44.00",
        "bid_maximum": "50.00",
        "bid_mean": "47.36",
        "bid_median": "48.00",
        "winners": "2",
        "bids_awarded": "3",
        "award_minimum": "45.00",
        "award_maximum": "45.00",
        "award_mean": "45.00",
        "award_median": "45.00",
        "largest_share": "50.00",
        "three_largest_share": "100.00",
        "herfindahl_index": "5000",
    }


def test_the_page_shows_every_field_in_both_languages() -> None:
    made = report()
    page = notice_html(made)
    for section in sections(made):
        assert section.title.en in page
        assert section.title.zh in page
        for row in section.rows:
            assert row.label.en in page, row.key
            assert row.label.zh in page, row.key
            assert row.shown in page, row.key
    for rule in rule_rows(made):
        assert rule.label.zh in page, rule.key
        assert rule.key in page


def test_a_cover_ratio_is_printed_as_its_division() -> None:
    page = notice_html(report())
    assert "140 ÷ 100 = 1.40" in page
    assert "150 ÷ 100 = 1.50" in page


def test_every_character_of_the_page_has_a_glyph_inside_it() -> None:
    page = notice_html(report())
    found = re.search(r"font/woff;base64,([A-Za-z0-9+/=]+)", page)
    assert found is not None
    glyphs = set(map(chr, TTFont(io.BytesIO(base64.b64decode(found[1]))).getBestCmap()))
    assert set(visible_text(page)) - glyphs <= {"\n"}
    assert {"竞", "价", "结", "果", "甲", "乙"} <= glyphs


def test_nothing_is_loaded_from_outside() -> None:
    page = notice_html(report(), [Picture(Text("p", "图"), b"png")])
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert re.findall(r"url\((?!\"data:)", page) == []
    assert "<script" not in page
    assert base64.b64encode(b"png").decode() in page


def test_bidders_are_not_named_and_sellers_are() -> None:
    made = report()
    page = notice_html(made)
    assert "甲 First" in page
    shown = [(winner.rank, winner.quantity, winner.share, winner.cumulative) for winner in winners(made)]
    assert shown == [("1", 50, "50.00", "50.00"), ("2", 50, "50.00", "100.00")]


def test_names_cannot_smuggle_markup_in() -> None:
    page = notice_html(report(sellers={3: "<script>alert(1)</script>"}))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_published_figures_stand_beside_and_equal_ones_are_marked() -> None:
    source = "somewhere.example"
    published = {
        "sold": Published("100", source),
        "price": Published("44.00", source),
        "demand_submitted": Published("150", "elsewhere.example", rounded=True),
    }
    made = report(published=published)
    rows = {row.key: row for section in sections(made) for row in section.rows}
    assert (rows["sold"].agrees, rows["price"].agrees, rows["demand_submitted"].agrees) == (True, False, None)
    assert rows["offered"].agrees is None
    page = notice_html(made)
    assert page.count('<span class="equal">') == 1
    assert "[1] somewhere.example" in page
    assert "[2] elsewhere.example" in page


def test_a_provisional_book_and_drawn_bids_are_said_before_the_figures() -> None:
    made = report(notes=(Text("The bids are drawn.", "申报为随机生成。"),))
    page = notice_html(made)
    for told in ("The bids are drawn.", "申报为随机生成。", "建议稿", "is a proposal"):
        assert page.index(told) < page.index("成交结果")
    assert "is a proposal" not in notice_html(report(book_name="shenzhen_2022"))


def test_a_round_that_sold_nothing_has_a_notice_too() -> None:
    made = report(EMPTY)
    assert values(made)["price"] == ""
    page = notice_html(made)
    assert "无有效申报" in page
    assert "names withheld" not in page


def test_pay_as_bid_names_its_price_for_what_it_is() -> None:
    assert "Lowest accepted price" in notice_html(report(book_name="shenzhen_2022"))
    assert "Lowest accepted price" not in notice_html(report())


def test_the_same_report_gives_the_same_page() -> None:
    assert notice_html(report()) == notice_html(report())


def test_sellers_stand_in_the_order_of_sale() -> None:
    assert [line.seller for line in seller_lines(report())] == ["甲 First", "乙 Second", "市政府 City"]


def test_lots_carried_over_are_told_apart() -> None:
    kinds = [line.kind.en for line in seller_lines(report(carried=frozenset({3})))]
    assert kinds == ["consigned", "consigned, carried over", "government"]


def test_lots_of_many_tonnes_and_ticks_of_many_cents() -> None:
    made = report(scale=Scale("USD", tick_minor=5, lot_units=1000))
    assert values(made)["sold"] == "100000"
    assert values(made)["price"] == "225.00"
    assert "USD/t" in notice_html(made)


def test_many_winners_are_cut_off_with_their_sum() -> None:
    awards = tuple(replace(RESULT.awards[0], bid=n, bidder=n, awarded_lots=2) for n in range(WINNERS_SHOWN + 10))
    made = report(replace(RESULT, awards=awards, sold_lots=2 * len(awards)))
    assert winners(made)[-1].rank == f"{WINNERS_SHOWN + 1}–{WINNERS_SHOWN + 10}"
    assert winners(made)[-1].quantity == 20
    assert winners(made)[-1].cumulative == "100.00"


def test_the_csv_holds_the_same_figures_and_the_sellers() -> None:
    made = report(published={"sold": Published("100", "somewhere.example")})
    rows = list(csv.DictReader(io.StringIO(notice_csv(made))))
    figures = {row["key"]: row["value"] for row in rows if row["section"] != "sellers"}
    assert figures == values(made)
    assert all(row["label_en"] and row["label_zh"] for row in rows)
    (sold,) = [row for row in rows if row["key"] == "sold"]
    assert (sold["published"], sold["source"], sold["unit"]) == ("100", "somewhere.example", "t")
    proceeds = [row["value"] for row in rows if row["section"] == "sellers" and row["key"].endswith("proceeds")]
    assert proceeds == ["1485.00", "1530.00", "1485.00"]


@pytest.mark.parametrize("name", ["shenzhen_2014", "shenzhen_2022", "wci_2016", "shenzhen_consignment"])
def test_every_shipped_auction_book_can_stand_behind_a_notice(name: str) -> None:
    page = notice_html(report(book_name=name))
    assert f"<code>{name}</code>" in page
