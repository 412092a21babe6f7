"""Kinds `results_record`, `aggregate` and `round_config`: published figures without bids.

What can be computed from the other figures is; the rest is checked for contradictions (sold above offered, a price
below its reserve ...) and counts as compared when there are none.
"""

from __future__ import annotations

from dataclasses import fields as fields_of
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.auction import PriceRule, Supply, Terms
from engine.auction.notice import PublishedResult, average_per_bid, contradictions, cover_ratio
from services.conform.cases import Case, Fields
from services.conform.kinds.sealed_bids import (
    SealedBid,
    SealedRound,
    compare_word,
    round_of,
    status_word,
)
from services.conform.numbers import PriceScale, QuantityScale, decimal, exact
from services.conform.verdict import Comparison

_SYNONYMS: dict[str, tuple[str, ...]] = {
    "offered": ("offered", "units_available", "supply", "units", "initial", "initial_offering"),
    "sold": ("sold", "units_sold"),
    "price": ("price", "clearing_price"),
    "reserve_price": ("reserve", "price_floor"),
    "total_bid": ("total_bid", "bids_total"),
    "bids": ("bids", "n_bids"),
    "bidders": ("participants", "bidders"),
    "winners": ("successful", "winners"),
    "released": ("ccr_sold",),
    "release_trigger": ("ccr_trigger", "ccr_trigger_2015", "trigger"),
}
"""Names of the cases for the figures of `PublishedResult`; quantities of one kind may stand under several."""


_FUTURE: dict[str, tuple[str, ...]] = {
    "offered": ("offered_future",),
    "sold": ("sold_future", "future_sold"),
    "price": ("price_future", "future_price"),
    "reserve_price": _SYNONYMS["reserve_price"],
}
"""The same for units of a later vintage, sold beside the current ones under the same reserve price."""

_WHOLE = {"offered", "sold", "total_bid", "bids", "bidders", "winners", "released"}
_RESERVE = ("ccr", "ccr_units", "ccr_available")


class _Figures:
    """The numbers of a case, from its input and its answer together."""

    def __init__(self, *sources: Fields) -> None:
        self._values: dict[str, object] = {}
        for source in sources:
            self._values.update(source.items())

    def number(self, *keys: str) -> Fraction | None:
        """The first of `keys` that is there and begins with a number; per cents as fractions of 100."""
        for key in keys:
            value = self._values.get(key)
            if isinstance(value, bool | list | dict) or value is None:
                continue
            text = str(value).split("(")[0].strip().removesuffix("%")
            if text.replace(".", "", 1).isdigit():
                return exact(text, key)
        return None

    def whole(self, *keys: str) -> int | None:
        number = self.number(*keys)
        return int(number) if number is not None and number.denominator == 1 else None

    def places(self, key: str) -> int:
        """Decimals with which a figure is published."""
        return -int(Decimal(str(self._values[key]).removesuffix("%")).as_tuple().exponent)

    def __contains__(self, key: str) -> bool:
        return key in self._values


def check(case: Case, comparison: Comparison) -> None:
    """Compute what the figures allow, then look for contradictions among all of them."""
    if "reason" in comparison.expected:
        _check_stopped_round(case, comparison)
    figures = _Figures(case.rule, case.input, comparison.expected)
    _compute(comparison, figures)
    offered = figures.whole(*_SYNONYMS["offered"])
    # What may be sold is the offer with what was carried over and what a reserve could add.
    extra = (figures.whole("rolled") or 0) + (figures.whole(*_RESERVE) or 0)
    values = _values(figures, _SYNONYMS)
    result = PublishedResult(**values | {"offered": None if offered is None else offered + extra})
    known = sum(getattr(result, field.name) is not None for field in fields_of(result))
    problems = contradictions(result)
    problems += [
        f"future vintage: {problem}" for problem in contradictions(PublishedResult(**_values(figures, _FUTURE)))
    ]
    for problem in problems:
        comparison.differ(problem)
    comparison.compared += known >= 2
    comparison.notes.append("bids are not public: figures are checked against each other")


def _values(figures: _Figures, names: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """The figures of `PublishedResult` that a case has under these names."""
    return {name: figures.whole(*keys) if name in _WHOLE else figures.number(*keys) for name, keys in names.items()}


def _compute(comparison: Comparison, figures: _Figures) -> None:
    """Every figure that follows from others."""
    offered, sold = figures.whole(*_SYNONYMS["offered"]), figures.whole(*_SYNONYMS["sold"])
    total, count = figures.whole(*_SYNONYMS["total_bid"]), figures.whole(*_SYNONYMS["bids"])
    rolled, reserve = figures.whole("rolled") or 0, figures.whole(*_RESERVE) or 0
    if offered is not None:
        comparison.number("total_units", offered + rolled + reserve)
    if total is not None and count:
        for key in ("avg_per_bid", "avg_units_per_bid"):
            comparison.number(key, average_per_bid(total, count))
    if total is not None and offered:
        for key, over in (
            ("cover_ex", offered + rolled),
            ("cover_ratio", offered),
            ("cover_inc", offered + rolled + reserve),
        ):
            if key in figures:
                comparison.number(key, cover_ratio(total, over, figures.places(key)))
        if "bid_rate" in figures:
            rate = 100 * cover_ratio(total, offered, figures.places("bid_rate") + 2)
            if rate != figures.number("bid_rate"):
                comparison.differ(f"bid_rate {figures.number('bid_rate')} is not total bid over supply, {rate}")
    if sold is not None and offered:
        # A reserve counts as offered once something of it was sold, and where a whole round was declined.
        with_reserve = sold == 0 or sold > offered + rolled
        comparison.number("unsold", offered + rolled + reserve * with_reserve - sold)
        # Below 1 the ratio of an undersubscribed sale is what was sold, since all valid bids were served.
        if "ratio" in figures and sold < offered:
            comparison.number("ratio", cover_ratio(sold, offered, figures.places("ratio")))
    later, later_sold = figures.whole(*_FUTURE["offered"]), figures.whole(*_FUTURE["sold"])
    if later and later_sold is not None and later_sold < later and "ratio_future" in figures:
        comparison.number("ratio_future", cover_ratio(later_sold, later, figures.places("ratio_future")))


def _check_stopped_round(case: Case, comparison: Comparison) -> None:
    """A round stopped by its hidden reserve: the rule's status when the price that comes out lies below it."""
    price, above = Decimal(10), Decimal(20)
    sealed = round_of(case, [SealedBid("bid", "bidder", price, Fraction(10), 0)])
    sealed.hidden_reserve, sealed.reserve = above, None
    outcome = sealed.run(Fraction(5))
    compare_word(comparison, "status", status_word(outcome.clearing.status, sealed.terms))
    for key in ("reason", "rollover"):
        comparison.leave_out(key, "words")


def check_configuration(case: Case, comparison: Comparison) -> None:
    """A notice of a round to come: the engine accepts it, offers what it says, and holds its reserve back."""
    expected = comparison.expected
    units = exact(expected.take("units_available"), "units_available")
    rolled = exact(expected.optional("unsold_rollover") or 0, "unsold_rollover")
    reserve = exact(expected.optional("ccr_units") or 0, "ccr_units")
    floor, trigger = (
        decimal(expected.take("price_floor"), "price_floor"),
        decimal(expected.take("ccr_trigger"), "trigger"),
    )
    comparison.leave_out("window", "times of day")
    bid = SealedBid("bid", "bidder", floor, units, 0)
    sealed = SealedRound([bid], Terms(PriceRule.UNIFORM), reserve=floor, further_prices=[trigger])
    sealed.further_quantities += [units, rolled, reserve]

    def lines(ticks: PriceScale, lots: QuantityScale) -> Supply:
        return Supply.of(
            [lots.lots(units), lots.lots(rolled), lots.lots(reserve)],
            trigger_price_ticks=[0, 0, ticks.ticks(trigger)],
        )

    outcome = sealed.run(lines)
    clearing = outcome.clearing
    comparison.number("units_available", outcome.lots.quantity(clearing.offered_lots) - rolled)
    comparison.number("price_floor", outcome.price)
    if bool(clearing.supply_released[2]) or trigger <= floor:
        comparison.differ(f"a reserve with trigger {trigger} is released by a bid at the floor {floor}")
