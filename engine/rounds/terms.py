"""From a rule book and an operator's values to the integers that a round is judged by.

A round's own values stand before the book's; the book's value is the one in force on the round's day. Which
parameters a round cannot do without is said here once: a needed one that is unknown refuses the opening, naming it. A
round never runs on a default that nobody chose: what is optional means "no such rule" when it is absent.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.auction.terms import MarginRule, PriceRule, ProceedsRule, UndersubscriptionRule
from engine.commands import ParticipantClass
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Basis, Kind, Parameter, words_of
from engine.registry.books import Books
from engine.rounds.layout import CLASSES

SHARE_WHOLE_PPM = 1_000_000

SETTLED: dict[str, tuple[int, ...]] = {
    "price_rule": (PriceRule.UNIFORM, PriceRule.PAY_AS_BID),
    "undersubscription_rule": (
        UndersubscriptionRule.LOWEST_VALID_BID,
        UndersubscriptionRule.AT_RESERVE,
        UndersubscriptionRule.CANCEL,
    ),
    "margin_rule": (
        MarginRule.TIME_PRIORITY,
        MarginRule.PRO_RATA_LARGEST_REMAINDER,
        MarginRule.PRO_RATA_FIRST,
    ),
}
"""The rules that a round of the core can settle. The clear knows more: draws and hidden reserves, which need inputs
that no command carries yet, and a percentage rounded up, which may award more than was locked. They are refused at the
opening, so that no round can be opened that could not be cleared."""

_P = Parameter

ALWAYS_NEEDED: tuple[tuple[Parameter, str], ...] = (
    (_P.AUCTION_PRICE_RULE, "price_rule"),
    (_P.AUCTION_MARGIN_RULE, "margin_rule"),
    (_P.AUCTION_RESERVE_PRICE, "reserve_price_ticks"),
    (_P.AUCTION_RESERVE_COMPARATOR, "reserve_comparator"),
    (_P.AUCTION_BELOW_RESERVE, "below_reserve"),
    (_P.BID_GUARANTEE, "guarantee_rule"),
    (_P.BID_TICK, "price_step_ticks"),
    (_P.BID_LOT, "quantity_step_lots"),
)
"""What every round needs, and the field of the round that it fills. (The undersubscription rule only sets a uniform
price, so pay-as-bid does without.)"""

NEEDED_WITH_CONSIGNMENT: tuple[tuple[Parameter, str], ...] = (
    (_P.CONSIGNMENT_MAY_BID, "consignor_may_bid"),
    (_P.CONSIGNMENT_MINIMUM_ALLOWED, "consignment_minimum_allowed"),
    (_P.CONSIGNMENT_RANK, "consignment_rank"),
    (_P.CONSIGNMENT_UNSOLD, "consignment_unsold"),
)

OPTIONAL_BY_CLASS: tuple[tuple[Parameter, str, int], ...] = (
    (_P.AUCTION_ELIGIBLE, "eligible", 1),
    (_P.BID_MINIMUM, "minimum_lots", 1),
    (_P.BID_CAP_SHARE, "cap_share_ppm", -1),
    (_P.BID_CAP_QUANTITY, "cap_lots", -1),
    (_P.CONSIGNMENT_ALLOWED, "consignment_allowed", 0),
    (_P.CONSIGNMENT_RATIO, "consignment_ratio_ppm", SHARE_WHOLE_PPM),
)
"""Rules that may be absent, with what their absence means."""


@dataclass(frozen=True)
class Unresolved:
    """Why a round's terms cannot be had: the refusal, and the parameter to name."""

    outcome: Outcome
    parameter: Parameter


class Resolver:
    """Looks up one round's parameters: the operator's value for the round, else the book's on its day."""

    def __init__(
        self,
        books: Books,
        book: int,
        day: int,
        overrides: dict[tuple[int, int], int],
        tick_minor: int,
        lot_units: int,
    ) -> None:
        self._books, self._book, self._day, self._overrides = books, book, day, overrides
        self._unit = {Kind.MONEY: tick_minor, Kind.UNITS: lot_units}

    def known(self, parameter: Parameter, klass: int = 0) -> int | Unresolved | None:
        """The value in ticks, lots, ppm, or as stored; None when no rule says anything."""
        for key in ((int(parameter), klass), (int(parameter), 0)):
            if key in self._overrides:
                return self._scaled(parameter, self._overrides[key])
        entry = self._books.entry(self._book, parameter, klass, self._day)
        if entry is None:
            return None
        if entry.basis is Basis.UNKNOWN:
            return Unresolved(Outcome.PARAMETER_WITHOUT_VALUE, parameter)
        return self._scaled(parameter, entry.value)

    def past_last_confirmed(self) -> bool:
        """Whether the round's day lies after the last day for which the book's values are confirmed."""
        last_day = self.known(_P.BOOK_LAST_CONFIRMED)
        return isinstance(last_day, int) and self._day > last_day

    def _scaled(self, parameter: Parameter, value: int) -> int | Unresolved:
        unit = self._unit.get(DEFINITIONS[parameter].kind, 1)
        if value % unit:
            return Unresolved(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
        return value // unit


def resolve(resolver: Resolver) -> dict[str, int | list[int]] | Unresolved:
    """The fields of a round's record that rules decide, or the first parameter in the way."""
    if resolver.past_last_confirmed():
        return Unresolved(Outcome.DATE_AFTER_LAST_CONFIRMED, _P.BOOK_LAST_CONFIRMED)
    fields: dict[str, int | list[int]] = {}
    needed = list(ALWAYS_NEEDED)
    for parameter, name, absent in OPTIONAL_BY_CLASS:
        known = {klass: resolver.known(parameter, klass) for klass in ParticipantClass}
        if parameter is _P.AUCTION_ELIGIBLE and any(value is not None for value in known.values()):
            absent = 0  # A book that says which classes may bid leaves out the others on purpose.
        values = [absent] * CLASSES
        for klass, value in known.items():
            if isinstance(value, Unresolved):
                return value
            values[klass] = absent if value is None else value
        fields[name] = values
        if parameter is _P.CONSIGNMENT_ALLOWED and any(values):
            needed += NEEDED_WITH_CONSIGNMENT
    price_rule = resolver.known(_P.AUCTION_PRICE_RULE)
    if price_rule == PriceRule.UNIFORM:
        needed.append((_P.AUCTION_UNDERSUBSCRIPTION_RULE, "undersubscription_rule"))
    for parameter, name in needed:
        value = resolver.known(parameter)
        if value is None:
            return Unresolved(Outcome.PARAMETER_WITHOUT_VALUE, parameter)
        if isinstance(value, Unresolved):
            return value
        fields[name] = value
    count_max = resolver.known(_P.BID_COUNT_MAX)
    if isinstance(count_max, Unresolved):
        return count_max
    fields["bid_count_max"] = count_max or 0
    proceeds = resolver.known(_P.SUPPLY_PROCEEDS)
    if isinstance(proceeds, Unresolved):
        return proceeds
    fields["proceeds_rule"] = proceeds or int(ProceedsRule.POOL)
    return _out_of_range(fields) or fields


def _out_of_range(fields: dict[str, int | list[int]]) -> Unresolved | None:
    """A rule that the core cannot settle, a step of nothing, or a reserve price that no bid can have."""
    for parameter, name in (*ALWAYS_NEEDED, (_P.AUCTION_UNDERSUBSCRIPTION_RULE, "undersubscription_rule")):
        if name in SETTLED and name in fields and fields[name] not in SETTLED[name]:
            return Unresolved(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
    for parameter, name, least, most in (
        (_P.BID_TICK, "price_step_ticks", 1, PRICE_TICKS_MAX),
        (_P.BID_LOT, "quantity_step_lots", 1, QUANTITY_LOTS_MAX),
        (_P.AUCTION_RESERVE_PRICE, "reserve_price_ticks", 0, PRICE_TICKS_MAX),
    ):
        value = fields[name]
        if not isinstance(value, int) or not least <= value <= most:
            return Unresolved(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
    return None


def allowed(parameter: Parameter, value: int) -> bool:
    """Whether an operator's value lies in the parameter's list or range."""
    match DEFINITIONS[parameter].kind:
        case Kind.WORD:
            return value in words_of(parameter).values()
        case Kind.SWITCH:
            return value in (0, 1)
        case Kind.SHARE:
            return 0 <= value <= SHARE_WHOLE_PPM
        case _:
            return 0 <= value <= 2**50
