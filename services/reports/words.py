"""Words of a notice in English and Chinese: statuses, currencies, classes, units."""

from __future__ import annotations

from engine.auction.terms import RoundStatus
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
