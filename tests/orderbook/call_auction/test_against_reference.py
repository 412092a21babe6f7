"""The compiled call auction against the slow one, over generated books, for every venue's rule and for drawn rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from engine.orderbook.call_auction import CALL_RULES, CallRule, schedule
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
