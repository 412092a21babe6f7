"""Limits on bidders, as the clear takes them: own caps, guarantees, and caps that several bidders share.

Where the numbers come from (a share of the offer, tonnes, a shortfall, a holding limit ...) is `engine.auction.caps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.auction.layout import LimitColumns
from engine.auction.ordering.kernels import extent

NO_LIMIT = -1
"""Stands for "no cap" or "no guarantee"; 0 is a cap of nothing."""

_NONE = np.empty(0, np.int64)
_FEW = 1024
NO_LIMITS = LimitColumns(_NONE, _NONE, _NONE, _NONE, _NONE)


@dataclass(frozen=True)
class SharedCap:
    """A cap that binds several bidders together: linked ones, or a whole class."""

    bidders: tuple[int, ...]
    cap_lots: int


@dataclass(frozen=True)
class BidderLimits:
    """One entry a bidder, in any order; bidders that are not listed have no limit of their own.

    `cap_lots`: most that may count of a bidder's bids. `guarantee_minor`: cash that stands behind them. `NO_LIMIT`
    (-1) where there is none; a column left out means none for all.
    """

    bidders: Sequence[int] | np.ndarray = ()
    cap_lots: Sequence[int] | np.ndarray | None = None
    guarantee_minor: Sequence[int] | np.ndarray | None = None
    shared: tuple[SharedCap, ...] = ()

    def problems(self) -> list[str]:
        """What is wrong with the table, one line each."""
        listed = np.asarray(self.bidders, np.int64).reshape(-1)
        found = []
        for name in ("cap_lots", "guarantee_minor"):
            column = getattr(self, name)
            if column is None:
                continue
            values = np.asarray(column, np.int64).reshape(-1)
            if values.size != listed.size:
                found.append(f"limits.{name} has {values.size} entries for {listed.size} bidders; give one a bidder")
            elif values.size and int(values.min()) < NO_LIMIT:
                found.append(f"limits.{name} holds {int(values.min())}; give 0 or more, or -1 for no limit")
        if not _rises(listed) and np.unique(listed).size != listed.size:
            found.append("limits.bidders names a bidder twice; give one entry a bidder")
        found += [
            f"limits.shared[{k}] has a cap of {cap.cap_lots}; give 0 or more"
            for k, cap in enumerate(self.shared)
            if cap.cap_lots < 0
        ]
        return found

    def columns(self, bidders: np.ndarray, *, as_in_order: bool = False) -> tuple[np.ndarray, LimitColumns]:
        """(place of each bid's bidder, limit columns by that place), for a column of bidders.

        Bidders that are numbered from near 0 up are their own places; others are sorted once. `as_in_order` believes
        that the column rises, and looks at its ends only: whoever reads it has to check.
        """
        listed = np.asarray(self.bidders, np.int64).reshape(-1)
        members = [np.asarray(cap.bidders, np.int64).reshape(-1) for cap in self.shared]
        named = np.concatenate([listed, *members]) if members else listed
        count = _places_needed(bidders[[0, -1]] if as_in_order and bidders.size else bidders, named, bidders.size)
        if count == 0:
            everyone = np.unique(np.concatenate([bidders, named]))
            bidders, listed = np.searchsorted(everyone, bidders).astype(np.int64), np.searchsorted(everyone, listed)
            members = [np.searchsorted(everyone, own) for own in members]
            count = max(1, everyone.size)

        everyone_listed = listed.size == count and _rises(listed)

        def spread(column: Sequence[int] | np.ndarray | None) -> np.ndarray:
            if column is not None and everyone_listed:
                given = np.ascontiguousarray(column, np.int64).reshape(-1)
                return given if given.flags.writeable else given.copy()
            values = np.full(count, NO_LIMIT, np.int64)
            if column is not None:
                values[listed] = np.asarray(column, np.int64)
            return values

        return bidders, LimitColumns(
            caps=spread(self.cap_lots),
            guarantees=spread(self.guarantee_minor),
            shared_caps=np.array([cap.cap_lots for cap in self.shared], np.int64),
            starts=np.cumsum([0, *(own.size for own in members)]).astype(np.int64),
            members=np.concatenate([_NONE, *members]).astype(np.int64),
        )


def _rises(listed: np.ndarray) -> bool:
    """Whether bidders are listed in rising order, each once."""
    return bool((listed[1:] > listed[:-1]).all())


def _places_needed(bidders: np.ndarray, named: np.ndarray, bids: int) -> int:
    """How many places cover bidders that are their own; 0 where that would be far more than there are."""
    ends = [extent(column)[:2] for column in (bidders, named) if column.size]
    if not ends:
        return 1
    least, most = min(low for low, _ in ends), max(high for _, high in ends)
    return int(most) + 1 if least >= 0 and most < 2 * (bids + named.size) + _FEW else 0
