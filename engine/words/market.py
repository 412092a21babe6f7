"""Words that rules about reference prices are written in: formulas, and the trades that count in them.

Numbers are stored in adopted books and journals: frozen once released. The words (lower case of the member's name) are
what rule books write.
"""

from __future__ import annotations

from enum import IntEnum


class FloorFormula(IntEnum):
    """How a reserve price is computed before a round (底价计算方法); percentage and window are keys of their own."""

    WEIGHTED_AVERAGE = 1
    """The average price of trades, weighted by quantity (Shanghai, Beijing, Guangdong, Tianjin)."""
    MEAN_OF_AVERAGES = 2
    """The plain mean of the average prices of several periods (Shenzhen 2022: the compliance months of eight years)."""
    MARKET_AVERAGE = 3
    """An average price of the market; how it is weighted is not said (Shenzhen 2014)."""
    LAST_YEAR_RAISED = 4
    """Last year's price, raised by a percentage and, where the rule says so, by inflation (California, RGGI)."""


class TradesCounted(IntEnum):
    """Which trades count in a reference price (计价成交范围)."""

    LISTING = 1
    """Those of the listing mode (挂牌)."""
    PUBLIC = 2
    """Those made in public, that is not as blocks (公开交易)."""
    ALL = 3
