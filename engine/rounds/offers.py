"""The offer of a round: lines of supply, what consignors add and withdraw, and what earlier rounds left over.

Units of every line are locked from the moment it is there. The first bid fixes the offer, and with it every cap that is
a share of it; until then consigned units may come, go where the rules allow, and take the place of government units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.auction.terms import UnsoldRule
from engine.commands import SupplyKind
from engine.digest import integers
from engine.events import EventKind
from engine.ledger.accounts import Accounts
from engine.recorder import Recorder
from engine.rounds.columns import Columns
from engine.rounds.layout import SUPPLY_LINE
from engine.units import split_largest_remainder


@dataclass(eq=False)
class Carried:
    """Units that found no buyer and stay locked for later rounds of their instrument.

    `wait`: how many openings they let pass first. `year`: the calendar year in which they may be offered, 0: any.
    """

    seller: int
    instrument: int
    kind: SupplyKind
    group: int
    rank: int
    lots: int
    wait: int = 0
    year: int = 0

    def continues(self, other: Carried) -> bool:
        """Whether these are units of the same line, kept for another round."""
        names = ("seller", "instrument", "kind", "group", "rank", "year")
        return all(getattr(self, name) == getattr(other, name) for name in names)


class Offers:
    """Owner of the lines of supply of all rounds, and of what is carried between them."""

    KEPT = ("_carried", "_carried_in", "columns")

    def __init__(self, rounds: np.ndarray, bidders: np.ndarray, accounts: Accounts) -> None:
        self._rounds, self._bidders, self._accounts = rounds, bidders, accounts
        self._carried: list[Carried] = []
        self._carried_in: dict[tuple[int, int], int] = {}
        """Lots that a round took up of what a consignor had consigned to an earlier one: by (round, consignor)."""
        self.columns = Columns(SUPPLY_LINE)

    # -- lines ---------------------------------------------------------------------------------------------------

    def add(self, number: int, kind: SupplyKind, seller: int, lots: int, **terms: int) -> int:
        """A line whose units are locked already; `terms` are its other columns. Returns its number in the round."""
        line = int(self._rounds["supply_lines"][number]) + 1
        self._rounds["supply_lines"][number] = line
        self._rounds["offered_lots"][number] += lots
        self.columns.append(round_number=number, line=line, kind=kind, seller=seller, quantity_lots=lots, **terms)
        return line

    def consign(
        self, number: int, group: int, consignor: int, lots: int, minimum: int, row: int, out: Recorder
    ) -> None:
        """A consigned line; its units are locked already."""
        line = self.add(number, SupplyKind.CONSIGNED, consignor, lots, group=group, minimum_price_ticks=minimum, rank=0)
        self._bidders["consigned_lots"][number, consignor] += lots
        out.add(
            EventKind.UNITS_CONSIGNED,
            row,
            reference=number,
            instrument=self._instrument(number),
            order_id=line,
            participant=consignor,
            quantity_lots=lots,
            price_ticks=minimum,
        )

    def reduce(self, position: int, lots: int, row: int, out: Recorder) -> None:
        """Take units out of a line and give them back to its seller."""
        line = self.columns.rows()[position]
        number, seller = int(line["round_number"]), int(line["seller"])
        line["quantity_lots"] -= lots
        self._rounds["offered_lots"][number] -= lots
        if line["kind"] == SupplyKind.CONSIGNED:
            self._bidders["consigned_lots"][number, seller] -= lots
        self._accounts.lock_units(seller, self._instrument(number), -lots)
        out.add(
            EventKind.SUPPLY_WITHDRAWN,
            row,
            reference=number,
            instrument=self._instrument(number),
            order_id=int(line["line"]),
            participant=seller,
            quantity_lots=lots,
        )

    def displace(self, number: int, lots: int, row: int, out: Recorder) -> None:
        """Let consigned units take the place of as many government units, those that would sell last first."""
        positions = self._positions(number)
        rows = self.columns.rows()
        government = [p for p in positions if rows["kind"][p] == SupplyKind.GOVERNMENT and rows["quantity_lots"][p]]
        for position in sorted(government, key=lambda p: (-int(rows["rank"][p]), -int(rows["line"][p]))):
            taken = min(lots, int(rows["quantity_lots"][position]))
            if taken:
                self.reduce(position, taken, row, out)
            lots -= taken

    def consigned_anew_lots(self, number: int, consignor: int) -> int:
        """What a consignor brought to a round, without what came over from earlier ones."""
        carried = self._carried_in.get((number, consignor), 0)
        return int(self._bidders["consigned_lots"][number, consignor]) - carried

    def position_of(self, number: int, line: int) -> int | None:
        """Where a line of a round lies in the columns."""
        rows = self.columns.rows()
        found = np.flatnonzero((rows["round_number"] == number) & (rows["line"] == line))
        return int(found[0]) if len(found) else None

    def lines(self, number: int) -> np.ndarray:
        """The round's lines; consigned ones sell at the place that the rules gave them at the opening. A copy."""
        lines = self.columns.of_round(number)
        lines["rank"][lines["kind"] == SupplyKind.CONSIGNED] = self._rounds["consignment_rank"][number]
        return lines

    def set_conditions(self, number: int, line: int, trigger_ticks: int, minimum_ticks: int) -> None:
        """Fix the conditions of a line when its round opens."""
        position = self.position_of(number, line)
        if position is not None:
            rows = self.columns.rows()
            rows["trigger_price_ticks"][position] = trigger_ticks
            rows["minimum_price_ticks"][position] = minimum_ticks

    def cap_less_lots(self, number: int) -> int:
        """What the rules leave out of the offer that caps are shares of."""
        lines, terms = self.columns.of_round(number), self._rounds[number]
        left_out = np.zeros(len(lines), np.bool_)
        if terms["excludes_consigned"]:
            left_out |= lines["kind"] == SupplyKind.CONSIGNED
        if not terms["counts_released"]:
            left_out |= lines["trigger_price_ticks"] > 0
        return int(lines["quantity_lots"][left_out].sum())

    # -- between rounds ------------------------------------------------------------------------------------------

    def carry(self, number: int, line: np.void, lots: int, rounds: int, year: int, row: int, out: Recorder) -> None:
        """Keep unsold units, already locked again, for the next `rounds` rounds in equal parts."""
        instrument, seller = self._instrument(number), int(line["seller"])
        for wait, part in enumerate(split_largest_remainder(lots, [1] * rounds)):
            if part:
                kind = SupplyKind(int(line["kind"]))
                group, rank = int(line["group"]), int(line["rank"])
                self._carried.append(Carried(seller, instrument, kind, group, rank, part, wait, year))
        out.add(
            EventKind.UNITS_CARRIED,
            row,
            reference=number,
            instrument=instrument,
            participant=seller,
            quantity_lots=lots,
            order_id=rounds,
        )

    def due(self, number: int, takes: dict[SupplyKind, bool], year: int) -> list[Carried]:
        """What earlier rounds left over for this one, by which kinds of unsold units its rules take up."""
        instrument = self._instrument(number)
        return [
            carried
            for carried in self._carried
            if carried.instrument == instrument
            and takes[SupplyKind.CONSIGNED if carried.kind is SupplyKind.CONSIGNED else SupplyKind.GOVERNMENT]
            and carried.wait == 0
            and carried.year in (0, year)
        ]

    def take_up(self, number: int, due: list[Carried], room_lots: int | None, row: int, out: Recorder) -> None:
        """Put carried units into a round that opens. What passes `room_lots` (None: no limit) is shared out evenly over
        the later rounds for which units of the same sale are kept (UK SI 2021/484 reg. 6(8)), single lots over to the
        earlier ones; where there are none, it waits for the next round.

        Units kept for another round come one opening nearer.
        """
        instrument = self._instrument(number)
        for carried in self._carried:
            if carried.instrument == instrument and carried not in due:
                carried.wait = max(0, carried.wait - 1)
        for carried in due:
            if carried.kind is SupplyKind.CONSIGNED:
                self._carried.remove(carried)
                self.consign(number, carried.group, carried.seller, carried.lots, 0, row, out)
                key = (number, carried.seller)
                self._carried_in[key] = self._carried_in.get(key, 0) + carried.lots
                continue
            lots = carried.lots if room_lots is None else min(carried.lots, room_lots)
            room_lots = None if room_lots is None else room_lots - lots
            carried.lots -= lots
            later = {other.wait: other for other in self._carried if other not in due and other.continues(carried)}
            if later:
                parts = split_largest_remainder(carried.lots, [1] * len(later))
                for wait, part in zip(sorted(later), parts, strict=True):
                    later[wait].lots += part
                carried.lots = 0
            if not carried.lots:
                self._carried.remove(carried)
            if lots:
                self._add_returned(number, carried, lots, row, out)

    def give_back_lapsed(self, number: int, year: int, row: int, out: Recorder) -> None:
        """Unlock what could be offered in an earlier year only."""
        instrument = self._instrument(number)
        for carried in [c for c in self._carried if c.instrument == instrument and 0 < c.year < year]:
            self._carried.remove(carried)
            self._accounts.lock_units(carried.seller, instrument, -carried.lots)
            out.add(
                EventKind.UNITS_LAPSED,
                row,
                reference=number,
                instrument=instrument,
                participant=carried.seller,
                quantity_lots=carried.lots,
            )

    def carried_digest(self) -> list[bytes]:
        """What the state digest takes of units between rounds."""
        return [
            integers(c.seller, c.instrument, c.group, c.lots)
            if c.kind is SupplyKind.CONSIGNED and not (c.wait or c.year)
            else integers(c.seller, c.instrument, c.kind, c.group, c.rank, c.lots, c.wait, c.year)
            for c in self._carried
        ]

    def locked_between_rounds(self, instrument: int) -> int:
        """Lots of an instrument that wait, locked, for a later round."""
        return sum(carried.lots for carried in self._carried if carried.instrument == instrument)

    # -- within --------------------------------------------------------------------------------------------------

    def _add_returned(self, number: int, carried: Carried, lots: int, row: int, out: Recorder) -> None:
        line = self.add(number, SupplyKind.RETURNED, carried.seller, lots, group=carried.group, rank=carried.rank)
        out.add(
            EventKind.SUPPLY_ADDED,
            row,
            reference=number,
            instrument=carried.instrument,
            order_id=line,
            participant=carried.seller,
            quantity_lots=lots,
        )

    def _positions(self, number: int) -> list[int]:
        found: list[int] = np.flatnonzero(self.columns.rows()["round_number"] == number).tolist()
        return found

    def _instrument(self, number: int) -> int:
        return int(self._rounds["instrument"][number])


def rounds_of(rule: UnsoldRule, spread: int) -> int:
    """Over how many later rounds a rule carries units; 0 where it carries none."""
    match rule:
        case UnsoldRule.NEXT_ROUND | UnsoldRule.NEXT_IN_YEAR:
            return 1
        case UnsoldRule.SPREAD_OVER_ROUNDS:
            return max(1, spread)
        case _:
            return 0
