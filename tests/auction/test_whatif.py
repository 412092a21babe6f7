"""Many rounds in one call are the rounds of `clear`, one by one, in every figure."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.auction import BidderLimits, PriceRule, RoundInputError, SharedCap, Supply, Terms, clear
from engine.auction.search.kernels import price_by_digits, price_by_halving, price_near
from engine.auction.terms import (
    GuaranteeRule,
    HiddenReserveRule,
    ReserveComparator,
    UndersubscriptionRule,
)
from engine.auction.whatif import Books, Rounds, clear_many
from engine.auction.whatif.many import MARGINS, is_plain
from tests.auction.rounds import Seeded, choose_terms

BIDDERS = 6


def draw_terms(c: Seeded) -> Terms:
    return Terms(
        PriceRule.UNIFORM,
        undersubscription_rule=c.member(UndersubscriptionRule),
        margin_rule=c.one(*MARGINS),
        reserve_price_ticks=c.one(0, 0, 3, 5),
        reserve_comparator=c.member(ReserveComparator),
        tick_value_minor=c.one(1, 10),
        hidden_reserve_ticks=c.one(0, 0, 4, 8),
        hidden_reserve_rule=c.member(HiddenReserveRule),
        guarantee_rule=c.member(GuaranteeRule),
        limit_step_lots=c.one(1, 1, 3),
    )


def draw_books(c: Seeded, rounds: int, top: int, most: int) -> Books:
    bids = [
        (number, c.number(1, top), c.number(0, most), c.number(0, BIDDERS - 1), c.number(0, 2))
        for number in range(rounds)
        for _ in range(c.number(0, 12))
    ]
    columns = np.array(bids, np.int64).reshape(-1, 5).T
    return Books.of(*columns, round_count=rounds)


def draw_limits(c: Seeded, value: int, most: int) -> BidderLimits | None:
    listed = [bidder for bidder in range(BIDDERS) if c.one(True, True, False)]
    caps = [c.one(-1, c.number(0, 3 * most)) for _ in listed]
    return c.one(None, BidderLimits(listed, caps, [c.one(-1, c.number(0, value)) for _ in listed]))


def draw_any_supply(c: Seeded, top: int, most: int) -> Supply:
    """Lines with and without conditions."""
    lines = range(c.number(1, 5))
    return Supply.of(
        [c.number(0, 2 * most) for _ in lines],
        groups=[c.one(0, 0, 1) for _ in lines],
        ranks=[c.number(0, 2) for _ in lines],
        sellers=list(lines),
        minimum_price_ticks=[c.one(0, 0, c.number(1, top)) for _ in lines],
        trigger_price_ticks=[c.one(0, 0, c.number(1, top)) for _ in lines],
        withheld=[c.one(0, 0, 1) for _ in lines],
        draws=c.order(len(lines)),
    )


def with_shared(c: Seeded, limits: BidderLimits | None, most: int) -> BidderLimits | None:
    shared = [SharedCap(c.one((0, 1, 2), (2, 3)), c.number(0, 3 * most)) for _ in range(c.number(0, 2))]
    return limits if limits is None else replace(limits, shared=tuple(shared))


def assert_rounds_are_those_of_clear(
    terms: Terms, books: Books, supplies: list[Supply | int], limits: BidderLimits | None, many: Rounds
) -> None:
    won = np.zeros(books.bidder_count, np.int64)
    for number, supply in enumerate(supplies):
        prices, lots, bidders, times = books.of_round(number)
        one = clear(terms, prices, lots, times, bidders, supply, tie_order=range(prices.size), limits=limits)
        got = np.bincount(bidders, one.awarded_lots, books.bidder_count).astype(np.int64)
        won += got
        assert many.statuses[number] == one.status
        assert many.prices_ticks[number] == (one.price_ticks or 0)
        assert many.offered_lots[number] == one.offered_lots
        assert many.sold_lots[number] == one.sold_lots
        assert many.proceeds_minor[number] == one.proceeds_minor
        assert many.valid_demand_lots[number] == one.valid_demand_lots
        shares = [int(lots) * 1_000_000 // max(1, one.sold_lots) for lots in got]
        assert many.concentration_ppm[number] == sum(share * share for share in shares) // 1_000_000
    assert (many.won_lots == won).all()


@pytest.mark.parametrize("seed", range(3))
def test_every_round_is_that_of_clear(seed: int) -> None:
    c = Seeded(np.random.default_rng(seed))
    for _ in range(25):
        top, most = c.one((12, 9), (2**20, 2**20))
        terms, books = draw_terms(c), draw_books(c, 8, top, most)
        limits = draw_limits(c, 2 * top * most * terms.tick_value_minor, most)
        supplies = [c.number(0, 4 * most) for _ in range(books.rounds)]
        assert_rounds_are_those_of_clear(terms, books, supplies, limits, clear_many(terms, books, supplies, limits))


def run_any_design(seed: int, count: int) -> Counter[bool]:
    """Draws designs over every setting of the clear; how many went the fast way and how many did not."""
    c, ways = Seeded(np.random.default_rng(seed)), Counter[bool]()
    for _ in range(count):
        top, most = c.one((12, 9), (2**16, 2**20))
        plain = c.one(True, *[False] * 7)
        terms, books = draw_terms(c) if plain else choose_terms(c), draw_books(c, 8, top, most)
        limits = draw_limits(c, 2 * top * most * terms.tick_value_minor, most)
        limits = limits if plain else with_shared(c, limits, most)
        if c.one(True, False, False):
            lots = [c.number(0, 4 * most) for _ in range(books.rounds)]
            assert_rounds_are_those_of_clear(terms, books, lots, limits, clear_many(terms, books, lots, limits))
        lines = Supply.of([c.number(0, 4 * most)]) if plain else draw_any_supply(c, top, most)
        many = clear_many(terms, books, lines, limits)
        assert_rounds_are_those_of_clear(terms, books, [lines] * books.rounds, limits, many)
        ways[is_plain(terms, lines, limits)] += 1
    return ways


@pytest.mark.parametrize("seed", range(3))
def test_every_design_that_the_clear_takes_is_cleared_in_one_call(seed: int) -> None:
    ways = run_any_design(seed, 40)
    assert ways[False] > 20
    assert ways[True] > 0


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3, 13))
def test_twenty_four_thousand_rounds_of_any_design(seed: int) -> None:
    ways = run_any_design(seed, 2_400)
    assert min(ways[True], ways[False]) > 100


def test_one_buyer_of_all_is_the_whole_concentration() -> None:
    books = Books.of([0, 1, 1], [5, 5, 4], [10, 6, 6], [0, 0, 1])
    assert clear_many(Terms(PriceRule.UNIFORM), books, 10).concentration_ppm.tolist() == [
        1_000_000,
        int((Fraction(36, 100) + Fraction(16, 100)) * 1_000_000),
    ]


@pytest.mark.parametrize("rule", [PriceRule.UNIFORM, PriceRule.PAY_AS_BID])
def test_numbers_of_bidders_far_apart_come_to_the_same(rule: PriceRule) -> None:
    c, apart = Seeded(np.random.default_rng(4)), 10_007
    for _ in range(20):
        books = draw_books(c, 12, 9, 50)
        spread = Books.of(
            np.repeat(np.arange(books.rounds), np.diff(books.starts)),
            books.prices_ticks,
            books.quantities_lots,
            books.bidders * apart,
            books.times,
        )
        near, far = (clear_many(Terms(rule), each, 60) for each in (books, spread))
        assert near.concentration_ppm.tolist() == far.concentration_ppm.tolist()
        assert near.won_lots[: books.bidder_count].tolist() == far.won_lots[::apart][: books.bidder_count].tolist()
        assert near.concentration_ppm.any()


@pytest.mark.parametrize("rule", [PriceRule.UNIFORM, PriceRule.PAY_AS_BID])
def test_parts_in_threads_are_the_whole(rule: PriceRule) -> None:
    c = Seeded(np.random.default_rng(9))
    books, terms = draw_books(c, 60, 50, 9), Terms(rule)
    whole = clear_many(terms, books, 20)
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda part: clear_many(terms, books, 20, rounds=part), (range(31), range(31, 60))))
    for name in Rounds.__dataclass_fields__:
        columns = [getattr(part, name) for part in parts]
        joined = sum(columns) if name == "won_lots" else np.concatenate(columns)
        assert (joined == getattr(whole, name)).all(), name


def test_what_cannot_be_cleared_says_so_at_once() -> None:
    books = Books.of([0], [5], [10], [0])
    limits = BidderLimits([-3], [1], shared=(SharedCap((0,), -1),))
    with pytest.raises(RoundInputError) as raised:
        clear_many(Terms(PriceRule.PAY_AS_BID), books, -1, limits, rounds=range(5))
    assert len(raised.value.problems) == 4
    with pytest.raises(RoundInputError) as raised:
        clear_many(Terms(PriceRule.UNIFORM), books, Supply.of([5], minimum_price_ticks=[-1], trigger_price_ticks=[-2]))
    assert len(raised.value.problems) == 2
    with pytest.raises(RoundInputError, match="supply sums to more"):
        clear_many(Terms(PriceRule.UNIFORM), books, Supply.of([2**50, 1]))
    with pytest.raises(RoundInputError) as raised:
        Books.of([-1], [0], [2**33], [0])
    assert len(raised.value.problems) == 3


def test_no_guess_changes_the_price() -> None:
    c = Seeded(np.random.default_rng(4))
    for _ in range(60):
        top = c.one(9, 300, 2**30)
        prices = np.array([c.number(1, top) for _ in range(c.number(1, 9))], np.int64)
        lots = np.array([c.number(0, 9) for _ in prices], np.int64)
        lowest = c.one(1, 4)
        target = int(lots[prices >= lowest].sum())
        if target:
            target = c.number(1, target)
            expected = price_by_digits(prices, lots, lowest, target)
            assert price_by_halving(prices, lots, lowest, target) == expected
            for guess in (0, 1, expected - 1, expected, expected + 1, expected + 40, c.number(1, top), 2**30):
                assert price_near(prices, lots, lowest, target, guess) == expected
