"""The terms of one round, as integers and enums: what a rule book's auction chapter becomes before anything clears.

Each setting is independent of the others. The numbers are what kernels read and what the journal stores, so they are
frozen once released; the words (lower case of the member's name) are what rule books write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class PriceRule(IntEnum):
    """What a winner pays (成交价规则)."""

    UNIFORM = 1
    """Everyone pays the lowest accepted bid."""
    PAY_AS_BID = 2
    """Each winner pays its own bid (按买方申报价成交)."""


class UndersubscriptionRule(IntEnum):
    """The uniform price when valid demand is below supply (未足额认购)."""

    LOWEST_VALID_BID = 1
    AT_RESERVE = 2
    CANCEL = 3


class MarginRule(IntEnum):
    """Who is served among equal prices when not all can be (边际配给)."""

    TIME_PRIORITY = 1
    """Earlier bids first; the last one served gets what is left."""
    PRO_RATA_LARGEST_REMAINDER = 2
    """In proportion to quantity, rounded down; lots left over go to the largest remainders, then the earlier bid."""


class ReserveComparator(IntEnum):
    """How a bid at the reserve price is treated: Shenzhen 2014 wrote 高于 (above) and sold at the floor."""

    AT_OR_ABOVE = 1
    ABOVE = 2


class BelowReserve(IntEnum):
    """Where a bid below a public reserve ends."""

    REFUSED_AT_ENTRY = 1
    VOID_AT_CLEARING = 2


class GuaranteeRule(IntEnum):
    """The cash a bid holds (竞买保证金)."""

    SUM_OF_VALUES = 1
    """The sum of price x quantity over a bidder's bids."""
    MAXIMUM_VALUE = 2
    """The largest, over a bidder's own prices p, of p x quantity bid at p or above."""


class ProceedsRule(IntEnum):
    """How payments reach the sellers under pay-as-bid (under a uniform price both give price x sold)."""

    POOL = 1
    """Payments form one pool, split by units sold, the last minor units by largest remainder."""


class UnsoldRule(IntEnum):
    """Where consigned units go that found no buyer."""

    RETURN_TO_OWNER = 1
    NEXT_ROUND = 2


class RoundStatus(IntEnum):
    """How a round ended."""

    CLEARED = 1
    """Everything on offer is sold."""
    PARTIALLY_CLEARED = 2
    """Something is sold, something is left."""
    RESERVE_NOT_MET = 3
    """There were bids, none at the reserve."""
    NO_VALID_BIDS = 4
    """There was nothing to clear."""
    CANCELLED = 5
    """The rules cancel the round (for example: undersubscribed under `CANCEL`), or an operator did."""
    DECLINED = 6
    """A hidden reserve declined the result."""


@dataclass(frozen=True)
class Terms:
    """What clearing needs to know of the rules.

    `reserve_price_ticks` 0 means that there is no reserve price. `tick_value_minor` is the money value of one tick of
    one lot.
    """

    price_rule: PriceRule
    undersubscription_rule: UndersubscriptionRule = UndersubscriptionRule.LOWEST_VALID_BID
    margin_rule: MarginRule = MarginRule.TIME_PRIORITY
    reserve_price_ticks: int = 0
    reserve_comparator: ReserveComparator = ReserveComparator.AT_OR_ABOVE
    below_reserve: BelowReserve = BelowReserve.REFUSED_AT_ENTRY
    proceeds_rule: ProceedsRule = ProceedsRule.POOL
    tick_value_minor: int = 1
