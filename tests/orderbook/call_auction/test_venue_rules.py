"""What each venue's rule decides, on books worked by hand.

Orders are (side, price, quantity); price 0 is a market order.

Numbers from sources are named; the others are worked in the comment beside them.
"""

from __future__ import annotations

import pytest

from engine.orderbook.call_auction import CALL_RULES, CallRule, Candidates, Quote, Step, call_rule
from tests.orderbook.call_auction.books import Book, run

B, S, MARKET = 1, 2, 0

# Buys 100 at 5050 and 5030, sells 100 at 5000 and 5020: 200 trade at any price from 5020 to 5030.
ONE_BOOK = ((B, 5050, 100), (B, 5030, 100), (S, 5000, 100), (S, 5020, 100))
# 12: one side sells 250 below; every tick 9 to 12 trades 100, but only at 10 and 11 nobody is left over.
LEFT_OVER = ((B, 12, 100), (B, 9, 100), (S, 9, 100), (S, 12, 50))


def price(
    rule: str, *orders: tuple[int, int, int], reference: int | None = None, quote: Quote | None = None
) -> int | None:
    return run(call_rule(rule), Book(orders, reference, 1, quote)).price_ticks


@pytest.mark.parametrize(
    ("rule", "reference", "expected"),
    [
        ("sse", None, 5025),
        ("sse", 5100, 5025),
        ("szse", 5100, 5030),
        ("szse", 5027, 5027),
        ("szse", 4000, 5020),
        ("szse", None, 5030),
        ("xetra", 5027, 5030),  # limits only: 5030 is 3 away, 5020 is 7
        ("xetra", 5025, 5030),  # equally far: the higher
        ("xetra", 5024, 5020),
        ("xetra_continuous", None, 5025),
        ("asx", 5027, 5027),
        ("bnb", 5027, 5027),
        ("euronext", 5024, 5020),
    ],
)
def test_one_book_many_prices(rule: str, reference: int | None, expected: int) -> None:
    assert price(rule, *ONE_BOOK, reference=reference) == expected


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("sse", 11),  # better orders are filled at 9 to 12: the middle 10.5 goes up
        ("asx", 11),  # surplus 0 at the ticks 10 and 11, reference 12 is nearest to 11
        ("xetra", 12),  # of the limits, 9 leaves 100 buyers and 12 leaves 50 sellers
    ],
)
def test_candidates_decide(rule: str, expected: int) -> None:
    assert price(rule, *LEFT_OVER, reference=12) == expected


def test_mainland_rule_refuses_a_price_that_leaves_better_orders_unfilled() -> None:
    """ASX Stock X: 1,000 trade at 610 to 639, but below 639 more than 1,000 would buy at a better price."""
    orders = (
        *((B, p, q) for p, q in ((640, 500), (639, 500), (639, 500), (634, 1_000), (633, 500))),
        *((S, p, q) for p, q in ((610, 1_000), (640, 500), (641, 520), (642, 550), (643, 519))),
    )
    assert price("sse", *orders) == 639
    assert price("asx", *orders) == 639
    loose = CallRule("volume", Candidates.EVERY_TICK, (Step.MAXIMUM_VOLUME, Step.LOWEST), "")
    assert run(loose, Book(orders, None, 1, None)).price_ticks == 610


@pytest.mark.parametrize(("reference", "expected"), [(200, 201), (202, 201), (198, 199)])
def test_xetra_goes_to_the_limit_nearest_to_the_reference(reference: int, expected: int) -> None:
    """Xetra example 5."""
    orders = ((B, 202, 300), (B, 201, 200), (S, 198, 200), (S, 199, 300))
    assert price("xetra", *orders, reference=reference) == expected


@pytest.mark.parametrize("reference", [250, 99])
def test_market_orders_alone_trade_at_the_reference(reference: int) -> None:
    """Xetra example 6: 900 to buy, 800 to sell, no limit."""
    result = run(call_rule("xetra"), Book(((B, MARKET, 900), (S, MARKET, 800)), reference, 1, None))
    assert (result.price_ticks, result.volume_lots, result.surplus_lots) == (reference, 800, 100)


def test_market_orders_alone_without_a_reference_have_no_price() -> None:
    result = run(call_rule("xetra"), Book(((B, MARKET, 900), (S, MARKET, 800)), None, 1, None))
    assert result.price_ticks is None
    assert result.fills_lots.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("orders", "reference", "expected"),
    [
        # BNB 5.1: sellers left over at 95 to 97, the band ends at 76: the lowest
        (((B, 102, 10), (B, 97, 10), (S, 95, 50)), 80, 95),
        # BNB 5.2: 92 to 94, the band ends at 95: the highest
        (((B, 99, 10), (B, 94, 10), (S, 92, 50)), 100, 94),
        # BNB 5.3: buyers left over at 92 to 99, the band ends at 94.5, a tick up: 95
        (((B, 99, 100), (S, 92, 50)), 90, 95),
        # BNB 5.4: 94 to 96, the band ends at 95
        (((B, 101, 10), (B, 96, 10), (S, 94, 50)), 100, 95),
        # mirror of 5.3 with sellers left over at 92 to 99: 99 x 0.95 = 94.05, a tick down: 94
        (((B, 99, 50), (S, 92, 100)), 99, 94),
        # without a reference pressure goes all the way
        (((B, 99, 100), (S, 92, 50)), None, 99),
    ],
)
def test_bnb_pressure_stops_at_the_band(orders: tuple, reference: int | None, expected: int) -> None:
    assert price("bnb", *orders, reference=reference) == expected


@pytest.mark.parametrize(
    ("orders", "quote", "expected"),
    [
        (((B, MARKET, 200), (S, MARKET, 100)), Quote(199, 202), 202),
        (((B, MARKET, 100), (S, MARKET, 200)), Quote(199, 202), 199),
        (((B, MARKET, 100), (S, MARKET, 100)), Quote(199, 202), 201),  # 200.5 goes up
        (((B, 199, 100), (S, 201, 100), (B, MARKET, 100), (S, MARKET, 100)), Quote(199, 201), 200),
        # the limit 202 lies outside the quote: of 198 and 199, sellers left over, the lower
        (((B, 202, 300), (B, 201, 100), (B, 199, 100), (S, 198, 600)), Quote(197, 201, 400, 200), 198),
        ((), Quote(200, 202, without_turnover=True), 200),
        ((), Quote(200, 202), None),
    ],
)
def test_continuous_auction_stays_inside_the_quote(orders: tuple, quote: Quote, expected: int | None) -> None:
    """Examples of Market Model Continuous Auction 9.2, the fourth with a zero surplus between two limits."""
    assert price("xetra_continuous", *orders, quote=quote) == expected


def test_quote_takes_part_and_its_fills_come_last() -> None:
    result = run(call_rule("xetra_continuous"), Book(((B, 201, 50),), None, 1, Quote(199, 201, 10, 80)))
    assert (result.price_ticks, result.volume_lots, result.surplus_lots) == (201, 50, -30)
    assert result.fills_lots.tolist() == [50, 0, 50]
    assert result.trades.tolist() == [[0, 2, 50]]


@pytest.mark.parametrize("rule", CALL_RULES)
@pytest.mark.parametrize("reference", [None, 5, 10, 15])
def test_one_order_on_each_side_at_one_price_trades_there(rule: str, reference: int | None) -> None:
    result = run(call_rule(rule), Book(((B, 10, 5), (S, 10, 3)), reference, 1, None))
    assert (result.price_ticks, result.volume_lots, result.surplus_lots) == (10, 3, 2)
    assert result.trades.tolist() == [[0, 1, 3]]


@pytest.mark.parametrize("rule", CALL_RULES)
@pytest.mark.parametrize(
    "orders",
    [(), ((B, 10, 5),), ((S, 10, 5),), ((B, 9, 5), (S, 10, 5)), ((B, MARKET, 5), (B, 10, 5)), ((S, MARKET, 5),)],
)
def test_nothing_to_trade_has_no_price(rule: str, orders: tuple) -> None:
    result = run(call_rule(rule), Book(orders, 10, 1, None))
    assert result.price_ticks is None
    assert (result.volume_lots, result.surplus_lots, result.trades.size) == (0, 0, 0)
    assert result.fills_lots.tolist() == [0] * len(orders)


def test_equal_prices_are_served_by_time_and_market_orders_first() -> None:
    """400 to sell at 200: the market order of 100, though last to arrive, then 300 of the first limit order."""
    book = Book(((B, 200, 300), (B, 200, 300), (S, 200, 400), (B, MARKET, 100)), None, 1, None)
    result = run(call_rule("xetra"), book)
    assert result.fills_lots.tolist() == [300, 0, 400, 100]
    assert result.trades.tolist() == [[3, 2, 100], [0, 2, 300]]


def test_trades_pair_the_queues_in_order() -> None:
    """EuronextClone, market orders totally filled: buys 50 and 20 at any price, 90 at 1010, 10 at 990."""
    orders = (
        *((B, p, q) for p, q in ((MARKET, 50), (1010, 90), (990, 10))),
        *((S, p, q) for p, q in ((MARKET, 40), (1008, 100), (1015, 60))),
        (B, MARKET, 20),
    )
    result = run(call_rule("euronext"), Book(orders, 1000, 1, None))
    assert result.price_ticks == 1010
    assert result.trades.tolist() == [[0, 3, 40], [0, 4, 10], [6, 4, 20], [1, 4, 70]]


def test_prices_on_a_coarse_grid_stay_on_it() -> None:
    """Grid of 5: the middle of 95 and 110 is 102.5, which is 105 upwards and 100 downwards."""
    orders = ((B, 110, 10), (S, 95, 10))
    up = run(call_rule("sse"), Book(orders, None, 5, None))
    down = CallRule("down", Candidates.EVERY_TICK, (Step.MAXIMUM_VOLUME, Step.MIDPOINT_DOWN), "")
    assert up.price_ticks == 105
    assert run(down, Book(orders, None, 5, None)).price_ticks == 100


def test_a_wide_range_costs_no_more_than_its_limits() -> None:
    """A range of a thousand million ticks: trying each would not end within the suite."""
    assert price("szse", (B, 2**30, 10), (S, 1, 10), reference=123_456_789) == 123_456_789


def test_largest_quantities_do_not_overflow() -> None:
    largest = 2**32 - 1
    orders = tuple((side, p, largest) for side, p in ((B, 2**30), (B, 2**30), (S, 1), (S, 2)))
    result = run(call_rule("sse"), Book(orders, None, 1, None))
    assert (result.volume_lots, result.surplus_lots) == (2 * largest, 0)
