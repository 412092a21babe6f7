"""The auditor's view of a unit's life and of stops: who has what in which pocket, and who may not trade for a while."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from engine.commands import Phase
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.words.floor import ControlAction
from engine.words.units import UnitStep
from tests.simulation.books import COMPLIANCE, FREE, PLEDGED, Handlers, Row, must
from tests.simulation.reserve_books import ReserveBooks


class UnitBooks(ReserveBooks):
    """Issues, transfers, pledges, surrenders; and members that are stopped."""

    def __init__(self, **of_reserves: Any) -> None:
        super().__init__(**of_reserves)
        self.pledges: dict[int, list[int]] = {}
        self.stopped: dict[int, int] = {}
        """Each member that is stopped, with who proposed to resume (0: nobody yet)."""

    def unit_handlers(self) -> Handlers:
        return {
            EventKind.UNITS_ISSUED: self._issued,
            EventKind.UNITS_MOVED: self._moved,
            EventKind.UNITS_SURRENDERED: self._surrendered,
            EventKind.UNITS_RETIRED: self._retired,
            EventKind.PLEDGE_CHANGED: self._pledge,
            EventKind.TRADING_STOPPED: self._stopped,
            EventKind.RESUMPTION_PROPOSED: self._resumption_proposed,
            EventKind.TRADING_RESUMED: self._resumed,
        }

    # -- what is possible ----------------------------------------------------------------------------------------------

    def against_stop(self, row: Row, reason: str) -> list[Outcome]:
        """What speaks against a row of MARKET_CONTROLS about a member."""
        action, target = row["action"], row["participant"]
        own = action == ControlAction.STOP and target == row["actor"]
        found = [] if own or row["actor"] in self.operators else [Outcome.NOT_PERMITTED_FOR_CLASS]
        found += [] if reason else [Outcome.REASON_MISSING]
        if action == ControlAction.STOP:
            return found + ([Outcome.ALREADY_STOPPED] if target in self.stopped else [])
        if target not in self.stopped:
            return [*found, Outcome.NOT_STOPPED]
        if action == ControlAction.APPROVE_RESUMPTION:
            found += [] if self.stopped[target] else [Outcome.RESUMPTION_NOT_PROPOSED]
            found += [Outcome.SAME_PERSON] if self.stopped[target] == row["actor"] else []
        return found

    def against_new(self, row: Row, adding: Container[int] | None = None) -> list[Outcome]:
        """A member that is stopped adds nothing; `adding` are the commands that would."""
        adds = adding is None or row["command"] in adding
        return [Outcome.TRADING_STOPPED] if adds and row["actor"] in self.stopped else []

    def against_unit_step(self, row: Row) -> list[Outcome] | None:
        """What certainly speaks against a row of UNIT_STEPS; whether nothing does is the rules' to say."""
        step, actor, lots = row["step"], row["actor"], row["quantity_lots"]
        owner = row["participant"] if step in (UnitStep.RESTRICT, UnitStep.LIFT) else actor
        found = []
        if step in (UnitStep.TRANSFER, UnitStep.RETIRE, UnitStep.PLEDGE, UnitStep.RESTRICT):
            if lots > self.units[owner][FREE]:
                found.append(Outcome.HOLDING_INSUFFICIENT)
            if step == UnitStep.RESTRICT and actor not in self.operators:
                found.append(Outcome.NOT_PERMITTED_FOR_CLASS)
            if found:
                # Whichever rule is looked at first, it is refused.
                return [*found, *(one for one in Outcome if one is not Outcome.ACCEPTED)]
        return None

    # -- what happened -------------------------------------------------------------------------------------------------

    def _issued(self, event: Any) -> None:
        lots = int(event["quantity_lots"])
        must(lots == self.row["quantity_lots"] > 0, "more or less is issued than was asked for")
        self.units[int(event["participant"])][FREE] += lots
        self.deposited[1] += lots

    def _moved(self, event: Any) -> None:
        step, owner, lots = int(event["side"]), int(event["participant"]), int(event["quantity_lots"])
        must(lots == self.row["quantity_lots"] > 0, "more or less is moved than was asked for")
        other = int(event["counterparty"])
        if step == UnitStep.RESTRICT:
            self.move(self.units, owner, lots, FREE, COMPLIANCE)
        elif step == UnitStep.LIFT:
            self.move(self.units, owner, lots, COMPLIANCE, FREE)
        else:
            must(other not in (0, owner), "units move to where they are")
            self.units[owner][FREE] -= lots
            self.units[other][FREE] += lots

    def _surrendered(self, event: Any) -> None:
        owner, lots, restricted = (int(event[name]) for name in ("participant", "quantity_lots", "counter_order_id"))
        must(0 <= restricted <= lots == self.row["quantity_lots"], "more or less is surrendered than was asked for")
        self.units[owner][COMPLIANCE] -= restricted
        self.units[owner][FREE] -= lots - restricted
        self.deposited[1] -= lots

    def _retired(self, event: Any) -> None:
        lots = int(event["quantity_lots"])
        must(lots == self.row["quantity_lots"] > 0, "more or less is retired than was asked for")
        self.units[int(event["participant"])][FREE] -= lots
        self.deposited[1] -= lots

    def _pledge(self, event: Any) -> None:
        number, owner, lots = (int(event[name]) for name in ("reference", "participant", "quantity_lots"))
        if lots > 0:
            must(number == len(self.pledges) + 1, "pledges are not numbered in turn")
            self.pledges[number] = [owner, 0]
        pledge = self.pledges[number]
        pledge[1] += lots
        must(pledge[0] == owner and int(event["remaining_lots"]) == pledge[1] >= 0, "a pledge is told wrong")
        self.move(self.units, owner, lots, FREE, PLEDGED)

    def pledged_of(self, owner: int) -> int:
        return sum(lots for of, lots in self.pledges.values() if of == owner)

    def _stopped(self, event: Any) -> None:
        member = int(event["participant"])
        left = [order.number for order in self.orders.values() if order.owner == member]
        must(self.phase is Phase.FIRM_CALL or not left, f"{member} is stopped and its orders {left} live on")
        must(not [o for o in self.offers.values() if o.proposer == member], f"{member} is stopped, its offers are not")
        self.stopped[member] = 0

    def _resumption_proposed(self, event: Any) -> None:
        self.stopped[int(event["participant"])] = int(event["counterparty"])

    def _resumed(self, event: Any) -> None:
        must(self.stopped.pop(int(event["participant"])) not in (0, int(event["counterparty"])), "one person resumes")
