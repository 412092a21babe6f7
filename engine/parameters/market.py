"""Parameters of rounds and reserves that books publish with their clauses, by number; a book may leave out any of them.

But for the calendar the engine judges by none of these: the price, quantity or sale that they lead to is set in a
round. They are here so that a rule can be written down, compared between markets and shown with its clause.
"""

from __future__ import annotations

from engine.parameters.definition import Definition, Kind
from engine.words import market as words
from engine.words import venue as venue_words

_K = Kind

MARKET_DEFINITIONS: dict[int, Definition] = {
    # -- how a reserve price is computed --
    660: Definition(
        "auction.floor_formula",
        _K.WORD,
        "how the reserve price is computed before a round",
        "底价计算方法",
        words=words.FloorFormula,
        enforced=False,
        absent="a number is set",
    ),
    661: Definition(
        "auction.floor_percent",
        _K.COUNT,
        "percent of what the formula gives that is the reserve price",
        "底价系数（百分比）",
        enforced=False,
        absent="all of it",
    ),
    662: Definition(
        "auction.floor_cap",
        _K.MONEY,
        "highest reserve price that the formula may give",
        "底价上限",
        enforced=False,
        absent="no such limit",
    ),
    663: Definition(
        "auction.floor_window_from",
        _K.DAY,
        "first day of the trades that the formula counts",
        "计价区间起始日",
        enforced=False,
        absent="the formula names no day",
    ),
    664: Definition(
        "auction.floor_window_to",
        _K.DAY,
        "last day of the trades that the formula counts",
        "计价区间截止日",
        enforced=False,
        absent="the formula names no day",
    ),
    665: Definition(
        "auction.floor_window_months",
        _K.COUNT,
        "how many calendar months before the notice the formula counts",
        "计价自然月数",
        enforced=False,
        absent="the formula counts no months",
    ),
    666: Definition(
        "auction.floor_trades",
        _K.WORD,
        "which trades the formula counts",
        "计价成交范围",
        words=words.TradesCounted,
        enforced=False,
        absent="the formula counts no trades, or does not say which",
    ),
    667: Definition(
        "auction.floor_growth_percent",
        _K.COUNT,
        "percent by which the reserve price rises each year",
        "底价年增幅（百分比）",
        enforced=False,
        absent="it does not rise by itself",
    ),
    668: Definition(
        "auction.floor_grows_with_inflation",
        _K.SWITCH,
        "whether inflation is added to that percentage (added, not compounded)",
        "底价是否另加通货膨胀率",
        enforced=False,
        absent="inflation does not count",
    ),
    # -- bids and supply --
    669: Definition(
        "bid.noncompetitive_max",
        _K.UNITS,
        "most that a bid without a price may ask for; such bids are served first",
        "非竞争性申报上限",
        enforced=False,
        absent="every bid has a price",
    ),
    670: Definition(
        "supply.redesignated_after",
        _K.COUNT,
        "after how many sales in a row above the reserve price unsold units of the government are offered again",
        "未成交政府配额再投放所需连续场次",
        enforced=False,
        absent="no such wait",
    ),
    671: Definition(
        "supply.redesignated_share",
        _K.SHARE,
        "most that is offered again, as a share of what is otherwise offered",
        "再投放比例上限",
        enforced=False,
        absent="no such limit",
    ),
    # -- price tests that let a reserve be opened --
    672: Definition(
        "reserve.price_months",
        _K.COUNT,
        "for how many months in a row the average price has to lie above the multiple",
        "价格触发连续月数",
        enforced=False,
        absent="no test by months",
    ),
    673: Definition(
        "reserve.price_multiple_percent",
        _K.COUNT,
        "percent of the average of the reference period above which a month counts",
        "价格触发倍数（百分比）",
        enforced=False,
        absent="no test by months",
    ),
    674: Definition(
        "reserve.reference_months",
        _K.COUNT,
        "length of the reference period in months",
        "参照期月数",
        enforced=False,
        absent="no test by months",
    ),
    675: Definition(
        "reserve.ceiling_price",
        _K.MONEY,
        "price at which units are sold without limit to those who lack them, when all tiers are empty",
        "价格上限（履约兜底价）",
        enforced=False,
        absent="no such sale",
    ),
    # -- days --
    676: Definition(
        "auction.calendar",
        _K.WORD,
        "which days rounds may be held on, before closed days of the venue's own",
        "竞价日历",
        words=venue_words.TradingCalendar,
        absent="any day",
    ),
}
"""By the number of the parameter."""
