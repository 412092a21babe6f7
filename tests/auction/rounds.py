"""Rounds for tests: drawn ones, and a way to compare the clear with its slow twin."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import strategies as st

from engine.auction import Clearing, Supply, clear, reference
from engine.auction.reference import Bid, Line
from engine.auction.terms import (
    HiddenReserveRule,
    MarginRule,
    PriceRule,
    ReserveComparator,
    SupplyStepRule,
    Terms,
    UndersubscriptionRule,
)


def columns(bids: list[Bid], lines: list[Line]) -> dict[str, object]:
    """The arguments of `clear` for bids and lines of the reference."""
    return {
        "prices_ticks": [bid.price for bid in bids],
        "quantities_lots": [bid.lots for bid in bids],
        "times": [bid.time for bid in bids],
        "numbers": [bid.number for bid in bids],
        "tie_order": [bid.draw for bid in bids],
        "minimum_lots": [bid.minimum for bid in bids],
        "supply": Supply.of(
            [line.lots for line in lines],
            groups=[line.group for line in lines],
            ranks=[line.rank for line in lines],
            sellers=[line.seller for line in lines],
            minimum_price_ticks=[line.minimum for line in lines],
        ),
    }


def fast(terms: Terms, bids: list[Bid], lines: list[Line]) -> Clearing:
    """The compiled clear of such a round."""
    return clear(terms, **columns(bids, lines))  # type: ignore[arg-type]


def as_plain(clearing: Clearing) -> dict[str, object]:
    """A clearing with its arrays as lists, to compare and to print."""
    values = {field.name: getattr(clearing, field.name) for field in fields(clearing)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def assert_like_reference(terms: Terms, bids: list[Bid], lines: list[Line]) -> Clearing:
    """Clear compiled and in plain integers; every field must agree."""
    clearing = fast(terms, bids, lines)
    found, expected = as_plain(clearing), reference.clear(terms, bids, lines)
    assert found == expected, f"{terms}\nbids={bids}\nlines={lines}"
    return clearing


_prices = st.integers(1, 12) | st.integers(1, 2**30)
_lots = st.integers(0, 9) | st.integers(0, 2**32 - 1)


@st.composite
def drawn_terms(draw: st.DrawFn) -> Terms:
    """Any combination of settings, over a few prices so that ties and equalities are common."""
    reserve = draw(st.sampled_from([0, 0, 3, 5]))
    return Terms(
        price_rule=draw(st.sampled_from(PriceRule)),
        undersubscription_rule=draw(st.sampled_from(UndersubscriptionRule)),
        margin_rule=draw(st.sampled_from(MarginRule)),
        reserve_price_ticks=reserve,
        reserve_comparator=draw(st.sampled_from(ReserveComparator)),
        tick_value_minor=draw(st.sampled_from([1, 10])),
        fixed_price_ticks=draw(st.integers(max(1, reserve), 9)),
        hidden_reserve_ticks=draw(st.sampled_from([0, 0, 0, 4, 8])),
        hidden_reserve_rule=draw(st.sampled_from(HiddenReserveRule)),
        supply_step_rule=draw(st.sampled_from(SupplyStepRule)),
        payment_step_minor=draw(st.sampled_from([1, 1, 5])),
        margin_lot=draw(st.sampled_from([1, 3])),
    )


@st.composite
def drawn_bids(draw: st.DrawFn) -> list[Bid]:
    """Bids with their own numbers, arrivals that may coincide, and a recorded draw."""
    count = draw(st.integers(0, 9))
    draws = draw(st.permutations(range(count)))
    return [
        Bid(
            price=draw(_prices),
            lots=draw(_lots),
            time=draw(st.integers(0, 3)),
            number=number,
            draw=draws[number],
            minimum=draw(st.integers(0, 4)),
        )
        for number in range(count)
    ]


@st.composite
def drawn_lines(draw: st.DrawFn) -> list[Line]:
    """Lines of up to three jurisdictions, ranks that coincide, minimums now and then."""
    return [
        Line(
            lots=draw(st.integers(0, 12) | st.integers(0, 2**45)),
            group=draw(st.integers(0, 2)),
            rank=draw(st.integers(0, 2)),
            seller=seller,
            minimum=draw(st.sampled_from([0, 0, 2, 4, 6])),
        )
        for seller in range(draw(st.integers(0, 6)))
    ]


def seeded_round(generator: np.random.Generator) -> tuple[Terms, list[Bid], list[Line]]:
    """One round from a NumPy generator: the same shapes as above, at the speed of a long run."""

    def one(*values: int) -> int:
        return values[int(generator.integers(len(values)))]

    reserve = one(0, 0, 3, 5)
    terms = Terms(
        price_rule=PriceRule(int(generator.integers(1, 4))),
        undersubscription_rule=UndersubscriptionRule(int(generator.integers(1, 5))),
        margin_rule=MarginRule(int(generator.integers(1, 8))),
        reserve_price_ticks=reserve,
        reserve_comparator=ReserveComparator(one(1, 2)),
        tick_value_minor=one(1, 10),
        fixed_price_ticks=max(1, reserve, int(generator.integers(1, 10))),
        hidden_reserve_ticks=one(0, 0, 0, 4, 8),
        hidden_reserve_rule=HiddenReserveRule(int(generator.integers(1, 4))),
        supply_step_rule=SupplyStepRule(one(1, 2)),
        payment_step_minor=one(1, 1, 5),
        margin_lot=one(1, 3),
    )
    count = int(generator.integers(0, 12))
    draws = generator.permutation(count)
    top = one(12, 12, 2**20, 2**30)
    most = one(9, 9, 2**20, 2**32 - 1) if top < 2**30 else 9
    bids = [
        Bid(
            price=int(generator.integers(1, top + 1)),
            lots=int(generator.integers(0, most + 1)),
            time=int(generator.integers(0, 4)),
            number=number,
            draw=int(draws[number]),
            minimum=int(generator.integers(0, 5)),
        )
        for number in range(count)
    ]
    lines = [
        Line(
            lots=int(generator.integers(0, max(12, most * 2))),
            group=int(generator.integers(0, 3)),
            rank=int(generator.integers(0, 3)),
            seller=int(generator.integers(0, 3)),
            minimum=one(0, 0, 2, 4, 6, max(1, top // 2)),
        )
        for _ in range(int(generator.integers(0, 6)))
    ]
    return terms, bids, lines
