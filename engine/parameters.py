"""The parameters that a rule book can set, numbered.

An event of refusal carries a parameter's number; a rule book writes its key; an adopted book is a list of (number,
class, day, value). Numbers are frozen once released. What kind of value each takes, and in which unit, is said here
once, for the loader, for the core, and for whoever shows a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from engine.auction import terms


class Parameter(IntEnum):
    """Numbers of the parameters. `NONE` stands where no rule is behind an outcome."""

    NONE = 0
    TRADING_TICK = 101
    TRADING_LOT = 102
    AUCTION_PRICE_RULE = 201
    AUCTION_UNDERSUBSCRIPTION_RULE = 202
    AUCTION_MARGIN_RULE = 203
    AUCTION_RESERVE_PRICE = 204
    AUCTION_RESERVE_COMPARATOR = 205
    AUCTION_BELOW_RESERVE = 206
    AUCTION_ELIGIBLE = 207
    BID_TICK = 221
    BID_LOT = 222
    BID_MINIMUM = 223
    BID_COUNT_MAX = 224
    BID_CAP_SHARE = 225
    BID_CAP_QUANTITY = 226
    BID_GUARANTEE = 227
    SUPPLY_GROUP_SPLIT = 241
    SUPPLY_PROCEEDS = 242
    CONSIGNMENT_ALLOWED = 301
    CONSIGNMENT_RATIO = 302
    CONSIGNMENT_MINIMUM_ALLOWED = 303
    CONSIGNMENT_MAY_BID = 304
    CONSIGNMENT_RANK = 305
    CONSIGNMENT_SPLIT = 306
    CONSIGNMENT_UNSOLD = 307


class Kind(IntEnum):
    """What kind of value a parameter takes; each is stored as one integer."""

    MONEY = 1
    """A price per unit: a decimal string in a book, minor units as integer."""
    UNITS = 2
    """A quantity in units (t)."""
    SHARE = 3
    """A fraction from 0 to 1: a decimal string in a book, parts per million as integer."""
    COUNT = 4
    """A number of things, at least 0."""
    SWITCH = 5
    """true or false, stored as 1 or 0."""
    WORD = 6
    """One of a list of words, stored as the number of the enum's member."""


class SplitRule(IntEnum):
    """How a short sale is divided: in proportion, the last units by named remainder rule."""

    LARGEST_REMAINDER = 1


class Basis(IntEnum):
    """What a value rests on: read in a text, inferred or reported, chosen by the operator, or not known at all."""

    STATED = 1
    ASSUMED = 2
    OPERATOR = 3
    UNKNOWN = 4


@dataclass(frozen=True)
class Definition:
    """One parameter: its key in a rule book, what it takes, and what it means.

    `by_class`: the value may differ by class of participant. `words`: the enum behind a WORD.
    """

    key: str
    kind: Kind
    meaning: str
    by_class: bool = False
    words: type[IntEnum] | None = None


_P, _K = Parameter, Kind

DEFINITIONS: dict[Parameter, Definition] = {
    _P.TRADING_TICK: Definition("trading.tick", _K.MONEY, "smallest step of an order's price"),
    _P.TRADING_LOT: Definition("trading.lot", _K.UNITS, "smallest step of an order's quantity"),
    _P.AUCTION_PRICE_RULE: Definition("auction.price_rule", _K.WORD, "what a winner pays", words=terms.PriceRule),
    _P.AUCTION_UNDERSUBSCRIPTION_RULE: Definition(
        "auction.undersubscription_rule",
        _K.WORD,
        "the uniform price when valid demand is below supply",
        words=terms.UndersubscriptionRule,
    ),
    _P.AUCTION_MARGIN_RULE: Definition(
        "auction.margin_rule", _K.WORD, "who is served among equal prices", words=terms.MarginRule
    ),
    _P.AUCTION_RESERVE_PRICE: Definition("auction.reserve_price", _K.MONEY, "lowest price at which units are sold"),
    _P.AUCTION_RESERVE_COMPARATOR: Definition(
        "auction.reserve_comparator",
        _K.WORD,
        "whether a bid at the reserve price is valid",
        words=terms.ReserveComparator,
    ),
    _P.AUCTION_BELOW_RESERVE: Definition(
        "auction.below_reserve", _K.WORD, "where a bid below the reserve ends", words=terms.BelowReserve
    ),
    _P.AUCTION_ELIGIBLE: Definition("auction.eligible", _K.SWITCH, "whether the class may bid", by_class=True),
    _P.BID_TICK: Definition("bid.tick", _K.MONEY, "smallest step of a bid's price"),
    _P.BID_LOT: Definition("bid.lot", _K.UNITS, "smallest step of a bid's quantity"),
    _P.BID_MINIMUM: Definition("bid.minimum", _K.UNITS, "smallest quantity of one bid", by_class=True),
    _P.BID_COUNT_MAX: Definition("bid.count_max", _K.COUNT, "most bids of one bidder (0: no limit)"),
    _P.BID_CAP_SHARE: Definition(
        "bid.cap_share", _K.SHARE, "most that one bidder may bid for, as a share of the offer", by_class=True
    ),
    _P.BID_CAP_QUANTITY: Definition(
        "bid.cap_quantity", _K.UNITS, "most that one bidder may bid for (0: no limit)", by_class=True
    ),
    _P.BID_GUARANTEE: Definition("bid.guarantee", _K.WORD, "the cash that bids hold", words=terms.GuaranteeRule),
    _P.SUPPLY_GROUP_SPLIT: Definition(
        "supply.group_split", _K.WORD, "how a short joint sale is divided between jurisdictions", words=SplitRule
    ),
    _P.SUPPLY_PROCEEDS: Definition(
        "supply.proceeds", _K.WORD, "how payments reach the sellers", words=terms.ProceedsRule
    ),
    _P.CONSIGNMENT_ALLOWED: Definition(
        "consignment.allowed", _K.SWITCH, "whether the class may consign", by_class=True
    ),
    _P.CONSIGNMENT_RATIO: Definition(
        "consignment.ratio", _K.SHARE, "most of its holding that a consignor may consign", by_class=True
    ),
    _P.CONSIGNMENT_MINIMUM_ALLOWED: Definition(
        "consignment.minimum_allowed", _K.SWITCH, "whether a consignor may set a minimum price"
    ),
    _P.CONSIGNMENT_MAY_BID: Definition("consignment.may_bid", _K.SWITCH, "whether a consignor may bid as well"),
    _P.CONSIGNMENT_RANK: Definition(
        "consignment.rank", _K.COUNT, "place of consigned units in the order of sale (lower sells first)"
    ),
    _P.CONSIGNMENT_SPLIT: Definition(
        "consignment.split", _K.WORD, "how a short sale is divided among consignors", words=SplitRule
    ),
    _P.CONSIGNMENT_UNSOLD: Definition(
        "consignment.unsold", _K.WORD, "where unsold consigned units go", words=terms.UnsoldRule
    ),
}

BY_KEY: dict[str, Parameter] = {definition.key: parameter for parameter, definition in DEFINITIONS.items()}


def words_of(parameter: Parameter) -> dict[str, int]:
    """The words a WORD parameter takes, each with its number."""
    enum = DEFINITIONS[parameter].words
    return {} if enum is None else {member.name.lower(): int(member) for member in enum}
