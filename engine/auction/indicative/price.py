"""A live indicative price: what a round would clear at if it closed now, after every bid, amendment and withdrawal.

Plain demand only: bids at the lowest valid price or above, as entry let them in. Where caps refuse at entry and
guarantees are held at entry that is the price of the clear; limits that cut inside the clear, sellers' minimums and
releases are not seen: for those run the clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.indicative.kernels import change, enter_all, sum_through
from engine.limits import PRICE_TICKS_MAX

RANGE_MAX = 2**24
"""Most prices between lowest and highest: the tree has a place for each."""


@dataclass(frozen=True)
class Indication:
    """`price_ticks`: the lowest accepted bid, None without demand. `short`: valid demand is below the supply, and the
    undersubscription rule will decide."""

    price_ticks: int | None
    demand_lots: int
    short: bool


class IndicativePrice:
    """The indicative price of one round. Every change costs one step a bit of the range of prices, about a microsecond
    from Python; nothing is allocated.

    >>> live = IndicativePrice(lowest_ticks=3000, highest_ticks=8000, supply_lots=100)
    >>> live.enter(5000, 80).short, live.enter(4500, 60).price_ticks, live.amend((4500, 60), (4800, 60)).price_ticks
    (True, 4500, 4800)
    """

    def __init__(self, lowest_ticks: int, highest_ticks: int, supply_lots: int) -> None:
        """Prices from the lowest valid to the highest that can be bid; ValueError when they are no range."""
        if not 1 <= lowest_ticks <= highest_ticks <= PRICE_TICKS_MAX:
            raise ValueError(f"prices from {lowest_ticks} to {highest_ticks}; give 1 <= lowest <= highest <= 2^30")
        if highest_ticks - lowest_ticks >= RANGE_MAX:
            raise ValueError(f"{highest_ticks - lowest_ticks + 1} prices; at most {RANGE_MAX} have a place")
        if supply_lots < 1:
            raise ValueError(f"supply_lots is {supply_lots}; give at least 1")
        self._lowest, self._highest, self._supply = lowest_ticks, highest_ticks, supply_lots
        self._tree = np.zeros(highest_ticks - lowest_ticks + 2, np.int64)

    def enter(self, price_ticks: int, quantity_lots: int) -> Indication:
        """A new bid; one below the lowest valid price takes no part."""
        return self.amend((self._lowest, 0), (price_ticks, quantity_lots))

    def withdraw(self, price_ticks: int, quantity_lots: int) -> Indication:
        """A bid that was entered is taken back."""
        return self.amend((price_ticks, quantity_lots), (self._lowest, 0))

    def amend(self, before: tuple[int, int], after: tuple[int, int]) -> Indication:
        """A bid (price, lots) that was entered becomes another."""
        place_before, lots_before = self._placed(*before)
        place_after, lots_after = self._placed(*after)
        found = change(self._tree, place_before, lots_before, place_after, lots_after, self._supply)
        demand, place = int(found[0]), int(found[1])
        price = self._highest - place + 1 if demand > 0 else None
        return Indication(price, demand, demand < self._supply)

    def enter_all(
        self, prices_ticks: Sequence[int] | np.ndarray, quantities_lots: Sequence[int] | np.ndarray
    ) -> Indication:
        """Many new bids at once. Raises ValueError for prices above the highest."""
        prices, lots = np.array(prices_ticks, np.int64), np.array(quantities_lots, np.int64)
        if prices.shape != lots.shape or (prices.size and (int(prices.max()) > self._highest or int(lots.min()) < 0)):
            raise ValueError(f"give a price up to {self._highest} and lots from 0 for each bid")
        enter_all(self._tree, self._highest, self._lowest, prices, lots)
        return self.amend((self._lowest, 0), (self._lowest, 0))

    def demand_from(self, price_ticks: int) -> int:
        """Lots bid at a price or above."""
        place = self._highest - max(price_ticks, self._lowest) + 1
        return int(sum_through(self._tree, place)) if place > 0 else 0

    def _placed(self, price_ticks: int, quantity_lots: int) -> tuple[int, int]:
        """(place, lots) of a bid; no lots below the lowest valid price."""
        if price_ticks > self._highest or quantity_lots < 0:
            raise ValueError(f"{quantity_lots} lots at {price_ticks}; give 0 or more at {self._highest} or less")
        return self._highest - price_ticks + 1, quantity_lots if price_ticks >= self._lowest else 0
