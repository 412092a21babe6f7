"""The terms of a round and the summary of its result as kernels see them: one record each, all fields int64."""

from __future__ import annotations

import numpy as np

from engine.auction.terms import Terms

_TERMS_FIELDS = (
    "price_rule",
    "undersubscription_rule",
    "margin_rule",
    "lowest_valid_price_ticks",
    "reserve_price_ticks",
    "fixed_price_ticks",
    "hidden_reserve_ticks",
    "hidden_reserve_rule",
    "supply_step_rule",
    "proceeds_rule",
    "tick_value_minor",
    "payment_step_minor",
    "margin_lot",
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
