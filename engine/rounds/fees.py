"""Fees (手续费): a share of what a participant pays or receives in a round, rounded once, to the minor unit.

The venue's first operator (participant 1) receives them. What rounding does is a rule of the book.
"""

from __future__ import annotations

import numpy as np

from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.words.rounds import FeeRounding

FEES_GO_TO = 1
"""The participant whose account receives fees and forfeits: the operator that the venue began with."""


def fee_minor(amount_minor: int, share_ppm: int, rounding: FeeRounding) -> int:
    """The fee on one amount, in minor units."""
    whole, rest = divmod(amount_minor * share_ppm, SHARE_WHOLE_PPM)
    match rounding:
        case FeeRounding.UP:
            return whole + (rest > 0)
        case FeeRounding.DOWN:
            return whole
        case FeeRounding.HALF_UP:
            return whole + (2 * rest >= SHARE_WHOLE_PPM)


def fees_minor(amounts_minor: np.ndarray, share_ppm: int, rounding: int) -> np.ndarray:
    """The fee on each amount (int64, by participant); `rounding` 0 is half up."""
    fees = np.zeros(len(amounts_minor), np.int64)
    if share_ppm:
        rule = FeeRounding(rounding or FeeRounding.HALF_UP)
        for participant in np.flatnonzero(amounts_minor).tolist():
            fees[participant] = fee_minor(int(amounts_minor[participant]), share_ppm, rule)
    return fees
