"""What of each bid counts at a price, in a cleared round.

Without guarantees that restore that is what limits left of it, so one pass over prices and lots says all; with them,
what the bidder's guarantee covers at the price, which takes the order of each bidder's bids.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from engine.auction.clearing import Clearing
from engine.auction.explain.arrays import RoundArrays
from engine.auction.terms import GuaranteeExcess


class Counting:
    """The demand of one round, bid by bid."""

    def __init__(self, arrays: RoundArrays, result: Clearing) -> None:
        self._arrays, self._result = arrays, result
        self._lowest = arrays.fixed_ticks or arrays.terms.lowest_valid_price_ticks
        self._restored: dict[int, np.ndarray] = {}

    def total(self, price: int) -> int:
        """Lots of all bids that count at `price`."""
        if self._arrays.restores:
            return int(self._restored_at(price).sum())
        return int((self._kept * (self._arrays.prices >= max(price, self._lowest))).sum())

    def lots_of(self, place: int, price: int) -> int:
        """Lots of one bid that count at `price`."""
        if self._arrays.restores:
            return int(self._restored_at(price)[place])
        counts = self._arrays.prices[place] >= max(price, self._lowest)
        return int(self._kept[place]) if counts else 0

    def margin(self, marginal: int) -> tuple[np.ndarray, np.ndarray]:
        """(places, lots) of what counts at the marginal price and not just above it; places in the order of arrays."""
        if self._arrays.restores:
            lots = self._restored_at(marginal) - self._restored_at(marginal + 1)
            places = np.flatnonzero(lots)
            return places, lots[places]
        at_price = (
            np.flatnonzero(self._arrays.prices == marginal) if marginal >= self._lowest else np.empty(0, np.int64)
        )
        places = at_price[self._kept[at_price] > 0]
        return places, self._kept[places]

    @cached_property
    def _kept(self) -> np.ndarray:
        """Lots of all bids after caps, and after guarantees that don't restore. Bids below the lowest valid price may
        still have theirs: they count at no price that is asked about."""
        arrays, cuts = self._arrays, self._result.cuts
        kept: np.ndarray = arrays.quantities_lots
        if arrays.fixed_ticks or arrays.terms.ceiling_price_ticks or cuts is not None:
            kept = kept * self._result.valid
        if cuts is not None:
            kept = kept - cuts.by_cap_lots - cuts.by_shared_cap_lots
            if not arrays.restores:
                kept = kept - cuts.by_guarantee_lots
        return kept

    @cached_property
    def own_before(self) -> np.ndarray:
        """What the same bidder has ahead of each bid, best first. n log n."""
        arrays = self._arrays
        prices = np.where(self._result.valid, arrays.prices, 0)
        order = np.lexsort((arrays.numbers, arrays.times, -prices, arrays.bidders))
        lots = self._kept[order]
        so_far = np.cumsum(lots) - lots
        owners = arrays.bidders[order]
        first = np.concatenate([[True], owners[1:] != owners[:-1]]) if owners.size else np.zeros(0, bool)
        starts = np.maximum.accumulate(np.where(first, np.arange(owners.size), 0))
        before: np.ndarray = np.empty_like(so_far)
        before[order] = so_far - so_far[starts]
        return before

    def tested(self, price: int) -> int:
        """The price at which guarantees are tested for demand at `price`; 0 when nobody bid that high."""
        lowest = max(price, self._lowest)
        if self._arrays.terms.guarantee_excess != GuaranteeExcess.RESTORED_AT_BID_PRICES:
            return lowest
        bid = self._arrays.prices[self._result.valid]
        higher = bid[bid >= lowest]
        return int(higher.min()) if higher.size else 0

    def _restored_at(self, price: int) -> np.ndarray:
        """Lots of each bid that count at `price` when guarantees are tested there."""
        if price not in self._restored:
            self._restored[price] = self._test_at(price)
        return self._restored[price]

    def _test_at(self, price: int) -> np.ndarray:
        arrays, tested = self._arrays, self.tested(price)
        if not tested:
            return np.zeros_like(self._kept)
        counted = np.where(arrays.prices >= max(tested, self._lowest), self._kept, 0)
        if not arrays.guarantees:
            return counted
        step, worth = arrays.terms.limit_step_lots, tested * arrays.terms.tick_value_minor
        listed = np.array(sorted(arrays.guarantees), np.int64)
        rooms = np.array([arrays.guarantees[int(bidder)] // worth // step * step for bidder in listed], np.int64)
        at = np.minimum(np.searchsorted(listed, arrays.bidders), listed.size - 1)
        bounded = listed[at] == arrays.bidders
        within = np.clip(rooms[at] - self.own_before, 0, counted)
        return np.where(bounded, within, counted)
