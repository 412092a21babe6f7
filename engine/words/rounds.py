"""Words that rules of rounds are written in and that the clear itself does not read.

What the clear reads is in `engine.auction.terms`. Numbers are stored in adopted books and journals: frozen once
released. The words (lower case of the member's name) are what rule books write.
"""

from __future__ import annotations

from enum import IntEnum


class SplitRule(IntEnum):
    """How a short sale is divided: in proportion, the last units by named remainder rule."""

    LARGEST_REMAINDER = 1
    RANDOM_UNITS = 2
    """Units left over go one each in the order of a recorded draw (Québec s. 54.1)."""


class ConsignmentBase(IntEnum):
    """What the permitted ratio of consignment is a share of."""

    HOLDING = 1
    """The consignor's holding of the instrument when it consigns."""
    ALLOCATION = 2
    """The consignor's allocation of the round's year, as it was recorded."""


class ConsignmentUntil(IntEnum):
    """Until when units may be consigned (委托截止): the first bid fixes the offer in any case."""

    OPENING = 1
    """Until the window for bids opens."""
    FIRST_BID = 2


class DefaultRule(IntEnum):
    """Where the units of a winner go that does not pay (违约配额处理)."""

    RETURN_TO_SELLERS = 1
    """Back to the lines that sold them, as unsold: the rule for unsold units says what becomes of them."""
    NEXT_BIDS = 2
    """To the best bids that were not served: the round is cleared again without the one that failed."""
    RESERVE = 3
    """Into the reserve account; the sellers are paid out of what the winner forfeits, as far as it goes."""


class ForfeitRule(IntEnum):
    """Who gets what a winner in default forfeits (没收保证金归属)."""

    SELLERS = 1
    """The sellers of the units, by the proceeds they miss, the last minor unit by largest remainder."""
    OPERATOR = 2


class CapExcess(IntEnum):
    """What becomes of a bid that passes a cap (超限申报处理)."""

    REFUSED_AT_ENTRY = 1
    TRIMMED_AT_CLEARING = 2
    """It is taken, and lots are taken off from the bidder's lowest price up when the round clears."""


class Sealing(IntEnum):
    """In what form a bid enters (申报密封方式)."""

    OPEN_ENTRY = 1
    """As it is: whoever keeps the journal could read it."""
    COMMITTED = 2
    """As a commitment to it; all bids are revealed together once the window is closed."""


class FeeRounding(IntEnum):
    """How a fee is rounded to the minor unit."""

    HALF_UP = 1
    DOWN = 2
    UP = 3


class Visibility(IntEnum):
    """What others see of bids while the window is open (申报信息公开程度)."""

    SEALED = 1
    """Nothing, not even how many there are."""
    COUNT_ONLY = 2
    """How many bids there are."""
    LIVE_DEMAND = 3
    """The quantity bid at each price or above, without names, and the price at which the round would clear."""


class Clock(IntEnum):
    """How far a venue's clock is from UTC; the number is 100 and the hours."""

    UTC_MINUS_8 = 92
    UTC_MINUS_7 = 93
    UTC_MINUS_5 = 95
    UTC_MINUS_4 = 96
    UTC = 100
    UTC_PLUS_1 = 101
    UTC_PLUS_2 = 102
    UTC_PLUS_8 = 108
    UTC_PLUS_9 = 109
    UTC_PLUS_12 = 112
    UTC_PLUS_13 = 113

    @property
    def minutes_ahead(self) -> int:
        """Minutes by which this clock is ahead of UTC."""
        return (int(self) - 100) * 60


class CancelUntil(IntEnum):
    """How late a round may still be cancelled (可取消的最后阶段)."""

    OPENING = 1
    CLOSE = 2
    CLEARING = 3
    """Until its price is known."""
