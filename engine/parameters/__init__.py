"""The parameters that a rule book can set, numbered.

An event of refusal carries a parameter's number; a rule book writes its key; an adopted book is a list of (number,
class, day, value). Numbers are frozen once released. What kind of value each takes, and in which unit, is said here
once, for the loader, for the core, and for whoever shows a refusal.
"""

from __future__ import annotations

from enum import IntEnum

from engine.auction import terms
from engine.parameters.definition import Basis, Definition, Kind
from engine.parameters.market import MARKET_DEFINITIONS
from engine.parameters.reserve import RESERVE_DEFINITIONS
from engine.parameters.rounds import ROUND_DEFINITIONS
from engine.parameters.settlement import SETTLEMENT_DEFINITIONS
from engine.parameters.trading import TRADING_DEFINITIONS
from engine.parameters.units import UNIT_DEFINITIONS
from engine.parameters.venue import VENUE_DEFINITIONS
from engine.words.rounds import ConsignmentBase, SplitRule

__all__ = ["BY_KEY", "DEFINITIONS", "Basis", "Definition", "Kind", "Parameter", "allowed", "words_of"]


class Parameter(IntEnum):
    """Numbers of the parameters. `NONE` stands where no rule is behind an outcome."""

    NONE = 0
    BOOK_LAST_CONFIRMED = 1
    BOOK_TRADING_DAYS = 2
    TRADING_TICK = 101
    TRADING_LOT = 102
    TRADING_MINIMUM = 103
    TRADING_MAXIMUM = 104
    TRADING_REFERENCE_PRICE = 105
    TRADING_BAND = 106
    TRADING_DYNAMIC_BAND = 107
    TRADING_PROTECTION = 108
    TRADING_CALL_RULE = 109
    TRADING_REACH_LEVELS = 110
    TRADING_ANY_AT_LEVEL = 111
    TRADING_SELF_TRADE = 112
    BLOCK_ALLOWED = 121
    BLOCK_BAND = 122
    BLOCK_MINIMUM = 123
    TRADING_MODE = 150
    TRADING_ONE_MODE_AT_A_TIME = 151
    TRADING_CANCELLABLE = 152
    TRADING_DAY_ORDERS = 153
    TRADING_CALENDAR = 154
    TRADING_SESSION_1_OPENS = 155
    TRADING_SESSION_1_CLOSES = 156
    TRADING_SESSION_2_OPENS = 157
    TRADING_SESSION_2_CLOSES = 158
    BLOCK_SESSION_OPENS = 159
    BLOCK_SESSION_CLOSES = 160
    TRADING_BAND_ROUNDING = 161
    TRADING_OPEN_FORMULA = 162
    TRADING_CLOSE_FORMULA = 163
    TRADING_CLOSE_TRADES = 164
    TRADING_CLOSE_VOLUME_ABOVE = 165
    TRADING_CLOSE_OTHERWISE = 166
    BLOCK_COUNTS_IN_PRICES = 167
    TRADING_FIRST_DAY_BAND = 168
    TRADING_SAME_DAY_RESALE = 169
    TRADING_HOLDING_LIMIT = 170
    TRADING_HOLDING_LIMIT_ABOVE_ALLOCATION = 171
    TRADING_LARGE_HOLDER_REPORT = 172
    TRADING_FEE_BUYER_SHARE = 173
    TRADING_FEE_SELLER_SHARE = 174
    TRADING_FEE_MINIMUM = 175
    TRADING_FEE_ROUNDING = 176
    TRADING_TAX_BUYER_SHARE = 177
    TRADING_TAX_SELLER_SHARE = 178
    TRADING_TAX_BASE = 179
    TRADING_TAX_RECEIVER = 180
    TRADING_SETTLEMENT_UNITS_DAYS = 181
    TRADING_SETTLEMENT_CASH_DAYS = 182
    TRADING_SETTLEMENT_CASH_USABLE = 183
    TRADING_HOLDING_LIMIT_COUNTS_LINKED = 184
    TRADING_CLOSE_ROUNDING = 185
    TRADING_ORDERS_PER_SECOND = 186
    TRADING_ORDERS_BURST = 187
    GOVERNANCE_TRADING_FOUR_EYES = 188
    GOVERNANCE_ADOPTION_FOUR_EYES = 189
    TRADING_OPENING_CALL_OPENS = 190
    TRADING_OPENING_CALL_FIRM = 191
    TRADING_CLOSING_CALL_OPENS = 192
    TRADING_CLOSING_CALL_FIRM = 193
    TRADING_CLOCK = 194
    AUCTION_PRICE_RULE = 201
    AUCTION_UNDERSUBSCRIPTION_RULE = 202
    AUCTION_MARGIN_RULE = 203
    AUCTION_RESERVE_PRICE = 204
    AUCTION_RESERVE_COMPARATOR = 205
    AUCTION_BELOW_RESERVE = 206
    AUCTION_ELIGIBLE = 207
    AUCTION_SHORTFALL_ONLY = 208
    AUCTION_BIDS_VISIBLE = 209
    AUCTION_OPENS = 210
    AUCTION_CLOSES = 211
    AUCTION_SUPPLY_MAX = 212
    AUCTION_HIDDEN_RESERVE_RULE = 213
    AUCTION_FIXED_PRICE = 214
    AUCTION_CEILING_PRICE = 215
    AUCTION_MARGIN_UNIT = 216
    AUCTION_MARGIN_LOT = 217
    AUCTION_PAYMENT_STEP = 218
    AUCTION_VISIBILITY = 219
    AUCTION_CLOCK = 220
    AUCTION_PAYMENT_ROUNDING = 260
    BID_TICK = 221
    BID_LOT = 222
    BID_MINIMUM = 223
    BID_COUNT_MAX = 224
    BID_CAP_SHARE = 225
    BID_CAP_QUANTITY = 226
    BID_GUARANTEE = 227
    BID_SUBMISSIONS_MAX = 228
    BID_AMENDABLE = 229
    BID_CAP_SHORTFALL_SHARE = 230
    BID_CLASS_CAP_SHARE = 231
    BID_CAP_EMISSIONS_SHARE = 232
    BID_HOLDING_LIMIT = 233
    BID_CAP_COUNTS_CONSIGNED = 234
    BID_CAP_COUNTS_RELEASED = 235
    BID_CAP_EXCESS = 236
    BID_GUARANTEE_EXCESS = 237
    BID_WITHDRAW_CLOSES = 238
    BID_LINKED_CAP_SHARE = 239
    BID_GUARANTEE_SHARE = 240
    SUPPLY_GROUP_SPLIT = 241
    SUPPLY_PROCEEDS = 242
    SUPPLY_UNSOLD = 243
    SUPPLY_STEP_RULE = 244
    SUPPLY_RELEASE_RULE = 245
    SUPPLY_RELEASE_TRIGGER_1 = 246
    SUPPLY_RELEASE_TRIGGER_2 = 247
    SUPPLY_RELEASE_TRIGGER_3 = 248
    SUPPLY_RELEASE_BUDGET_1 = 249
    SUPPLY_RELEASE_BUDGET_2 = 250
    SUPPLY_RELEASE_BUDGET_3 = 251
    SUPPLY_WITHHELD_TRIGGER = 252
    SUPPLY_WITHHELD_BUDGET = 253
    SUPPLY_UNSOLD_ROUNDS = 254
    SUPPLY_UNSOLD_CAP_PERCENT = 255
    CONSIGNMENT_ALLOWED = 301
    CONSIGNMENT_RATIO = 302
    CONSIGNMENT_MINIMUM_ALLOWED = 303
    CONSIGNMENT_MAY_BID = 304
    CONSIGNMENT_RANK = 305
    CONSIGNMENT_SPLIT = 306
    CONSIGNMENT_UNSOLD = 307
    CONSIGNMENT_BASE = 308
    CONSIGNMENT_WITHDRAWABLE = 309
    CONSIGNMENT_UNTIL = 310
    CONSIGNMENT_DEADLINE = 311
    CONSIGNMENT_DISPLACES_GOVERNMENT = 312
    CONSIGNMENT_DUTY_RATIO = 313
    FEE_BUYER_SHARE = 401
    FEE_SELLER_SHARE = 402
    FEE_ROUNDING = 403
    SETTLEMENT_CASH_DAYS = 411
    SETTLEMENT_UNITS_DAYS = 412
    SETTLEMENT_DEFAULT_UNITS = 413
    SETTLEMENT_DEFAULT_FORFEIT = 414
    SETTLEMENT_DEFAULT_FORFEIT_TO = 415
    USE_TRADABLE = 421
    USE_COMPLIANCE_ONLY = 422
    USE_UNTIL_SURRENDER = 423
    GOVERNANCE_FOUR_EYES = 424
    GOVERNANCE_MONITOR = 425
    GOVERNANCE_ANNOUNCEMENT = 426
    GOVERNANCE_MISTAKEN_BIDS = 427
    GOVERNANCE_CANCEL_UNTIL = 428
    GOVERNANCE_EXTENSION_MAX = 429
    GOVERNANCE_DECLINE = 430
    RESERVE_INTAKE_ABOVE = 601
    RESERVE_INTAKE_SHARE = 602
    RESERVE_INTAKE_SURPLUS_FROM = 603
    RESERVE_RELEASE_BELOW = 604
    RESERVE_RELEASE_QUANTITY = 605
    RESERVE_INVALIDATED_ABOVE_SALES = 606
    RESERVE_RELEASE_PRICE = 607
    RESERVE_RELEASE_DAYS = 608
    RESERVE_BUY_BACK_PRICE = 609
    RESERVE_BUY_BACK_DAYS = 610
    RESERVE_RELEASE_BUDGET = 611
    RESERVE_BUY_BACK_SHARE = 612
    RESERVE_DECISION_DAYS = 613
    RESERVE_TIER_PRICE_1 = 614
    RESERVE_TIER_PRICE_2 = 615
    RESERVE_TIER_PRICE_3 = 616
    RESERVE_TIER_BUDGET_1 = 617
    RESERVE_TIER_BUDGET_2 = 618
    RESERVE_TIER_BUDGET_3 = 619
    RESERVE_TIER_MARGIN_RULE = 620
    RESERVE_TIER_DUE_SHARE = 621
    RESERVE_EXPIRY_YEARS = 622
    AUCTION_SEALING = 623
    ALLOCATION_PAID_SHARE = 640
    ALLOCATION_ROUNDS_PER_YEAR = 641
    ALLOCATION_RESERVE_SHARE = 642
    ALLOCATION_NEW_ENTRANT_SHARE = 643
    ALLOCATION_PAID_SHARE_MINIMUM = 644
    ALLOCATION_NO_GROWTH_FROM = 645
    ALLOCATION_DECLINE_FROM = 646
    ALLOCATION_DECLINE_SHARE = 647
    AUCTION_FLOOR_FORMULA = 660
    AUCTION_FLOOR_PERCENT = 661
    AUCTION_FLOOR_CAP = 662
    AUCTION_FLOOR_WINDOW_FROM = 663
    AUCTION_FLOOR_WINDOW_TO = 664
    AUCTION_FLOOR_WINDOW_MONTHS = 665
    AUCTION_FLOOR_TRADES = 666
    AUCTION_FLOOR_GROWTH_PERCENT = 667
    AUCTION_FLOOR_GROWS_WITH_INFLATION = 668
    BID_NONCOMPETITIVE_MAX = 669
    SUPPLY_REDESIGNATED_AFTER = 670
    SUPPLY_REDESIGNATED_SHARE = 671
    RESERVE_PRICE_MONTHS = 672
    RESERVE_PRICE_MULTIPLE_PERCENT = 673
    RESERVE_REFERENCE_MONTHS = 674
    RESERVE_CEILING_PRICE = 675
    AUCTION_CALENDAR = 676
    CONSIGNMENT_DUTY_DUE = 677
    SURRENDER_OFFSET_SHARE = 680
    SURRENDER_OFFSET_SHARE_CCER = 681
    SURRENDER_OFFSET_SHARE_LOCAL = 682
    SURRENDER_OFFSET_BASE = 683
    SURRENDER_BANKING_YEARS = 684
    SURRENDER_BORROWING_YEARS = 685
    TRANSFER_GIVER = 686
    TRANSFER_TAKER = 687
    PLEDGE_ALLOWED = 688
    PLEDGE_RELEASE = 689
    RETIREMENT_ALLOWED = 690


_P, _K = Parameter, Kind
_BY_NUMBER = (
    TRADING_DEFINITIONS
    | SETTLEMENT_DEFINITIONS
    | VENUE_DEFINITIONS
    | ROUND_DEFINITIONS
    | RESERVE_DEFINITIONS
    | MARKET_DEFINITIONS
    | UNIT_DEFINITIONS
)

DEFINITIONS: dict[Parameter, Definition] = {
    _P.BOOK_LAST_CONFIRMED: Definition(
        "book.last_confirmed",
        _K.COUNT,
        "last day for which the book is confirmed, in days since 1970-01-01",
        "规则确认截止日",
    ),
    _P.BOOK_TRADING_DAYS: Definition(
        "book.trading_days",
        _K.COUNT,
        "trading days of the month that begins on the value's day, as a bitmap",
        "交易日",
    ),
    _P.TRADING_TICK: Definition("trading.tick", _K.MONEY, "smallest step of an order's price", "最小变动价位", least=1),
    _P.TRADING_LOT: Definition(
        "trading.lot", _K.UNITS, "smallest step of an order's quantity", "最小交易单位", least=1
    ),
    _P.AUCTION_PRICE_RULE: Definition(
        "auction.price_rule", _K.WORD, "what a winner pays", "成交价规则", words=terms.PriceRule
    ),
    _P.AUCTION_UNDERSUBSCRIPTION_RULE: Definition(
        "auction.undersubscription_rule",
        _K.WORD,
        "the uniform price when valid demand is below supply",
        "申报不足时的成交价",
        words=terms.UndersubscriptionRule,
    ),
    _P.AUCTION_MARGIN_RULE: Definition(
        "auction.margin_rule", _K.WORD, "who is served among equal prices", "边际配给规则", words=terms.MarginRule
    ),
    _P.AUCTION_RESERVE_PRICE: Definition(
        "auction.reserve_price", _K.MONEY, "lowest price at which units are sold (0.00: none)", "竞买底价"
    ),
    _P.AUCTION_RESERVE_COMPARATOR: Definition(
        "auction.reserve_comparator",
        _K.WORD,
        "whether a bid at the reserve price is valid",
        "底价比较方式",
        words=terms.ReserveComparator,
    ),
    _P.AUCTION_BELOW_RESERVE: Definition(
        "auction.below_reserve",
        _K.WORD,
        "where a bid below the reserve ends",
        "低于底价申报的处理",
        words=terms.BelowReserve,
    ),
    _P.AUCTION_ELIGIBLE: Definition(
        "auction.eligible", _K.SWITCH, "whether the class may bid", "竞买资格", by_class=True
    ),
    _P.AUCTION_SHORTFALL_ONLY: Definition(
        "auction.shortfall_only",
        _K.SWITCH,
        "whether only those may bid whose emissions exceed their allowances",
        "仅限配额缺口单位",
    ),
    _P.AUCTION_BIDS_VISIBLE: Definition(
        "auction.bids_visible",
        _K.SWITCH,
        "whether bids are shown to others while the window is open",
        "申报信息公开",
    ),
    _P.AUCTION_OPENS: Definition("auction.opens", _K.CLOCK, "when the window for bids opens", "竞价开始时间"),
    _P.AUCTION_CLOSES: Definition("auction.closes", _K.CLOCK, "when the window for bids closes", "竞价结束时间"),
    _P.AUCTION_SUPPLY_MAX: Definition(
        "auction.supply_max", _K.UNITS, "most that one round may offer (0: no limit)", "竞价总量上限"
    ),
    _P.BID_TICK: Definition("bid.tick", _K.MONEY, "smallest step of a bid's price", "申报价最小变动单位", least=1),
    _P.BID_LOT: Definition("bid.lot", _K.UNITS, "smallest step of a bid's quantity", "申报数量单位", least=1),
    _P.BID_MINIMUM: Definition(
        "bid.minimum", _K.UNITS, "smallest quantity of one bid", "最小申报量", by_class=True, least=1
    ),
    _P.BID_COUNT_MAX: Definition("bid.count_max", _K.COUNT, "most bids of one bidder (0: no limit)", "申报笔数上限"),
    _P.BID_CAP_SHARE: Definition(
        "bid.cap_share",
        _K.SHARE,
        "most that one bidder may bid for, as a share of the offer (1: the whole offer)",
        "申报量比例上限",
        by_class=True,
    ),
    _P.BID_CAP_QUANTITY: Definition(
        "bid.cap_quantity", _K.UNITS, "most that one bidder may bid for (0: no limit)", "申报量上限", by_class=True
    ),
    _P.BID_GUARANTEE: Definition(
        "bid.guarantee", _K.WORD, "the cash that bids hold", "竞买保证金", words=terms.GuaranteeRule
    ),
    _P.BID_SUBMISSIONS_MAX: Definition(
        "bid.submissions_max",
        _K.COUNT,
        "how often one bidder may submit (0: no limit)",
        "申报次数上限",
    ),
    _P.BID_AMENDABLE: Definition(
        "bid.amendable", _K.SWITCH, "whether a bid may be changed or withdrawn", "申报可否撤改"
    ),
    _P.BID_CAP_SHORTFALL_SHARE: Definition(
        "bid.cap_shortfall_share",
        _K.SHARE,
        "most that one bidder may bid for, as a share of its own shortfall (0: no such limit)",
        "缺口比例上限",
        by_class=True,
    ),
    _P.BID_CLASS_CAP_SHARE: Definition(
        "bid.class_cap_share",
        _K.SHARE,
        "most that all bidders of a class together may bid for, as a share of the offer (1: the whole offer)",
        "同类合计申报比例上限",
        by_class=True,
    ),
    _P.SUPPLY_GROUP_SPLIT: Definition(
        "supply.group_split",
        _K.WORD,
        "how a short joint sale is divided between jurisdictions",
        "联合竞价分摊规则",
        words=SplitRule,
    ),
    _P.SUPPLY_PROCEEDS: Definition(
        "supply.proceeds", _K.WORD, "how payments reach the sellers", "竞价收入分配", words=terms.ProceedsRule
    ),
    _P.SUPPLY_UNSOLD: Definition(
        "supply.unsold",
        _K.WORD,
        "where units of the government go that found no buyer",
        "未成交配额处理",
        words=terms.UnsoldRule,
    ),
    _P.CONSIGNMENT_ALLOWED: Definition(
        "consignment.allowed", _K.SWITCH, "whether the class may consign", "委托资格", by_class=True
    ),
    _P.CONSIGNMENT_RATIO: Definition(
        "consignment.ratio",
        _K.SHARE,
        "most of the base that a consignor may consign",
        "允许委托竞价比例",
        by_class=True,
    ),
    _P.CONSIGNMENT_MINIMUM_ALLOWED: Definition(
        "consignment.minimum_allowed", _K.SWITCH, "whether a consignor may set a minimum price", "委托底价"
    ),
    _P.CONSIGNMENT_MAY_BID: Definition(
        "consignment.may_bid", _K.SWITCH, "whether a consignor may bid as well", "委托方可否竞买"
    ),
    _P.CONSIGNMENT_RANK: Definition(
        "consignment.rank",
        _K.COUNT,
        "place of consigned units in the order of sale (lower sells first)",
        "委托配额成交顺序",
    ),
    _P.CONSIGNMENT_SPLIT: Definition(
        "consignment.split",
        _K.WORD,
        "how a short sale is divided among consignors",
        "委托方之间的分摊规则",
        words=SplitRule,
    ),
    _P.CONSIGNMENT_UNSOLD: Definition(
        "consignment.unsold",
        _K.WORD,
        "where consigned units go that found no buyer",
        "未成交委托配额处理",
        words=terms.UnsoldRule,
    ),
    _P.CONSIGNMENT_BASE: Definition(
        "consignment.base", _K.WORD, "what the permitted ratio is a share of", "委托比例基数", words=ConsignmentBase
    ),
    _P.FEE_BUYER_SHARE: Definition(
        "fee.buyer_share", _K.SHARE, "fee of a winner, as a share of its payment", "买方手续费率"
    ),
    _P.FEE_SELLER_SHARE: Definition(
        "fee.seller_share", _K.SHARE, "fee of a seller, as a share of its proceeds", "卖方手续费率"
    ),
    _P.SETTLEMENT_CASH_DAYS: Definition(
        "settlement.cash_days",
        _K.COUNT,
        "trading days from the clear to the payment (0: the same day)",
        "资金交收日",
        enforced=False,
    ),
    _P.SETTLEMENT_UNITS_DAYS: Definition(
        "settlement.units_days",
        _K.COUNT,
        "trading days from the clear to the delivery of units (0: the same day)",
        "配额交收日",
        enforced=False,
    ),
    _P.USE_TRADABLE: Definition(
        "use.tradable", _K.SWITCH, "whether units bought may be sold again", "可否再交易", enforced=False
    ),
    _P.USE_COMPLIANCE_ONLY: Definition(
        "use.compliance_only", _K.SWITCH, "whether units bought serve surrender only", "仅限履约使用"
    ),
    _P.USE_UNTIL_SURRENDER: Definition(
        "use.until_surrender",
        _K.SWITCH,
        "whether units bought lapse after the next surrender date",
        "履约期后失效",
        enforced=False,
    ),
} | {Parameter(number): definition for number, definition in _BY_NUMBER.items()}

SHARE_WHOLE_PPM = 1_000_000
"""A share of all, in the parts in which shares are stored."""

VALUE_MAX = 2**50
"""Largest value that is neither a word, a switch nor a share."""

BY_KEY: dict[str, Parameter] = {definition.key: parameter for parameter, definition in DEFINITIONS.items()}


def words_of(parameter: Parameter) -> dict[str, int]:
    """The words a WORD parameter takes, each with its number."""
    enum = DEFINITIONS[parameter].words
    return {} if enum is None else {member.name.lower(): int(member) for member in enum}


def allowed(parameter: Parameter, value: int) -> bool:
    """Whether a stored value lies in the parameter's list or range."""
    match DEFINITIONS[parameter].kind:
        case Kind.WORD:
            return value in words_of(parameter).values()
        case Kind.SWITCH:
            return value in (0, 1)
        case Kind.SHARE:
            return 0 <= value <= SHARE_WHOLE_PPM
        case _:
            return 0 <= value <= VALUE_MAX
