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
from engine.ledger.charges.kernels import cost_of
from engine.ledger.layout import CASH_ASSET
from engine.ledger.pocket.kernels import balance, free_cash, free_units, held_cash, held_units
from engine.ledger.settling.kernels import settle_on_terms
from engine.orderbook.tape.kernels import event_at

BUY = int(Side.BUY)
SELL = int(Side.SELL)
TRADE = int(EventKind.TRADE)
CALL_TRADE = int(EventKind.CALL_TRADE)
ORDER_CANCELLED = int(EventKind.ORDER_CANCELLED)
ORDER_REDUCED = int(EventKind.ORDER_REDUCED)


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
        if x.trade_terms[instrument].limited != 0:
            x.holdings[participant, instrument].open_buy_lots += quantity_lots
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
def post_order_events(x: Any, output: Any, first: int, last: int) -> tuple[int, int]:
    """Post the events `output[first:last]` of orders: (what a market order that bought has used of its hold, cursor).

    A trade says at which limit the buyer's cash was held (`reference`); 0 for a market order, whose trades are paid
    from its hold at their own price, and whose cancelled rest (price 0) gives no cash back. Charges are written behind
    the events that are posted, up to four a trade.
    """
    used, cursor = np.int64(0), np.int64(last)
    for position in range(first, last):
        event = event_at(output, position)
        kind = event.kind
        if kind != TRADE and kind != ORDER_CANCELLED and kind != ORDER_REDUCED and kind != CALL_TRADE:
            continue
        instrument, lots, price = np.int64(event.instrument), event.quantity_lots, event.price_ticks
        value = x.instruments[instrument].tick_value_minor
        if kind != TRADE and kind != CALL_TRADE:
            cost = cost_of(x, instrument, price, lots, value) if event.side == BUY else np.int64(0)
            hold_order(x, event.participant, instrument, event.side, -cost, -lots)
            continue
        buyer, seller = event.participant, event.counterparty
        if event.side == SELL:
            buyer, seller = seller, buyer
        held = np.int64(event.reference)
        if x.trade_terms[instrument].watched != 0:
            had, cursor = settle_on_terms(x, event, np.int64(buyer), np.int64(seller), held, 0, output, cursor)
            used += had if held == 0 else 0
            continue
        if held == 0:
            held = price
            used += price * lots * value
        settle_trade(x, instrument, buyer, seller, lots, price, held, value)
    return used, cursor
