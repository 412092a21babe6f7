"""Cases of kind `call_auction`: every word of the vocabulary, worked by hand, and answers that must fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conform.examples import example, run_one

XETRA = ["max_volume", "min_surplus", "pressure", "reference: nearest candidate limit, distance tie -> higher"]
BNB = ["max_volume", "min_surplus", "market_pressure within reference +/-5%", "nearest to reference"]
QUOTED = ["max_volume", "min_surplus", "pressure(all buy->highest, all sell->lowest)", "midpoint rounded up to tick"]
INSIDE = "order/quote limits inside [quote bid, quote ask]"
MAINLAND = [
    "max_volume",
    "all better orders fully filled",
    "one side at price fully filled",
    "tie: SSE midpoint / SZSE nearest previous close",
]


def book(buys: list[Any], sells: list[Any], **more: Any) -> dict[str, Any]:
    return {"buys": buys, "sells": sells, **more}


@pytest.mark.parametrize(
    "case",
    [
        # 700 trade at 200 only: 700 buy there, 700 sell
        example(
            XETRA,
            book([["202", 200], ["201", 200], ["200", 300]], [["200", 100], ["198", 200], ["197", 400]]),
            {"price": "200", "volume": 700, "surplus": 0},
            candidates="order limits",
        ),
        # buyers left over at 199 and 201: the higher; sellers left over: the lower
        example(
            XETRA,
            book([["202", 400], ["201", 200]], [["199", 300], ["198", 200]]),
            {"price": "201", "surplus": 100},
            candidates="order limits",
        ),
        example(
            XETRA,
            book([["202", 300], ["201", 200]], [["199", 400], ["198", 200]]),
            {"price": "199", "surplus": -100},
            candidates="limits",
        ),
        example(
            XETRA,
            book([["MKT", 100], ["199", 100]], [["MKT", 100], ["202", 100]], reference="200"),
            {"price": "199"},
            candidates="order limits",
        ),
        # pressure goes to 95 at most: 90 x 1.05 = 94.5, up to a tick
        example(
            BNB,
            book([[99, 100]], [[92, 50]], candidates=[92, 99], reference=90, band="0.05"),
            {"price": "95", "volume": 50, "surplus": 50},
            candidates="all listed rows",
        ),
        # all ticks from 92 to 94, written as a list of their ends that is wider than the limits
        example(
            BNB,
            book([[99, 10], [94, 10]], [[92, 50]], candidates=[90, 99], reference=100, band="0.05"),
            {"price": "94"},
            candidates="all listed rows",
        ),
        example(
            QUOTED,
            book([["MKT", 100]], [["MKT", 200]], quote={"bid": ["199", 0], "ask": ["202", 0]}),
            {"price": "199", "volume": 100, "surplus": -100},
            candidates=INSIDE,
            tick="1",
        ),
        # 199 leaves 100 buyers, 201 leaves 100 sellers: the middle
        example(
            QUOTED,
            book(
                [["MKT", 100], ["199", 100]],
                [["MKT", 100], ["201", 100]],
                quote={"bid": ["199", 0], "ask": ["201", 0]},
            ),
            {"price": "200", "volume": 100, "surplus": 0},
            candidates=INSIDE,
            tick="1",
        ),
        # the middle of 199 and 202 is 200.5, on a grid of 0.5 a price of its own
        example(
            QUOTED,
            book([["MKT", 5]], [["MKT", 5]], quote={"bid": ["199", 0], "ask": ["202", 0]}),
            {"price": "200.5"},
            candidates=INSIDE,
            tick="0.5",
        ),
        # one lot over: the middle of 50.2 and 50.3 is 50.25, the nearest to each close is clamped
        example(
            MAINLAND,
            book([["50.5", 7], ["50.3", 7]], [["50.0", 7], ["50.2", 7]], prev_close_cases=["51", "50.27", "40"]),
            {"sse": "50.25", "szse": ["50.3", "50.27", "50.2"]},
            mechanism="sse_szse_call",
        ),
        # time decides at the price, whatever the order of the list
        example(
            XETRA,
            book(
                [
                    {"id": "late", "price": "200", "qty": 300, "time": "09:01:00"},
                    {"id": "early", "price": "200", "qty": 300, "time": "09:00:00"},
                ],
                [{"id": "seller", "price": "200", "qty": 400}],
            ),
            {"price": "200", "fills": {"early": 300, "late": 100, "seller": 400}},
            allocation="price_time",
        ),
        # nothing trades: no price, and not 0
        example(["max_volume"], book([["9", 1]], [["10", 1]]), {"price": None, "volume": 0, "surplus": 0}),
        example(["max_volume"], book([], []), {"price": None, "volume": 0}),
        # quantities beyond int64 share the divisor 10^18
        example(
            ["max_volume"],
            book([["12", 3 * 10**18]], [["12", 2 * 10**18]]),
            {"price": "12", "volume": 2 * 10**18, "surplus": 10**18},
        ),
        # prices at and below zero
        example(["max_volume"], book([["-1.5", 4]], [["-1.5", 3]]), {"price": "-1.5", "volume": 3}),
    ],
    ids=lambda case: f"{case['expected']}"[:60],
)
def test_passes_as_it_is_and_fails_with_any_other_answer(tmp_path: Path, case: dict[str, Any]) -> None:
    verdict, reasons = run_one(tmp_path, case)
    assert verdict == "passed", reasons
    for key, value in case["expected"].items():
        wrong = {"fills": {"early": 100}, "szse": ["1", "2", "3"], "sse": "1"}.get(
            key, "7777" if value is None else None
        )
        assert run_one(tmp_path, {**case, "expected": {key: wrong}})[0] == "failed", key


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rule": {"steps": ["max_volume", "random price"]}}, "step 'random price'"),
        ({"rule": {"steps": ["min_surplus"]}}, "a call rule with the steps MINIMUM_SURPLUS"),
        ({"rule": {"steps": ["max_volume"], "candidates": "primes"}}, "candidate prices 'primes'"),
        ({"rule": {"steps": ["max_volume"], "allocation": "pro_rata"}}, "allocation 'pro_rata'"),
        ({"rule": {"steps": ["max_volume"], "iceberg": True}}, "not understood: rule.iceberg"),
        ({"input": {"auction_only": True}}, "not understood: input.auction_only"),
        ({"input": {"buys": [{"price": "9", "qty": 1, "hidden": 3}]}}, "not understood: input.buys[0].hidden"),
        ({"input": {"candidates": [9, 10, 11]}}, "a list of 3 candidate prices"),
        ({"input": {"candidates": [9, 9]}}, "leave out limits of the orders"),
        ({"input": {"band": "0.05"}}, "a band without a step that uses it"),
        ({"input": {"quote": {"bid": ["9", 0], "ask": ["10", 0], "type": "mass"}}}, "quote of type 'mass'"),
        ({"input": {"buys": [["9", 10**30 + 1]]}}, "a quantity beyond 4294967295 lots, even in units of the common"),
        (
            {"rule": {"steps": ["max_volume"], "candidates": "every tick"}, "input": {"buys": [["1e12", 1]]}},
            "prices beyond",
        ),
        ({"expected": {"price": "9", "midnight": 1}}, "no counterpart of expected.midnight"),
        ({"expected": {}}, "the case expects nothing that could be compared"),
    ],
)
def test_what_is_missing_is_named(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    case = example(["max_volume"], book([["9", 1]], [["9", 1], ["10", 5]]), {"price": "9"})
    for key, value in change.items():
        case[key] = {**(case[key] if key == "input" else {}), **value}
    verdict, reasons = run_one(tmp_path, case)
    assert (verdict, says in reasons) == ("skipped", True), reasons


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"buys": [["dear", 1]]}, "input.buys[0]: a number is needed, found 'dear'"),
        ({"buys": [["9", 0]]}, "input.buys[0]: a quantity above 0 is needed, found 0"),
        ({"buys": [["9", True]]}, "input.buys[0]: a number is needed, found True"),
        ({"buys": [["9", 1, 2]]}, "input.buys[0]: [price, quantity] is needed"),
        ({"buys": [{"price": "9"}]}, "input.buys[0].qty is missing"),
        ({"buys": [{"price": "9", "qty": 1, "time": "1"}, {"price": "9", "qty": 1}]}, "input.buys: either all orders"),
        ({"quote": {"bid": ["9"], "ask": ["10", 0]}}, "input.quote.bid: [price, quantity] is needed"),
        ({"quote": {"bid": ["9", 0], "ask": ["8", 0]}}, "the engine refuses the input: quote 9 to 8"),
        ({"quote": {"bid": ["9", -1], "ask": ["9", 0]}}, "a quantity of 0 or more is needed"),
    ],
)
def test_what_cannot_be_read_fails_with_its_place(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    case = example(["max_volume"], {**book([["9", 1]], [["9", 1]]), **change}, {"price": "9"})
    verdict, reasons = run_one(tmp_path, case)
    assert (verdict, says in reasons) == ("failed", True), reasons


def test_a_tick_that_prices_do_not_keep_fails(tmp_path: Path) -> None:
    case = example(["max_volume"], book([["9.25", 1]], [["9", 1]]), {"price": "9"}, tick="0.1")
    assert run_one(tmp_path, case) == ("failed", "cannot be read: price 9.25 is no multiple of the tick 0.1")


def test_contradicting_bands_fail(tmp_path: Path) -> None:
    given = book([[9, 1]], [[9, 1]], reference=9, band="0.1")
    case = example(BNB, given, {"price": "9"}, candidates="all listed rows")
    assert run_one(tmp_path, case)[1] == "cannot be read: input.band: 100000 ppm contradicts the 50000 ppm of the step"


def test_a_rule_that_leaves_several_prices_says_so(tmp_path: Path) -> None:
    """One buys at 12, one sells at 9: the largest volume is at both limits, and nothing stated decides."""
    given = book([["12", 1]], [["9", 1]])
    left = "the stated steps leave prices from 9 to 12"
    assert run_one(tmp_path, example(["max_volume"], given, {"price": "12"})) == (
        "passed",
        f"{left}; the usual further steps decide",
    )
    assert run_one(tmp_path, example(["max_volume"], given, {"price": "9"})) == (
        "skipped",
        f"{left} and no step that chooses 9",
    )
    assert run_one(tmp_path, example(["max_volume"], given, {"price": "13"}))[0] == "failed"


def test_the_price_that_was_given_up_is_left_out_and_told(tmp_path: Path) -> None:
    given = book([["12", 1]], [["12", 1]])
    case = example(["max_volume"], given, {"price": "12", "old_algorithm_price": "12"})
    assert run_one(tmp_path, case)[1].startswith("not compared: old_algorithm_price (a rule that was given up")


def test_price_without_turnover(tmp_path: Path) -> None:
    quote = {"bid": ["200", 0], "ask": ["202", 0], "type": "price_without_turnover"}
    case = example(QUOTED, book([], [], quote=quote), {"price": "200", "volume": 0}, candidates=INSIDE, tick="1")
    assert run_one(tmp_path, case)[0] == "passed"
