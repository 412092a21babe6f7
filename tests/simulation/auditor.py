"""An auditor who keeps books of its own, in plain Python integers, from nothing but commands and events.

It knows what each event must mean for accounts, queues and rounds, and for each command which outcomes are possible as
things stand. It stops at the first thing that cannot be, and says what. Its books lie in `books` (accounts),
`settling_books`, `trading_books`, `block_books`, `round_books`, `reserve_books`, `unit_books`, each on the one before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from engine.commands import BlockCommand, Change, OrderCommand, Table
from engine.events import BlockEnd, EventKind
from engine.outcomes import Outcome
from tests.simulation.books import HELD, LOCKED, PLEDGED, UNSETTLED, Impossible, Row, must
from tests.simulation.round_papers import Charter
from tests.simulation.unit_books import UnitBooks

OF_ROUNDS = frozenset(
    {Table.ROUNDS, Table.BIDS, Table.SUPPLY, Table.SUPPLY_LINES, Table.CONSIGNMENTS, Table.ROUND_ACTIONS,
     Table.ROUND_STEPS, Table.DRAWS, Table.GUARANTEES, Table.CHANGES, Table.ROUND_VALUES, Table.HIDDEN_RESERVES}
)  # fmt: skip
OF_RECORDS = frozenset({Table.FACTS, Table.LINKS, Table.ALLOCATIONS, Table.RESERVE_STEPS})
MARKET_DATA = frozenset({EventKind.DEPTH_CHANGED, EventKind.TOP_CHANGED, EventKind.CALL_INDICATED})
"""Told beside any row, a refused one too."""

SAYS_NOTHING = frozenset(
    {EventKind.REFUSED, EventKind.INSTRUMENT_DEFINED, EventKind.SESSION_OPENED, EventKind.RULE_BOOK_ADOPTED,
     EventKind.ROUND_VALUE_SET, EventKind.SUPPLY_CONDITION, EventKind.HIDDEN_RESERVE_SEALED,
     EventKind.HIDDEN_RESERVE_REVEALED, EventKind.BATCH_VOID_PROPOSED,
     EventKind.BATCH_VOID_APPROVED, *MARKET_DATA}
)  # fmt: skip
"""Events by which nobody's account, order or round changes."""


class Auditor(UnitBooks):
    """Books of one venue with one instrument whose tick of one lot is worth `tick_value`."""

    def __init__(
        self,
        *,
        tick_value: int,
        price_step: int = 1,
        quantity_step: int = 1,
        block_minimum: int = 1,
        charter: Charter | None = None,
    ) -> None:
        super().__init__(
            charter=charter or Charter(),
            tick_value=tick_value,
            price_step=price_step,
            quantity_step=quantity_step,
            block_minimum=block_minimum,
        )
        self.next_sequence = 1
        self.read: Counter[EventKind] = Counter()
        """How many events of each kind."""
        self._handlers: dict[EventKind, Callable[[Any], None]] = {
            **self.account_handlers(),
            **self.settling_handlers(),
            **self.trading_handlers(),
            **self.block_handlers(),
            **self.round_handlers(),
            **self.reserve_handlers(),
            **self.unit_handlers(),
        }

    def batch(
        self, table: Table, rows: list[Row], names: list[str], outcomes: list[int], events: Any, first: int
    ) -> None:
        """One batch: its rows, what each was told, and its events from sequence `first` on."""
        must(first == self.next_sequence, f"events begin at {first}, the one before was {self.next_sequence - 1}")
        self.next_sequence += len(events)
        of_row: dict[int, list[Any]] = defaultdict(list)
        last = 0
        for event in events:
            must(last <= int(event["row"]) < len(rows), "events are not in the order of rows")
            last = int(event["row"])
            of_row[last].append(event)
        for at, row in enumerate(rows):
            self.row = row
            self._row(table, row, names[at], Outcome(outcomes[at]), of_row[at])
        self._check()

    def _row(self, table: Table, row: Row, name: str, outcome: Outcome, events: list[Any]) -> None:
        aside = [event["kind"] in MARKET_DATA or self._is_expiry(event) for event in events]
        for event in (event for event, apart in zip(events, aside, strict=True) if apart):
            self._take(event)
        events = [event for event, apart in zip(events, aside, strict=True) if not apart]
        against = None if outcome is Outcome.BATCH_VOIDED else self.against(table, row, name)
        if against is not None:
            possible = against or [Outcome.ACCEPTED]
            names_of = ", ".join(one.name for one in possible)
            must(outcome in possible, f"{table.name} {dict(row)} was told {outcome.name}, possible is {names_of}")
        refused = [event for event in events if event["kind"] == EventKind.REFUSED]
        must(bool(refused) == (outcome is not Outcome.ACCEPTED), f"{outcome.name} with {len(refused)} REFUSED events")
        must(not refused or len(events) == 1, "a refused row moved something")
        for event in events:
            self._take(event)
        self.end_of_orders()
        self.end_of_settling()
        self.end_of_rounds()
        if table is Table.ROUNDS and outcome is Outcome.ACCEPTED:
            self.names.add(name)

    def _take(self, event: Any) -> None:
        kind = EventKind(int(event["kind"]))
        self.read[kind] += 1
        if kind not in SAYS_NOTHING:
            must(kind in self._handlers, f"nobody taught the auditor what {kind.name} means")
            self._handlers[kind](event)

    def _is_expiry(self, event: Any) -> bool:
        """A block offer whose time has come: told with the first row of whatever batch comes next."""
        if event["kind"] != EventKind.BLOCK_ENDED:
            return False
        offer = self.offers.get(int(event["order_id"]))
        return offer is not None and 0 < offer.expire_ns <= self.time_ns and int(event["reference"]) == BlockEnd.EXPIRED

    def _check(self) -> None:
        self.check_accounts()
        self.check_orders()
        for owner in self.cash:
            of_orders, of_offers = self.held_by_orders(owner), self.held_by_offers(owner)
            cash = of_orders[0] + of_offers[0] + self.held_by_rounds(owner)
            must(cash == self.cash[owner][HELD], f"cash held of {owner} is {self.cash[owner][HELD]}, needed is {cash}")
            lots = of_orders[1] + of_offers[1]
            must(lots == self.units[owner][HELD], f"units held of {owner} are {self.units[owner][HELD]}, not {lots}")
            locked, pledged = self.locked_by_rounds(owner) + self.locked_by_reserve(owner), self.pledged_of(owner)
            pockets = self.units[owner]
            must(locked == pockets[LOCKED], f"units locked of {owner} are {pockets[LOCKED]}, not {locked}")
            must(pledged == pockets[PLEDGED], f"units pledged of {owner} are {pockets[PLEDGED]}, not {pledged}")
            unsettled = self.unsettled_of(owner)
            must(pockets[UNSETTLED] == unsettled, f"{pockets[UNSETTLED]} units of {owner} wait, not {unsettled}")

    def against(self, table: Table, row: Row, name: str) -> list[Outcome] | None:
        """Every outcome that speaks against a row as things stand; None where the auditor has no opinion."""
        actor = row["actor"]
        if table is Table.ORDERS:
            found = self.against_order(row) if actor in self.cash else [Outcome.ACTOR_UNKNOWN]
            return found + self.against_new(row, (OrderCommand.NEW, OrderCommand.REPLACE))
        if table is Table.BLOCKS:
            adds = (BlockCommand.OFFER, BlockCommand.COUNTER, BlockCommand.CONFIRM)
            return self.against_block(row) + self.against_new(row, adds)
        if table in OF_ROUNDS:
            found = self.against_round(table, row, name)
            amends = table is Table.CHANGES and row["change"] == Change.AMEND_BID
            adds = amends or table in (Table.BIDS, Table.CONSIGNMENTS)
            return found if found is None or not adds else found + self.against_new(row)
        if table is Table.MARKET_CONTROLS:
            return self.against_stop(row, name)
        if table is Table.UNIT_STEPS:
            return self.against_unit_step(row)
        if table in OF_RECORDS:
            return self.against_record(table, row)
        found = [] if actor in self.operators else [Outcome.NOT_PERMITTED_FOR_CLASS]
        if table is Table.DEPOSITS:
            return found + self.against_deposit(row)
        return found + self.against_phase(row) if table is Table.PHASES else None


__all__ = ["Auditor", "Charter", "Impossible"]
