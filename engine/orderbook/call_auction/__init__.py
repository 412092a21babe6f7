"""Call auction: many orders, one price (集合竞价).

`uncross` finds the price and the trades, `indicative` the price after every order of a call phase, `schedule` what
would trade at each price; `rules` says how each venue chooses among prices of equal volume. The continuous book knows
nothing of this package: whoever runs the phases of a day uncrosses first and hands the rest to the book.
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
