"""The worked cases that ship with the auction room: compiled, in the reference, and as written down."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.auction import reference_buyers, reference_sellers
from engine.auction.terms import (
    HiddenReserveRule,
    MarginRule,
    PriceRule,
    ReleaseRule,
    Terms,
    UndersubscriptionRule,
)
from engine.units import format_scaled, parse_scaled
from tests.auction.rounds import Round

FOLDER = Path(__file__).resolve().parents[2] / "engine" / "auction" / "cases"
CASES = sorted(FOLDER.glob("*.toml"))
CENTS = 100
WORDS = {
    "price_rule": PriceRule,
    "undersubscription_rule": UndersubscriptionRule,
    "margin_rule": MarginRule,
    "hidden_reserve_rule": HiddenReserveRule,
    "release_rule": ReleaseRule,
}
PRICES = {"reserve_price": "reserve_price_ticks", "hidden_reserve": "hidden_reserve_ticks"}


def ticks(text: str) -> int:
    return parse_scaled(text, CENTS)


def terms_of(values: dict[str, str]) -> Terms:
    """Terms of a case; a word that nobody knows is an error and not a default."""
    words = {key: WORDS[key][value.upper()] for key, value in values.items() if key in WORDS}
    prices = {PRICES[key]: ticks(value) for key, value in values.items() if key not in WORDS}
    return Terms(**words, **prices)  # type: ignore[arg-type]


def round_of(case: dict[str, Any]) -> Round:
    bids = [
        reference_buyers.Bid(ticks(bid["price"]), bid["quantity"], bid.get("time", 0), number)
        for number, bid in enumerate(case["bids"])
    ]
    lines = [
        reference_sellers.Line(
            line["quantity"],
            rank=line.get("rank", 0),
            seller=line.get("seller", place),
            minimum=max(ticks(line.get("minimum", "0")), ticks(line.get("trigger", "0"))),
            trigger=ticks(line.get("trigger", "0")),
        )
        for place, line in enumerate(case["supply"])
    ]
    return Round(terms_of(case["terms"]), bids, lines, [], [])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_worked_case(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    result = round_of(case).assert_right()
    price = result.price_ticks
    found = {
        "status": result.status.name.lower(),
        "awards": result.awarded_lots.tolist(),
        "sold": result.supply_sold_lots.tolist(),
        "proceeds": [format_scaled(amount, CENTS) for amount in result.supply_proceeds_minor.tolist()],
    }
    if price is not None:
        found["price"] = format_scaled(price, CENTS)
    assert found == case["answer"]


def test_every_case_says_its_rule_its_source_and_its_arithmetic() -> None:
    assert len(CASES) >= 7
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "source", "rule", "arithmetic")), path.name
