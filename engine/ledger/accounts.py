"""Deposits, the pockets of rounds, and what accounts show.

Orders move money and units in compiled code (`engine.ledger.kernels`); what happens a few times a round or a day is
here. Cash and units enter the venue only by deposit; every other posting takes from one pocket what it gives another.
"""

from __future__ import annotations

import numpy as np

from engine.commands import CASH, Batch
from engine.digest import by_name, integers
from engine.events import EventKind
from engine.ledger.layout import CASH_POCKETS, UNITS_POCKETS
from engine.ledger.pockets import Pockets
from engine.limits import AMOUNT_MINOR_MAX, CASH_TOTAL_MINOR_MAX, HOLDING_LOTS_MAX
from engine.outcomes import Outcome
from engine.recorder import Recorder
from engine.registry.register import Register
from engine.views import Cash, Holding

_ALL = slice(None)


class Accounts:
    """Owner of the ledger's fields of the state record."""

    KEPT = ()
    SCRATCH = ("_pockets",)

    def __init__(self, state: np.ndarray, register: Register) -> None:
        self._register = register
        self._pockets = Pockets(state[0])
        self._totals = self._pockets.totals
        self._cash = self._pockets.cash
        self._holdings = self._pockets.holdings
        self._issued = self._pockets.issued_lots

    def deposit(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of DEPOSITS: cash, or units of an instrument."""
        columns = batch.rows[row]
        participant, instrument = int(columns["participant"]), int(columns["instrument"])
        quantity = int(columns["quantity"])
        if quantity < 1 or quantity > (AMOUNT_MINOR_MAX if instrument == CASH else HOLDING_LOTS_MAX):
            return out.refuse(row, Outcome.AMOUNT_OUT_OF_BOUNDS)
        if not self._register.has_participant(participant):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, participant=participant)
        if instrument == CASH:
            return self._deposit_cash(row, participant, quantity, out)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        if int(self._issued[instrument]) + quantity > HOLDING_LOTS_MAX:
            return out.refuse(row, Outcome.HOLDING_LIMIT_EXCEEDED, instrument=instrument, participant=participant)
        self._pockets.issue(instrument, quantity)
        self._pockets.add_units(participant, instrument, "available_lots", quantity)
        out.add(EventKind.UNITS_DEPOSITED, row, participant=participant, instrument=instrument, quantity_lots=quantity)

    def _deposit_cash(self, row: int, participant: int, amount_minor: int, out: Recorder) -> None:
        if int(self._totals["cash_minor"]) + amount_minor > CASH_TOTAL_MINOR_MAX:
            return out.refuse(row, Outcome.CASH_TOTAL_EXCEEDED, participant=participant)
        self._pockets.take_in_cash(amount_minor)
        self._pockets.add_cash(participant, "available_minor", amount_minor)
        out.add(EventKind.CASH_DEPOSITED, row, participant=participant, amount_minor=amount_minor)

    # -- rounds --------------------------------------------------------------------------------------------------

    def available_lots(self, participant: int, instrument: int) -> int:
        """Free units of an account."""
        return int(self._holdings["available_lots"][participant, instrument])

    def available_cash(self) -> np.ndarray:
        """Free cash by participant number, int64, as a copy; 0 where unsettled proceeds have been used."""
        free: np.ndarray = np.maximum(self._cash["available_minor"], 0)
        return free

    def available_cash_of(self, participant: int) -> int:
        """Free cash of an account; 0 where unsettled proceeds have been used."""
        return max(0, int(self._cash["available_minor"][participant]))

    def all_locked_lots(self, instrument: int) -> int:
        """Locked units of an instrument in all accounts."""
        return int(self._holdings["locked_lots"][:, instrument].sum())

    def all_held_minor(self) -> int:
        """Held cash in all accounts."""
        return int(self._cash["held_minor"].sum())

    def locked_lots(self, participant: int, instrument: int) -> int:
        """Locked units of an account."""
        return int(self._holdings["locked_lots"][participant, instrument])

    def total_lots(self, participant: int, instrument: int) -> int:
        """All units of an account, whatever pocket they lie in."""
        holding = self._holdings[participant, instrument]
        return sum(int(holding[pocket]) for pocket in UNITS_POCKETS)

    def lots_in(self, participant: int, instrument: int, pocket: str) -> int:
        """Units of an account in one of `engine.ledger.layout.UNITS_POCKETS`."""
        return int(self._holdings[pocket][participant, instrument])

    def move_units(self, participant: int, instrument: int, source: str, target: str, lots: int) -> None:
        """Move units of an account from one pocket to another."""
        self._pockets.add_units(participant, instrument, source, -lots)
        self._pockets.add_units(participant, instrument, target, lots)

    def lock_units(self, participant: int, instrument: int, lots: int) -> None:
        """Lock free units in a round (a negative number unlocks)."""
        self.move_units(participant, instrument, "available_lots", "locked_lots", lots)

    def settle_bidders(self, instrument: int, held_minor: np.ndarray, paid_minor: np.ndarray, lots: np.ndarray) -> None:
        """End bidders' holds: what was paid goes, the rest is free again, units come.

        Each array is int64 by participant number. What goes and what comes is the other side of `settle_sellers`,
        `pay` and `receive_units` of the same settlement.
        """
        self._pockets.add_cash(_ALL, "held_minor", -held_minor)
        self._pockets.add_cash(_ALL, "available_minor", held_minor - paid_minor)
        self._pockets.add_units(_ALL, instrument, "available_lots", lots)

    def settle_sellers(
        self, instrument: int, offered_lots: np.ndarray, sold_lots: np.ndarray, proceeds_minor: np.ndarray
    ) -> None:
        """End sellers' locks: sold units go, the unsold are free again, proceeds come.

        Each array is int64 by participant number.
        """
        self._pockets.add_units(_ALL, instrument, "locked_lots", -offered_lots)
        self._pockets.add_units(_ALL, instrument, "available_lots", offered_lots - sold_lots)
        self._pockets.add_cash(_ALL, "available_minor", proceeds_minor)

    def hold_cash(self, participant: int, amount_minor: int) -> None:
        """Hold free cash (a negative number frees it)."""
        self._pockets.add_cash(participant, "available_minor", -amount_minor)
        self._pockets.add_cash(participant, "held_minor", amount_minor)

    def pay(self, payer: int, payee: int, amount_minor: int) -> None:
        """Move free cash."""
        self._pockets.add_cash(payer, "available_minor", -amount_minor)
        self._pockets.add_cash(payee, "available_minor", amount_minor)

    def receive_cash(self, participant: int, amount_minor: int) -> None:
        """Credit what a settlement has taken from others' holds."""
        self._pockets.add_cash(participant, "available_minor", amount_minor)

    def receive_units(self, participant: int, instrument: int, lots: int, *, locked: bool = False) -> None:
        """Credit what a settlement has taken from others' locks, free or locked at once."""
        self._pockets.add_units(participant, instrument, "locked_lots" if locked else "available_lots", lots)

    def deliver_units(
        self,
        giver: int,
        taker: int,
        instrument: int,
        lots: int,
        *,
        source: str = "available_lots",
        target: str = "available_lots",
    ) -> None:
        """Move units from a pocket of one account to a pocket of another."""
        self._pockets.add_units(giver, instrument, source, -lots)
        self._pockets.add_units(taker, instrument, target, lots)

    def issue_units(self, participant: int, instrument: int, lots: int, *, pocket: str = "available_lots") -> bool:
        """Create units of an account; False, and nothing has moved, when the instrument would hold too many."""
        if int(self._issued[instrument]) + lots > HOLDING_LOTS_MAX:
            return False
        self._pockets.issue(instrument, lots)
        self._pockets.add_units(participant, instrument, pocket, lots)
        return True

    def cancel_units(self, participant: int, instrument: int, lots: int, *, pocket: str) -> None:
        """Take units of an account out of existence."""
        self._pockets.issue(instrument, -lots)
        self._pockets.add_units(participant, instrument, pocket, -lots)

    # -- reads ---------------------------------------------------------------------------------------------------

    def cash(self, participant: int) -> Cash:
        """Money of one participant. What it has used of unsettled proceeds is left out of them."""
        available, held, unsettled = (int(self._cash[pocket][participant]) for pocket in CASH_POCKETS)
        return Cash(participant, max(available, 0), held, unsettled + min(available, 0))

    def holdings(self, participant: int) -> list[Holding]:
        """Units of one participant, instruments in the order of their numbers; empty holdings are left out."""
        views = []
        for instrument, holding in enumerate(self._holdings[participant]):
            lots = [int(holding[pocket]) for pocket in UNITS_POCKETS]
            if any(lots):
                views.append(Holding(participant, instrument, *lots))
        return views

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the accounts: every account that has anything, in order of its number.

        The pockets that came later are in it where something lies in them.
        """
        parts = []
        for participant in np.flatnonzero(np.any([self._cash[pocket] for pocket in CASH_POCKETS], axis=0)):
            account = self._cash[participant]
            later = by_name(account[["unsettled_minor", "usable_minor"]])
            parts.append(integers(participant, account["available_minor"], account["held_minor"]) + later)
        for participant, instrument in np.argwhere(np.any([self._holdings[name] for name in UNITS_POCKETS], axis=0)):
            holding = self._holdings[participant, instrument]
            first = (holding[pocket] for pocket in UNITS_POCKETS[:3])
            parts.append(integers(participant, instrument, *first) + by_name(holding[list(UNITS_POCKETS[3:])]))
        return parts

    def unbalanced(self) -> str:
        """What is out of balance since the last batch, in words; empty when nothing is. O(assets)."""
        return self._pockets.unbalanced()

    def conservation(self) -> list[str]:
        """What does not add up, in words; empty when every unit and every minor unit is accounted for."""
        faults = []
        cash = sum(int(self._cash[pocket].sum()) for pocket in CASH_POCKETS)
        if cash != int(self._totals["cash_minor"]):
            faults.append(f"cash in accounts is {cash}, deposited were {int(self._totals['cash_minor'])}")
        units = sum(self._holdings[pocket].sum(axis=0) for pocket in UNITS_POCKETS)
        for instrument, lots in enumerate(units):
            if int(lots) != int(self._issued[instrument]):
                faults.append(
                    f"instrument {instrument}: {int(lots)} lots in accounts, {int(self._issued[instrument])} issued"
                )
        return faults
