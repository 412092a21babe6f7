"""Rounds for tests: drawn ones, and a way to compare the clear with its slow twin."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from hypothesis import strategies as st

from engine.auction import NO_LIMIT, BidderLimits, Clearing, SharedCap, Supply, clear, reference
from engine.auction.invariants import check
from engine.auction.reference_buyers import Bid, Bidder
from engine.auction.reference_sellers import Line
from engine.auction.terms import (
    GuaranteeExcess,
    GuaranteeRule,
    HiddenReserveRule,
    MarginRule,
    MarginUnit,
    PaymentRounding,
    PriceRule,
    ProceedsRule,
    ReleaseRule,
    ReserveComparator,
    ShortSaleRule,
    SupplyStepRule,
    Terms,
    UndersubscriptionRule,
)


@dataclass(frozen=True)
class Round:
    """Everything that goes into one clear. `shared`: (bidders, cap) of each shared cap."""

    terms: Terms
    bids: list[Bid]
    lines: list[Line]
    bidders: list[Bidder]
    shared: list[tuple[list[int], int]]

    def limits(self) -> BidderLimits | None:
        if not self.bidders and not self.shared:
            return None
        return BidderLimits(
            [bidder.number for bidder in self.bidders],
            [NO_LIMIT if bidder.cap is None else bidder.cap for bidder in self.bidders],
            [NO_LIMIT if bidder.guarantee is None else bidder.guarantee for bidder in self.bidders],
            tuple(SharedCap(tuple(members), cap) for members, cap in self.shared),
        )

    def supply(self) -> Supply:
        return Supply.of(
            [line.lots for line in self.lines],
            groups=[line.group for line in self.lines],
            ranks=[line.rank for line in self.lines],
            sellers=[line.seller for line in self.lines],
            minimum_price_ticks=[line.minimum for line in self.lines],
            trigger_price_ticks=[line.trigger for line in self.lines],
            withheld=[line.withheld for line in self.lines],
            draws=[line.draw for line in self.lines],
        )

    def clear(self, with_cuts: bool = True) -> Clearing:
        """The compiled clear of this round."""
        bids = self.bids
        return clear(
            self.terms,
            [bid.price for bid in bids],
            [bid.lots for bid in bids],
            times=[bid.time for bid in bids],
            bidders=[bid.bidder for bid in bids],
            supply=self.supply(),
            tie_order=[bid.draw for bid in bids],
            numbers=[bid.number for bid in bids],
            minimum_lots=[bid.minimum for bid in bids],
            limits=self.limits(),
            with_cuts=with_cuts,
        )

    def clear_slowly(self) -> dict[str, Any]:
        """The same in plain integers."""
        return reference.clear(self.terms, self.bids, self.lines, self.bidders, self.shared)

    def assert_right(self) -> Clearing:
        """Clear both ways; every field must agree, and every invariant hold."""
        clearing = self.clear()
        assert as_plain(clearing) == self.clear_slowly(), self
        check(self.terms, clearing, *self.columns())
        if clearing.cuts is not None:
            plain = as_plain(clearing)
            del plain["cuts"]
            assert as_plain(self.clear(with_cuts=False)) == plain, self
        return clearing

    def columns(self) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
        """((prices, lots), (offers, minimums))."""
        bids = np.array([(bid.price, bid.lots) for bid in self.bids], np.int64).reshape(-1, 2)
        lines = np.array([(line.lots, line.minimum) for line in self.lines], np.int64).reshape(-1, 2)
        return (bids[:, 0], bids[:, 1]), (lines[:, 0], lines[:, 1])


def as_plain(clearing: Clearing) -> dict[str, Any]:
    """A clearing with its arrays as lists, to compare and to print."""
    values = {field.name: getattr(clearing, field.name) for field in fields(clearing)}
    del values["own"], values["value_of_price_minor"]
    values |= {"pays_ticks": clearing.pays_ticks, "payments_minor": clearing.payments_minor}
    cuts = values.pop("cuts")
    plain = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}
    if cuts is not None:
        plain["cuts"] = {
            "cap": cuts.by_cap_lots.tolist(),
            "shared": cuts.by_shared_cap_lots.tolist(),
            "guarantee": cuts.by_guarantee_lots.tolist(),
        }
    return plain


class Chooser:
    """Draws single values; the same drawing code serves hypothesis and a seeded NumPy generator."""

    def number(self, low: int, high: int) -> int:
        raise NotImplementedError

    def one(self, *values: Any) -> Any:
        return values[self.number(0, len(values) - 1)]

    def member(self, enum: Any) -> Any:
        return self.one(*enum)

    def order(self, count: int) -> list[int]:
        """A permutation of `count` places."""
        places = list(range(count))
        for i in range(count - 1, 0, -1):
            j = self.number(0, i)
            places[i], places[j] = places[j], places[i]
        return places


class Seeded(Chooser):
    def __init__(self, generator: np.random.Generator) -> None:
        self._generator = generator

    def number(self, low: int, high: int) -> int:
        return int(self._generator.integers(low, high + 1))


class Drawn(Chooser):
    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def number(self, low: int, high: int) -> int:
        return int(self._draw(st.integers(low, high)))


def choose_terms(c: Chooser) -> Terms:
    """Any combination of settings, over a few prices so that ties and equalities are common."""
    reserve = c.one(0, 0, 3, 5)
    return Terms(
        price_rule=c.one(PriceRule.UNIFORM, PriceRule.PAY_AS_BID, *PriceRule),
        undersubscription_rule=c.member(UndersubscriptionRule),
        margin_rule=c.member(MarginRule),
        reserve_price_ticks=reserve,
        reserve_comparator=c.member(ReserveComparator),
        proceeds_rule=c.member(ProceedsRule),
        tick_value_minor=c.one(1, 10),
        fixed_price_ticks=max(1, reserve, c.number(1, 9)),
        ceiling_price_ticks=c.one(0, 0, 0, 10),
        hidden_reserve_ticks=c.one(0, 0, 0, 4, 8),
        hidden_reserve_rule=c.member(HiddenReserveRule),
        supply_step_rule=c.member(SupplyStepRule),
        payment_step_minor=c.one(1, 1, 5),
        payment_rounding=c.member(PaymentRounding),
        margin_lot=c.one(1, 3),
        margin_unit=c.member(MarginUnit),
        short_sale_rule=c.member(ShortSaleRule),
        release_rule=c.member(ReleaseRule),
        guarantee_rule=c.member(GuaranteeRule),
        guarantee_excess=c.member(GuaranteeExcess),
        limit_step_lots=c.one(1, 1, 3),
    )


def choose_round(c: Chooser, most_bids: int = 10) -> Round:
    """A round of a few bidders, with everything that the clear knows now and then."""
    terms = choose_terms(c)
    limited = c.one(False, True)
    # Restoring at every tick is tried tick by tick in the reference: keep those rounds low.
    low = limited and terms.guarantee_excess == GuaranteeExcess.RESTORED_AT_EVERY_TICK
    top, most = (12, 9) if low else c.one((12, 9), (12, 2**32 - 1), (2**20, 2**20), (2**30, 9))
    count = c.number(0, most_bids)
    draws = c.order(count)
    bids = [
        Bid(
            price=c.number(1, top),
            lots=c.number(0, most),
            time=c.number(0, 3),
            number=number,
            draw=draws[number],
            minimum=c.number(0, 4),
            bidder=c.number(0, 4),
        )
        for number in range(count)
    ]
    seats = c.order(c.number(0, 6))
    lines = [
        Line(
            lots=c.number(0, c.one(12, 2 * most)),
            group=c.number(0, 2),
            rank=c.number(0, 2),
            seller=seat,
            minimum=max(minimum, trigger),
            trigger=trigger,
            withheld=c.one(0, 0, 0, 1),
            draw=seats[seat],
        )
        for seat in range(len(seats))
        for minimum, trigger in [(c.one(0, 0, 2, 4, 6, top // 2), c.one(0, 0, 0, 3, 7))]
    ]
    bidders, shared = [], []
    if limited:
        cash = top * most * terms.tick_value_minor
        bidders = [
            Bidder(number, c.one(None, c.number(0, 2 * most)), c.one(None, c.number(0, cash)))
            for number in range(5)
            if c.one(True, True, False)
        ]
        shared = [(c.one([0, 1], [1, 2, 3]), c.number(0, 2 * most)) for _ in range(c.one(0, 0, 1, 2))]
    return Round(terms, bids, lines, bidders, shared)


@st.composite
def drawn_rounds(draw: st.DrawFn) -> Round:
    return choose_round(Drawn(draw))


def seeded_rounds(seed: int, count: int) -> Any:
    """`count` rounds of one seed, each with its number."""
    chooser = Seeded(np.random.default_rng(seed))
    for number in range(count):
        yield number, choose_round(chooser)
