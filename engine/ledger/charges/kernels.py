"""Fees and taxes of a trade, compiled.

Each side of a trade pays for itself: a fee, its share of the value, at least the minimum; a tax, a share of that fee or
of the value. Each is rounded once, to the minor unit, by the rule's rounding. A side whose share is 0 pays nothing. A
seller never pays more than the trade brings it.

What a buy order has to set aside is the most that its trades can come to, and they may be as many as it has lots: so
much a lot, each rounded up, and at least the minimum. It is linear in the lots, so that a trade, a reduction and an end
each give back their own part to the fen.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import Side
from engine.jit import helper, routine, stand_alone
from engine.words.rounds import FeeRounding

BUY = int(Side.BUY)
SELL = int(Side.SELL)
DOWN = int(FeeRounding.DOWN)
UP = int(FeeRounding.UP)
WHOLE_PPM = 1_000_000


@helper
def part_of(amount_minor: int, share_ppm: int, rounding: int) -> int:
    """A share of an amount, rounded, without leaving int64."""
    rest = amount_minor % WHOLE_PPM * share_ppm
    part = amount_minor // WHOLE_PPM * share_ppm + rest // WHOLE_PPM
    rest = rest % WHOLE_PPM
    if rounding == DOWN:
        return part
    if rounding == UP:
        return part + 1 if rest > 0 else part
    return part + 1 if 2 * rest >= WHOLE_PPM else part


@helper
def charges_of(terms: Any, side: int, amount_minor: int) -> tuple[int, int]:
    """(fee, tax) of one side of a trade of this value."""
    fee, tax = np.int64(0), np.int64(0)
    if terms.fee_share_ppm[side] > 0:
        fee = max(terms.fee_minimum_minor, part_of(amount_minor, terms.fee_share_ppm[side], terms.rounding))
        if side == SELL:
            fee = min(fee, amount_minor)
    if terms.tax_share_ppm[side] > 0:
        tax = part_of(fee if terms.tax_on_fee != 0 else amount_minor, terms.tax_share_ppm[side], terms.rounding)
        if side == SELL:
            tax = min(tax, amount_minor - fee)
    return fee, tax


@routine
def most_a_lot(terms: Any, price_minor: int) -> int:
    """The most that fee and tax of a buyer can come to for one lot at this price or below; 0 at no price."""
    stand_alone()
    if price_minor == 0:
        return 0
    fee, tax = np.int64(0), np.int64(0)
    if terms.fee_share_ppm[BUY] > 0:
        fee = max(terms.fee_minimum_minor, part_of(price_minor, terms.fee_share_ppm[BUY], UP))
    if terms.tax_share_ppm[BUY] > 0:
        tax = part_of(fee if terms.tax_on_fee != 0 else price_minor, terms.tax_share_ppm[BUY], UP)
    return fee + tax


@routine
def most_on_arrival(terms: Any, cost_minor: int, quantity_lots: int) -> int:
    """The most that fee and tax can come to for a buyer who pays this in all, in at most so many trades."""
    stand_alone()
    fee, tax = np.int64(0), np.int64(0)
    if terms.fee_share_ppm[BUY] > 0:
        fee = part_of(cost_minor, terms.fee_share_ppm[BUY], UP) + quantity_lots * (terms.fee_minimum_minor + 1)
    if terms.tax_share_ppm[BUY] > 0:
        tax = part_of(fee if terms.tax_on_fee != 0 else cost_minor, terms.tax_share_ppm[BUY], UP) + quantity_lots
    return fee + tax


@helper
def cost_of(x: Any, instrument: int, price_ticks: int, quantity_lots: int, tick_value_minor: int) -> int:
    """What a buy of so many lots has to set aside at this limit: the price and the most that charges can come to."""
    price_minor = price_ticks * tick_value_minor
    if x.trade_terms[instrument].charged != 0:
        price_minor += most_a_lot(x.trade_terms[instrument], price_minor)
    return price_minor * quantity_lots
