"""A round as the tracer reads it: the columns that the clear was given, every one of them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.auction.bidder_limits import NO_LIMIT, BidderLimits
from engine.auction.clearing import Clearing, clear
from engine.auction.supply import Supply
from engine.auction.terms import GuaranteeExcess, PriceRule, Terms


@dataclass(frozen=True)
class RoundArrays:
    """What a round was cleared from, as `engine.auction.clear` takes it, every column int64 and of full length."""

    terms: Terms
    prices_ticks: np.ndarray
    quantities_lots: np.ndarray
    times: np.ndarray
    bidders: np.ndarray
    numbers: np.ndarray
    draws: np.ndarray
    minimum_lots: np.ndarray
    supply: Supply
    limits: BidderLimits | None = None

    @classmethod
    def of(
        cls,
        terms: Terms,
        prices_ticks: np.ndarray,
        quantities_lots: np.ndarray,
        supply: Supply,
        *,
        limits: BidderLimits | None = None,
        **columns: np.ndarray | None,
    ) -> RoundArrays:
        """Columns that are left out mean what they mean to the clear: all at once, no minimum, numbered by place."""
        count = len(prices_ticks)

        def column(name: str) -> np.ndarray:
            values = columns.get(name)
            if values is None or not len(values):
                return np.arange(count, dtype=np.int64) if name == "numbers" else np.zeros(count, np.int64)
            return np.asarray(values, np.int64)

        return cls(
            terms,
            np.asarray(prices_ticks, np.int64),
            np.asarray(quantities_lots, np.int64),
            times=column("times"),
            bidders=column("bidders"),
            numbers=column("numbers"),
            draws=column("draws"),
            minimum_lots=column("minimum_lots"),
            supply=supply,
            limits=limits,
        )

    @property
    def restores(self) -> bool:
        """Whether lots that a guarantee does not cover come back at lower prices."""
        own = self.terms.price_rule == PriceRule.PAY_AS_BID
        return self.limits is not None and not own and self.terms.guarantee_excess != GuaranteeExcess.TRIMMED

    @property
    def fixed_ticks(self) -> int:
        """The price of a sale at a fixed price, else 0."""
        return self.terms.fixed_price_ticks if self.terms.price_rule == PriceRule.FIXED else 0

    @property
    def lowest_ticks(self) -> int:
        """The lowest price at which a bid is valid."""
        return max(self.terms.lowest_valid_price_ticks, self.fixed_ticks)

    @cached_property
    def prices(self) -> np.ndarray:
        """The price at which each bid counts; that of a void bid means nothing."""
        return np.full(self.prices_ticks.size, self.fixed_ticks) if self.fixed_ticks else self.prices_ticks

    @cached_property
    def caps(self) -> dict[int, int]:
        """Own cap by bidder, in lots; bidders without one are not there."""
        return {} if self.limits is None else _by_bidder(self.limits.bidders, self.limits.cap_lots)

    @cached_property
    def guarantees(self) -> dict[int, int]:
        """Guarantee by bidder, in minor units; bidders without one are not there."""
        return {} if self.limits is None else _by_bidder(self.limits.bidders, self.limits.guarantee_minor)

    def uniform(self) -> Clearing:
        """The round at one price for all: its price is the marginal one."""
        return clear(
            replace(self.terms, price_rule=PriceRule.UNIFORM),
            self.prices_ticks,
            self.quantities_lots,
            self.times,
            self.bidders,
            self.supply,
            self.draws,
            numbers=self.numbers,
            minimum_lots=self.minimum_lots,
            limits=self.limits,
        )


def _by_bidder(bidders: object, values: object) -> dict[int, int]:
    if values is None:
        return {}
    listed = np.asarray(bidders, np.int64).reshape(-1).tolist()
    pairs = zip(listed, np.asarray(values, np.int64).reshape(-1).tolist(), strict=True)
    return {bidder: value for bidder, value in pairs if value != NO_LIMIT}
