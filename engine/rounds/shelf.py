"""What the parts of this room share: the record of rounds, what lies beside it, and the rooms it works with."""

from __future__ import annotations

import numpy as np

from engine.days import year_of
from engine.ledger.accounts import Accounts
from engine.parameters import Parameter
from engine.registry.books import Books
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.reserve.reserves import Reserves
from engine.rounds.columns import Columns
from engine.rounds.dossier import Dossier
from engine.rounds.governance import Charter
from engine.rounds.layout import BID, Stage
from engine.rounds.offers import Offers
from engine.rounds.terms import Resolver, Unresolved, moment_ns
from engine.words.rounds import CancelUntil, Clock


class Shelf:
    """The rounds by number, and how their rules are looked up. Changes nothing by itself."""

    KEPT = ("dossiers", "bids", "released")

    def __init__(
        self, record: np.record, register: Register, books: Books, accounts: Accounts, facts: Facts, reserves: Reserves
    ) -> None:
        self.record = record
        self.rounds, self.bidders = record["rounds"], record["bidders"]
        self.register, self.books, self.accounts = register, books, accounts
        self.facts, self.reserves = facts, reserves
        self.dossiers: list[Dossier] = []
        self.bids = Columns(BID)
        self.offers = Offers(self.rounds, self.bidders, accounts)
        self.released: dict[tuple[int, int, int], int] = {}
        """Lots that a release tier let out: by (instrument, year, tier); tier 0 stands for what was withheld."""

    def exists(self, number: int) -> bool:
        """Whether there is a round of this number."""
        return 1 <= number <= len(self.dossiers)

    def is_stopped(self, number: int, participant: int) -> bool:
        """Whether nothing new of a participant is taken in a round: trading was stopped (`engine.exchange.gates`)."""
        gates = self.record["gates"][self.instrument(number)], self.record["senders"][participant]
        return any(gate["stopped"] for gate in (self.record["venue_gate"], *gates))

    def dossier(self, number: int) -> Dossier:
        """The papers of a round."""
        return self.dossiers[number - 1]

    def stage(self, number: int) -> Stage:
        """How far a round has come."""
        return Stage(int(self.rounds["stage"][number]))

    def instrument(self, number: int) -> int:
        """What a round sells."""
        return int(self.rounds["instrument"][number])

    def live_bids(self, number: int) -> int:
        """How many bids a round has, or commitments to them while they are not revealed."""
        terms = self.rounds[number]
        if terms["commitments"] and not terms["revealed"]:
            return int(terms["commitments"]) - int(terms["withdrawn_commitments"])
        return int(terms["bids"]) - int(terms["withdrawn_bids"])

    def has_had_bids(self, number: int) -> bool:
        """Whether a bid, or a commitment to one, has entered a round: then its offer is fixed."""
        return bool(self.rounds["bids"][number] or self.rounds["commitments"][number])

    def year(self, number: int) -> int:
        """The calendar year of a round's day."""
        return year_of(int(self.rounds["day"][number]))

    def resolver(self, number: int) -> Resolver:
        """The round's parameters."""
        terms = self.rounds[number]
        instrument = self.register.instruments()[int(terms["instrument"]) - 1]
        return Resolver(
            self.books,
            int(terms["rule_book"]),
            int(terms["day"]),
            self.dossier(number).values,
            instrument.tick_minor,
            instrument.lot_units,
        )

    def charter(self, number: int) -> Charter:
        """What the rules say of the round's governance. What they do not know they do not ask for."""
        known = self.resolver(number).known

        def said(parameter: Parameter) -> int:
            value = known(parameter)
            return 0 if value is None or isinstance(value, Unresolved) else value

        return Charter(
            four_eyes=said(Parameter.GOVERNANCE_FOUR_EYES) == 1,
            monitor=said(Parameter.GOVERNANCE_MONITOR) == 1,
            announcement=said(Parameter.GOVERNANCE_ANNOUNCEMENT) == 1,
            decline=said(Parameter.GOVERNANCE_DECLINE) == 1,
            cancel_until=CancelUntil(said(Parameter.GOVERNANCE_CANCEL_UNTIL) or CancelUntil.CLEARING),
            extension_max_minutes=said(Parameter.GOVERNANCE_EXTENSION_MAX),
        )

    def moment_ns(self, number: int, parameter: Parameter) -> int:
        """A time of the round's day that the rules name, in nanoseconds since 1970; 0 where they name no time or no
        clock."""
        resolver = self.resolver(number)
        clock = resolver.known(Parameter.AUCTION_CLOCK)
        return moment_ns(resolver, parameter, Clock(clock)) if isinstance(clock, int) else 0
