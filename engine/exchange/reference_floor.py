"""The part of the slow exchange that lets orders in or keeps them out: paces kept as debts of time, and stops."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, ParticipantClass, Phase
from engine.events import BlockEnd, CancelReason, EventKind
from engine.exchange.reference_blocks import Negotiations
from engine.exchange.reference_phases import Venue
from engine.orderbook.reference_model import Refused
from engine.orderbook.reference_tape import Event
from engine.outcomes import Outcome
from engine.words.floor import ControlAction


class Floor(Negotiations):
    """Gates beside accounts, books and offers."""

    def __init__(self, instruments: int, market_data: int) -> None:
        super().__init__(instruments, market_data)
        self.debts: dict[int, tuple[int, int]] = {}
        self.lifts: dict[tuple[int, int], int] = {}

    # -- paces -----------------------------------------------------------------------------------------------------

    def ahead_of(self, actor: int) -> int:
        """How far somebody is ahead of the steady pace now, in nanoseconds."""
        ahead, then = self.debts.get(actor, (0, 0))
        return max(0, ahead - (self.time_ns - then))

    def at_the_gate(self, actor: int, instrument: int) -> Iterator[tuple[Outcome, bool]]:
        """The reasons that keep any new order out."""
        between, depth = self.terms[instrument].bucket
        yield Outcome.TRADING_STOPPED, self.is_stopped(actor, instrument)
        yield Outcome.ORDER_RATE_EXCEEDED, bool(between) and self.ahead_of(actor) > depth

    def pay_at_the_gate(self, actor: int, instrument: int) -> None:
        """An order that was let in takes its time off the sender's pace."""
        between, _ = self.terms[instrument].bucket
        if between:
            self.debts[actor] = self.ahead_of(actor) + between, self.time_ns

    @staticmethod
    def refuse_first(reasons: Iterator[tuple[Outcome, bool]]) -> None:
        for outcome, holds in reasons:
            if holds:
                raise Refused(outcome)

    # -- stops -----------------------------------------------------------------------------------------------------

    def control(self, action: int, actor: int, participant: int, instrument: int, reason: str) -> list[Event]:
        """The events of one row of MARKET_CONTROLS."""
        self.events, self.row = [], 0
        who = 0 if participant == ALL_PARTICIPANTS else participant
        what = 0 if instrument == ALL_INSTRUMENTS else instrument
        both = participant != ALL_PARTICIPANTS and instrument != ALL_INSTRUMENTS
        odd = both or participant == 0 or instrument == 0 or what >= 2**16
        place = (who, what)
        for outcome, holds in (
            (Outcome.UNKNOWN_COMMAND, action not in list(ControlAction)),
            (Outcome.NOT_PERMITTED_FOR_CLASS, not self.may_control(action, actor, None if odd else place)),
            (Outcome.STOP_TARGET_INVALID, odd),
            (Outcome.PARTICIPANT_UNKNOWN, who and who not in self.classes),
            (Outcome.INSTRUMENT_UNKNOWN, what and what not in self.terms),
            (Outcome.ALREADY_STOPPED, action == ControlAction.STOP and place in self.stops),
            (Outcome.NOT_STOPPED, action != ControlAction.STOP and place not in self.stops),
            (Outcome.RESUMPTION_NOT_PROPOSED, action == ControlAction.APPROVE_RESUMPTION and place not in self.lifts),
            (Outcome.SAME_PERSON, action == ControlAction.APPROVE_RESUMPTION and self.lifts.get(place) == actor),
            (Outcome.REASON_MISSING, not reason.strip()),
        ):
            if holds:
                named = {} if odd or action not in list(ControlAction) else {"participant": who, "instrument": what}
                self.tell_floor(EventKind.REFUSED, outcome=outcome, **named)
                return self.events
        self.carry_out_control(ControlAction(action), actor, place)
        return self.events

    def tell_floor(self, kind: EventKind, **columns: int) -> None:
        """An event that no order is behind."""
        Venue.tell(self, kind, None, **columns)

    def may_control(self, action: int, actor: int, place: tuple[int, int] | None) -> bool:
        operator = self.classes[actor] is ParticipantClass.OPERATOR
        return operator or (action == ControlAction.STOP and place == (actor, 0))

    def carry_out_control(self, action: ControlAction, actor: int, place: tuple[int, int]) -> None:
        named = {"participant": place[0], "instrument": place[1], "counterparty": actor}
        if action is ControlAction.STOP:
            self.stops[place] = actor
            for number in sorted(self.terms):
                if place[1] in (0, number) and self.terms[number].phase is not Phase.FIRM_CALL:
                    self.drop(number, lambda order: place[0] in (0, order.participant), CancelReason.STOPPED)
            for offer in list(self.offers.values()):
                if place[0] in (0, offer.proposer) and place[1] in (0, offer.instrument):
                    self.end(offer, BlockEnd.STOPPED)
            self.tell_floor(EventKind.TRADING_STOPPED, **named)
        elif action is ControlAction.PROPOSE_RESUMPTION:
            self.lifts[place] = actor
            self.tell_floor(EventKind.RESUMPTION_PROPOSED, **named)
        else:
            del self.stops[place]
            self.tell_floor(EventKind.TRADING_RESUMED, order_id=self.lifts.pop(place), **named)
