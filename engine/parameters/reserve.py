"""The parameters of the reserve and of paid allocation, by number; a book may leave out any of them.

What a book does not say means what `absent` says: mostly that there is no such rule. A list of tiers is a row of
numbered keys, each with its own clause and its own history; a schedule over years is the dated history of one key.
"""

from __future__ import annotations

from engine.auction import terms
from engine.parameters.definition import Definition, Kind

_K = Kind

RESERVE_DEFINITIONS: dict[int, Definition] = {
    # -- the reserve --
    601: Definition(
        "reserve.intake_above",
        _K.UNITS,
        "circulation above which units are taken into the reserve",
        "流通量上限",
        absent="nothing is taken in by circulation",
    ),
    602: Definition(
        "reserve.intake_share",
        _K.SHARE,
        "part of the circulation that is taken in above the upper bound",
        "储备吸收比例",
        absent="nothing is taken in by circulation",
    ),
    603: Definition(
        "reserve.intake_surplus_from",
        _K.UNITS,
        "circulation from which, up to the upper bound, the surplus itself is taken in",
        "超额吸收起点",
        absent="no such band",
    ),
    604: Definition(
        "reserve.release_below",
        _K.UNITS,
        "circulation below which units are let out of the reserve",
        "流通量下限",
        absent="nothing is let out by circulation",
    ),
    605: Definition(
        "reserve.release_quantity",
        _K.UNITS,
        "units that are let out in a year by circulation",
        "年度释放量",
        absent="nothing is let out by circulation",
    ),
    606: Definition(
        "reserve.invalidated_above_sales",
        _K.SWITCH,
        "whether what the reserve holds above last year's sales is cancelled",
        "超出上年拍卖量的储备是否注销",
        absent="nothing is cancelled",
    ),
    607: Definition(
        "reserve.release_price",
        _K.MONEY,
        "price above which, day after day, the reserve may be opened",
        "投放触发价",
        absent="no release by price",
    ),
    608: Definition(
        "reserve.release_days",
        _K.COUNT,
        "how many trading days in a row the price has to lie above it",
        "投放触发连续天数",
        absent="no release by price",
    ),
    609: Definition(
        "reserve.buy_back_price",
        _K.MONEY,
        "price below which, day after day, units may be bought back",
        "回购触发价",
        absent="no buy-back",
    ),
    610: Definition(
        "reserve.buy_back_days",
        _K.COUNT,
        "how many trading days in a row the price has to lie below it",
        "回购触发连续天数",
        absent="no buy-back",
    ),
    611: Definition(
        "reserve.release_budget",
        _K.UNITS,
        "most that may be let out in a calendar year (0: no limit)",
        "年度投放额度",
        absent="no yearly budget",
    ),
    612: Definition(
        "reserve.buy_back_share",
        _K.SHARE,
        "most that may be bought back in a calendar year, as a share of the year's allocation",
        "年度回购比例上限",
        absent="no yearly budget",
    ),
    613: Definition(
        "reserve.decision_days",
        _K.COUNT,
        "within how many days after a trigger was met a release or buy-back may be decided (0: no limit)",
        "触发后决定期限（天）",
        absent="no limit",
    ),
    614: Definition(
        "reserve.tier_price_1",
        _K.MONEY,
        "price of tier 1 of sales from the reserve",
        "储备第一档售价",
        absent="no such tier",
    ),
    615: Definition(
        "reserve.tier_price_2",
        _K.MONEY,
        "price of tier 2 of sales from the reserve",
        "储备第二档售价",
        absent="no such tier",
    ),
    616: Definition(
        "reserve.tier_price_3",
        _K.MONEY,
        "price of tier 3 of sales from the reserve",
        "储备第三档售价",
        absent="no such tier",
    ),
    617: Definition(
        "reserve.tier_budget_1",
        _K.UNITS,
        "most that tier 1 may sell in a calendar year",
        "储备第一档年度额度",
        absent="all that the reserve holds",
    ),
    618: Definition(
        "reserve.tier_budget_2",
        _K.UNITS,
        "most that tier 2 may sell in a calendar year",
        "储备第二档年度额度",
        absent="all that the reserve holds",
    ),
    619: Definition(
        "reserve.tier_budget_3",
        _K.UNITS,
        "most that tier 3 may sell in a calendar year",
        "储备第三档年度额度",
        absent="all that the reserve holds",
    ),
    620: Definition(
        "reserve.tier_margin_rule",
        _K.WORD,
        "who is served when a tier is short",
        "储备分档配给规则",
        words=terms.MarginRule,
        absent="in proportion by largest remainder",
    ),
    621: Definition(
        "reserve.tier_due_share",
        _K.SHARE,
        "a tier sale is held when the last price has reached this part of the lowest tier's price",
        "储备销售启动比例",
        absent="a sale may always be held",
    ),
    622: Definition(
        "reserve.expiry_years",
        _K.COUNT,
        "after how many calendar years units in the reserve lapse (0: never)",
        "储备失效年限",
        absent="never",
    ),
    # -- paid allocation --
    640: Definition(
        "allocation.paid_share",
        _K.SHARE,
        "part of its entitlement that an emitter of the class has to pay for; dated from the first day of a year",
        "有偿分配比例",
        by_class=True,
        absent="everything is free",
    ),
    641: Definition(
        "allocation.rounds_per_year",
        _K.COUNT,
        "over how many rounds a year's paid part is spread",
        "年度竞价场次",
        absent="one round",
    ),
    642: Definition(
        "allocation.reserve_share",
        _K.SHARE,
        "part of a year's total that goes into the reserve",
        "储备配额比例",
        absent="nothing",
    ),
    643: Definition(
        "allocation.new_entrant_share",
        _K.SHARE,
        "part of a year's total that is kept for new entrants",
        "新建项目储备比例",
        absent="nothing",
    ),
    644: Definition(
        "allocation.paid_share_minimum",
        _K.SHARE,
        "least part of a year's total that has to be sold",
        "有偿分配最低比例",
        absent="no least part",
    ),
    645: Definition(
        "allocation.no_growth_from",
        _K.COUNT,
        "year from which the total may not pass the year before (0: never)",
        "总量不再增长起始年",
        absent="no such year",
    ),
    646: Definition(
        "allocation.decline_from",
        _K.COUNT,
        "year from which the total has to fall year by year (0: never)",
        "总量下降起始年",
        absent="no such year",
    ),
    647: Definition(
        "allocation.decline_share",
        _K.SHARE,
        "least part by which the total has to fall in a year",
        "总量最低年降幅",
        absent="any fall will do",
    ),
}
"""By the number of the parameter."""
