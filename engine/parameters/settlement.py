"""The parameters of what a trade leads to: fees, taxes, settlement, the lock of what was bought, the holding limit.

A book may leave out any of them; what it does not say means what `absent` says. `engine.exchange.settlement` makes them
the integers that a trading day goes by.
"""

from __future__ import annotations

from engine.parameters.definition import Definition, Kind
from engine.words.rounds import FeeRounding
from engine.words.venue import TaxBase, TaxReceiver

_K = Kind
_FREE = "trades are free of it"

SETTLEMENT_DEFINITIONS: dict[int, Definition] = {
    169: Definition(
        "trading.same_day_resale",
        _K.SWITCH,
        "whether units bought may be sold on the same day",
        "当日买入可否当日卖出",
        absent="they may",
    ),
    170: Definition(
        "trading.holding_limit",
        _K.UNITS,
        "most that an account may hold, above its allocation where the next key says so (0: no limit)",
        "最大持有量",
        by_class=True,
        absent="no limit",
    ),
    171: Definition(
        "trading.holding_limit_above_allocation",
        _K.SWITCH,
        "whether the holding limit counts from the year's allocation",
        "最大持有量是否在年度配额之上计",
        by_class=True,
        absent="it counts from nothing",
    ),
    173: Definition(
        "trading.fee_buyer_share",
        _K.SHARE,
        "fee of a buyer, as a share of the value",
        "买方交易手续费率",
        absent=_FREE,
    ),
    174: Definition(
        "trading.fee_seller_share",
        _K.SHARE,
        "fee of a seller, as a share of the value",
        "卖方交易手续费率",
        absent=_FREE,
    ),
    175: Definition(
        "trading.fee_minimum",
        _K.MONEY,
        "least fee of one trade, for each side that pays a fee",
        "单笔最低手续费",
        absent="no least fee",
    ),
    176: Definition(
        "trading.fee_rounding",
        _K.WORD,
        "how each fee and tax of a trade is rounded to the minor unit",
        "交易手续费取整方式",
        words=FeeRounding,
        absent="half up",
    ),
    177: Definition(
        "trading.tax_buyer_share",
        _K.SHARE,
        "tax of a buyer, as a share of what the tax is on",
        "买方税率",
        absent=_FREE,
    ),
    178: Definition(
        "trading.tax_seller_share",
        _K.SHARE,
        "tax of a seller, as a share of what the tax is on",
        "卖方税率",
        absent=_FREE,
    ),
    179: Definition(
        "trading.tax_base",
        _K.WORD,
        "what taxes of a trade are a share of",
        "计税依据",
        words=TaxBase,
        absent="the value",
    ),
    180: Definition(
        "trading.tax_receiver",
        _K.WORD,
        "whose account receives taxes: the first registered of this class",
        "税款收取方",
        words=TaxReceiver,
        absent="the operator",
    ),
    181: Definition(
        "trading.settlement_units_days",
        _K.COUNT,
        "trading days from a trade until the units may be sold (0: at once; at most 3)",
        "配额交收天数",
        absent="at once",
    ),
    182: Definition(
        "trading.settlement_cash_days",
        _K.COUNT,
        "trading days from a trade until the proceeds are free (0: at once; at most 3)",
        "资金交收天数",
        absent="at once",
    ),
    183: Definition(
        "trading.settlement_cash_usable",
        _K.SWITCH,
        "whether proceeds may be used to buy before they are free",
        "未交收资金可否用于买入",
        absent="they may not",
    ),
    184: Definition(
        "trading.holding_limit_counts_linked",
        _K.SWITCH,
        "whether linked participants count as one for the holding limit",
        "关联方持有量是否合并计算",
        absent="each counts for itself",
    ),
}
