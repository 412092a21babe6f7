"""The worked cases that ship with the auction room: compiled, in the reference, and as written down."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from engine.auction import reference_buyers, reference_sellers
from engine.auction import terms as rules
from engine.auction.terms import Terms
from engine.units import format_scaled, parse_scaled
from tests.auction.rounds import Round

FOLDER = Path(__file__).resolve().parents[2] / "engine" / "auction" / "cases"
CASES = sorted(FOLDER.glob("*.toml"))
CENTS = 100
WORDS = {
    name: getattr(rules, field.type)
    for name, field in Terms.__dataclass_fields__.items()
    if isinstance(field.type, str) and isinstance(getattr(rules, field.type, None), type)
}
PRICES = {
    "reserve_price": "reserve_price_ticks",
    "hidden_reserve": "hidden_reserve_ticks",
    "fixed_price": "fixed_price_ticks",
    "ceiling_price": "ceiling_price_ticks",
}
COUNTS = ("payment_step_minor", "margin_lot", "limit_step_lots")


def ticks(text: str) -> int:
    return parse_scaled(text, CENTS)


def terms_of(values: dict[str, Any]) -> Terms:
    """Terms of a case; a word that nobody knows is an error and not a default."""
    words = {key: WORDS[key][value.upper()] for key, value in values.items() if key in WORDS}
    counts = {key: value for key, value in values.items() if key in COUNTS}
    rest = values.keys() - words.keys() - counts.keys()
    prices = {PRICES[key]: ticks(values[key]) for key in rest}
    return Terms(**words, **counts, **prices)


def round_of(case: dict[str, Any]) -> Round:
    bids = [
        reference_buyers.Bid(
            ticks(bid["price"]),
            bid["quantity"],
            bid.get("time", 0),
            number,
            bid.get("draw", number),
            bidder=bid.get("bidder", number),
        )
        for number, bid in enumerate(case["bids"])
    ]
    lines = [
        reference_sellers.Line(
            line["quantity"],
            group=line.get("group", 0),
            rank=line.get("rank", 0),
            seller=line.get("seller", place),
            minimum=max(ticks(line.get("minimum", "0")), ticks(line.get("trigger", "0"))),
            trigger=ticks(line.get("trigger", "0")),
            withheld=int(line.get("withheld", False)),
            draw=line.get("draw", place),
        )
        for place, line in enumerate(case["supply"])
    ]
    bidders = [
        reference_buyers.Bidder(
            bidder["number"], bidder.get("cap"), ticks(bidder["guarantee"]) if "guarantee" in bidder else None
        )
        for bidder in case.get("bidders", [])
    ]
    shared = [(cap["bidders"], cap["cap"]) for cap in case.get("shared_caps", [])]
    return Round(terms_of(case["terms"]), bids, lines, bidders, shared)


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
    if "payments" in case["answer"]:
        found["payments"] = [format_scaled(amount, CENTS) for amount in result.payments_minor.tolist()]
    if "valid_demand" in case["answer"]:
        found["valid_demand"], found["submitted_demand"] = result.valid_demand_lots, result.submitted_demand_lots
    if price is not None:
        found["price"] = format_scaled(price, CENTS)
    assert found == case["answer"]


def test_every_case_says_its_rule_its_source_and_its_arithmetic() -> None:
    assert len(CASES) >= 16
    for path in CASES:
        case = tomllib.loads(path.read_text(encoding="utf-8"))
        assert all(case[key].strip() for key in ("title", "source", "rule", "arithmetic")), path.name
