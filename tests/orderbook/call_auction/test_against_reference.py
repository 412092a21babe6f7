"""The compiled call auction against the slow one, over generated books, for every venue's rule and for drawn rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from engine.limits import QUANTITY_LOTS_MAX
from engine.orderbook.call_auction import CALL_RULES, CallRule, call_price, schedule
from engine.orderbook.call_auction.reference import slow_schedule
from tests.conftest import Seen
from tests.orderbook.call_auction.books import Book, books, check_against_slow, drawn_book, rules, run

EVERY_RULE = pytest.mark.parametrize("rule", CALL_RULES.values(), ids=CALL_RULES)


@EVERY_RULE
@given(book=books())
def test_venue_rule_gives_what_the_slow_auction_gives(rule: CallRule, book: Book) -> None:
    check_against_slow(rule, book)


@given(rule=rules(), book=books())
def test_any_chain_of_steps_gives_what_the_slow_auction_gives(rule: CallRule, book: Book) -> None:
    check_against_slow(rule, book)


@given(rule=rules(), book=books())
def test_fills_keep_limits_priority_and_balance(rule: CallRule, book: Book) -> None:
    result = run(rule, book)
    fills = result.fills_lots.tolist()
    orders = list(book.orders)
    if book.quote is not None:
        orders += [(1, book.quote.bid_ticks, book.quote.bid_lots), (2, book.quote.ask_ticks, book.quote.ask_lots)]
    for side in (1, 2):
        own = [(order, fill) for order, fill in zip(orders, fills, strict=True) if order[0] == side]
        assert sum(fill for _, fill in own) == result.volume_lots
        assert all(0 <= fill <= order[2] for order, fill in own)
        assert sum(0 < fill < order[2] for order, fill in own) <= 1
        if result.volume_lots:
            worse = (lambda p: p and p < result.price_ticks) if side == 1 else (lambda p: p > result.price_ticks)
            assert all(not fill for order, fill in own if worse(order[1]))
    assert (result.volume_lots == 0) == (result.trades.size == 0)


@given(book=books())
def test_schedule_gives_what_the_slow_schedule_gives(book: Book) -> None:
    columns = [[order[column] for order in book.orders] for column in range(3)]
    at = range(16)
    buys, sells = schedule(*(np.array(column, np.int64) for column in columns), at)
    assert list(zip(buys.tolist(), sells.tolist(), strict=True)) == slow_schedule(book.orders, at)


@given(rule=rules(), book=books().map(lambda book: replace(book, quote=None)))
def test_orders_summed_by_price_give_the_price_of_the_orders(rule: CallRule, book: Book) -> None:
    sums: Counter[tuple[int, int]] = Counter()
    for side, price, lots in book.orders:
        sums[side, price] += lots
    lines = [(*place, lots) for place, lots in sums.items() if lots]
    sides, prices, lots = (np.array([line[column] for line in lines], np.int64) for column in range(3))
    found = call_price(rule, sides, prices, lots, reference_ticks=book.reference, price_step_ticks=book.step)
    result = run(rule, book)
    assert found == (result.price_ticks, result.volume_lots, result.surplus_lots)


def test_sums_may_pass_what_one_order_may() -> None:
    lots = 1_000_000 * QUANTITY_LOTS_MAX
    assert call_price(CALL_RULES["sse"], [1, 2], [10, 10], [lots, lots - 1]) == (10, lots - 1, 1)
    with pytest.raises(ValueError, match="2305843009213693953 lots in all rows: at most 2305843009213693952"):
        call_price(CALL_RULES["sse"], [1, 2], [10, 10], [2**60, 2**60 + 1])


@EVERY_RULE
@pytest.mark.parametrize("seed", range(3))
def test_seeded_books(rule: CallRule, seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(40):
        check_against_slow(rule, drawn_book(random))


@pytest.mark.long
@EVERY_RULE
@pytest.mark.parametrize("seed", range(1_000, 1_010))
def test_many_seeded_books(rule: CallRule, seed: int, seen: Seen) -> None:
    random = np.random.default_rng(seed)
    for _ in range(2_000):
        check_against_slow(rule, drawn_book(random))
    seen("call auctions (seven rules) like the slow twin", 2_000)
