"""Cases of kinds `uncross`, `uncross_trades` and `two_sided_uniform`, worked by hand, and answers that must fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conform.examples import peer, run_one

BNB = (
    "max volume > min |surplus| > market pressure with +-5% of reference > reference if inside else nearest; "
    "the price may be a tick with no order"
)
ASX = "ASX four principles: max volume, min surplus, market pressure (buy pressure -> highest price), reference"
IEP = "IEP = order price maximising tradeable quantity"
SUPPLY = "price = highest accepted SUPPLY price (supply-side marginal), not the demand bid"
OVERLAP = "vertical overlap of the curves: midpoint (6+4)/2"
EURONEXT = {"source": "mattdavey/EuronextClone: a feature"}
VEGA = {"source": "vegaprotocol/vega: a feature"}


@pytest.mark.parametrize(
    "case",
    [
        peer(
            "uncross",
            [("buy", 99, 100), ("sell", 92, 50)],
            {"price": 95, "volume": 50, "imbalance": 50},
            rule=BNB,
            reference_price=90,
            limit_pct=0.05,
        ),
        # the band of the case, not the usual one: 90 x 1.1 = 99
        peer(
            "uncross", [("buy", 99, 100), ("sell", 92, 50)], {"price": 99}, rule=BNB, reference_price=90, limit_pct=0.1
        ),
        # 10 trade from 5 to 8; buyers of 10 left over from 5 to 7, of 5 at 8
        peer(
            "uncross",
            [("buy", 8, 15), ("buy", 7, 5), ("sell", 5, 10)],
            {
                "price": 8,
                "max_volume": 10,
                "max_volume_range": [5, 8],
                "min_surplus": 5,
                "min_surplus_range": [8, 8],
            },
            rule=ASX,
        ),
        peer(
            "uncross",
            [("buy", "10.5", 40), ("buy", "10", 20), ("sell", "9.5", 30), ("sell", "10", 30)],
            {"price": "10", "tradeable": {"9.5": 30, "10": 60, "10.5": 40}},
            rule=IEP,
        ),
        peer(
            "uncross",
            [("buy", 5, 3), ("sell", 5, 2)],
            {"price": 5, "volume": 2, "imbalance": 1},
            rule="max executable volume",
        ),
        # only market orders: the reference
        peer(
            "uncross",
            [("buy", None, 40), ("sell", None, 45)],
            {"price": "10", "volume": 40},
            reference_price="10",
            **EURONEXT,
        ),
        peer(
            "uncross_trades",
            [("buy", "10", 30, "A"), ("sell", "10", 20, "B"), ("sell", "10", 10, "C")],
            {
                "trades": [
                    {"buyer": "A", "seller": "B", "qty": 20, "price": "10"},
                    {"buyer": "A", "seller": "C", "qty": 10, "price": "10"},
                ]
            },
            reference_price="10",
            **EURONEXT,
        ),
        # market orders first, then by limit; buyers left over at 10.08 and 10.10: the higher
        peer(
            "uncross_trades",
            [
                ("buy", "MTL", 50, "A"),
                ("buy", "MO", 20, "G"),
                ("buy", "10.1", 90, "B"),
                ("buy", "9.9", 10, "C"),
                ("sell", "MTL", 40, "D"),
                ("sell", "10.08", 100, "E"),
                ("sell", "10.15", 60, "F"),
            ],
            {
                "trades": [
                    {"buyer": "A", "seller": "D", "qty": 40, "price": "10.1"},
                    {"buyer": "A", "seller": "E", "qty": 10, "price": "10.1"},
                    {"buyer": "G", "seller": "E", "qty": 20, "price": "10.1"},
                    {"buyer": "B", "seller": "E", "qty": 70, "price": "10.1"},
                ]
            },
            reference_price="10",
            **EURONEXT,
        ),
        # the middle of 98 and 103 is 100.5: down
        peer(
            "uncross_trades",
            [("buy", 103, 5, "P"), ("sell", 98, 5, "Q")],
            {"trades": [{"buyer": "P", "seller": "Q", "qty": 5, "price": 100}], "mark_price": 100},
            **VEGA,
        ),
        peer("uncross_trades", [("buy", 9, 5, "P"), ("sell", 10, 5, "Q")], {"trades": [], "mark_price": None}, **VEGA),
        peer(
            "two_sided_uniform",
            [("buy", 3000, 700), ("sell", 100, 300), ("sell", 50, 200)],
            {"price": 100, "volume": 500},
            rule=SUPPLY,
        ),
        # the dearest supply is not needed: the price is the supply's at 50
        peer(
            "two_sided_uniform",
            [("buy", 3000, 150), ("sell", 100, 300), ("sell", 50, 200)],
            {"price": 50, "volume": 150},
            rule=SUPPLY,
        ),
        # supply at a price of zero
        peer("two_sided_uniform", [("buy", 40, 5), ("sell", 0, 9)], {"price": 0, "volume": 5}, rule=SUPPLY),
        # demand of 2 from 6 on, supply of 2 from 3: the middle 4.5 is no price of anybody
        peer("two_sided_uniform", [("buy", 6, 2), ("sell", 3, 2)], {"price": "4.5", "volume": 2}, rule=OVERLAP),
        # demand is cut in the middle of its step at 6: the curves cross there, not between 3 and 6
        peer("two_sided_uniform", [("buy", 6, 3), ("sell", 3, 2)], {"price": 6, "volume": 2}, rule=OVERLAP),
        peer("two_sided_uniform", [("buy", 2, 3), ("sell", 3, 2)], {"price": None, "volume": 0}, rule=OVERLAP),
    ],
    ids=lambda case: f"{case['kind']} {case['expect']}"[:70],
)
def test_passes_as_it_is_and_fails_with_any_other_answer(tmp_path: Path, case: dict[str, Any]) -> None:
    verdict, reasons = run_one(tmp_path, case)
    assert verdict == "passed", reasons
    wrong_trade = [{"buyer": "nobody", "seller": "B", "qty": 1, "price": 1}]
    for key, value in case["expect"].items():
        wrong = {
            "trades": wrong_trade,
            "tradeable": {"9.5": 31},
            "max_volume_range": [1, 2],
            "min_surplus_range": [7],
        }.get(key, 7777 if value is None else None)
        assert run_one(tmp_path, {**case, "expect": {key: wrong}})[0] == "failed", key


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"rule": "the fairest price"}, "rule 'the fairest price'"),
        ({"rule": ""}, "a case without a rule whose source names no venue"),
        ({"rule": IEP, "collars": [1, 2]}, "not understood: collars"),
        ({"rule": IEP, "limit_pct": 2}, "a band of 2 of the reference price"),
    ],
)
@pytest.mark.parametrize("kind", ["uncross"])
def test_what_is_missing_is_named(tmp_path: Path, kind: str, more: dict[str, Any], says: str) -> None:
    verdict, reasons = run_one(tmp_path, peer(kind, [("buy", 5, 3), ("sell", 5, 2)], {"price": 5}, **more))
    assert (verdict, says in reasons) == ("skipped", True), reasons


def test_an_unknown_side_fails_with_its_place(tmp_path: Path) -> None:
    case = peer("uncross", [("hold", 5, 3)], {"price": 5}, rule=IEP)
    assert run_one(tmp_path, case) == (
        "failed",
        "cannot be read: orders[0].side: `buy` or `sell` is needed, found 'hold'",
    )


def test_missing_and_surplus_trades_are_told_apart(tmp_path: Path) -> None:
    expect = {"trades": [{"buyer": "A", "seller": "B", "qty": 2, "price": "9.50"}]}
    case = peer("uncross_trades", [("buy", 10, 3, "A"), ("sell", 10, 3, "B")], expect, **EURONEXT)
    assert run_one(tmp_path, case)[1] == (
        "trades: A buys 2 at 9.5 from B expected, not found; trades: A buys 3 at 10 from B found, not expected"
    )
