"""Call auction: many orders, one price (集合竞价).

`uncross` finds the price and the trades, `call_price` the price alone, `indicative` the price after every order of a
call phase, `schedule` what would trade at each price; `rules` says how each venue chooses among prices of equal volume.
All are functions of columns. The exchange puts the orders that stand before them (`engine.exchange.calls`) and carries
out the trades in the book (`engine.exchange.phases`, `engine.orderbook.filling`).
"""

from engine.orderbook.call_auction.rules import CALL_RULES, CallRule, Candidates, Step, call_rule
from engine.orderbook.call_auction.uncross import (
    CallResult,
    Indicative,
    Quote,
    call_price,
    indicative,
    schedule,
    uncross,
)

__all__ = [
    "CALL_RULES",
    "CallResult",
    "CallRule",
    "Candidates",
    "Indicative",
    "Quote",
    "Step",
    "call_price",
    "call_rule",
    "indicative",
    "schedule",
    "uncross",
]
