"""The parameters of the life of a unit, by number: surrender, transfer, pledge, cancellation. A book may leave out any.

What a book does not say means what `absent` says.
"""

from __future__ import annotations

from engine.parameters.definition import Definition, Kind
from engine.words.units import OffsetBase, PledgeRelease

_K = Kind

UNIT_DEFINITIONS: dict[int, Definition] = {
    680: Definition(
        "surrender.offset_share",
        _K.SHARE,
        "most that offsets of all kinds together may be of what is surrendered for a year, as a share of the base",
        "抵销比例上限",
        absent="offsets may not be surrendered",
    ),
    681: Definition(
        "surrender.offset_share_ccer",
        _K.SHARE,
        "most that national certified reductions (CCER) may be of it",
        "国家核证自愿减排量抵销比例上限",
        absent="no limit of their own",
    ),
    682: Definition(
        "surrender.offset_share_local",
        _K.SHARE,
        "most that certified reductions of a local scheme may be of it",
        "地方减排量抵销比例上限",
        absent="no limit of their own",
    ),
    683: Definition(
        "surrender.offset_base",
        _K.WORD,
        "what the limits on offsets are a share of",
        "抵销比例基数",
        words=OffsetBase,
        absent="the verified emissions of the year",
    ),
    684: Definition(
        "surrender.banking_years",
        _K.COUNT,
        "for how many years after its vintage an allowance may be surrendered (0: for its own year only)",
        "配额结转年限",
        absent="for ever",
    ),
    685: Definition(
        "surrender.borrowing_years",
        _K.COUNT,
        "for how many years before its vintage an allowance may be surrendered",
        "配额预借年限",
        absent="for none",
    ),
    686: Definition(
        "transfer.giver",
        _K.SWITCH,
        "whether accounts of the class may give units away off the book",
        "可否非交易转出",
        by_class=True,
        absent="no",
    ),
    687: Definition(
        "transfer.taker",
        _K.SWITCH,
        "whether accounts of the class may take units off the book",
        "可否非交易转入",
        by_class=True,
        absent="no",
    ),
    688: Definition(
        "pledge.allowed",
        _K.SWITCH,
        "whether accounts of the class may pledge units",
        "可否质押",
        by_class=True,
        absent="no",
    ),
    689: Definition(
        "pledge.release",
        _K.WORD,
        "who ends a pledge",
        "质押解除方式",
        words=PledgeRelease,
        absent="the pledgee",
    ),
    690: Definition(
        "retirement.allowed",
        _K.SWITCH,
        "whether accounts of the class may have units cancelled of their own accord",
        "可否自愿注销",
        by_class=True,
        absent="yes",
    ),
}
"""By the number of the parameter."""
