"""From a rule book and an operator's values to the integers that a round is judged by.

A round's own values stand before the book's; the book's value is the one in force on the round's day. Which
parameters a round cannot do without is said here once: a needed one that is unknown refuses the opening, naming it. A
round never runs on a default that nobody chose: what is optional means "no such rule" when it is absent.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.auction.terms import GuaranteeRule, MarginRule, PriceRule, ProceedsRule
from engine.commands import ParticipantClass
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX, TIME_NS_MAX
from engine.outcomes import Outcome
from engine.parameters import DEFINITIONS, Basis, Kind, Parameter, allowed
from engine.registry.books import Books
from engine.rounds.layout import CLASSES
from engine.words.rounds import Clock, Sealing, Visibility

SHARE_WHOLE_PPM = 1_000_000

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
"""What every round needs, and the field of the round that it fills. (The undersubscription rule sets a
common price, so pay-as-bid can do without.)"""

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
    (_P.BID_CAP_EMISSIONS_SHARE, "cap_emissions_ppm", 0),
    (_P.BID_HOLDING_LIMIT, "holding_limit_lots", 0),
)
"""Rules that may be absent, with what their absence means."""


OPTIONAL: tuple[tuple[Parameter, str], ...] = (
    (_P.BID_COUNT_MAX, "bid_count_max"),
    (_P.SUPPLY_PROCEEDS, "proceeds_rule"),
    (_P.AUCTION_HIDDEN_RESERVE_RULE, "hidden_reserve_rule"),
    (_P.AUCTION_FIXED_PRICE, "fixed_price_ticks"),
    (_P.AUCTION_CEILING_PRICE, "ceiling_price_ticks"),
    (_P.AUCTION_MARGIN_UNIT, "margin_unit"),
    (_P.AUCTION_MARGIN_LOT, "margin_lot"),
    (_P.AUCTION_PAYMENT_STEP, "payment_step_minor"),
    (_P.AUCTION_PAYMENT_ROUNDING, "payment_rounding"),
    (_P.BID_CAP_COUNTS_RELEASED, "counts_released"),
    (_P.BID_CAP_EXCESS, "cap_excess"),
    (_P.BID_GUARANTEE_EXCESS, "guarantee_excess"),
    (_P.BID_GUARANTEE_SHARE, "guarantee_share_ppm"),
    (_P.BID_LINKED_CAP_SHARE, "linked_cap_ppm"),
    (_P.SUPPLY_STEP_RULE, "supply_step_rule"),
    (_P.SUPPLY_RELEASE_RULE, "release_rule"),
    (_P.SUPPLY_WITHHELD_TRIGGER, "withheld_trigger_ticks"),
    (_P.SUPPLY_UNSOLD_ROUNDS, "unsold_rounds"),
    (_P.CONSIGNMENT_DISPLACES_GOVERNMENT, "displaces_government"),
    (_P.FEE_ROUNDING, "fee_rounding"),
    (_P.SETTLEMENT_DEFAULT_UNITS, "default_units"),
    (_P.SETTLEMENT_DEFAULT_FORFEIT, "default_forfeit_ppm"),
    (_P.SETTLEMENT_DEFAULT_FORFEIT_TO, "default_forfeit_to"),
    (_P.GOVERNANCE_ANNOUNCEMENT, "announcement"),
    (_P.AUCTION_SEALING, "sealing"),
)
"""Rules that a book may leave out. 0 stands for their absence, and for what the parameter says absence means."""

OPTIONAL_WHERE_KNOWN: tuple[tuple[Parameter, str], ...] = (
    (_P.AUCTION_UNDERSUBSCRIPTION_RULE, "undersubscription_rule"),
    (_P.AUCTION_SHORTFALL_ONLY, "shortfall_only"),
    (_P.AUCTION_SUPPLY_MAX, "supply_max_lots"),
    (_P.BID_SUBMISSIONS_MAX, "submissions_max"),
    (_P.BID_AMENDABLE, "amendable"),
    (_P.SUPPLY_UNSOLD, "supply_unsold"),
    (_P.CONSIGNMENT_SPLIT, "consignment_split"),
    (_P.FEE_BUYER_SHARE, "fee_buyer_ppm"),
    (_P.FEE_SELLER_SHARE, "fee_seller_ppm"),
)
"""Rules that every book has to speak of, but may say are unknown: then nothing is judged by them, and the round shows
that (docs/decisions/0021)."""

OPTIONAL_BY_CLASS_WHERE_KNOWN: tuple[tuple[Parameter, str, int], ...] = (
    (_P.BID_CAP_SHORTFALL_SHARE, "cap_shortfall_ppm", 0),
    (_P.BID_CLASS_CAP_SHARE, "class_cap_ppm", 0),
)

RELEASE_TIERS: tuple[tuple[Parameter, Parameter], ...] = (
    (_P.SUPPLY_RELEASE_TRIGGER_1, _P.SUPPLY_RELEASE_BUDGET_1),
    (_P.SUPPLY_RELEASE_TRIGGER_2, _P.SUPPLY_RELEASE_BUDGET_2),
    (_P.SUPPLY_RELEASE_TRIGGER_3, _P.SUPPLY_RELEASE_BUDGET_3),
)
"""Trigger and yearly budget of each release tier, the first at position 0."""

SALE_TIERS: tuple[tuple[Parameter, Parameter], ...] = (
    (_P.RESERVE_TIER_PRICE_1, _P.RESERVE_TIER_BUDGET_1),
    (_P.RESERVE_TIER_PRICE_2, _P.RESERVE_TIER_BUDGET_2),
    (_P.RESERVE_TIER_PRICE_3, _P.RESERVE_TIER_BUDGET_3),
)
"""Price and yearly budget of each tier of sales from the reserve, the first at position 0."""

MINUTE_NS = 60_000_000_000
DAY_MINUTES = 1_440


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
        self._books, self._book, self.day, self._overrides = books, book, day, overrides
        self._unit = {Kind.MONEY: tick_minor, Kind.UNITS: lot_units}

    def known(self, parameter: Parameter, klass: int = 0) -> int | Unresolved | None:
        """The value in ticks, lots, ppm, or as stored; None when no rule says anything."""
        for key in ((int(parameter), klass), (int(parameter), 0)):
            if key in self._overrides:
                return self._scaled(parameter, self._overrides[key])
        entry = self._books.entry(self._book, parameter, klass, self.day)
        if entry is None:
            return None
        if entry.basis is Basis.UNKNOWN:
            return Unresolved(Outcome.PARAMETER_WITHOUT_VALUE, parameter)
        if not allowed(parameter, entry.value):
            return Unresolved(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
        return self._scaled(parameter, entry.value)

    def past_last_confirmed(self) -> bool:
        """Whether the round's day lies after the last day for which the book's values are confirmed."""
        last_day = self.known(_P.BOOK_LAST_CONFIRMED)
        return isinstance(last_day, int) and self.day > last_day

    def is_trading_day(self) -> bool | None:
        """Whether the round's day is a trading day of its book; None in a month that the book does not know."""
        days = self._books.trading_days(self._book)
        return days.is_trading_day(self.day) if days.months else True

    def _scaled(self, parameter: Parameter, value: int) -> int | Unresolved:
        unit = self._unit.get(DEFINITIONS[parameter].kind, 1)
        if value % unit:
            return Unresolved(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
        return value // unit


def resolve(resolver: Resolver, sale_tier: int = 0) -> dict[str, int | list[int]] | Unresolved:
    """The fields of a round's record that rules decide, or the first parameter in the way.

    `sale_tier` names the tier of a sale from the reserve, which has its price and its margin rule there; 0: no such
    sale.
    """
    if resolver.past_last_confirmed():
        return Unresolved(Outcome.DATE_AFTER_LAST_CONFIRMED, _P.BOOK_LAST_CONFIRMED)
    try:
        return _resolved(resolver, sale_tier)
    except _InTheWay as reason:
        return reason.unresolved


class _InTheWay(Exception):
    """Carries the parameter in the way out of the steps of resolving; never leaves this module."""

    def __init__(self, outcome: Outcome, parameter: Parameter) -> None:
        super().__init__(parameter.name)
        self.unresolved = Unresolved(outcome, parameter)


def _resolved(resolver: Resolver, sale_tier: int) -> dict[str, int | list[int]]:
    fields: dict[str, int | list[int]] = {}
    needed = list(ALWAYS_NEEDED)
    for parameter, name, absent in OPTIONAL_BY_CLASS:
        fields[name] = _by_class(resolver, parameter, absent)
    for parameter, name, absent in OPTIONAL_BY_CLASS_WHERE_KNOWN:
        fields[name] = _by_class(resolver, parameter, absent, where_known=True)
    if any(_by_class(resolver, _P.CONSIGNMENT_ALLOWED, 0)):
        needed += NEEDED_WITH_CONSIGNMENT
    price_rule = resolver.known(_P.AUCTION_PRICE_RULE)
    if price_rule in (PriceRule.UNIFORM, PriceRule.HIGHEST_ACCEPTED_OFFER, PriceRule.MIDPOINT):
        needed.append((_P.AUCTION_UNDERSUBSCRIPTION_RULE, "undersubscription_rule"))
    if price_rule == PriceRule.FIXED:
        price = SALE_TIERS[sale_tier - 1][0] if sale_tier else _P.AUCTION_FIXED_PRICE
        needed.append((price, "fixed_price_ticks"))
    for parameter, name in (*OPTIONAL, *OPTIONAL_WHERE_KNOWN):
        value = resolver.known(parameter)
        if isinstance(value, Unresolved) and (parameter, name) in OPTIONAL_WHERE_KNOWN:
            value = None
        fields[name] = _checked(value) or 0
    for parameter, name in needed:
        value = _checked(resolver.known(parameter))
        if value is None:
            raise _InTheWay(Outcome.PARAMETER_WITHOUT_VALUE, parameter)
        fields[name] = value
    if sale_tier and price_rule == PriceRule.FIXED:
        fields["margin_rule"] = _checked(resolver.known(_P.RESERVE_TIER_MARGIN_RULE)) or fields["margin_rule"]
    fields["proceeds_rule"] = fields["proceeds_rule"] or int(ProceedsRule.POOL)
    fields["excludes_consigned"] = int(_checked(resolver.known(_P.BID_CAP_COUNTS_CONSIGNED)) == 0)
    fields["visibility"] = _visibility(resolver)
    # Where it is not known whether units serve surrender only, they do not: most books call it unknown.
    fields["compliance_only"] = int(resolver.known(_P.USE_COMPLIANCE_ONLY) == 1)
    fields |= _window(resolver)
    _check_sealing(fields)
    _check_ranges(fields)
    _check_funding(fields)
    _check_day(resolver)
    return fields


def _checked(value: int | Unresolved | None) -> int | None:
    if isinstance(value, Unresolved):
        raise _InTheWay(value.outcome, value.parameter)
    return value


def _by_class(resolver: Resolver, parameter: Parameter, absent: int, *, where_known: bool = False) -> list[int]:
    """One value a class, `absent` where the rules say nothing (or, `where_known`, where they say it is unknown)."""
    known = {klass: resolver.known(parameter, klass) for klass in ParticipantClass}
    if parameter is _P.AUCTION_ELIGIBLE and any(value is not None for value in known.values()):
        absent = 0  # A book that says which classes may bid leaves out the others on purpose.
    values = [absent] * CLASSES
    for klass, value in known.items():
        settled = None if where_known and isinstance(value, Unresolved) else _checked(value)
        values[klass] = absent if settled is None else settled
    return values


def _visibility(resolver: Resolver) -> int:
    """What others see of bids: as the rules say, or by whether they are visible at all."""
    said = _checked(resolver.known(_P.AUCTION_VISIBILITY))
    if said is not None:
        return said
    return int(Visibility.LIVE_DEMAND) if resolver.known(_P.AUCTION_BIDS_VISIBLE) == 1 else 0


def _window(resolver: Resolver) -> dict[str, int | list[int]]:
    """The times of the window in nanoseconds; all 0 where the rules name no clock."""
    clock = _checked(resolver.known(_P.AUCTION_CLOCK))
    names = (
        (_P.AUCTION_OPENS, "opens_ns"),
        (_P.AUCTION_CLOSES, "closes_ns"),
        (_P.BID_WITHDRAW_CLOSES, "withdraw_closes_ns"),
    )
    if clock is None:
        return {name: 0 for _, name in names}
    return {name: moment_ns(resolver, parameter, Clock(clock)) for parameter, name in names}


def moment_ns(resolver: Resolver, parameter: Parameter, clock: Clock) -> int:
    """A time of the round's day as nanoseconds since 1970; 0 where the rules do not name it."""
    minutes = resolver.known(parameter)
    if not isinstance(minutes, int):
        return 0
    moment = (resolver.day * DAY_MINUTES + minutes - clock.minutes_ahead) * MINUTE_NS
    return max(0, min(moment, TIME_NS_MAX))


def _check_day(resolver: Resolver) -> None:
    """A day that the book's calendar does not know, or calls closed."""
    is_trading_day = resolver.is_trading_day()
    if not is_trading_day:
        outcome = Outcome.DAY_OUTSIDE_CALENDAR if is_trading_day is None else Outcome.NOT_A_TRADING_DAY
        raise _InTheWay(outcome, _P.AUCTION_CALENDAR)


def _check_sealing(fields: dict[str, int | list[int]]) -> None:
    """Bids that nobody can read yet have no demand that could be shown."""
    if fields["sealing"] == Sealing.COMMITTED and fields["visibility"] == Visibility.LIVE_DEMAND:
        raise _InTheWay(Outcome.PARAMETER_VALUE_NOT_ALLOWED, _P.AUCTION_SEALING)


def _check_ranges(fields: dict[str, int | list[int]]) -> None:
    """A step of nothing, or a price that no bid can have."""
    for parameter, name, least, most in (
        (_P.BID_TICK, "price_step_ticks", 1, PRICE_TICKS_MAX),
        (_P.BID_LOT, "quantity_step_lots", 1, QUANTITY_LOTS_MAX),
        (_P.AUCTION_RESERVE_PRICE, "reserve_price_ticks", 0, PRICE_TICKS_MAX),
        (_P.AUCTION_CEILING_PRICE, "ceiling_price_ticks", 0, PRICE_TICKS_MAX),
        (_P.AUCTION_FIXED_PRICE, "fixed_price_ticks", fields["price_rule"] == PriceRule.FIXED, PRICE_TICKS_MAX),
    ):
        value = fields[name]
        if not isinstance(value, int) or not least <= value <= most:
            raise _InTheWay(Outcome.PARAMETER_VALUE_NOT_ALLOWED, parameter)
    if fields["margin_rule"] == MarginRule.PRO_RATA_WITH_MINIMUMS:
        # Bids of the core carry no minimum of their own.
        raise _InTheWay(Outcome.PARAMETER_VALUE_NOT_ALLOWED, _P.AUCTION_MARGIN_RULE)


def _check_funding(fields: dict[str, int | list[int]]) -> None:
    """Where a winner might owe more than is held, the rules have to say what a default means."""
    maximum_falls_short = (
        fields["guarantee_rule"] == GuaranteeRule.MAXIMUM_VALUE and fields["price_rule"] == PriceRule.PAY_AS_BID
    )
    partly_held = fields["guarantee_excess"] or 0 < int(fields["guarantee_share_ppm"]) < SHARE_WHOLE_PPM  # type: ignore[arg-type]
    if (maximum_falls_short or partly_held) and not fields["default_units"]:
        raise _InTheWay(Outcome.PARAMETER_WITHOUT_VALUE, _P.SETTLEMENT_DEFAULT_UNITS)
