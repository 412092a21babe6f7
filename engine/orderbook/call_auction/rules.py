"""The rules of call auctions as data: which prices may be chosen, and the steps that narrow them down to one.

Every venue begins with the price of the largest executable volume. What comes next differs, and so does the set of
prices that is looked at; the same orders can give three prices under three rules. A rule here is therefore a short
tuple of named steps over a named set of candidates, and nothing else: no venue has code of its own.

Words used below. At a price p: `buys` is the quantity of buy orders with a limit of p or higher, `sells` the quantity
of sell orders with a limit of p or lower, market orders counting on their side at every price; `volume` is the smaller
of the two; `surplus` is buys minus sells.

A rule has to end with a step that always leaves one price, so that no auction ends undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Candidates(IntEnum):
    """Which prices may become the auction price. Without any limit order the reference price is the only one."""

    ORDER_LIMITS = 1
    """The limits of the orders."""
    EVERY_TICK = 2
    """Every admissible price from the lowest to the highest limit."""
    LIMITS_INSIDE_QUOTE = 3
    """The limits of the orders and of the quote that lie inside the quote (all limits when there is no quote)."""


class Step(IntEnum):
    """One step of a rule: it keeps some of the prices that the steps before have left. Numbers are frozen.

    A step that would leave no price leaves them all: market orders that the other side cannot fill would otherwise end
    an auction that has volume.
    """

    MAXIMUM_VOLUME = 1
    """Keep the prices of the largest volume."""
    MINIMUM_SURPLUS = 2
    """Keep the prices where the surplus is smallest, whichever side it is on."""
    MARKET_PRESSURE = 3
    """Buyers left over at every price: keep the highest. Sellers left over at every price: keep the lowest."""
    MARKET_PRESSURE_IN_BAND = 4
    """The same, but go no further than the band around the reference price: keep the price nearest to its end."""
    BETTER_ORDERS_FILLED = 5
    """Keep the prices at which every buy order above and every sell order below is filled entirely.

    The mainland exchanges add that one side at the price is filled entirely too. Where the volume is the smaller of
    buys and sells that holds at every price, so the one step stands for both conditions.
    """
    NEAREST_REFERENCE = 6
    """Keep the price nearest to the reference price, of two equally near the higher. No reference: keep all."""
    MIDPOINT_UP = 7
    """The middle between the lowest and the highest price left, half a tick going up."""
    MIDPOINT_DOWN = 8
    """The middle between the lowest and the highest price left, half a tick going down."""
    HIGHEST = 9
    """The highest price left."""
    LOWEST = 10
    """The lowest price left."""


DECISIVE = frozenset({Step.MIDPOINT_UP, Step.MIDPOINT_DOWN, Step.HIGHEST, Step.LOWEST})
"""Steps that always leave one price."""

STEPS_MAX = 8
"""Most steps of one rule."""

BAND_UNIT = 1_000_000
"""A band is a share of the reference price in parts per million."""


@dataclass(frozen=True)
class CallRule:
    """A rule by name: its candidates, its steps in order, and the band that `MARKET_PRESSURE_IN_BAND` uses.

    Raises ValueError when the steps do not begin with `MAXIMUM_VOLUME`, do not end with a decisive step, or are too
    many.
    """

    name: str
    candidates: Candidates
    steps: tuple[Step, ...]
    meaning: str
    band_ppm: int = 0

    def __post_init__(self) -> None:
        if not self.steps or self.steps[0] != Step.MAXIMUM_VOLUME:
            raise ValueError(f"call rule {self.name!r} has to begin with MAXIMUM_VOLUME")
        if self.steps[-1] not in DECISIVE:
            allowed = ", ".join(sorted(step.name for step in DECISIVE))
            raise ValueError(f"call rule {self.name!r} has to end with one of {allowed}; found {self.steps[-1].name}")
        if len(self.steps) > STEPS_MAX:
            raise ValueError(f"call rule {self.name!r} has {len(self.steps)} steps; at most {STEPS_MAX}")
        if not 0 <= self.band_ppm < BAND_UNIT:
            raise ValueError(f"call rule {self.name!r} has a band of {self.band_ppm} ppm; 0 to {BAND_UNIT - 1} allowed")


SSE = CallRule(
    "sse",
    Candidates.EVERY_TICK,
    (Step.MAXIMUM_VOLUME, Step.BETTER_ORDERS_FILLED, Step.MIDPOINT_UP),
    "largest volume with all better orders filled; of several prices their middle",
)
"""Shanghai Stock Exchange (上交所), opening and closing call (集合竞价).

Source: the exchanges' common trading rules in the older wording (art. 66): the price of the largest volume, at which
all better orders and one side at the price are filled; of two or more such prices Shanghai takes the middle
(上交所取其中间价为成交价). How half a tick is rounded is not in the wording that was read: up is assumed.
"""

SZSE = CallRule(
    "szse",
    Candidates.EVERY_TICK,
    (Step.MAXIMUM_VOLUME, Step.BETTER_ORDERS_FILLED, Step.NEAREST_REFERENCE, Step.HIGHEST),
    "as sse, but of several prices the one nearest to the previous close",
)
"""Shenzhen Stock Exchange (深交所). The reference price is the previous close.

Source: as `SSE`; Shenzhen takes the one nearest to the previous close (深交所取距前收盘价最近的价位为成交价). A newer
wording is reported to compare the unfilled quantity before that; its text was not read, so it is not encoded. Without
a previous close the highest price is assumed.
"""

XETRA = CallRule(
    "xetra",
    Candidates.ORDER_LIMITS,
    (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE, Step.NEAREST_REFERENCE, Step.HIGHEST),
    "largest volume, smallest surplus, pressure, limit nearest to the reference price",
)
"""Xetra auction of Deutsche Börse. Only market orders on both sides: they trade at the reference price.

Source: the exchange's worked auction examples as restated in ratzlow/tinyEXCH, AuctionMatchTest (1ef58a2), examples 1
to 6; equal distance to the reference goes to the higher limit (example 5).
"""

XETRA_CONTINUOUS = CallRule(
    "xetra_continuous",
    Candidates.LIMITS_INSIDE_QUOTE,
    (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE, Step.MIDPOINT_UP),
    "as xetra inside a quote; no pressure: the middle of the limits left, rounded up to the tick",
)
"""Continuous auction of Deutsche Börse: a market maker's or specialist's quote bounds the price.

Source: Xetra Release 14, Market Model Continuous Auction, sections 9.1 and 9.2 (docs of ratzlow/tinyEXCH, b7a6f85).
"""

ASX = CallRule(
    "asx",
    Candidates.EVERY_TICK,
    (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE, Step.NEAREST_REFERENCE, Step.HIGHEST),
    "largest volume, smallest surplus, pressure, reference price, over every tick",
)
"""Australian Securities Exchange, opening and closing single price auction: the four principles in force since 2006.

Source: UNSW trading engine course, session 3, appendix on the new opening algorithm; ASX's consultation paper on the
determination of closing prices names the same four steps. Without a reference price the highest price is assumed.
"""

BNB = CallRule(
    "bnb",
    Candidates.EVERY_TICK,
    (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE_IN_BAND, Step.NEAREST_REFERENCE, Step.HIGHEST),
    "as asx, but pressure moves the price no further than 5 % from the reference price",
    band_ppm=50_000,
)
"""BNB Beacon Chain's periodic auction.

Source: bnb-chain/bnb-chain.github.io, docs/beaconchain/match-examples.md (355db89). The end of the band is rounded away
from the reference price to a whole tick (example 5.3: 90 x 1.05 = 94.5 gives 95).
"""

EURONEXT = CallRule(
    "euronext",
    Candidates.ORDER_LIMITS,
    (Step.MAXIMUM_VOLUME, Step.MINIMUM_SURPLUS, Step.MARKET_PRESSURE, Step.NEAREST_REFERENCE, Step.HIGHEST),
    "largest volume over the limits; what follows is assumed to be as xetra",
)
"""Euronext call. Only market orders on both sides: they trade at the reference price.

Source: mattdavey/EuronextClone, indicative-market-price and auction-market-order features (a423ce9, 87962a9). They
decide by largest volume and, in one example, the higher of two limits with buyers left over; the rest is assumed.
"""

CALL_RULES: dict[str, CallRule] = {rule.name: rule for rule in (SSE, SZSE, XETRA, XETRA_CONTINUOUS, ASX, BNB, EURONEXT)}
"""The rules that can be asked for by name."""


def call_rule(name: str) -> CallRule:
    """The rule of that name; ValueError, naming the known ones, when there is none."""
    if name not in CALL_RULES:
        raise ValueError(f"{name!r} is no call rule; known are {', '.join(CALL_RULES)}")
    return CALL_RULES[name]
