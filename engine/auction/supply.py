"""What is on offer in a round: lines of supply, each of one seller.

A line says where its units come from, which jurisdiction sells them (`groups`), its place in the order of sale within
the group (`ranks`, lower first), and the lowest price its seller accepts. Lines of one group and one rank share a short
sale; nobody among them is first.

Two kinds of line are conditional. A *containment reserve* has a trigger: it joins the supply only when demand without
it passes the test of `Terms.release_rule`, and its minimum keeps the price from falling below that trigger again. A
*withheld* line has a minimum below which its units are never sold; they are then withheld, not unsold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.commands import SupplyKind

Column = Sequence[int] | np.ndarray


@dataclass(frozen=True)
class Supply:
    """Lines of supply as columns of equal length, int64, one entry a line.

    `kinds`: `engine.commands.SupplyKind`. `sellers`: any number; ties of remainders go to the lower one.
    `minimum_price_ticks`, `trigger_price_ticks`: 0 means none. `withheld`: 1 where unsold lots were withheld. `draws`:
    place in a recorded draw, for `ShortSaleRule.RANDOM_UNITS`.
    """

    kinds: np.ndarray
    groups: np.ndarray
    ranks: np.ndarray
    sellers: np.ndarray
    quantity_lots: np.ndarray
    minimum_price_ticks: np.ndarray
    trigger_price_ticks: np.ndarray
    withheld: np.ndarray
    draws: np.ndarray

    @classmethod
    def of(
        cls,
        quantity_lots: Column,
        *,
        kinds: Column | None = None,
        groups: Column | None = None,
        ranks: Column | None = None,
        sellers: Column | None = None,
        minimum_price_ticks: Column | None = None,
        trigger_price_ticks: Column | None = None,
        withheld: Column | None = None,
        draws: Column | None = None,
    ) -> Supply:
        """Lines from columns; left out they mean government units, one group, one rank, one seller, no condition.

        A line with a trigger sells at no less than that trigger (RGGI: "the minimum price at which CCR allowances are
        offered"); give `minimum_price_ticks` as well only to ask for more.
        """
        quantities = np.asarray(quantity_lots, np.int64).reshape(-1)

        def column(values: Column | None, default: int) -> np.ndarray:
            if values is None:
                return np.full(quantities.size, default, np.int64)
            return np.ascontiguousarray(values, np.int64).reshape(-1)

        triggers = column(trigger_price_ticks, 0)
        minimums = column(minimum_price_ticks, 0)
        return cls(
            kinds=column(kinds, SupplyKind.GOVERNMENT),
            groups=column(groups, 0),
            ranks=column(ranks, 0),
            sellers=column(sellers, 0),
            quantity_lots=quantities,
            minimum_price_ticks=np.maximum(minimums, triggers) if minimums.size == triggers.size else minimums,
            trigger_price_ticks=triggers,
            withheld=column(withheld, 0),
            draws=column(draws, 0),
        )

    def columns(self) -> dict[str, np.ndarray]:
        """The columns by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
