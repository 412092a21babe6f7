"""The shipped history: whole, equal to where it was taken from, and fit for what is compared with it."""

from __future__ import annotations

import gzip
from importlib import resources
from itertools import pairwise
from pathlib import Path

import pytest

from services.demo.inputs import nzu_trades, shenzhen_published, wci_sales
from services.reports.content import sections
from tests.reports.sample import report

REPLAYS = resources.files("benchmarks") / "replays"


def test_the_auctions_of_2016_are_four_current_and_four_advance_ones() -> None:
    sales = wci_sales()
    assert [(sale.kind, sale.month.month) for sale in sales] == [
        (kind, month) for kind in ("current", "advance") for month in (2, 5, 8, 11)
    ]
    assert sum(len(sale.lines) for sale in sales) == 23


def test_their_lines_add_up_within_themselves() -> None:
    for sale in wci_sales():
        assert sale.sold % 1_000 == 0, "bids are multiples of 1,000 t, and the sale is short"
        assert sale.sold < sale.offered
        for line in sale.lines:
            assert line.again + line.new == line.offered
            assert 0 <= line.sold <= line.offered


def test_consigned_units_left_over_are_those_offered_again_in_the_next_auction() -> None:
    consigned = [line for sale in wci_sales() for line in sale.lines if line.is_consigned]
    assert len(consigned) == 4
    for before, after in pairwise(consigned):
        assert before.offered - before.sold == after.again


def test_figures_with_the_noise_of_floats_are_whole_tonnes() -> None:
    # The file says 26.204922999999997 and 14.049879: their sum is on offer.
    november = wci_sales()[3]
    (line,) = [line for line in november.lines if line.is_consigned]
    assert (line.new, line.again, line.offered) == (26_204_923, 14_049_879, 40_254_802)


def test_the_tape_is_whole() -> None:
    trades = nzu_trades()
    assert len(trades) == 2_151
    assert sum(trade.quantity_lots for trade in trades) == 1_837_107
    assert (trades[0].price_ticks, trades[-1].price_ticks) == (4_000, 5_200)
    assert min(trade.price_ticks for trade in trades) == 3_225


def test_every_published_figure_of_shenzhen_has_its_place_in_a_notice() -> None:
    published = shenzhen_published()
    keys = {row.key for section in sections(report()) for row in section.rows}
    assert len(published) == 10
    assert set(published) <= keys
    assert published["proceeds"].value == "25259068.52"
    assert published["demand_submitted"].rounded
    assert all(figure.source for figure in published.values())


@pytest.mark.parametrize("folder", ["wci", "nzu", "shenzhen_2022"])
def test_every_set_says_where_it_is_from(folder: str) -> None:
    text = (REPLAYS / folder / "SOURCE.md").read_text("utf-8")
    assert len(text) > 200
    for said in {"wci": ("CC BY-SA 4.0", "Near Zero", "changes"), "nzu": ("PDDL", "changes")}.get(folder, ("facts",)):
        assert said.lower() in text.lower()


@pytest.mark.parametrize(
    ("shipped", "original"),
    [
        ("wci/quarterly_2012_2016.csv", "auctions/wci_quarterly_2012_2016.csv"),
        ("nzu/trades_2021_2026.csv.gz", "sessions/nzu_trades_2021_2026.csv"),
    ],
)
def test_a_shipped_file_is_the_original(shipped: str, original: str, reference_data: Path) -> None:
    content = (REPLAYS / shipped).read_bytes()
    if shipped.endswith(".gz"):
        content = gzip.decompress(content)
    assert content == (reference_data / original).read_bytes()
