"""The parameters of trading and of blocks, by number; a book may leave out any of them but tick and lot.

What a book does not say means what `absent` says: mostly that nothing is watched. `engine.exchange.terms` makes them
the integers that a trading day goes by.
"""

from __future__ import annotations

from enum import IntEnum

from engine.commands import SelfTrade
from engine.parameters.definition import Definition, Kind
from engine.words.venue import Rounding

_K = Kind


class CallRuleName(IntEnum):
    """The rules by which a call auction chooses a price: those of `engine.orderbook.call_auction.rules`, numbered."""

    SSE = 1
    SZSE = 2
    XETRA = 3
    XETRA_CONTINUOUS = 4
    ASX = 5
    BNB = 6
    EURONEXT = 7


TRADING_DEFINITIONS: dict[int, Definition] = {
    103: Definition(
        "trading.minimum",
        _K.UNITS,
        "smallest quantity of one order",
        "单笔最小申报数量",
        absent="one lot is enough",
    ),
    104: Definition(
        "trading.maximum",
        _K.UNITS,
        "largest quantity of one order (0: no limit)",
        "单笔最大申报数量",
        absent="no limit",
    ),
    105: Definition(
        "trading.reference_price",
        _K.MONEY,
        "price that bands are measured from before anything has traded (0.00: none)",
        "开盘参考价",
        absent="none: no band before the first trade",
    ),
    106: Definition(
        "trading.band",
        _K.SHARE,
        "how far a price may be from the previous close, as a share of it (0: no band)",
        "涨跌幅比例",
        absent="no band",
    ),
    107: Definition(
        "trading.dynamic_band",
        _K.MONEY,
        "how far a price may be from the last trade (0.00: no such band)",
        "动态价格区间",
        absent="no such band",
    ),
    108: Definition(
        "trading.protection",
        _K.MONEY,
        "how far an order without a limit goes beyond the best price, or a stop beyond its stop price",
        "市价保护限度",
        absent="market-to-limit goes to the best price only, a stop to the end of the band",
    ),
    109: Definition(
        "trading.call_rule",
        _K.WORD,
        "how a call auction chooses among prices",
        "集合竞价成交价确定原则",
        words=CallRuleName,
        least=1,
        absent="there are no call auctions",
    ),
    110: Definition(
        "trading.reach_levels",
        _K.COUNT,
        "at how many of the best prices a listing may be taken (0: at any)",
        "点选档位数",
        absent="at any price",
    ),
    111: Definition(
        "trading.any_at_level",
        _K.SWITCH,
        "whether any listing at a price may be taken, and not only the oldest",
        "同价挂牌任选",
        absent="only the oldest at its price",
    ),
    112: Definition(
        "trading.self_trade",
        _K.WORD,
        "what happens when an order meets one of its own group and does not say itself",
        "自成交防范",
        words=SelfTrade,
        absent="they trade",
    ),
    185: Definition(
        "trading.close_rounding",
        _K.WORD,
        "how a closing price that is an average is rounded to the tick",
        "收盘价取整方式",
        words=Rounding,
        least=1,
        absent="half up",
    ),
    186: Definition(
        "trading.orders_per_second",
        _K.COUNT,
        "steady pace at which one participant may send orders and replacements (0: no throttle)",
        "每秒申报笔数上限",
        absent="no throttle",
    ),
    187: Definition(
        "trading.orders_burst",
        _K.COUNT,
        "how many orders a participant that has been quiet may send at once",
        "瞬时申报笔数上限",
        absent="as many as a second lets through",
    ),
    121: Definition(
        "block.allowed",
        _K.SWITCH,
        "whether blocks may be traded",
        "大宗交易许可",
        absent="there are no blocks",
    ),
    122: Definition(
        "block.band",
        _K.SHARE,
        "how far the price of a block may be from the previous close, as a share of it (0: no band)",
        "大宗涨跌幅比例",
        absent="no band",
    ),
    123: Definition(
        "block.minimum",
        _K.UNITS,
        "smallest quantity of one block",
        "大宗最小申报数量",
        absent="one lot is enough",
    ),
}
