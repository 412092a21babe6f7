"""What kernels of the auction room pass around: columns as tuples of arrays, terms and summary as records of int64.

Every array is int64 and contiguous unless said otherwise. A column that a round does not use is an empty array.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.auction.terms import Terms


class Bids(NamedTuple):
    """Bids, one entry each. `bidders` are places in the columns of `LimitColumns`."""

    prices: np.ndarray
    lots: np.ndarray
    times: np.ndarray
    numbers: np.ndarray
    draws: np.ndarray
    minimums: np.ndarray
    bidders: np.ndarray


class LimitColumns(NamedTuple):
    """Limits of bidders: own cap in lots and guarantee in minor units (-1: none), one entry a bidder; and shared caps:
    cap `k` binds together the bidders `members[starts[k]:starts[k + 1]]`."""

    caps: np.ndarray
    guarantees: np.ndarray
    shared_caps: np.ndarray
    starts: np.ndarray
    members: np.ndarray


class Lines(NamedTuple):
    """Lines of supply, one entry each. `triggers` 0: always on offer; `withheld` 1: unsold lots were never on offer."""

    offers: np.ndarray
    minimums: np.ndarray
    triggers: np.ndarray
    withheld: np.ndarray
    groups: np.ndarray
    ranks: np.ndarray
    sellers: np.ndarray
    draws: np.ndarray


class Awards(NamedTuple):
    """What bids come to. `valid` is bool. The columns of cuts are filled where there are limits and cuts are asked for,
    `pays` under pay-as-bid, `payments` there and where payments are rounded."""

    awarded: np.ndarray
    pays: np.ndarray
    payments: np.ndarray
    valid: np.ndarray
    cut_by_cap: np.ndarray
    cut_by_shared_cap: np.ndarray
    cut_by_guarantee: np.ndarray


class Sales(NamedTuple):
    """What lines come to. `released` is bool."""

    sold: np.ndarray
    proceeds: np.ndarray
    released: np.ndarray


class Inside(NamedTuple):
    """Copies of the bids between two prices, and where they came from."""

    prices: np.ndarray
    lots: np.ndarray
    members: np.ndarray


class Window(NamedTuple):
    """The bids from `low` to `high`, the stretch of prices that holds the marginal one, and the lots `above` it.
    `low` 0: there is none."""

    low: int
    high: int
    above: int
    inside: Inside


class Demand(NamedTuple):
    """Valid demand as the price search sees it: lots left after limits, and what is needed to restore cut ones.

    `asked` are the lots as submitted. Unless `mode` restores the other columns are empty: `order` lists bids by
    (bidder, price falling, time, number), `ranked_prices` their prices in that order, `through` what the same bidder
    has up to and with each, `starts` where each bidder's begin (and the end). Where there is a `window`, and demand's
    lots are the column of awards, lots below it are gone.
    """

    prices: np.ndarray
    lots: np.ndarray
    asked: np.ndarray
    order: np.ndarray
    ranked_prices: np.ndarray
    through: np.ndarray
    starts: np.ndarray
    bidders: np.ndarray
    guarantees: np.ndarray
    mode: int
    lowest: int
    value_of_tick: int
    step: int
    window: Window


_TERMS_FIELDS = (
    "price_rule",
    "undersubscription_rule",
    "margin_rule",
    "margin_unit",
    "lowest_valid_price_ticks",
    "reserve_price_ticks",
    "fixed_price_ticks",
    "ceiling_price_ticks",
    "hidden_reserve_ticks",
    "hidden_reserve_rule",
    "supply_step_rule",
    "short_sale_rule",
    "release_rule",
    "guarantee_rule",
    "guarantee_excess",
    "proceeds_rule",
    "tick_value_minor",
    "payment_step_minor",
    "payment_rounding",
    "margin_lot",
    "limit_step_lots",
)

TERMS = np.dtype((np.record, [(name, "i8") for name in _TERMS_FIELDS]))
"""`engine.auction.terms.Terms` as a record."""

SUMMARY = np.dtype(
    (
        np.record,
        [
            ("status", "i8"),
            ("price_ticks", "i8"),
            ("offered_lots", "i8"),
            ("sold_lots", "i8"),
            ("valid_demand_lots", "i8"),
            ("submitted_demand_lots", "i8"),
            ("paid_minor", "i8"),
        ],
    )
)
"""What a clear comes to; `price_ticks` 0 where there is no price."""


def terms_record(terms: Terms) -> np.ndarray:
    """The bytes of `terms` for a kernel."""
    record = np.zeros(1, TERMS)
    for name in _TERMS_FIELDS:
        record[name] = int(getattr(terms, name))
    return record.view(np.uint8)
