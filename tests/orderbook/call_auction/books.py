"""Generated order books for the call auction, and the comparison with the slow auction that all of them go through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from engine.orderbook.call_auction import CallResult, CallRule, Candidates, Quote, Step, uncross
from engine.orderbook.call_auction.reference import SlowQuote, slow_uncross
from engine.orderbook.call_auction.rules import DECISIVE, STEPS_MAX

Order = tuple[int, int, int]


@dataclass(frozen=True)
class Book:
    """Orders as (side, price, quantity) with everything else an auction takes."""

    orders: tuple[Order, ...]
    reference: int | None
    step: int
    quote: Quote | None


def run(rule: CallRule, book: Book) -> CallResult:
    """The real auction of a book."""
    sides, prices, quantities = (np.array([order[column] for order in book.orders], np.int64) for column in range(3))
    return uncross(
        rule,
        sides,
        prices,
        quantities,
        reference_ticks=book.reference,
        price_step_ticks=book.step,
        quote=book.quote,
    )


def check_against_slow(rule: CallRule, book: Book) -> None:
    """Price, volume, surplus, every fill and every trade have to be those of the slow auction."""
    got = run(rule, book)
    quote = book.quote
    slow_quote = quote and SlowQuote(quote.bid_ticks, quote.ask_ticks, quote.bid_lots, quote.ask_lots)
    want = slow_uncross(
        rule.candidates.name,
        [step.name for step in rule.steps],
        book.orders,
        reference=book.reference,
        step=book.step,
        band_ppm=rule.band_ppm,
        quote=slow_quote,
    )
    price = want.price
    if price is None and book.quote is not None and book.quote.without_turnover:
        price = book.quote.bid_ticks
    found = (got.price_ticks, got.volume_lots, got.surplus_lots, got.fills_lots.tolist(), got.trades.tolist())
    wanted = (price, want.volume, want.surplus, want.fills, [list(trade) for trade in want.trades])
    assert found == wanted, f"{rule.name}: {book}"


@st.composite
def books(draw: st.DrawFn) -> Book:
    """Small books on narrow grids, so that ties, market orders and empty sides are common."""
    step = draw(st.sampled_from([1, 1, 1, 2, 5]))
    price = st.integers(1, 12).map(lambda units: units * step)
    order = st.tuples(st.sampled_from([1, 2]), st.one_of(price, price, price, st.just(0)), st.integers(1, 6))
    orders = tuple(draw(st.lists(order, max_size=12)))
    reference = draw(st.one_of(st.none(), st.integers(1, 14).map(lambda units: units * step)))
    quote = None
    if draw(st.booleans()):
        bid, ask = sorted((draw(price), draw(price)))
        quote = Quote(bid, ask, draw(st.integers(0, 6)), draw(st.integers(0, 6)), draw(st.booleans()))
    return Book(orders, reference, step, quote)


@st.composite
def rules(draw: st.DrawFn) -> CallRule:
    """Any rule that may be written, not only the venues' own."""
    inner = st.lists(st.sampled_from([s for s in Step if s not in DECISIVE]), max_size=STEPS_MAX - 2)
    steps = (Step.MAXIMUM_VOLUME, *draw(inner), draw(st.sampled_from(sorted(DECISIVE))))
    return CallRule("drawn", draw(st.sampled_from(list(Candidates))), steps, "", draw(st.integers(0, 300_000)))


def drawn_book(random: np.random.Generator) -> Book:
    """One book of a seeded run, wider than the generated ones."""
    step = int(random.choice([1, 1, 5]))
    count = int(random.integers(0, 40))
    width = int(random.integers(2, 60))
    prices = random.integers(100, 100 + width, count) * step * (random.random(count) > 0.1)
    sides, quantities = random.integers(1, 3, count), random.integers(1, 1_000, count)
    quote = None
    if random.random() < 0.3:
        bid, ask = sorted(int(value) * step for value in random.integers(100, 100 + width, 2))
        quote = Quote(bid, ask, *(int(value) for value in random.integers(0, 500, 2)))
    reference = int(random.integers(90, 110 + width)) * step if random.random() < 0.8 else None
    return Book(tuple(zip(sides.tolist(), prices.tolist(), quantities.tolist(), strict=True)), reference, step, quote)
