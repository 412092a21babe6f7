"""Counting the trades of a day, compiled: a few additions a trade, nothing where the book has no closing formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.events import EventKind
from engine.exchange.day.layout import WORD_BITS
from engine.jit import helper
from engine.orderbook.tape.kernels import event_at

TRADE = int(EventKind.TRADE)
CALL_TRADE = int(EventKind.CALL_TRADE)
LOW_WORD = (1 << WORD_BITS) - 1


@helper
def count_trade(day: Any, price_ticks: int, quantity_lots: int) -> None:
    """Add one trade to what makes the prices of the day."""
    if day.trades == 0:
        day.first_ticks = price_ticks
    day.trades += 1
    volume = day.volume_low + quantity_lots
    day.volume_high += volume >> WORD_BITS
    day.volume_low = volume & LOW_WORD
    turnover = day.turnover_low + price_ticks * quantity_lots
    day.turnover_high += turnover >> WORD_BITS
    day.turnover_low = turnover & LOW_WORD
    if day.close_trades > 0:
        place = day.next_place
        day.last_ticks[place] = price_ticks
        day.last_lots[place] = quantity_lots
        day.next_place = place + 1 if place + 1 < day.close_trades else 0


@helper
def count_trades(x: Any, instrument: int, output: Any, first: int, last: int) -> None:
    """Add the trades among the events `output[first:last]`, all of one instrument."""
    day = x.days[instrument]
    if day.close_formula == 0:
        return
    for position in range(first, last):
        event = event_at(output, position)
        if event.kind == TRADE or event.kind == CALL_TRADE:
            count_trade(day, np.int64(event.price_ticks), np.int64(event.quantity_lots))


@helper
def count_block(x: Any, instrument: int, price_ticks: int, quantity_lots: int) -> None:
    """Add a block, where blocks count."""
    day = x.days[instrument]
    if day.close_formula != 0 and day.blocks_count != 0:
        count_trade(day, np.int64(price_ticks), np.int64(quantity_lots))
