"""The auditor's reserve, planned years and recorded facts: what lies where, and what was decided on which trigger."""

from __future__ import annotations

from typing import Any

from engine.commands import Table
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.words.reserve import AllocationStep, ReserveStep
from tests.simulation.books import FREE, LOCKED, Handlers, Row, must
from tests.simulation.round_books import RoundBooks
from tests.simulation.round_papers import Charter


class ReserveBooks(RoundBooks):
    """One reserve at most, years by number, facts by what they are about."""

    def __init__(self, *, charter: Charter, **of_blocks: int) -> None:
        super().__init__(charter=charter, **of_blocks)
        self.reserve_account = self.reserve_lots = 0
        self.triggers: dict[int, tuple[int, int]] = {}
        self.decided: set[int] = set()
        self.buy_backs: list[list[int]] = []
        self.years: dict[int, list[int]] = {}
        self.allocated: set[tuple[int, int]] = set()
        self.facts: dict[tuple[int, int, int], int] = {}
        self.links: dict[int, int] = {}

    def reserve_handlers(self) -> Handlers:
        return {
            EventKind.RESERVE_CHANGED: self._reserve_changed,
            EventKind.TRIGGER_TESTED: self._trigger_tested,
            EventKind.RESERVE_DECIDED: self._decided,
            EventKind.YEAR_PLANNED: self._planned,
            EventKind.UNITS_ALLOCATED: self._allocated,
            EventKind.FACT_RECORDED: self._fact,
            EventKind.PARTICIPANT_LINKED: self._linked,
        }

    def against_record(self, table: Table, row: Row) -> list[Outcome] | None:
        """What speaks against a row of FACTS, LINKS, ALLOCATIONS or RESERVE_STEPS; None for no opinion."""
        if table is Table.RESERVE_STEPS:
            return self._against_reserve(row)
        found = [] if row["actor"] in self.operators else [Outcome.NOT_PERMITTED_FOR_CLASS]
        found += [] if row["participant"] in self.cash else [Outcome.PARTICIPANT_UNKNOWN]
        if table is not Table.ALLOCATIONS:
            return found
        if row["step"] == AllocationStep.PLAN:
            return found + ([Outcome.YEAR_ALREADY_PLANNED] if row["year"] in self.years else [])
        if row["year"] not in self.years:
            return [*found, Outcome.YEAR_NOT_PLANNED]
        account, left = self.years[row["year"]]
        again = (row["year"], row["participant"]) in self.allocated
        found += [Outcome.ALLOCATION_EXCEEDS_PLAN] if again or row["quantity_lots"] > left else []
        more = row["quantity_lots"] > self.units[account][FREE]
        return (found or None) if more else found

    def _against_reserve(self, row: Row) -> list[Outcome] | None:
        step, actor = row["step"], row["actor"]
        found = []
        if (actor in self.operators) == (step == ReserveStep.SELL_BACK):
            found.append(Outcome.NOT_PERMITTED_FOR_CLASS)
        if step == ReserveStep.FOUND:
            return found + ([Outcome.RESERVE_ALREADY_FOUNDED] if self.reserve_account else [])
        if not self.reserve_account:
            return [*found, Outcome.RESERVE_UNKNOWN]
        if step == ReserveStep.ENDOW:
            giver = row["participant"] or self.reserve_account
            found += [] if row["quantity_lots"] >= 1 else [Outcome.QUANTITY_OUT_OF_BOUNDS]
            return found + ([Outcome.HOLDING_INSUFFICIENT] if row["quantity_lots"] > self.units[giver][FREE] else [])
        if step == ReserveStep.DECIDE:
            unmet = row["target"] not in self.triggers or row["target"] in self.decided
            return [*found, Outcome.TRIGGER_NOT_MET] if unmet else (found or None)
        return found or None

    def locked_by_reserve(self, owner: int) -> int:
        return self.reserve_lots if owner == self.reserve_account else 0

    # -- what happened -------------------------------------------------------------------------------------------------

    def _reserve_changed(self, event: Any) -> None:
        account, lots, step = int(event["participant"]), int(event["quantity_lots"]), int(event["reference"])
        self.reserve_lots += lots
        must(int(event["remaining_lots"]) == self.reserve_lots >= 0, "what lies in the reserve is told wrong")
        if step == ReserveStep.FOUND:
            self.reserve_account = account
        elif step == ReserveStep.EXPIRE:
            self.units[account][LOCKED] += lots
            self.deposited[1] += lots
        elif lots < 0:
            self.move(self.units, account, -lots, LOCKED, FREE)
        else:
            giver = int(event["counterparty"]) or account
            self.units[giver][FREE] -= lots
            self.units[account][LOCKED] += lots
            if step == ReserveStep.SELL_BACK:
                self._sold_back(event, giver, lots)

    def _sold_back(self, event: Any, seller: int, lots: int) -> None:
        price, left = self.buy_backs[self.row["target"] - 1]
        must(int(event["price_ticks"]) == price and lots <= left, "sold back beyond what was decided")
        self.buy_backs[self.row["target"] - 1][1] -= lots
        self._pay(self.reserve_account, seller, price * lots * self.tick_value)

    def _trigger_tested(self, event: Any) -> None:
        number, most = int(event["reference"]), int(event["quantity_lots"])
        if number:
            must(number == len(self.triggers) + 1, "triggers are not numbered in turn")
            self.triggers[number] = most, int(event["order_id"])

    def _decided(self, event: Any) -> None:
        target, lots = int(event["order_id"]), int(event["quantity_lots"])
        must(target in self.triggers and target not in self.decided, "a decision without a trigger")
        must(0 < lots <= self.triggers[target][0], "more is decided than the trigger allows")
        self.decided.add(target)
        if int(event["price_ticks"]) and int(event["reference"]) == len(self.buy_backs) + 1:
            self.buy_backs.append([int(event["price_ticks"]), lots])

    def _planned(self, event: Any) -> None:
        account, total = int(event["participant"]), int(event["quantity_lots"])
        must(total == self.row["quantity_lots"], "another total is planned than was asked for")
        must(int(event["remaining_lots"]) + int(event["amount_minor"]) <= total, "a year's parts pass its total")
        self.units[account][FREE] += total
        self.deposited[1] += total
        self.years[int(event["order_id"])] = [account, int(event["remaining_lots"])]

    def _allocated(self, event: Any) -> None:
        year, participant, free = int(event["order_id"]), int(event["participant"]), int(event["quantity_lots"])
        account, left = self.years[year]
        entitled = free + int(event["remaining_lots"])
        must(entitled == self.row["quantity_lots"] <= left, "more is allocated than was planned")
        self.years[year][1] -= entitled
        self.allocated.add((year, participant))
        self.units[account][FREE] -= free
        self.units[participant][FREE] += free

    def _fact(self, event: Any) -> None:
        key = int(event["participant"]), int(event["side"]), int(event["order_id"])
        must(key == tuple(self.row[name] for name in ("participant", "fact", "year")), "another fact is recorded")
        self.facts[key] = int(event["quantity_lots"])

    def _linked(self, event: Any) -> None:
        self.links[int(event["participant"])] = int(event["reference"])
