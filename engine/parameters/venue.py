"""Parameters of a trading venue that books publish with their clauses, by number; a book may leave out any of them.

Sessions, formulas, limits and fees, beside those that orders are judged by (`engine.parameters.trading`). The prices of
a day are made by them (`engine.exchange.day`), phases are switched by the sessions (`services.timetable`); those that
are published only say so (`enforced`). Sessions of a day are numbered keys, each with its own clause and history.
"""

from __future__ import annotations

from engine.parameters.definition import Definition, Kind
from engine.words import venue as words
from engine.words.rounds import Clock

_K = Kind
_SILENT = "the book does not say"

VENUE_DEFINITIONS: dict[int, Definition] = {
    # -- how trading goes --
    150: Definition(
        "trading.mode",
        _K.WORD,
        "how orders meet",
        "交易方式",
        words=words.TradingMode,
        enforced=False,
        absent=_SILENT,
    ),
    151: Definition(
        "trading.one_mode_at_a_time",
        _K.SWITCH,
        "whether an instrument trades in one mode only at a time",
        "同一时间单一交易方式",
        enforced=False,
        absent=_SILENT,
    ),
    152: Definition(
        "trading.cancellable",
        _K.SWITCH,
        "whether what is not yet traded may be cancelled at any time",
        "未成交申报可否撤销",
        enforced=False,
        absent=_SILENT,
    ),
    153: Definition(
        "trading.day_orders",
        _K.SWITCH,
        "whether an order ends with its day",
        "申报当日有效",
        enforced=False,
        absent=_SILENT,
    ),
    # -- days and sessions --
    154: Definition(
        "trading.calendar",
        _K.WORD,
        "which days are trading days, before closed days of the venue's own",
        "交易日历",
        words=words.TradingCalendar,
        enforced=False,
        absent=_SILENT,
    ),
    155: Definition(
        "trading.session_1_opens",
        _K.CLOCK,
        "when the first session begins",
        "上午开市时间",
        enforced=False,
        absent=_SILENT,
    ),
    156: Definition(
        "trading.session_1_closes",
        _K.CLOCK,
        "when the first session ends",
        "上午休市时间",
        enforced=False,
        absent=_SILENT,
    ),
    157: Definition(
        "trading.session_2_opens",
        _K.CLOCK,
        "when the second session begins",
        "下午开市时间",
        enforced=False,
        absent=_SILENT,
    ),
    158: Definition(
        "trading.session_2_closes",
        _K.CLOCK,
        "when the second session ends",
        "下午闭市时间",
        enforced=False,
        absent=_SILENT,
    ),
    159: Definition(
        "block.session_opens",
        _K.CLOCK,
        "when the session for blocks begins",
        "大宗交易开始时间",
        enforced=False,
        absent=_SILENT,
    ),
    160: Definition(
        "block.session_closes",
        _K.CLOCK,
        "when the session for blocks ends",
        "大宗交易结束时间",
        enforced=False,
        absent=_SILENT,
    ),
    # -- prices of a day --
    161: Definition(
        "trading.band_rounding",
        _K.WORD,
        "how the ends of the band are rounded to the tick",
        "涨跌停价格取整方式",
        words=words.Rounding,
        absent="half up",
    ),
    162: Definition(
        "trading.open_formula",
        _K.WORD,
        "what the opening price is",
        "开盘价确定方式",
        words=words.OpenFormula,
        absent="the first trade; without one the close before",
    ),
    163: Definition(
        "trading.close_formula",
        _K.WORD,
        "what the closing price is",
        "收盘价确定方式",
        words=words.CloseFormula,
        absent="no closing price: the next day starts from the last trade",
    ),
    164: Definition(
        "trading.close_trades",
        _K.COUNT,
        "how many of the last trades the closing price averages",
        "收盘价所计末尾成交笔数",
        absent="all of the day",
    ),
    165: Definition(
        "trading.close_volume_above",
        _K.UNITS,
        "volume of the day above which its trades make the closing price",
        "收盘价最低成交量（不含）",
        absent="any volume",
    ),
    166: Definition(
        "trading.close_otherwise",
        _K.WORD,
        "the closing price where the day's trades do not make one",
        "无有效成交时的收盘价",
        words=words.CloseOtherwise,
        absent="the close before",
    ),
    167: Definition(
        "block.counts_in_prices",
        _K.SWITCH,
        "whether blocks count in the opening and closing price",
        "大宗成交是否计入开收盘价",
        absent="they do not",
    ),
    168: Definition(
        "trading.first_day_band",
        _K.SHARE,
        "band of the first day of an instrument (0: none)",
        "上市首日涨跌幅",
        absent="the band of any other day",
    ),
    # -- positions --
    172: Definition(
        "trading.large_holder_report",
        _K.UNITS,
        "holding, counted as the limit is, from which an account is reported (0: none)",
        "大户报告标准",
        by_class=True,
        absent="nobody is reported",
    ),
    # -- calls, as times of the day; a call ends in the session that follows it --
    190: Definition(
        "trading.opening_call_opens",
        _K.CLOCK,
        "when orders begin to gather for the opening call",
        "开盘集合竞价开始时间",
        enforced=False,
        absent="there is no opening call",
    ),
    191: Definition(
        "trading.opening_call_firm",
        _K.CLOCK,
        "from when nothing may be taken back in the opening call",
        "开盘集合竞价不可撤单起始时间",
        enforced=False,
        absent="orders may be taken back until it ends",
    ),
    192: Definition(
        "trading.closing_call_opens",
        _K.CLOCK,
        "when the last session goes over into the closing call",
        "收盘集合竞价开始时间",
        enforced=False,
        absent="there is no closing call",
    ),
    193: Definition(
        "trading.closing_call_firm",
        _K.CLOCK,
        "from when nothing may be taken back in the closing call",
        "收盘集合竞价不可撤单起始时间",
        enforced=False,
        absent="orders may be taken back until it ends",
    ),
    194: Definition(
        "trading.clock",
        _K.WORD,
        "the clock of the sessions",
        "交易时间所用时区",
        words=Clock,
        enforced=False,
        absent="Beijing time",
    ),
    # -- who may change what --
    188: Definition(
        "governance.trading_four_eyes",
        _K.SWITCH,
        "whether a change of an instrument's limits takes two persons",
        "交易参数调整双人复核",
        absent="one operator is enough",
    ),
    189: Definition(
        "governance.adoption_four_eyes",
        _K.SWITCH,
        "whether the adoption of a further rule book takes two persons, once this one is adopted",
        "规则集启用双人复核",
        absent="one operator is enough",
    ),
}
"""By the number of the parameter."""
