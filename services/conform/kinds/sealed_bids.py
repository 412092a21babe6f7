"""Sealed-bid rounds of cases: their numbers as ticks and lots, their words as terms, one call of the engine's clear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from engine.auction import Clearing, RoundStatus, Supply, Terms, clear
from engine.auction.admission.entry import EntryRules, admit_bids
from engine.auction.terms import (
    BelowReserve,
    HiddenReserveRule,
    MarginRule,
    MarginUnit,
    PriceRule,
    ReserveComparator,
    ShortSaleRule,
    UndersubscriptionRule,
)
from services.conform.cases import Case, Fields, NotSupported, Unreadable
from services.conform.numbers import PriceScale, QuantityScale, decimal, exact, price_scale, quantity_scale
from services.conform.verdict import Comparison

_RESERVE_KEYS = ("reserve", "floor")
_LEADING_NUMBER = re.compile(r"\s*(?:[A-Z]{3}\s+)?(\d+(?:\.\d+)?)")
UNLIMITED_LOTS = 2**40
"""Supply that no bid of a case reaches, for questions about the bids alone."""


@dataclass(frozen=True)
class SealedBid:
    """One bid of a case. `name` is its id (or the bidder's where a case has no ids)."""

    name: str
    bidder: str
    price: Decimal
    quantity: Fraction
    time: int
    minimum: Fraction = Fraction(0)


@dataclass
class SealedRound:
    """A round in the case's own units; `run` scales it, calls the engine, and keeps what came out."""

    bids: list[SealedBid]
    terms: Terms = field(default_factory=lambda: Terms(PriceRule.UNIFORM))
    reserve: Decimal | None = None
    hidden_reserve: Decimal | None = None
    ceiling: Decimal | None = None
    fixed: Decimal | None = None
    draw: Sequence[str] | None = None
    entry: EntryRules | None = None
    further_prices: list[Decimal] = field(default_factory=list)
    further_quantities: list[Fraction] = field(default_factory=list)

    def scales(self) -> tuple[PriceScale, QuantityScale]:
        """Scales on which all prices and quantities of the round are whole."""
        named = [self.reserve, self.hidden_reserve, self.ceiling, self.fixed, *self.further_prices]
        prices = [bid.price for bid in self.bids] + [price for price in named if price is not None]
        quantities = [bid.quantity for bid in self.bids] + [bid.minimum for bid in self.bids] + self.further_quantities
        return price_scale(prices, None, relative=True), quantity_scale(quantities)

    def run(self, supply: Callable[[PriceScale, QuantityScale], Supply] | Fraction) -> Outcome:
        """Clear the round. `supply` is a quantity, or makes the lines once the scales are known."""
        if isinstance(supply, Fraction):
            self.further_quantities.append(supply)
        ticks, lots = self.scales()
        lines = Supply.of([lots.lots(supply)]) if isinstance(supply, Fraction) else supply(ticks, lots)
        names = {name: place for place, name in enumerate(dict.fromkeys(bid.bidder for bid in self.bids))}
        prices = np.array([ticks.ticks(bid.price) for bid in self.bids], np.int64)
        quantities = np.array([lots.lots(bid.quantity) for bid in self.bids], np.int64)
        bidders = np.array([names[bid.bidder] for bid in self.bids], np.int64)
        if self.entry is not None and self.bids:
            refused = admit_bids(self.entry, prices, quantities, bidders).outcomes != 0
            quantities[refused] = 0
        terms = replace(
            self.terms,
            reserve_price_ticks=_ticks(ticks, self.reserve),
            hidden_reserve_ticks=_ticks(ticks, self.hidden_reserve),
            ceiling_price_ticks=_ticks(ticks, self.ceiling),
            fixed_price_ticks=_ticks(ticks, self.fixed),
        )
        places, unit = self._draw()
        clearing = clear(
            replace(terms, margin_unit=unit),
            prices,
            quantities,
            times=[bid.time for bid in self.bids],
            bidders=bidders,
            supply=lines,
            tie_order=places,
            minimum_lots=[lots.lots(bid.minimum) for bid in self.bids],
        )
        return Outcome(self, clearing, ticks, lots)

    def _draw(self) -> tuple[list[int], MarginUnit]:
        """Place of each bid in the recorded draw, and whether the draw names bids or bidders."""
        if self.draw is None:
            return list(range(len(self.bids))), MarginUnit.BID
        by_name = {name: place for place, name in enumerate(self.draw)}
        if any(bid.name in by_name for bid in self.bids):
            return [by_name.get(bid.name, len(by_name)) for bid in self.bids], MarginUnit.BID
        return [by_name.get(bid.bidder, len(by_name)) for bid in self.bids], MarginUnit.BIDDER


@dataclass(frozen=True)
class Outcome:
    """A clearing in the case's own units."""

    round: SealedRound
    clearing: Clearing
    ticks: PriceScale
    lots: QuantityScale

    @property
    def price(self) -> Fraction | None:
        return None if self.clearing.price_ticks is None else self.ticks.price(self.clearing.price_ticks)

    @property
    def sold(self) -> Fraction:
        return self.lots.quantity(self.clearing.sold_lots)

    @property
    def paid(self) -> Fraction:
        return self.clearing.proceeds_minor * self.ticks.unit * self.lots.unit

    def awards(self) -> dict[str, Fraction | int]:
        """Awarded quantity of each bid by its name."""
        awarded = self.clearing.awarded_lots.tolist()
        return {bid.name: self.lots.quantity(lots) for bid, lots in zip(self.round.bids, awarded, strict=True)}

    def compare(self, comparison: Comparison, supply: Fraction) -> None:
        """Compare the keys that every kind of round shares."""
        compare_word(comparison, "status", status_word(self.clearing.status, self.round.terms))
        comparison.number("price", self.price)
        comparison.number("sold", self.sold)
        comparison.number("unsold", supply - self.sold)
        comparison.number("payment", self.paid)
        comparison.table("fills", self.awards())
        comparison.table("awards", self.awards())


def status_word(status: RoundStatus, terms: Terms) -> str:
    """The word of the cases for a status: a round without valid bids is cancelled or declined where a short one is."""
    if status in (RoundStatus.NO_VALID_BIDS, RoundStatus.RESERVE_NOT_MET):
        if terms.undersubscription_rule == UndersubscriptionRule.CANCEL:
            return "cancelled"
        if terms.undersubscription_rule == UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE:
            return "declined"
    return status.name.lower()


def compare_word(comparison: Comparison, key: str, found: str | bool) -> None:
    """Compare a word or a truth value."""
    if key in comparison.expected:
        wanted = comparison.expected.take(key)
        comparison.compared += 1
        if wanted != found:
            comparison.differ(f"{key}: expected {wanted}, found {found}")


def compare_words(comparison: Comparison, key: str, found: Sequence[str | bool]) -> None:
    """Compare a list of words or truth values."""
    if key in comparison.expected:
        wanted = comparison.expected.elements(key)
        comparison.compared += 1
        if wanted != list(found):
            comparison.differ(f"{key}: expected {wanted}, found {list(found)}")


def bids_of(fields: Fields, key: str = "bids") -> list[SealedBid]:
    """The bids of a list: `id`, `bidder` or `entity`, `price`, `qty` or `max`, `min`, `time`; ids may be missing."""
    bids = []
    for place, body in enumerate(fields.elements(key)):
        bid = fields.adopt(body, f"{fields.path(key)}[{place}]")
        bidder = bid.text("bidder") or bid.text("entity")
        name = bid.text("id") or bidder or str(place)
        quantity = bid.take("max" if "max" in bid else "qty")
        bids.append(
            SealedBid(
                name=name,
                bidder=bidder or name,
                price=decimal(bid.take("price"), f"{name}.price"),
                quantity=exact(quantity, f"{name}.qty"),
                time=whole(bid.optional("time") or 0, f"{name}.time"),
                minimum=exact(bid.optional("min") or 0, f"{name}.min"),
            )
        )
    return bids


def whole(value: object, where: str) -> int:
    """A whole number of a case."""
    number = exact(value, where)
    if number.denominator != 1:
        raise Unreadable(f"{where}: a whole number is needed, found {value!r}")
    return int(number)


def whole_table(fields: Fields, key: str) -> dict[str, int]:
    """A table of whole numbers by name."""
    return {name: whole(value, f"{key}.{name}") for name, value in fields.child(key).items()}


def _ticks(scale: PriceScale, price: Decimal | None) -> int:
    return 0 if price is None else scale.ticks(price)


_PRICE_RULES: dict[str, tuple[PriceRule, UndersubscriptionRule | None]] = {
    "": (PriceRule.UNIFORM, None),
    "lowest accepted bid": (PriceRule.UNIFORM, None),
    "lowest successful bid": (PriceRule.UNIFORM, None),
    "lowest winning bid": (PriceRule.UNIFORM, None),
    "marginal_bid": (PriceRule.UNIFORM, None),
    "marginal_bid; if undersubscribed lowest accepted bid": (
        PriceRule.UNIFORM,
        UndersubscriptionRule.LOWEST_VALID_BID,
    ),
    "pay_as_bid": (PriceRule.PAY_AS_BID, None),
}

_UNDERSUBSCRIBED: dict[str, UndersubscriptionRule] = {
    "": UndersubscriptionRule.LOWEST_VALID_BID,
    "cancel": UndersubscriptionRule.CANCEL,
    "partial only if ALL bids >= CRP, otherwise decline": UndersubscriptionRule.ONLY_IF_ALL_MEET_HIDDEN_RESERVE,
    "sell all bids at the reserve": UndersubscriptionRule.AT_RESERVE,
    "sell_at_reserve": UndersubscriptionRule.AT_RESERVE,
    "sell_lowest_bid": UndersubscriptionRule.LOWEST_VALID_BID,
    "sell_lowest_bid (observed = reserve price)": UndersubscriptionRule.LOWEST_VALID_BID,
}

_TIES: dict[str, MarginRule] = {
    "": MarginRule.TIME_PRIORITY,
    "UNVERIFIED": MarginRule.TIME_PRIORITY,
    "time_priority": MarginRule.TIME_PRIORITY,
    "random_order": MarginRule.RANDOM_ORDER,
    "price_desc_then_random": MarginRule.RANDOM_ORDER,
    "prorata (rounding text truncated)": MarginRule.PRO_RATA_LARGEST_REMAINDER,
    "prorata_floor_random_unit": MarginRule.PRO_RATA_RANDOM_UNITS,
}

_HIDDEN: dict[str, HiddenReserveRule] = {
    "": HiddenReserveRule.DECLINE,
    "cancel_if_clearing_significantly_under_secondary": HiddenReserveRule.CANCEL,
}

WITHOUT_EFFECT = (
    "bid_cap",
    "ccr",
    "ccr_min_price",
    "joint_split",
    "lot",
    "marginal",
    "min_price",
    "noncompetitive",
    "order",
    "partial",
    "rollover",
    "tick",
    "unit",
    "unsold_consigned",
    "unsold_state",
)
"""Keys of a rule that change nothing about one round of given bids: the order of sellers, later rounds, steps that the
bids already keep, limits that the case gives no figures for, and a margin that `tie` already says."""


def round_of(case: Case, bids: list[SealedBid]) -> SealedRound:
    """A round under the words of a case's rule, with the reserve, draw and entry rules that the case gives."""
    rule = case.rule
    for key in WITHOUT_EFFECT:
        rule.optional(key)
    if rule.text("price_rule") not in _PRICE_RULES:
        raise NotSupported(f"price rule {rule.text('price_rule')!r}")
    price_rule, short = _PRICE_RULES[rule.text("price_rule")]
    ties = (rule.text("tie") or rule.text("sort")).strip()
    rule.optional("sort")
    if ties not in _TIES:
        raise NotSupported(f"tie rule {ties!r}")
    if rule.text("undersubscribed") not in _UNDERSUBSCRIBED:
        raise NotSupported(f"undersubscription rule {rule.text('undersubscribed')!r}")
    if rule.text("hidden_reserve") not in _HIDDEN:
        raise NotSupported(f"hidden reserve {rule.text('hidden_reserve')!r}")
    if short is None or rule.text("undersubscribed"):
        short = _UNDERSUBSCRIBED[rule.text("undersubscribed")]
    sealed = SealedRound(
        bids,
        Terms(
            price_rule,
            short,
            _TIES[ties],
            hidden_reserve_rule=_HIDDEN[rule.text("hidden_reserve")],
            below_reserve=BelowReserve.VOID_AT_CLEARING,
            reserve_comparator=ReserveComparator.AT_OR_ABOVE,
            short_sale_rule=ShortSaleRule.LARGEST_REMAINDER,
        ),
        reserve=_reserve(case),
    )
    for key in ("crp", "hidden_reserve"):
        if case.input.optional(key) is not None:
            sealed.hidden_reserve = decimal(case.input.take(key), key)
    if "corridor" in rule:
        low, high = rule.texts("corridor")
        sealed.reserve, sealed.ceiling = decimal(low, "corridor"), decimal(high, "corridor")
    sealed.entry = _entry(rule)
    sealed.draw = _draw(case.input)
    return sealed


def _reserve(case: Case) -> Decimal | None:
    """The public reserve: the input's, else a number with which the rule's text begins."""
    text = case.rule.optional("reserve")
    given = [case.input.optional(key) for key in _RESERVE_KEYS]
    for value in given:
        if value is not None:
            return decimal(value, "reserve")
    number = _LEADING_NUMBER.match(str(text)) if text is not None else None
    return decimal(number[1], "rule.reserve") if number else None


def _entry(rule: Fields) -> EntryRules | None:
    """Entry rules in the bids' own units (steps of the cases' quantities are whole units)."""
    keys = ("bid_min", "bid_step", "bids_per_participant")
    least, step, count = (whole(rule.optional(key) or 0, f"rule.{key}") for key in keys)
    return EntryRules(quantity_step_lots=step, minimum_lots=least, count_max=count) if least or step or count else None


def _draw(given: Fields) -> list[str] | None:
    """The recorded draw: one list, or one for each price, which do not disturb each other."""
    if "random_order" in given:
        return given.texts("random_order")
    for key in ("random_order_at_price", "random_order_of_ties"):
        if key in given:
            found = given.take(key)
            lists: Iterable[object] = found.values() if isinstance(found, dict) else [found]
            return [str(name) for names in lists for name in _list_of(names, key)]
    return None


def _list_of(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise Unreadable(f"{where}: a list is needed, found {value!r}")
    return value
