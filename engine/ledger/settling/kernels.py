"""Settling one trade of an instrument whose trades are charged, settle later, or count towards a limit.

The cash that a sale brings, and the units that a purchase brings, wait in the pockets of what is unsettled until their
trading day begins (`engine.exchange.settlement`); until then `due` says how much of it is for which day. Fees go to the
operator that the venue began with, taxes to the account that the day's terms name. Each charge is an event of its own,
behind the events of the row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import Side
from engine.events import Charge, EventKind
from engine.jit import helper, routine, stand_alone
from engine.ledger.charges.kernels import charges_of, cost_of
from engine.ledger.layout import CASH_ASSET, DUE_SLOTS
from engine.ledger.pocket.kernels import (
    balance,
    free_cash,
    free_units,
    held_cash,
    held_units,
    unsettled_cash,
    unsettled_units,
)
from engine.orderbook.packed.kernels import whose
from engine.orderbook.tape.kernels import write_event

BUY = int(Side.BUY)
SELL = int(Side.SELL)
TRADE_CHARGED = int(EventKind.TRADE_CHARGED)
FEE = int(Charge.FEE)
TAX = int(Charge.TAX)
FEES_GO_TO = 1


@helper
def due_place(terms: Any, days: int, before_the_day: int) -> int:
    """Where something is noted that is due so many trading days after the present one, or (1) after one more."""
    return (terms.day_number + days + before_the_day) % DUE_SLOTS


@helper
def deliver(x: Any, instrument: int, buyer: int, lots: int, before_the_day: int) -> int:
    """Give a buyer its units, to sell at once or when they settle."""
    terms, holding = x.trade_terms[instrument], x.holdings[buyer, instrument]
    if terms.limited != 0:
        holding.open_buy_lots -= lots
    if terms.units_days == 0:
        return free_units(holding, lots)
    x.due[buyer, instrument, due_place(terms, terms.units_days, before_the_day)].lots += lots
    return unsettled_units(holding, lots)


@helper
def credit(x: Any, instrument: int, seller: int, amount_minor: int, before_the_day: int) -> int:
    """Give a seller its proceeds, to use at once or when they settle."""
    terms, account = x.trade_terms[instrument], x.cash[seller]
    if terms.cash_days == 0:
        return free_cash(account, amount_minor)
    x.due[seller, instrument, due_place(terms, terms.cash_days, before_the_day)].amount_minor += amount_minor
    if terms.cash_usable != 0:
        account.usable_minor += amount_minor
    return unsettled_cash(account, amount_minor)


@helper
def tell_charge(
    output: Any, cursor: int, trade: Any, side: int, payer: int, receiver: int, charge: int, amount_minor: int
) -> int:
    """Tell one charge of a trade, if it comes to anything; returns the new cursor.

    The first order is the payer's, the second the other side's; a block has one id for both.
    """
    if amount_minor == 0:
        return cursor
    own, other = trade.order_id, trade.counter_order_id
    if other != 0 and (side == BUY) == (trade.side == SELL):
        own, other = other, own
    return write_event(
        output,
        cursor,
        whose(side, trade.instrument) | TRADE_CHARGED,
        trade.row,
        payer,
        own,
        trade.price_ticks,
        trade.quantity_lots,
        reference=charge,
        counterparty=receiver,
        counter_order_id=other,
        amount_minor=amount_minor,
    )


@routine
def settle_on_terms(
    x: Any,
    trade: Any,
    buyer: int,
    seller: int,
    held_price_ticks: int,
    before_the_day: int,
    output: Any,
    cursor: int,
) -> tuple[int, int]:
    """Settle the trade of an event by the terms of its instrument: (what the buyer had held for it, cursor).

    `held_price_ticks` 0: the buyer trades on arrival and without a limit, what it pays comes off its hold as it is.
    """
    stand_alone()
    instrument, lots = np.int64(trade.instrument), trade.quantity_lots
    terms, value = x.trade_terms[instrument], x.instruments[instrument].tick_value_minor
    amount = trade.price_ticks * lots * value
    buyer_fee, buyer_tax = charges_of(terms, BUY, amount)
    seller_fee, seller_tax = charges_of(terms, SELL, amount)
    paid = amount + buyer_fee + buyer_tax
    held = paid
    if held_price_ticks != 0:
        held = cost_of(x, instrument, held_price_ticks, lots, value)
    account = x.cash[buyer]
    moved = held_cash(account, -held) + free_cash(account, held - paid)
    moved += credit(x, instrument, seller, amount - seller_fee - seller_tax, before_the_day)
    moved += free_cash(x.cash[FEES_GO_TO], buyer_fee + seller_fee)
    balance(x, CASH_ASSET, moved + free_cash(x.cash[terms.tax_receiver], buyer_tax + seller_tax))
    given = held_units(x.holdings[seller, instrument], -lots)
    balance(x, instrument, given + deliver(x, instrument, buyer, lots, before_the_day))
    cursor = tell_charge(output, cursor, trade, BUY, buyer, FEES_GO_TO, FEE, buyer_fee)
    cursor = tell_charge(output, cursor, trade, BUY, buyer, terms.tax_receiver, TAX, buyer_tax)
    cursor = tell_charge(output, cursor, trade, SELL, seller, FEES_GO_TO, FEE, seller_fee)
    return held, tell_charge(output, cursor, trade, SELL, seller, terms.tax_receiver, TAX, seller_tax)
