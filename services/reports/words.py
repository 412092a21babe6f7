"""Words of a notice in English and Chinese: statuses, currencies, classes, units."""

from __future__ import annotations

from engine.auction.terms import RoundStatus
from engine.outcomes import Outcome
from services.reports.report import Text

STATUS: dict[RoundStatus, Text] = {
    RoundStatus.CLEARED: Text("Cleared: everything on offer is sold", "全部成交"),
    RoundStatus.PARTIALLY_CLEARED: Text("Partially cleared: part of the offer is sold", "部分成交"),
    RoundStatus.RESERVE_NOT_MET: Text("Not sold: no bid met the reserve price", "未成交：无申报达到底价"),
    RoundStatus.NO_VALID_BIDS: Text("Not sold: no valid bids", "未成交：无有效申报"),
    RoundStatus.CANCELLED: Text("Cancelled", "已取消"),
    RoundStatus.DECLINED: Text("Declined: the result is below the confidential reserve", "未成交：低于保密底价"),
}
"""How a round ended, as a notice says it."""

REFUSAL: dict[Outcome, Text] = {
    Outcome.CLASS_NOT_ELIGIBLE: Text("class may not bid", "无竞买资格"),
    Outcome.BID_PRICE_OFF_TICK: Text("price off its step", "申报价单位不符"),
    Outcome.BID_BELOW_RESERVE: Text("below the reserve price", "低于竞买底价"),
    Outcome.BID_QUANTITY_OFF_LOT: Text("quantity off its step", "申报数量单位不符"),
    Outcome.BID_QUANTITY_BELOW_MINIMUM: Text("quantity too small", "低于最小申报量"),
    Outcome.BID_COUNT_EXCEEDED: Text("too many bids", "超过申报笔数上限"),
    Outcome.BID_CAP_EXCEEDED: Text("over the bidder's cap", "超过申报量上限"),
    Outcome.CONSIGNOR_MAY_NOT_BID: Text("consignor may not bid", "委托方不得竞买"),
    Outcome.CASH_INSUFFICIENT: Text("guarantee not covered", "保证金不足"),
    Outcome.COMMITTED_AMOUNT_EXCEEDED: Text("beyond what was put up", "超出预缴保证金"),
    Outcome.GUARANTEE_NOT_PUT_UP: Text("nothing put up", "未预缴保证金"),
    Outcome.PRICE_OUT_OF_BOUNDS: Text("price out of bounds", "申报价超出范围"),
    Outcome.QUANTITY_OUT_OF_BOUNDS: Text("quantity out of bounds", "申报量超出范围"),
    Outcome.AMOUNT_OUT_OF_BOUNDS: Text("amount out of bounds", "申报金额超出范围"),
}
"""Why a bid was refused, in a few words; a reason that is missing here goes by the outcome's name."""


def refusal(outcome: Outcome) -> Text:
    """Why a bid was refused, in both languages."""
    name = outcome.name.lower().replace("_", " ")
    return REFUSAL.get(outcome, Text(name, name))


CURRENCY: dict[str, Text] = {
    "CNY": Text("CNY", "元"),
    "NZD": Text("NZD", "新西兰元"),
    "USD": Text("USD", "美元"),
    "CAD": Text("CAD", "加元"),
    "EUR": Text("EUR", "欧元"),
    "GBP": Text("GBP", "英镑"),
    "KRW": Text("KRW", "韩元"),
}
"""Currencies; one that is missing here goes by its code."""

TONNES = Text("t", "吨")
PER_CENT = Text("%", "%")
BIDS = Text("bids", "笔")
BIDDERS = Text("bidders", "家")
NO_UNIT = Text("", "")


def currency(code: str) -> Text:
    """A currency in both languages."""
    return CURRENCY.get(code, Text(code, code))


def price_unit(code: str) -> Text:
    """Money a tonne."""
    name = currency(code)
    return Text(f"{name.en}/{TONNES.en}", f"{name.zh}/{TONNES.zh}")
