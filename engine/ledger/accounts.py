"""Deposits, the pockets of rounds, and what accounts show.

Orders move money and units in compiled code (`engine.ledger.kernels`); what happens a few times a round or a day is
here. Cash and units enter the venue only by deposit; every other posting takes from one pocket what it gives another.
"""

from __future__ import annotations

import numpy as np

from engine.commands import CASH, Batch
from engine.digest import integers
from engine.events import EventKind
from engine.limits import AMOUNT_MINOR_MAX, CASH_TOTAL_MINOR_MAX, HOLDING_LOTS_MAX
from engine.outcomes import Outcome
from engine.recorder import Recorder
from engine.registry.register import Register
from engine.views import Cash, Holding


class Accounts:
    """Owner of the ledger's fields of the state record."""

    KEPT = ()

    def __init__(self, state: np.ndarray, register: Register) -> None:
        record = state[0]
        self._register = register
        self._totals = record["totals"]
        self._cash = record["cash"]
        self._holdings = record["holdings"]
        self._issued = record["issued_lots"]

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
        self._issued[instrument] += quantity
        self._holdings["available_lots"][participant, instrument] += quantity
        out.add(EventKind.UNITS_DEPOSITED, row, participant=participant, instrument=instrument, quantity_lots=quantity)

    def _deposit_cash(self, row: int, participant: int, amount_minor: int, out: Recorder) -> None:
        if int(self._totals["cash_minor"]) + amount_minor > CASH_TOTAL_MINOR_MAX:
            return out.refuse(row, Outcome.CASH_TOTAL_EXCEEDED, participant=participant)
        self._totals["cash_minor"] += amount_minor
        self._cash["available_minor"][participant] += amount_minor
        out.add(EventKind.CASH_DEPOSITED, row, participant=participant, amount_minor=amount_minor)

    # -- rounds --------------------------------------------------------------------------------------------------

    def available_lots(self, participant: int, instrument: int) -> int:
        """Free units of an account."""
        return int(self._holdings["available_lots"][participant, instrument])

    def available_cash(self) -> np.ndarray:
        """Free cash by participant number, int64, as a copy."""
        free: np.ndarray = self._cash["available_minor"].copy()
        return free

    def available_cash_of(self, participant: int) -> int:
        """Free cash of an account."""
        return int(self._cash["available_minor"][participant])

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
        """All units of an account: free, held and locked."""
        holding = self._holdings[participant, instrument]
        return int(holding["available_lots"]) + int(holding["held_lots"]) + int(holding["locked_lots"])

    def lock_units(self, participant: int, instrument: int, lots: int) -> None:
        """Lock free units in a round (a negative number unlocks)."""
        self._holdings["available_lots"][participant, instrument] -= lots
        self._holdings["locked_lots"][participant, instrument] += lots

    def settle_bidders(self, instrument: int, held_minor: np.ndarray, paid_minor: np.ndarray, lots: np.ndarray) -> None:
        """End bidders' holds: what was paid goes, the rest is free again, units come.

        Each array is int64 by participant number.
        """
        self._cash["held_minor"] -= held_minor
        self._cash["available_minor"] += held_minor - paid_minor
        self._holdings["available_lots"][:, instrument] += lots

    def settle_sellers(
        self, instrument: int, offered_lots: np.ndarray, sold_lots: np.ndarray, proceeds_minor: np.ndarray
    ) -> None:
        """End sellers' locks: sold units go, the unsold are free again, proceeds come.

        Each array is int64 by participant number.
        """
        self._holdings["locked_lots"][:, instrument] -= offered_lots
        self._holdings["available_lots"][:, instrument] += offered_lots - sold_lots
        self._cash["available_minor"] += proceeds_minor

    def hold_cash(self, participant: int, amount_minor: int) -> None:
        """Hold free cash (a negative number frees it)."""
        self._cash["available_minor"][participant] -= amount_minor
        self._cash["held_minor"][participant] += amount_minor

    def pay(self, payer: int, payee: int, amount_minor: int) -> None:
        """Move free cash."""
        self._cash["available_minor"][payer] -= amount_minor
        self._cash["available_minor"][payee] += amount_minor

    def receive_cash(self, participant: int, amount_minor: int) -> None:
        """Credit what a settlement has taken from others' holds."""
        self._cash["available_minor"][participant] += amount_minor

    def receive_units(self, participant: int, instrument: int, lots: int, *, locked: bool = False) -> None:
        """Credit what a settlement has taken from others' locks, free or locked at once."""
        self._holdings["locked_lots" if locked else "available_lots"][participant, instrument] += lots

    def deliver_units(self, giver: int, taker: int, instrument: int, lots: int) -> None:
        """Move free units."""
        self._holdings["available_lots"][giver, instrument] -= lots
        self._holdings["available_lots"][taker, instrument] += lots

    def issue_units(self, participant: int, instrument: int, lots: int) -> bool:
        """Create free units of an account; False, and nothing has moved, when the instrument would hold too many."""
        if int(self._issued[instrument]) + lots > HOLDING_LOTS_MAX:
            return False
        self._issued[instrument] += lots
        self._holdings["available_lots"][participant, instrument] += lots
        return True

    def cancel_locked_units(self, participant: int, instrument: int, lots: int) -> None:
        """Take locked units of an account out of existence."""
        self._issued[instrument] -= lots
        self._holdings["locked_lots"][participant, instrument] -= lots

    # -- reads ---------------------------------------------------------------------------------------------------

    def cash(self, participant: int) -> Cash:
        """Money of one participant."""
        account = self._cash[participant]
        return Cash(participant, int(account["available_minor"]), int(account["held_minor"]))

    def holdings(self, participant: int) -> list[Holding]:
        """Units of one participant, instruments in the order of their numbers; empty holdings are left out."""
        views = []
        for instrument, holding in enumerate(self._holdings[participant]):
            available, held, locked = (int(holding[name]) for name in ("available_lots", "held_lots", "locked_lots"))
            if available or held or locked:
                views.append(Holding(participant, instrument, available, held, locked))
        return views

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the accounts: every account that has anything, in order of its number."""
        parts = []
        for participant in np.flatnonzero(self._cash["available_minor"] | self._cash["held_minor"]):
            account = self._cash[participant]
            parts.append(integers(participant, account["available_minor"], account["held_minor"]))
        names = ("available_lots", "held_lots", "locked_lots")
        any_units = self._holdings["available_lots"] | self._holdings["held_lots"] | self._holdings["locked_lots"]
        for participant, instrument in np.argwhere(any_units):
            holding = self._holdings[participant, instrument]
            parts.append(integers(participant, instrument, *(holding[name] for name in names)))
        return parts

    def conservation(self) -> list[str]:
        """What does not add up, in words; empty when every unit and every minor unit is accounted for."""
        faults = []
        cash = int(self._cash["available_minor"].sum() + self._cash["held_minor"].sum())
        if cash != int(self._totals["cash_minor"]):
            faults.append(f"cash in accounts is {cash}, deposited were {int(self._totals['cash_minor'])}")
        units = self._holdings["available_lots"] + self._holdings["held_lots"] + self._holdings["locked_lots"]
        for instrument, lots in enumerate(units.sum(axis=0)):
            if int(lots) != int(self._issued[instrument]):
                faults.append(
                    f"instrument {instrument}: {int(lots)} lots in accounts, {int(self._issued[instrument])} issued"
                )
        return faults
