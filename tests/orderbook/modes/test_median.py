"""Prices at the middle of bid, ask and last: the worked figures, the slow twin, and input that is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.orderbook.modes.median import median_prices
from engine.orderbook.modes.median.reference import slow_median_prices

LIMIT = st.integers(1, 40)
TRADE = st.tuples(LIMIT, LIMIT, st.booleans()).map(lambda t: (max(t[:2]), min(t[:2]), t[2]))


@pytest.mark.parametrize(("last", "price"), [(2480, 2480), (2600, 2500), (2400, 2450)])
def test_hubei(last: int, price: int) -> None:
    """Bid 25.00, ask 24.50: last 24.80 gives 24.80, last 26.00 the bid, last 24.00 the ask."""
    assert median_prices([2500], [2450], [True], last_ticks=last).tolist() == [price]


def test_each_trade_is_the_last_of_the_next() -> None:
    """Between 20 and 30 at 25; then 10 to 22 pulls to 22; then 24 to 30 up to 24."""
    assert median_prices([30, 22, 30], [20, 10, 24], [True] * 3, last_ticks=25).tolist() == [25, 22, 24]


@pytest.mark.parametrize(("buyer_came", "price"), [(True, 20), (False, 30)])
def test_without_a_last_price_the_first_trade_is_at_the_resting_order(buyer_came: bool, price: int) -> None:
    assert median_prices([30, 40], [20, 10], [buyer_came, True]).tolist() == [price, price]


@given(trades=st.lists(TRADE, max_size=30), last=st.none() | LIMIT)
def test_twin(trades: list[tuple[int, int, bool]], last: int | None) -> None:
    bids, asks, came = ([trade[column] for trade in trades] for column in range(3))
    prices = median_prices(bids, asks, came, last_ticks=last).tolist()
    assert prices == slow_median_prices(trades, last)
    assert all(ask <= price <= bid for (bid, ask, _), price in zip(trades, prices, strict=True))


@pytest.mark.parametrize(
    ("columns", "last", "says"),
    [
        (([5, 5], [5], [True]), None, "columns differ in length"),
        (([5], [0], [True]), None, "trade 0: ask 0; 1 to 1073741824 ticks are allowed"),
        (([2**30 + 1], [5], [True]), None, "trade 0: bid 1073741825"),
        (([5, 4], [5, 5], [True, True]), None, "trade 1: bid 4 lies below ask 5"),
        (([5], [5], [True]), 0, "last price 0"),
    ],
)
def test_refusals(columns: tuple, last: int | None, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        median_prices(*columns, last_ticks=last)
