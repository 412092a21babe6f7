"""The fields of the state record that a trading day's prices are made of.

Sums are kept while the day lasts, so that its end costs no more than the trades that the closing price averages. Volume
and turnover may leave int64 in a long day: each is two words, `high * 2**WORD_BITS + low`.
"""

from __future__ import annotations

import numpy as np

from engine.limits import CLOSE_TRADES_MAX

WORD_BITS = 60
"""Bits of the lower word of a sum. One trade adds less than 2**62 (`engine.limits`), which an int64 holds beside it."""

DAY = np.dtype(
    (
        np.record,
        [
            ("close_formula", "i8"),
            ("close_trades", "i8"),
            ("close_volume_above_lots", "i8"),
            ("close_otherwise", "i8"),
            ("close_rounding", "i8"),
            ("open_formula", "i8"),
            ("blocks_count", "i8"),
            ("close_ticks", "i8"),
            ("listed_on", "i8"),
            ("first_day", "i8"),
            ("first_ticks", "i8"),
            ("trades", "i8"),
            ("volume_high", "i8"),
            ("volume_low", "i8"),
            ("turnover_high", "i8"),
            ("turnover_low", "i8"),
            ("next_place", "i8"),
            ("last_ticks", "i8", (CLOSE_TRADES_MAX,)),
            ("last_lots", "i8", (CLOSE_TRADES_MAX,)),
        ],
    )
)
"""One instrument. From the rule book, as of the day: the formulas (`engine.words.venue`, 0: the book has none, and then
nothing is counted), over how many last trades the close goes (0: all), above which volume, and whether blocks count.
`close_ticks`: the last closing price (0: none yet). `listed_on`: the first trading day, kept where the book has rules
for it; `first_day`: whether today is it. Then what has been traded today: the first price, trades, volume in lots,
turnover in ticks x lots, and the last trades in a ring (`next_place`: where the next one goes)."""
