"""Real rounds: what was published comes out of the engine again. Data that may not ship is read where it lies."""

from __future__ import annotations

import csv
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from engine.auction import MarginRule, PriceRule, RoundStatus, Supply, Terms, clear
from engine.auction.notice import PublishedResult, contradictions, cover_ratio
from engine.auction.order_of_sale import divide_sale
from engine.units import parse_scaled

RAPPEN_STEP = 5
ROUNDED_TURNOVER_MINOR = 5_000


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def swiss(reference_data: Path) -> dict[str, list[dict[str, str]]]:
    auctions = defaultdict(list)
    for row in rows(reference_data / "auctions" / "swiss_meat_quota_bids.csv"):
        auctions[row["auction"]].append(row)
    return auctions


def test_swiss_meat_quotas(reference_data: Path) -> None:
    """Pay-as-bid: the lowest accepted price, every payment, and allotments but for the unknown remainder rule."""
    different_lines = total_lines = 0
    for name, bids in swiss(reference_data).items():
        prices, lots, allotted = (np.array([int(float(bid[key])) for bid in bids]) for key in ("pb", "qb", "qr"))
        terms = Terms(
            PriceRule.PAY_AS_BID,
            margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER,
            payment_step_minor=RAPPEN_STEP,
        )
        result = clear(terms, prices, lots, supply=int(float(bids[0]["quotatot"])))
        won = allotted > 0
        assert result.price_ticks == prices[won].min(), name
        assert (result.pays_ticks[won] == prices[won]).all(), name
        # The published payment is that of the published allotment, to 5 Rappen.
        same = result.awarded_lots == allotted
        paid = np.array([parse_scaled(bid["pr"], 100) for bid in bids])
        assert (result.payments_minor[same] == paid[same]).all(), name
        assert (np.abs(result.awarded_lots - allotted) <= 2).all(), name
        assert (same | (prices == result.price_ticks)).all(), f"{name}: only lines at the margin may differ"
        different_lines += int((~same).sum())
        total_lines += len(bids)
    assert total_lines > 0
    assert different_lines * 200 < total_lines


def test_chinese_paid_allocation(reference_data: Path) -> None:
    """Price x sold is the published turnover of the uniform ones; Shenzhen 2022 paid its own bids."""
    checked = 0
    for row in rows(reference_data / "auctions" / "china_paid_allocation_results.csv"):
        sold, turnover = row["sold_t"], row["turnover_cny"]
        if not sold or not turnover or not row["clearing_cny"]:
            continue
        price, lots, paid = parse_scaled(row["clearing_cny"], 100), int(sold), parse_scaled(turnover.split()[0], 100)
        # Some notices give the turnover in units of 100 yuan only.
        slack = ROUNDED_TURNOVER_MINOR if "rounded" in turnover else 0
        if "uniform" in row["pricing"]:
            offered = int(row["offered_t"] or sold)
            result = clear(Terms(PriceRule.UNIFORM), [price], [lots], supply=offered)
            assert (result.price_ticks, result.sold_lots) == (price, lots), row
            assert abs(result.proceeds_minor - paid) <= slack, row
            expected = RoundStatus.CLEARED if lots == offered else RoundStatus.PARTIALLY_CLEARED
            assert result.status == expected, row
        else:
            assert abs(paid - price * lots) <= lots // 2 + 1, row
        checked += 1
    assert checked >= 3


def in_units(lines: list[dict[str, str]], name: str) -> np.ndarray:
    """A column of millions of t in t."""
    return np.array([parse_scaled(f"{float(line[name]):.6f}", 10**6) for line in lines])


def test_california_quebec_undersubscribed_rounds(reference_data: Path) -> None:
    """Every short sale line by line: between jurisdictions by their offers, in California consigned lots first."""
    sales = defaultdict(list)
    for row in rows(reference_data / "auctions" / "wci_quarterly_2012_2016.csv"):
        sales[row["market"], row["auction date"], row["auct_type"]].append(row)
    checked = 0
    for key, lines in sales.items():
        offers, published = (in_units(lines, name) for name in ("Available", "Sold"))
        if published.sum() >= offers.sum() or not published.sum():
            continue
        # Consigned lots stand first; within a class older vintages before newer ones.
        classes = [(line["inst_cat"] != "consign", line["vintage"]) for line in lines]
        jurisdictions = [line["juris"] for line in lines]
        supply = Supply.of(
            offers,
            groups=[sorted(set(jurisdictions)).index(name) for name in jurisdictions],
            ranks=[sorted(set(classes)).index(klass) for klass in classes],
        )
        assert np.abs(divide_sale(supply, int(published.sum())) - published).max() <= 1, key
        checked += 1
    assert checked >= 3


def test_european_notices_are_consistent(reference_data: Path) -> None:
    """Revenue is price x volume and cover is bids over volume, to two places, in every report."""
    checked = 0
    for row in rows(reference_data / "auctions" / "eex_eua_primary_auctions_2019.csv"):
        price, volume, bids = row["Auction Price €/tCO2"], row["Auction Volume tCO2"], row["Total Amount of Bids"]
        if not price or not volume or not bids:
            continue
        offered, total = int(float(volume.replace(",", ""))), int(float(bids.replace(",", "")))
        cover = Fraction(row["Cover Ratio"])
        assert abs(cover_ratio(total, offered) - cover) <= Fraction(1, 100), row["Date"]
        result = PublishedResult(
            offered=offered,
            sold=offered,
            price=Fraction(price),
            total_bid=total,
            highest_bid=Fraction(row["Maximum Bid €/tCO2"]),
            revenue=Fraction(row["Total Revenue €"].replace(",", "")),
        )
        assert contradictions(result) == [], row["Date"]
        checked += 1
    assert checked > 100


@pytest.mark.parametrize(
    ("supply", "bids", "price", "sold"),
    [
        # Shenzhen 2014 (公告第001号): bids at the floor of 35.43 are valid; a third of 200,000 t is sold at it.
        (200_000, [(3543, 75_000)], 3543, 75_000),
        # The same notice, undersubscribed above the floor: everyone at the lowest valid bid, not at the floor.
        (200_000, [(4500, 50_000), (4000, 25_000)], 4000, 75_000),
        # Guangdong 2013: bids up to 81, all at 60.
        (3_000_000, [(8100, 500_000), (6000, 2_500_000)], 6000, 3_000_000),
    ],
)
def test_rules_of_chinese_notices(supply: int, bids: list[tuple[int, int]], price: int, sold: int) -> None:
    terms = Terms(PriceRule.UNIFORM, reserve_price_ticks=3543)
    result = clear(terms, [p for p, _ in bids], [q for _, q in bids], supply=supply)
    assert (result.price_ticks, result.sold_lots) == (price, sold)


def test_shenzhen_2014_margin() -> None:
    """170,000 t above the price, 40,000 and 20,000 at it, 30,000 left: 20,000 and 10,000."""
    terms = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER, reserve_price_ticks=3543)
    result = clear(terms, [5000, 4000, 4000], [170_000, 40_000, 20_000], supply=200_000)
    assert result.awarded_lots.tolist() == [170_000, 20_000, 10_000]
