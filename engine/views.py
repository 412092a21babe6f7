"""What the core shows when asked: plain values, copied out of the state, safe to keep.

Units are in the names. Reading never changes the state and never fails for want of an event.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from engine.auction.terms import RoundStatus
from engine.commands import Drawn, Fact, ParticipantClass, Phase, RoundAction, SupplyKind
from engine.events import CloseSource
from engine.parameters import Parameter
from engine.words.rounds import Sealing, Visibility
from engine.words.units import UnitType


class Applied(NamedTuple):
    """What one batch did.

    `first_sequence` numbers the first event; the others follow without gaps. `events` is a 1-d array of
    `engine.events.EVENT`, not to be written to. `answers` has one entry per row of the batch, in row order: a 1-d array
    of `engine.answers.ANSWER`, whose columns are `outcomes`, `parameters` (both uint16) and `references` (int64).
    """

    first_sequence: int
    events: np.ndarray
    answers: np.ndarray

    @property
    def outcomes(self) -> np.ndarray:
        """An `Outcome` number for each row."""
        return self.answers["outcome"]

    @property
    def parameters(self) -> np.ndarray:
        """The parameter behind each refusal; 0 where there is none."""
        return self.answers["parameter"]

    @property
    def references(self) -> np.ndarray:
        """What each row opened or named, or the number it was given."""
        return self.answers["reference"]


@dataclass(frozen=True)
class Participant:
    number: int
    name: str
    participant_class: ParticipantClass


@dataclass(frozen=True)
class Session:
    number: int
    name: str
    participant: int
    last_request_id: int


@dataclass(frozen=True)
class Instrument:
    """`tick_minor`: money of one tick per unit; `lot_units`: units (t) of one lot; 0 steps: not set up for trading."""

    number: int
    name: str
    rule_book: int
    tick_minor: int
    lot_units: int
    price_step_ticks: int
    quantity_step_lots: int
    phase: Phase

    @property
    def tick_value_minor(self) -> int:
        """Money of one tick of one lot, in minor units."""
        return self.tick_minor * self.lot_units


@dataclass(frozen=True)
class DayPricesView:
    """The prices of an instrument's trading day as they stand; None where there is none. `source`: what would make the
    close. In CLOSED they are those of the day that ended."""

    instrument: int
    reference_price_ticks: int | None
    last_close_ticks: int | None
    open_ticks: int | None
    close_ticks: int | None
    source: CloseSource | None
    volume_lots: int
    trades: int
    band_low_ticks: int | None
    band_high_ticks: int | None


@dataclass(frozen=True)
class Stop:
    """Trading of a participant (0: all), in an instrument (0: all), is stopped: who did it, when, and why."""

    participant: int
    instrument: int
    by: int
    time_ns: int
    reason: str


class ChangeState(IntEnum):
    """How far a change of the rules has come."""

    WAITING = 1
    """For another person's approval."""
    APPROVED = 2
    """For its time or sequence number."""
    IN_FORCE = 3
    WITHDRAWN = 4
    LAPSED = 5
    """Nobody approved it in time, or the instrument could no longer go by it."""


@dataclass(frozen=True)
class RuleChange:
    """A change of the rules while the venue runs.

    `instrument` 0: a further rule book, whose number is the value once it is in force, and whose SHA-256 the reason.
    `parameter` NONE: another book for the instrument, whose number is the value. Effect 0, 0: at once.
    """

    number: int
    instrument: int
    parameter: Parameter
    value: int
    effective_ns: int
    effective_sequence: int
    proposed_by: int
    proposed_ns: int
    reason: str
    approved_by: int = 0
    state: ChangeState = ChangeState.WAITING


@dataclass(frozen=True)
class Level:
    price_ticks: int
    quantity_lots: int
    orders: int


@dataclass(frozen=True)
class Depth:
    """Best levels first. `sequence` is the last event the picture includes."""

    instrument: int
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    last_price_ticks: int | None


@dataclass(frozen=True)
class Indicative:
    """How a call auction would end now. `surplus_lots`: left over at that price, below 0: to sell."""

    instrument: int
    price_ticks: int | None
    volume_lots: int
    surplus_lots: int


@dataclass(frozen=True)
class Holding:
    """Units of one instrument in one account, in lots: free, held for sell orders, locked in rounds, bought and not yet
    settled, pledged, good for surrender only."""

    participant: int
    instrument: int
    available_lots: int
    held_lots: int
    locked_lots: int
    unsettled_lots: int = 0
    pledged_lots: int = 0
    compliance_lots: int = 0


@dataclass(frozen=True)
class Cash:
    """Money of one account in minor units: free, held for buy orders and bids, proceeds that are not settled yet."""

    participant: int
    available_minor: int
    held_minor: int
    unsettled_minor: int = 0


@dataclass(frozen=True)
class UnitKind:
    """What the units of an instrument are; `vintage` 0: none."""

    instrument: int
    unit_type: UnitType
    vintage: int


@dataclass(frozen=True)
class ObligationView:
    """What a participant has to surrender for a year, in units (t): verified emissions, what was surrendered for them
    by kind of unit, and what is still owed."""

    participant: int
    instrument: int
    year: int
    emissions: int
    surrendered: tuple[tuple[UnitType, int], ...]
    owed: int


@dataclass(frozen=True)
class PledgeView:
    """Units of an owner that stand as security for a pledgee."""

    number: int
    instrument: int
    owner: int
    pledgee: int
    lots: int


@dataclass(frozen=True)
class Due:
    """What of one account settles when an instrument's `trading_days`-th trading day from now begins: units bought, in
    lots, and proceeds of sales, in minor units."""

    participant: int
    instrument: int
    trading_days: int
    quantity_lots: int
    amount_minor: int


@dataclass(frozen=True)
class RuleBook:
    """An adopted book: its whole text (canonical JSON of its files) and the SHA-256 of that text."""

    number: int
    name: str
    text: str
    sha256: str


@dataclass(frozen=True)
class SupplyLine:
    """One line of supply of a round; after clearing also what became of it. `line` counts from 1 in the round.

    `withheld`: what its minimum keeps from sale is withheld, not unsold. `released`: it was on offer, its trigger met.
    """

    line: int
    kind: SupplyKind
    group: int
    rank: int
    seller: int
    quantity_lots: int
    minimum_price_ticks: int
    sold_lots: int = 0
    proceeds_minor: int = 0
    trigger_price_ticks: int = 0
    tier: int = 0
    withheld: bool = False
    released: bool = True


@dataclass(frozen=True)
class Award:
    """One bid and what it got. `price_ticks` is what a lot costs the bidder (0 where nothing was awarded)."""

    bid: int
    bidder: int
    bid_price_ticks: int
    bid_quantity_lots: int
    awarded_lots: int
    price_ticks: int
    payment_minor: int
    valid: bool


@dataclass(frozen=True)
class VoidBid:
    """A bid that the rules refused when it was revealed: why, as numbers of `Outcome` and `Parameter`."""

    price_ticks: int
    quantity_lots: int
    outcome: int
    parameter: int


@dataclass(frozen=True)
class Commitment:
    """A bid that was committed to: its id, whose it is, the commitment (32 bytes); `void` once it came out void."""

    bid: int
    bidder: int
    sha256: bytes
    void: VoidBid | None = None


@dataclass(frozen=True)
class RoundPapers:
    """What a round began with, in lots and minor units, so that it can be run again.

    `offered` is each line as it was added, by its number; `holdings` what consignors held when they consigned;
    `guarantees` what was put up; `facts` (participant, fact, year, lots); `links` groups of linked participants;
    `hidden_reserve` price in ticks and salt, once it is revealed; `reserve_account` 0 where there is no reserve.
    """

    offered: dict[int, int]
    holdings: dict[int, int]
    guarantees: dict[int, int]
    facts: tuple[tuple[int, Fact, int, int], ...]
    links: tuple[tuple[int, ...], ...]
    hidden_reserve: tuple[int, str] | None
    reserve_account: int


@dataclass(frozen=True)
class Draw:
    """The place, from 1, of a bid (by id) or a line of supply (by number) in a round's recorded draw."""

    drawn: Drawn
    target: int
    place: int


@dataclass(frozen=True)
class Default:
    """A winner that did not pay: lots it does not get, and what it forfeits of its guarantee."""

    participant: int
    lots: int
    forfeited_minor: int


@dataclass(frozen=True)
class RoundResult:
    """How a round ended; quantities in lots. `price_ticks` is the lowest accepted price, None when there is none.

    `fees` are (participant, minor units) of buyers and sellers together, `defaults` the winners that did not pay;
    both are known once the round is settled. `hidden_reserve_ticks` is what was sealed, None where nothing was.
    """

    status: RoundStatus
    price_ticks: int | None
    offered_lots: int
    sold_lots: int
    valid_demand_lots: int
    submitted_demand_lots: int
    proceeds_minor: int
    awards: tuple[Award, ...] = ()
    supply: tuple[SupplyLine, ...] = ()
    draws: tuple[Draw, ...] = ()
    hidden_reserve_ticks: int | None = None
    fees: tuple[tuple[int, int], ...] = ()
    defaults: tuple[Default, ...] = ()


@dataclass(frozen=True)
class RoundBidder:
    """What a round knows of one participant that may bid in it.

    Recorded before: `shortfall_lots` and `emissions_lots`, as they stood when the round opened. As they stand now:
    `holding_lots` (all it has, locked ones too), what it consigned to the round, the guarantee it put up, all cash that
    the round holds of it, its free cash beside, its live bids, and the group of linked participants that it belongs to
    (0: none).
    """

    participant: int
    participant_class: ParticipantClass
    shortfall_lots: int
    emissions_lots: int
    holding_lots: int
    consigned_lots: int
    guarantee_minor: int
    held_minor: int
    available_minor: int
    bids: int
    bid_lots: int
    link: int = 0


@dataclass(frozen=True)
class Step:
    """A step in the life of a round: what, by whom, and the reason that was given."""

    action: RoundAction
    actor: int
    reason: str


@dataclass(frozen=True)
class DemandLevel:
    """Lots bid for at a price or above."""

    price_ticks: int
    quantity_lots: int


@dataclass(frozen=True)
class Round:
    """A round as it stands. `stage` is the lower case of a `engine.rounds.layout.Stage`; `bids` are the live ones."""

    number: int
    name: str
    rule_book: int
    instrument: int
    day: int
    stage: str
    bids: int
    supply: tuple[SupplyLine, ...] = ()
    values: tuple[tuple[int, int, int], ...] = field(default=())
    """(parameter, class, value) set for this round by the operator."""
    visibility: Visibility = Visibility.SEALED
    opens_ns: int = 0
    closes_ns: int = 0
    steps: tuple[Step, ...] = ()
    commitment: str = ""
    """The sealed hidden reserve, SHA-256 in hex; empty where none is sealed."""
    result_is_public: bool = True
    """Whether a result may be shown to others than operators: not between the clear and its announcement."""
    sealing: Sealing = Sealing.OPEN_ENTRY
    unrevealed: bool = False
    """Whether it has commitments that are no bids yet."""


class Movement(IntEnum):
    """Which way units go on a trigger that was met."""

    INTAKE = 1
    """Into the reserve."""
    RELEASE = 2
    """Out of the reserve, to be offered."""
    BUY_BACK = 3
    """From the market into the reserve, against money."""


@dataclass(frozen=True)
class TriggerView:
    """A condition that was met on a day, and the most that may be decided on it, in lots."""

    number: int
    movement: Movement
    day: int
    most_lots: int
    decided: bool


@dataclass(frozen=True)
class ReserveView:
    """The reserve of an instrument; quantities in lots.

    `vintages`: (year in which they came in, lots). `open_buy_backs`: (number, price in ticks, lots still taken).
    """

    instrument: int
    account: int
    rule_book: int
    lots: int
    vintages: tuple[tuple[int, int], ...]
    triggers: tuple[TriggerView, ...]
    open_buy_backs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class YearView:
    """A planned year; quantities in lots. `round_lots`: what each round of the year sells of the paid part so far."""

    instrument: int
    year: int
    total_lots: int
    reserve_lots: int
    new_entrant_lots: int
    emitter_lots: int
    free_lots: int
    paid_lots: int
    round_lots: tuple[int, ...]
