"""The indicative price after every change is the price that an auction of what then stands would have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.orderbook.call_auction import CALL_RULES, CallRule, Quote, indicative, uncross
from tests.conftest import Seen
from tests.orderbook.call_auction.books import Book, books

Change = tuple[int, int, int]


def check(rule: CallRule, changes: list[Change], reference: int | None, step: int, quote: Quote | None) -> None:
    sides, prices, quantities = (np.array([c[k] for c in changes], np.int64) for k in range(3))
    shown = indicative(rule, sides, prices, quantities, reference_ticks=reference, price_step_ticks=step, quote=quote)
    standing: dict[tuple[int, int], int] = {}
    for row, (side, price, change) in enumerate(changes):
        standing[side, price] = standing.get((side, price), 0) + change
        orders = [(s, p, q) for (s, p), q in standing.items() if q]
        columns = [[order[k] for order in orders] for k in range(3)]
        result = uncross(rule, *columns, reference_ticks=reference, price_step_ticks=step, quote=quote)
        assert shown.price_at(row) == result.price_ticks, (rule.name, changes, row)
        assert shown.volume_lots[row] == result.volume_lots
        assert shown.surplus_lots[row] == result.surplus_lots


@pytest.mark.parametrize("rule", CALL_RULES.values(), ids=CALL_RULES)
@given(book=books(), data=st.data())
def test_every_change_matches_an_auction_of_what_stands(rule: CallRule, book: Book, data: st.DataObject) -> None:
    changes: list[Change] = []
    for side, price, quantity in book.orders:
        changes.append((side, price, quantity))
        if data.draw(st.booleans()):
            changes.append((side, price, -data.draw(st.integers(1, quantity))))
    check(rule, changes, book.reference, book.step, book.quote)


@pytest.mark.long
@pytest.mark.parametrize("rule", CALL_RULES.values(), ids=CALL_RULES)
def test_a_long_call_phase(rule: CallRule, seen: Seen) -> None:
    random = np.random.default_rng(20_240_603)
    changes: list[Change] = []
    live: list[Change] = []
    for _ in range(1_500):
        if live and random.random() < 0.4:
            side, price, quantity = live.pop(int(random.integers(len(live))))
            changes.append((side, price, -quantity))
        else:
            price = int(random.integers(900, 1_100)) if random.random() > 0.05 else 0
            live.append((int(random.integers(1, 3)), price, int(random.integers(1, 500))))
            changes.append(live[-1])
    check(rule, changes, 1_000, 1, None)
    seen("changes of a call, each with the price it would end at", len(changes))


def test_no_price_is_told_apart_from_a_price() -> None:
    shown = indicative(CALL_RULES["sse"], [1, 2, 2], [10, 8, 8], [5, 5, -5])
    assert [shown.price_at(row) for row in range(3)] == [None, 9, None]
    assert shown.has_price.tolist() == [False, True, False]
    assert shown.volume_lots.tolist() == [0, 5, 0]


def test_no_changes_at_all() -> None:
    assert indicative(CALL_RULES["sse"], [], [], []).price_ticks.size == 0
