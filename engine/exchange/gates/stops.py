"""The kill switch: trading is stopped for a participant, an instrument, or altogether, until two persons lift it.

A stop cancels what is live of its target (orders, stops that wait, block offers) and from then on nothing new of it is
taken: no order, replacement or take, no offer, counter or confirmation of a block, no bid. Cancels are. It works in any
phase, halted or closed too, and no throttle holds it up.

Two things it leaves to their own law. Orders in a call that has become firm stay until that call is over: a firm order
is a promise to the others in the call, and a member must not get out of it by having itself stopped; what is left of
them goes as the call ends. Sealed bids stay: what becomes of a round is the round's business (`engine.rounds`).

A participant may be stopped by an operator or by itself; everything else is the operators'. A stop is lifted by one
operator who proposes and another who approves, always: it is the one decision that is never made under the pressure of
the moment by the one who feels it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.commands import ALL_INSTRUMENTS, ALL_PARTICIPANTS, Batch, ParticipantClass, Phase, is_code
from engine.digest import integers
from engine.events import EventKind
from engine.exchange.parts import Parts
from engine.exchange.switching.kernels import STOP
from engine.limits import NAME_BYTES_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.register import Register
from engine.views import Stop
from engine.words.floor import ControlAction

EVERYTHING = (0, 0)
Target = tuple[int, int]
"""Participant and instrument, 0 for all of them."""


class Stops:
    """Carries out rows of MARKET_CONTROLS; owner of the `stopped` fields of the gates."""

    KEPT = ("_standing", "_proposals")

    def __init__(self, state: np.ndarray, register: Register, parts: Parts) -> None:
        self._x = state[0]
        self._register = register
        self._parts = parts
        self._standing: dict[Target, Stop] = {}
        self._proposals: dict[Target, int] = {}

    def act(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of MARKET_CONTROLS."""
        columns, reason = batch.rows[row], batch.text_of(row)
        actor, code = int(columns["actor"]), int(columns["action"])
        if not is_code(ControlAction, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND)
        action = ControlAction(code)
        target = _target(int(columns["participant"]), int(columns["instrument"]))
        named = {} if target is None else {"participant": target[0], "instrument": target[1]}
        outcome = self._judge(action, actor, target, reason)
        if outcome is not Outcome.ACCEPTED or target is None:
            return out.refuse(row, outcome, Parameter.NONE, **named)
        match action:
            case ControlAction.STOP:
                self._stop(target, actor, reason, batch.time_ns, row, out)
                out.add(EventKind.TRADING_STOPPED, row, counterparty=actor, **named)
            case ControlAction.PROPOSE_RESUMPTION:
                self._proposals[target] = actor
                out.add(EventKind.RESUMPTION_PROPOSED, row, counterparty=actor, **named)
            case ControlAction.APPROVE_RESUMPTION:
                proposer = self._proposals.pop(target)
                del self._standing[target]
                self._mark(target, 0)
                out.add(EventKind.TRADING_RESUMED, row, counterparty=actor, order_id=proposer, **named)

    def _judge(self, action: ControlAction, actor: int, target: Target | None, reason: str) -> Outcome:
        """Why a row may not be carried out, or ACCEPTED."""
        operator = self._register.class_of(actor) is ParticipantClass.OPERATOR
        own = action is ControlAction.STOP and target == (actor, 0)
        if not operator and not own:
            return Outcome.NOT_PERMITTED_FOR_CLASS
        if target is None:
            return Outcome.STOP_TARGET_INVALID
        if target[0] and not self._register.has_participant(target[0]):
            return Outcome.PARTICIPANT_UNKNOWN
        if target[1] and not self._register.has_instrument(target[1]):
            return Outcome.INSTRUMENT_UNKNOWN
        if action is ControlAction.STOP and target in self._standing:
            return Outcome.ALREADY_STOPPED
        if action is not ControlAction.STOP and target not in self._standing:
            return Outcome.NOT_STOPPED
        if action is ControlAction.APPROVE_RESUMPTION and target not in self._proposals:
            return Outcome.RESUMPTION_NOT_PROPOSED
        if action is ControlAction.APPROVE_RESUMPTION and self._proposals[target] == actor:
            return Outcome.SAME_PERSON
        if not reason.strip() or len(reason.encode()) > NAME_BYTES_MAX:
            return Outcome.REASON_MISSING
        return Outcome.ACCEPTED

    def _stop(self, target: Target, actor: int, reason: str, time_ns: int, row: int, out: Recorder) -> None:
        self._standing[target] = Stop(target[0], target[1], actor, time_ns, reason)
        self._mark(target, 1)
        for instrument in self._instruments(target):
            if self._x["instruments"]["phase"][instrument] != Phase.FIRM_CALL:
                self._sweep(target[0] or ALL_PARTICIPANTS, instrument, row, out)
        self._parts.clear_offers(target[0], target[1], row, out)

    def after_firm_call(self, instrument: int, row: int, out: Recorder) -> None:
        """A call that was firm is over: what is left of stopped orders goes."""
        for participant, named in self._standing:
            if named in (0, instrument):
                self._sweep(participant or ALL_PARTICIPANTS, instrument, row, out)

    def _sweep(self, participant: int, instrument: int, row: int, out: Recorder) -> None:
        self._parts.run(STOP, instrument, row, out, participant)

    def _instruments(self, target: Target) -> Iterator[int]:
        yield from (view.number for view in self._register.instruments() if target[1] in (0, view.number))

    def _mark(self, target: Target, stopped: int) -> None:
        participant, instrument = target
        if participant:
            self._x["senders"]["stopped"][participant] = stopped
        elif instrument:
            self._x["gates"]["stopped"][instrument] = stopped
        else:
            self._x["venue_gate"]["stopped"] = stopped

    def views(self) -> list[Stop]:
        """The stops that stand, in the order they were made."""
        return list(self._standing.values())

    def proposals(self) -> dict[Target, int]:
        """Who proposes to lift which of them."""
        return dict(self._proposals)

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of them."""
        return [
            integers(stop.participant, stop.instrument, stop.by, stop.time_ns, self._proposals.get(target, 0))
            + stop.reason.encode()
            for target, stop in sorted(self._standing.items())
        ]


def _target(participant: int, instrument: int) -> Target | None:
    """What a row names; None where it names a participant in one instrument, or a number that nobody can have."""
    if participant == ALL_PARTICIPANTS and instrument == ALL_INSTRUMENTS:
        return EVERYTHING
    if instrument == ALL_INSTRUMENTS and participant:
        return participant, 0
    if participant == ALL_PARTICIPANTS and 0 < instrument < 2**16:
        return 0, instrument
    return None
