"""Designs to compare: a grid over price rule, reserve price, offer, consignment ratio, cap and release tiers.

A setting that is not given stays as the round file and its rule book have it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from engine.auction import BidderLimits, SharedCap, Supply, Terms
from engine.auction.terms import PriceRule
from engine.commands import SupplyKind
from engine.rounds.clearing import terms_of
from engine.units import parse_scaled
from services.errors import BadInput
from services.offline.bid_files import FileLot
from services.offline.round import OfflineResult
from services.offline.round_files import RoundFile
from services.reports.scale import MINOR_PER_UNIT

PPM = 1_000_000
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
DESIGNS_MAX = 64
"""More designs than that nobody compares in one table."""


@dataclass(frozen=True)
class Design:
    """One cell of the grid; None: as the round has it. `releases`: (trigger in ticks, lots) of each tier."""

    price_rule: PriceRule | None = None
    reserve_ticks: int | None = None
    supply_lots: int | None = None
    ratio_ppm: int | None = None
    cap_ppm: int | None = None
    releases: tuple[tuple[int, int], ...] | None = None
    name: str = "as it is"


@dataclass(frozen=True)
class Base:
    """The round as its file and rule book have it."""

    setup: RoundFile
    lots: tuple[FileLot, ...]
    terms: Terms
    fields: dict[str, int | tuple[int, ...]]

    @classmethod
    def of(cls, setup: RoundFile, lots: Sequence[FileLot], result: OfflineResult) -> Base:
        """The base of a round that was run from its files."""
        numbers = {name: value for name, value in result.terms.items() if isinstance(value, int)}
        record = np.zeros(1, [(name, np.int64) for name in numbers])[0]
        for name, value in numbers.items():
            record[name] = value
        return cls(setup, tuple(lots), terms_of(record, result.given.hidden_reserve_ticks), result.terms)

    def terms_in(self, design: Design) -> Terms:
        """The terms of a design."""
        terms = self.terms
        if design.price_rule is not None:
            terms = replace(terms, price_rule=design.price_rule)
        if design.reserve_ticks is not None:
            terms = replace(terms, reserve_price_ticks=design.reserve_ticks)
        return terms

    def supply_in(self, design: Design) -> Supply:
        """The lines on offer in a design: the file's, consigned ones, and releases. Raises BadInput."""
        offers = [(int(offer.kind), offer.group, offer.rank, offer.quantity_lots, 0, 0) for offer in self.setup.supply]
        if design.supply_lots is not None:
            whole = sum(offer[3] for offer in offers)
            scaled = [offer[3] * design.supply_lots // whole for offer in offers]
            scaled[0] += design.supply_lots - sum(scaled)
            offers = [(*offer[:3], lots, 0, 0) for offer, lots in zip(offers, scaled, strict=True)]
        last = max(offer[2] for offer in offers)
        rank = int(self._number("consignment_rank"))
        offers += [
            (int(SupplyKind.CONSIGNED), lot.group, rank, self._consigned(lot, design), lot.minimum_price_ticks, 0)
            for lot in self.lots
        ]
        offers += [(int(SupplyKind.RESERVE), 0, last + 1, lots, 0, at) for at, lots in design.releases or ()]
        kinds, groups, ranks, quantities, minimums, triggers = zip(*offers, strict=True)
        return Supply.of(
            quantities,
            kinds=kinds,
            groups=groups,
            ranks=ranks,
            sellers=range(len(offers)),
            minimum_price_ticks=minimums,
            trigger_price_ticks=triggers,
        )

    def _consigned(self, lot: FileLot, design: Design) -> int:
        if design.ratio_ppm is None:
            return lot.quantity_lots
        if lot.holding_lots is None:
            raise BadInput(
                f"consigned lots, line {lot.line}: --ratio is measured on holdings; add the column `holding`"
            )
        return lot.holding_lots * design.ratio_ppm // PPM

    def limits_in(self, design: Design, classes: np.ndarray) -> BidderLimits:
        """The limits of bidders of these classes in a design: own caps, and caps of a class together."""
        base, shares = self._offered_lots(design), self._by_class("class_cap_ppm", 0)
        shared = [
            SharedCap(tuple(np.flatnonzero(classes == klass).tolist()), base * shares[klass] // PPM)
            for klass in np.unique(classes).tolist()
            if 0 < shares[klass] < PPM
        ]
        return BidderLimits(np.arange(classes.size), self.caps_in(design, classes), shared=tuple(shared))

    def caps_in(self, design: Design, classes: np.ndarray) -> np.ndarray:
        """The cap of each bidder in lots (-1: none), for their classes: the design's share of the offer, or the rule
        book's cap at entry."""
        offered = self._offered_lots(design)
        if design.cap_ppm is not None:
            return np.full(classes.size, offered * design.cap_ppm // PPM, np.int64)
        shares, lots = self._by_class("cap_share_ppm", -1), self._by_class("cap_lots", 0)
        caps = np.full(classes.size, -1, np.int64)
        for i, klass in enumerate(classes.tolist()):
            own = [lots[klass]] if lots[klass] > 0 else []
            own += [offered * shares[klass] // PPM] if shares[klass] >= 0 else []
            caps[i] = min(own, default=-1)
        return caps

    def _offered_lots(self, design: Design) -> int:
        """The offer that caps are shares of."""
        return int(sum(self.supply_in(replace(design, releases=None)).quantity_lots.tolist()))

    def _number(self, name: str) -> int:
        value = self.fields.get(name, 0)
        return value if isinstance(value, int) else 0

    def _by_class(self, name: str, absent: int) -> tuple[int, ...]:
        value = self.fields.get(name)
        return value if isinstance(value, tuple) else (absent,) * 16


def grid(
    setup: RoundFile,
    *,
    price_rules: Sequence[str] = (),
    reserves: Sequence[str] = (),
    supplies: Sequence[int] = (),
    ratios: Sequence[str] = (),
    caps: Sequence[str] = (),
    releases: Sequence[str] = (),
) -> list[Design]:
    """Every combination of the given values. Raises BadInput with all that is wrong with them."""
    problems: list[str] = []
    axes: list[list[tuple[str, str, Any]]] = [
        [("price_rule", word, _price_rule(word, problems)) for word in price_rules],
        [("reserve_ticks", text, _ticks("--reserve", text, setup, problems)) for text in reserves],
        [("supply_lots", str(units), _lots("--supply", units, setup, problems)) for units in supplies],
        [("ratio_ppm", text, _share("--ratio", text, problems)) for text in ratios],
        [("cap_ppm", text, _share("--cap", text, problems)) for text in caps],
        [("releases", text, _tiers(text, setup, problems)) for text in releases],
    ]
    cells = list(product(*(axis for axis in axes if axis)))
    if len(cells) > DESIGNS_MAX:
        problems.append(
            f"the grid has {len(cells)} designs; at most {DESIGNS_MAX} fit one comparison: give fewer values"
        )
    if problems:
        raise BadInput(problems)
    designs = []
    for cell in cells:
        settings = {key: value for key, _, value in cell}
        words = [f"{_SHORT[key]} {text}" for key, text, _ in cell]
        designs.append(Design(**settings, name=", ".join(words) or "as it is"))
    return designs


_SHORT = {
    "price_rule": "price",
    "reserve_ticks": "reserve",
    "supply_lots": "offer",
    "ratio_ppm": "ratio",
    "cap_ppm": "cap",
    "releases": "release",
}
PRICE_RULES = {rule.name.lower(): rule for rule in (PriceRule.UNIFORM, PriceRule.PAY_AS_BID)}


def _price_rule(word: str, problems: list[str]) -> PriceRule | None:
    if word not in PRICE_RULES:
        problems.append(f"--price-rule {word}: allowed are {', '.join(PRICE_RULES)}")
    return PRICE_RULES.get(word)


def _ticks(option: str, text: str, setup: RoundFile, problems: list[str]) -> int | None:
    minor = parse_scaled(text, MINOR_PER_UNIT) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,2})?", text) else -1
    if minor < 0 or minor % setup.tick_minor:
        problems.append(f"{option} {text}: allowed is a price such as 45.00, a multiple of the tick")
        return None
    return minor // setup.tick_minor


def _lots(option: str, units: int, setup: RoundFile, problems: list[str]) -> int | None:
    if units < 1 or units % setup.lot_units:
        problems.append(f"{option} {units}: allowed are units from {setup.lot_units} up, in whole lots")
        return None
    return units // setup.lot_units


def _share(option: str, text: str, problems: list[str]) -> int | None:
    ppm = parse_scaled(text, PPM) if _AMOUNT.fullmatch(text) else -1
    if not 0 <= ppm <= PPM:
        problems.append(f"{option} {text}: allowed is a share from 0 to 1, such as 0.30")
        return None
    return ppm


def _tiers(text: str, setup: RoundFile, problems: list[str]) -> tuple[tuple[int, int], ...] | None:
    tiers = []
    for tier in [] if text == "none" else text.split("+"):
        price, at, units = tier.partition(":")
        if not at or not units.isdecimal():
            problems.append(f"--release {text}: allowed are tiers PRICE:QUANTITY joined by +, or none")
            return None
        trigger = _ticks("--release", price, setup, problems)
        lots = _lots("--release", int(units), setup, problems)
        if trigger is None or lots is None:
            return None
        tiers.append((trigger, lots))
    return tuple(tiers)
