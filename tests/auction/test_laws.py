"""What holds of the clear whatever the round: order of the arrays, draws that are inputs, exact sums, dry runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.auction import MarginRule, PriceRule, RoundStatus, Supply, Terms, clear, clearing_price
from engine.auction.reference_sellers import Line
from tests.auction.rounds import Round, as_plain, drawn_rounds


@given(drawn_rounds(), st.randoms(use_true_random=False))
def test_the_order_of_the_arrays_does_not_matter(drawn: Round, random) -> None:
    places, seats = list(range(len(drawn.bids))), list(range(len(drawn.lines)))
    random.shuffle(places)
    random.shuffle(seats)
    moved = replace(drawn, bids=[drawn.bids[i] for i in places], lines=[drawn.lines[k] for k in seats])
    straight, shuffled = as_plain(drawn.clear()), as_plain(moved.clear())
    for name, value in straight.items():
        if name.startswith("supply_"):
            assert [value[k] for k in seats] == shuffled[name], name
        elif name == "cuts":
            assert {kind: [lots[i] for i in places] for kind, lots in value.items()} == shuffled[name]
        elif isinstance(value, list):
            assert [value[i] for i in places] == shuffled[name], name
        else:
            assert value == shuffled[name], name


@given(drawn_rounds(), st.integers(0, 10), st.sampled_from([PriceRule.UNIFORM, PriceRule.PAY_AS_BID]))
def test_more_supply_never_raises_the_price_of_a_full_round(drawn: Round, more: int, rule: PriceRule) -> None:
    scarce = replace(drawn, terms=Terms(rule), lines=[line._replace(trigger=0) for line in drawn.lines])
    plenty = replace(scarce, lines=[*scarce.lines, Line(more, seller=9)])
    before, after = scarce.clear(), plenty.clear()
    if before.status == after.status == RoundStatus.CLEARED:
        assert after.price_ticks <= before.price_ticks
    assert after.sold_lots >= before.sold_lots


def test_the_margin_falls_by_arrival_and_then_by_number() -> None:
    terms = Terms(PriceRule.UNIFORM)
    result = clear(terms, [5, 5, 5], [4, 4, 4], times=[7, 7, 2], numbers=[30, 20, 10], supply=7)
    assert result.awarded_lots.tolist() == [0, 3, 4]


def test_a_draw_is_an_input_and_two_draws_differ() -> None:
    terms = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.RANDOM_ORDER)
    for draw, awards in (([2, 0, 1], [0, 4, 3]), ([0, 1, 2], [4, 3, 0])):
        assert clear(terms, [5, 5, 5], [4, 4, 4], tie_order=draw, supply=7).awarded_lots.tolist() == awards


def test_curves_that_overlap_over_a_range_settle_at_its_top() -> None:
    # 10 lots bid at 9 meet 10 lots let go at 0; every price from 1 to 9 would clear.
    assert clear(Terms(PriceRule.UNIFORM), [9, 1], [10, 5], supply=10).price_ticks == 9
    line = Supply.of([10, 6], minimum_price_ticks=[0, 7])
    assert clear(Terms(PriceRule.UNIFORM), [9], [10], supply=line).price_ticks == 7


def test_pool_of_payments_is_split_to_the_last_minor_unit() -> None:
    lines = Supply.of([1, 1, 1], sellers=[3, 1, 2])
    result = clear(Terms(PriceRule.PAY_AS_BID), [4, 3, 3], [1, 1, 1], supply=lines)
    assert result.payments_minor.tolist() == [4, 3, 3]
    # 10 over three equal lines: 3 each and one left over, to the lowest seller among equal remainders.
    assert result.supply_proceeds_minor.tolist() == [3, 4, 3]


def test_two_sellers_at_one_minimum_share_what_is_left() -> None:
    # Government 100 sells first; 120 bid at 40, 30 lots of two consignors at that very minimum share the other 20.
    lines = Supply.of([100, 30, 30], sellers=[0, 1, 2], minimum_price_ticks=[0, 40, 40])
    result = clear(Terms(PriceRule.UNIFORM), [60, 40], [60, 60], supply=lines)
    assert (result.price_ticks, result.supply_sold_lots.tolist()) == (40, [100, 10, 10])


def test_shares_of_very_large_numbers_are_exact() -> None:
    # left x lots passes 2**64; the shares are those of Python integers.
    terms = Terms(PriceRule.UNIFORM, margin_rule=MarginRule.PRO_RATA_LARGEST_REMAINDER)
    lots = [2**32 - 1 - 7 * i for i in range(40)]
    left = sum(lots) // 3
    result = clear(terms, [1] * 40, lots, supply=left)
    exact = [left * quantity // sum(lots) for quantity in lots]
    assert (np.abs(result.awarded_lots - exact) <= 1).all()
    assert result.sold_lots == left


@pytest.mark.compiled
@pytest.mark.parametrize(
    "draw",
    [
        lambda g, n: g.integers(2_000, 6_000, n),
        lambda g, n: g.integers(1, 2**30, n),
        lambda g, n: g.integers(20, 30, n),
        lambda g, n: np.full(n, 77),
        lambda g, n: np.sort(g.integers(1, 2**20, n)),
        # Bunches of equal prices mislead a sample: the answer must not depend on it.
        lambda g, n: np.repeat(g.integers(1, 2**30, n // 4_096 + 1), 4_096)[:n],
    ],
    ids=["narrow", "wide", "ten prices", "one price", "sorted", "bunches"],
)
def test_many_bids_have_the_price_of_the_sorted_book(draw) -> None:
    generator = np.random.default_rng(7)
    count = 2**20 + 17
    prices, lots = draw(generator, count).astype(np.int64), generator.integers(0, 50, count)
    order = np.argsort(-prices, kind="stable")
    reached = np.cumsum(lots[order])
    for part in (1, 3, 500, 997, 1000):
        supply = max(1, int(lots.sum()) * part // 1000)
        expected = int(prices[order[np.searchsorted(reached, supply)]])
        assert clearing_price(prices, lots, supply) == expected
    assert clearing_price(prices, lots, int(lots.sum()) + 1) == 0
    assert clearing_price(prices, lots, 1, lowest_ticks=2**30) == (int(lots[prices == 2**30].sum() > 0) * 2**30)
