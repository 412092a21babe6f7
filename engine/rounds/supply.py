"""Commands on the offer of a round: the operator's lines of supply, and what consignors consign and withdraw."""

from __future__ import annotations

import numpy as np

from engine.commands import Batch, SupplyKind, is_code
from engine.events import EventKind
from engine.limits import PRICE_TICKS_MAX, QUANTITY_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.consignment import Consignor, judge_consignment, judge_withdrawal
from engine.rounds.layout import Stage
from engine.rounds.shelf import Shelf
from engine.rounds.terms import RELEASE_TIERS


class SupplyDesk:
    """Takes rows of SUPPLY, SUPPLY_LINES and CONSIGNMENTS."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def add(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of SUPPLY or SUPPLY_LINES: units of a seller, locked from here on."""
        columns, shelf = batch.rows[row], self._shelf
        number, seller, lots = int(columns["round_number"]), int(columns["seller"]), int(columns["quantity_lots"])
        conditions = _conditions(columns)
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, reference=number)
        if not shelf.register.has_participant(seller):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, reference=number, participant=seller)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        instrument, kind = shelf.instrument(number), int(columns["kind"])
        if lots > shelf.accounts.available_lots(seller, instrument):
            return out.refuse(row, Outcome.HOLDING_INSUFFICIENT, reference=number, participant=seller)
        if shelf.stage(number) != Stage.DRAFT:
            return out.refuse(row, Outcome.ROUND_NOT_IN_DRAFT, reference=number)
        if not is_code(SupplyKind, kind) or kind == SupplyKind.CONSIGNED or not _conditions_hold(conditions):
            return out.refuse(row, Outcome.SUPPLY_LINE_INVALID, reference=number)
        shelf.accounts.lock_units(seller, instrument, lots)
        terms = {"group": int(columns["group"]), "rank": int(columns["rank"]), **conditions}
        line = shelf.offers.add(number, SupplyKind(kind), seller, lots, **terms)
        shelf.dossier(number).offered[line] = lots
        out.add(
            EventKind.SUPPLY_ADDED,
            row,
            reference=number,
            instrument=instrument,
            order_id=line,
            participant=seller,
            quantity_lots=lots,
        )
        if any(conditions.values()):
            out.add(
                EventKind.SUPPLY_CONDITION,
                row,
                reference=number,
                instrument=instrument,
                order_id=line,
                participant=seller,
                price_ticks=conditions["minimum_price_ticks"],
                amount_minor=conditions["trigger_price_ticks"],
                side=conditions["tier"],
                counter_order_id=conditions["withheld"],
            )

    def consign(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of CONSIGNMENTS (委托竞价): a participant puts its own units up for sale."""
        columns, shelf = batch.rows[row], self._shelf
        number, consignor, lots = int(columns["round_number"]), int(columns["actor"]), int(columns["quantity_lots"])
        minimum, group = int(columns["minimum_price_ticks"]), int(columns["group"])
        if not 0 <= minimum <= PRICE_TICKS_MAX:
            return out.refuse(row, Outcome.PRICE_OUT_OF_BOUNDS, reference=number)
        if not 1 <= lots <= QUANTITY_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, reference=number)
        if not shelf.exists(number):
            return out.refuse(row, Outcome.ROUND_UNKNOWN, reference=number)
        if shelf.is_stopped(number, consignor):
            return out.refuse(row, Outcome.TRADING_STOPPED, reference=number, participant=consignor)
        verdict = judge_consignment(shelf, number, Consignor.of(shelf, number, consignor), lots, minimum, batch.time_ns)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, participant=consignor)
        held = shelf.accounts.total_lots(consignor, shelf.instrument(number))
        shelf.dossier(number).holdings[consignor] = held
        shelf.accounts.lock_units(consignor, shelf.instrument(number), lots)
        shelf.offers.consign(number, group, consignor, lots, minimum, row, out)
        if shelf.resolver(number).known(Parameter.CONSIGNMENT_DISPLACES_GOVERNMENT) == 1:
            shelf.offers.displace(number, lots, row, out)
        if shelf.stage(number) is Stage.OPEN:
            shelf.rounds["cap_less_lots"][number] = shelf.offers.cap_less_lots(number)

    def withdraw(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of CHANGES that withdraws a consigned line."""
        columns, shelf = batch.rows[row], self._shelf
        number, line, consignor = int(columns["round_number"]), int(columns["target"]), int(columns["actor"])
        position = shelf.offers.position_of(number, line)
        rows = shelf.offers.columns.rows()
        if position is None or rows["seller"][position] != consignor or not rows["quantity_lots"][position]:
            return out.refuse(row, Outcome.SUPPLY_LINE_UNKNOWN, reference=number, order_id=line)
        if rows["kind"][position] != SupplyKind.CONSIGNED:
            return out.refuse(row, Outcome.SUPPLY_LINE_UNKNOWN, reference=number, order_id=line)
        verdict = judge_withdrawal(shelf, number, batch.time_ns)
        if verdict is not None:
            return out.refuse(row, *verdict, reference=number, order_id=line, participant=consignor)
        shelf.offers.reduce(position, int(rows["quantity_lots"][position]), row, out)
        if shelf.stage(number) is Stage.OPEN:
            shelf.rounds["cap_less_lots"][number] = shelf.offers.cap_less_lots(number)
        return None


def _conditions(columns: np.void) -> dict[str, int]:
    """The conditions of a line; all 0 in a row of SUPPLY, which has no columns for them."""
    names = ("minimum_price_ticks", "trigger_price_ticks", "tier", "withheld")
    return {name: int(columns[name]) if name in (columns.dtype.names or ()) else 0 for name in names}


def _conditions_hold(conditions: dict[str, int]) -> bool:
    """Whether a line's conditions can be together: one trigger, from the rules or its own."""
    return (
        0 <= conditions["minimum_price_ticks"] <= PRICE_TICKS_MAX
        and 0 <= conditions["trigger_price_ticks"] < PRICE_TICKS_MAX
        and conditions["tier"] <= len(RELEASE_TIERS)
        and conditions["withheld"] <= 1
        and not (conditions["tier"] and conditions["trigger_price_ticks"])
    )
