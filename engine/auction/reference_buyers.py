"""Limits and demand in the reference: what of each bid counts at a price."""

from __future__ import annotations

from typing import NamedTuple

from engine.auction.terms import GuaranteeExcess, GuaranteeRule, PriceRule, Terms


class Bid(NamedTuple):
    """A bid; `number` is its own number."""

    price: int
    lots: int
    time: int = 0
    number: int = 0
    draw: int = 0
    minimum: int = 0
    bidder: int = 0


class Bidder(NamedTuple):
    """Limits of one bidder; None where there is none."""

    number: int
    cap: int | None = None
    guarantee: int | None = None


class Book:
    """The bids of a round with their limits applied: `lots` after static limits, `cuts` by each kind of limit."""

    def __init__(
        self, terms: Terms, bids: list[Bid], lowest: int, bidders: list[Bidder], shared: list[tuple[list[int], int]]
    ) -> None:
        self.terms, self.bids, self.lowest = terms, bids, lowest
        self.limited = bool(bidders or shared)
        self.guarantee = {bidder.number: bidder.guarantee for bidder in bidders}
        self.lots = [bid.lots if bid.price >= lowest else 0 for bid in bids]
        self.cuts = {"cap": [0] * len(bids), "shared": [0] * len(bids), "guarantee": [0] * len(bids)}
        self.best_first = sorted(range(len(bids)), key=lambda i: (-bids[i].price, bids[i].time, bids[i].number))
        restores = terms.guarantee_excess != GuaranteeExcess.TRIMMED and terms.price_rule != PriceRule.PAY_AS_BID
        self.restores = self.limited and restores
        for bidder in bidders:
            if bidder.cap is not None:
                self._keep(self.of({bidder.number}), bidder.cap, "cap")
        for members, cap in shared:
            self._keep(self.of(set(members)), cap, "shared")
        if not self.restores:
            for bidder in bidders:
                if bidder.guarantee is not None:
                    self._keep_guaranteed(self.of({bidder.number}), bidder.guarantee)

    def of(self, bidders: set[int]) -> list[int]:
        """Places of the bids of `bidders`, best first."""
        return [i for i in self.best_first if self.bids[i].bidder in bidders]

    def _step(self, lots: int) -> int:
        return max(0, lots) // self.terms.limit_step_lots * self.terms.limit_step_lots

    def _keep(self, places: list[int], cap: int, kind: str) -> None:
        left = self._step(cap)
        for i in places:
            kept = min(self.lots[i], left)
            self.cuts[kind][i] += self.lots[i] - kept
            self.lots[i] = kept
            left -= kept

    def _keep_guaranteed(self, places: list[int], guarantee: int) -> None:
        """The longest best-first part whose value stays within the guarantee."""
        value = self.terms.tick_value_minor
        kept: list[tuple[int, int]] = []
        places = [i for i in places if self.lots[i]]
        for at, i in enumerate(places):
            price, wanted = self.bids[i].price * value, self.lots[i]
            lots_so_far = sum(lots for _, lots in kept)
            if self.terms.guarantee_rule == GuaranteeRule.SUM_OF_VALUES:
                room = (guarantee - sum(price * lots for price, lots in kept)) // price
            else:
                room = guarantee // price - lots_so_far
            if wanted > room:
                keep = max(0, min(wanted, self._step(lots_so_far + room) - lots_so_far))
                for j in places[at:]:
                    self.cuts["guarantee"][j] += self.lots[j] - (keep if j == i else 0)
                    self.lots[j] = keep if j == i else 0
                return
            kept.append((price, wanted))

    def candidates(self) -> list[int]:
        """Prices at which demand may change."""
        prices = sorted({bid.price for bid in self.bids if bid.price >= self.lowest and bid.lots})
        if self.restores and self.terms.guarantee_excess == GuaranteeExcess.RESTORED_AT_EVERY_TICK and prices:
            return list(range(self.lowest, prices[-1] + 1))
        return prices

    def tested(self, price: int) -> int | None:
        """The price at which guarantees are tested for demand at `price`; None when nobody bid that high."""
        if self.terms.guarantee_excess != GuaranteeExcess.RESTORED_AT_BID_PRICES:
            return max(price, self.lowest)
        return min((candidate for candidate in self.candidates() if candidate >= price), default=None)

    def cut_by_restoring(self, price: int) -> None:
        """What restoring guarantees leave out at `price`."""
        tested = self.tested(price)
        if self.restores and tested is not None:
            counting = self.counting(price)
            self.cuts["guarantee"] = [
                lots - counted if bid.price >= price else 0
                for bid, lots, counted in zip(self.bids, self.lots, counting, strict=True)
            ]

    def counting(self, price: int) -> list[int]:
        """Lots of each bid that count at `price`."""
        if not self.restores:
            return [
                lots if bid.price >= max(price, self.lowest) else 0
                for bid, lots in zip(self.bids, self.lots, strict=True)
            ]
        tested = self.tested(price)
        if tested is None:
            return [0] * len(self.bids)
        counted = [0] * len(self.bids)
        for bidder in sorted({bid.bidder for bid in self.bids}):
            guarantee = self.guarantee.get(bidder)
            room = None if guarantee is None else self._step(guarantee // (tested * self.terms.tick_value_minor))
            for i in self.of({bidder}):
                if self.bids[i].price >= max(tested, self.lowest):
                    counted[i] = self.lots[i] if room is None else min(self.lots[i], room)
                    room = None if room is None else room - counted[i]
        return counted

    def demand(self, price: int) -> int:
        return sum(self.counting(price))
