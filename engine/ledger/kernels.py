"""Postings: the only code that moves cash and units between and within accounts, for orders.

Every posting moves an amount out of one pocket into another, so cash and units are conserved by construction, and
`balance` counts it as the batch runs; that the pocket holds enough is judged before, and a hold is taken before
anything can trade. Amounts fit int64 by the bounds of `engine.limits`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.commands import Side
from engine.events import EventKind
from engine.jit import helper
from engine.ledger.layout import CASH_ASSET
from engine.orderbook.tape.kernels import event_at

BUY = int(Side.BUY)
SELL = int(Side.SELL)
TRADE = int(EventKind.TRADE)
CALL_TRADE = int(EventKind.CALL_TRADE)
ORDER_CANCELLED = int(EventKind.ORDER_CANCELLED)
ORDER_REDUCED = int(EventKind.ORDER_REDUCED)


@helper
def free_cash(account: Any, amount_minor: int) -> int:
    """Put cash into the free pocket (negative: take it out); returns what was put in."""
    account.available_minor += amount_minor
    return amount_minor


@helper
def held_cash(account: Any, amount_minor: int) -> int:
    """Put cash into the pocket of what is held."""
    account.held_minor += amount_minor
    return amount_minor


@helper
def free_units(holding: Any, lots: int) -> int:
    """Put units into the free pocket."""
    holding.available_lots += lots
    return lots


@helper
def held_units(holding: Any, lots: int) -> int:
    """Put units into the pocket of what is held."""
    holding.held_lots += lots
    return lots


@helper
def all_units(holding: Any) -> int:
    """All units of a holding, whatever pocket they lie in."""
    return (
        holding.available_lots
        + holding.held_lots
        + holding.locked_lots
        + holding.unsettled_lots
        + holding.pledged_lots
        + holding.compliance_lots
    )


@helper
def balance(x: Any, asset: int, put_in: int) -> None:
    """Count what a posting put into pockets, all in all: 0, which the compiler proves of a posting that is right."""
    if put_in != 0:
        x.control[asset] += put_in


@helper
def hold_cash(x: Any, participant: int, amount_minor: int) -> None:
    """Set free cash aside."""
    account = x.cash[participant]
    balance(x, CASH_ASSET, free_cash(account, -amount_minor) + held_cash(account, amount_minor))


@helper
def hold_order(x: Any, participant: int, instrument: int, side: int, amount_minor: int, quantity_lots: int) -> None:
    """Set aside what an order needs: cash for a buy, units for a sell. Negative numbers give it back."""
    if side == BUY:
        hold_cash(x, participant, amount_minor)
    else:
        holding = x.holdings[participant, instrument]
        balance(x, instrument, free_units(holding, -quantity_lots) + held_units(holding, quantity_lots))


@helper
def settle_trade(
    x: Any,
    instrument: int,
    buyer: int,
    seller: int,
    quantity_lots: int,
    price_ticks: int,
    held_price_ticks: int,
    tick_value_minor: int,
) -> None:
    """Units to the buyer, cash to the seller, and to the buyer what it held above the price."""
    amount = price_ticks * quantity_lots * tick_value_minor
    held = held_price_ticks * quantity_lots * tick_value_minor
    paying = x.cash[buyer]
    moved = held_cash(paying, -held) + free_cash(paying, held - amount)
    balance(x, CASH_ASSET, moved + free_cash(x.cash[seller], amount))
    given = held_units(x.holdings[seller, instrument], -quantity_lots)
    balance(x, instrument, given + free_units(x.holdings[buyer, instrument], quantity_lots))


@helper
def post_order_events(x: Any, output: Any, first: int, last: int) -> int:
    """Post the events `output[first:last]` of orders; returns what a market order that bought has paid.

    A trade says at which limit the buyer's cash was held (`reference`); 0 for a market order, whose trades are paid
    from its hold at their own price, and whose cancelled rest (price 0) gives no cash back.
    """
    paid = 0
    for position in range(first, last):
        event = event_at(output, position)
        kind = event.kind
        if kind != TRADE and kind != ORDER_CANCELLED and kind != ORDER_REDUCED and kind != CALL_TRADE:
            continue
        instrument, lots, price = event.instrument, event.quantity_lots, event.price_ticks
        value = x.instruments[instrument].tick_value_minor
        if kind != TRADE and kind != CALL_TRADE:
            hold_order(x, event.participant, instrument, event.side, -price * lots * value, -lots)
            continue
        buyer, seller = event.participant, event.counterparty
        if event.side == SELL:
            buyer, seller = seller, buyer
        held = np.int64(event.reference)
        if held == 0:
            held = price
            paid += price * lots * value
        settle_trade(x, instrument, buyer, seller, lots, price, held, value)
    return paid
