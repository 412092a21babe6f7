"""What is on offer in a round: lines of supply, each of one seller.

A line says where its units come from, which jurisdiction sells them (`groups`), its place in the order of sale within
the group (`ranks`, lower first), and the lowest price its seller accepts. Lines of one group and one rank share a short
sale; nobody among them is first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.commands import SupplyKind


@dataclass(frozen=True)
class Supply:
    """Lines of supply as columns of equal length, int64, one entry a line.

    `kinds`: `engine.commands.SupplyKind`. `sellers`: any number; ties of remainders go to the lower one.
    `minimum_price_ticks`: 0 means none. `draws`: place in a recorded draw, or empty.
    """

    kinds: np.ndarray
    groups: np.ndarray
    ranks: np.ndarray
    sellers: np.ndarray
    quantity_lots: np.ndarray
    minimum_price_ticks: np.ndarray

    @classmethod
    def of(
        cls,
        quantity_lots: Sequence[int] | np.ndarray,
        *,
        kinds: Sequence[int] | np.ndarray | None = None,
        groups: Sequence[int] | np.ndarray | None = None,
        ranks: Sequence[int] | np.ndarray | None = None,
        sellers: Sequence[int] | np.ndarray | None = None,
        minimum_price_ticks: Sequence[int] | np.ndarray | None = None,
    ) -> Supply:
        """Lines from columns; left out they mean government units, one group, one rank, one seller, no minimum."""
        quantities = np.asarray(quantity_lots, np.int64).reshape(-1)

        def column(values: Sequence[int] | np.ndarray | None, default: int) -> np.ndarray:
            if values is None:
                return np.full(quantities.size, default, np.int64)
            return np.asarray(values, np.int64).reshape(-1)

        return cls(
            kinds=column(kinds, SupplyKind.GOVERNMENT),
            groups=column(groups, 0),
            ranks=column(ranks, 0),
            sellers=column(sellers, 0),
            quantity_lots=quantities,
            minimum_price_ticks=column(minimum_price_ticks, 0),
        )

    def columns(self) -> dict[str, np.ndarray]:
        """The columns by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
