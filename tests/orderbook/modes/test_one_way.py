"""One-way bidding: worked by hand, against the slow twin, and input that is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import Side
from engine.orderbook.modes.one_way import OneWayPricing, clear_one_way
from engine.orderbook.modes.one_way.reference import slow_one_way

PRICE = st.integers(1, 9)
PAY_AS_BID, UNIFORM = OneWayPricing


def test_a_sale_serves_the_highest_then_the_earlier() -> None:
    """100 to sell at 25 or more: 60 at 30, then of the two at 26 the earlier gets 30 and the later 10."""
    result = clear_one_way(Side.SELL, 100, 25, [26, 30, 26, 24], [30, 60, 30, 99], pricing=PAY_AS_BID)
    assert result.fills_lots.tolist() == [30, 60, 10, 0]
    assert result.prices_ticks.tolist() == [26, 30, 26, 0]
    assert (result.traded_lots, result.untraded_lots, result.last_price_ticks) == (100, 0, 26)


def test_a_purchase_serves_the_lowest() -> None:
    result = clear_one_way(Side.BUY, 50, 25, [26, 20, 25], [30, 40, 30], pricing=UNIFORM)
    assert result.fills_lots.tolist() == [0, 40, 10]
    assert result.prices_ticks.tolist() == [0, 25, 25]


def test_whole_or_nothing() -> None:
    result = clear_one_way(Side.SELL, 50, 10, [11], [49], pricing=UNIFORM, whole=True)
    assert (result.traded_lots, result.untraded_lots, result.last_price_ticks) == (0, 50, None)
    assert result.prices_ticks.tolist() == [0]
    assert clear_one_way(Side.SELL, 49, 10, [11], [49], pricing=UNIFORM, whole=True).traded_lots == 49


def test_no_bids() -> None:
    assert clear_one_way(Side.BUY, 5, 10, [], [], pricing=UNIFORM).last_price_ticks is None


@given(
    side=st.sampled_from(list(Side)),
    quantity=st.integers(1, 30),
    limit=PRICE,
    bids=st.lists(st.tuples(PRICE, st.integers(1, 9)), max_size=8),
    pricing=st.sampled_from(list(OneWayPricing)),
    whole=st.booleans(),
)
def test_twin(
    side: Side, quantity: int, limit: int, bids: list[tuple[int, int]], pricing: OneWayPricing, whole: bool
) -> None:
    prices, lots = ([bid[column] for bid in bids] for column in range(2))
    got = clear_one_way(side, quantity, limit, prices, lots, pricing=pricing, whole=whole)
    want = slow_one_way(side == Side.SELL, quantity, limit, bids, pricing is UNIFORM, whole)
    assert (got.fills_lots.tolist(), got.prices_ticks.tolist(), got.last_price_ticks) == want
    assert got.traded_lots == sum(want[0]) == quantity - got.untraded_lots


def test_refusals_are_told_together() -> None:
    with pytest.raises(
        ValueError, match=r"bid 1: price 0; limit 0; bid 0: quantity 4294967296; quantity 0 of the init"
    ):
        clear_one_way(Side.SELL, 0, 0, [5, 0], [2**32, 1], pricing=UNIFORM)
    with pytest.raises(ValueError, match="columns differ in length"):
        clear_one_way(Side.SELL, 1, 1, [5, 5], [1], pricing=UNIFORM)
