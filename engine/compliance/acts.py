"""What a step that was judged does to the accounts, and the event that says so."""

from __future__ import annotations

from engine.commands import Fact
from engine.compliance.layout import Request, UnitNature
from engine.compliance.pledges import Pledges
from engine.events import EventKind
from engine.ledger.accounts import Accounts
from engine.recorder import Recorder
from engine.registry.facts import Facts
from engine.words.units import UnitStep

_S = UnitStep

FREE, PLEDGED, RESTRICTED = "available_lots", "pledged_lots", "compliance_lots"
GIVEN_UP = "given up"
"""What may be surrendered: restricted units first, then free ones."""


class Acts:
    """Moves units; judges nothing."""

    def __init__(self, accounts: Accounts, facts: Facts, pledges: Pledges) -> None:
        self._accounts, self._facts, self._pledges = accounts, facts, pledges

    def source(self, step: UnitStep, request: Request) -> tuple[int, str]:
        """Whose units a step takes, and out of which pocket; nobody's (0) where it takes none."""
        match step:
            case _S.ISSUE | _S.RELEASE:
                return 0, FREE
            case _S.ALLOCATE:
                return request.counterparty or request.actor, FREE
            case _S.RESTRICT:
                return request.participant, FREE
            case _S.LIFT:
                return request.participant, RESTRICTED
            case _S.SURRENDER:
                return request.actor, GIVEN_UP
            case _:
                return request.actor, FREE

    def lots_in(self, participant: int, instrument: int, pocket: str) -> int:
        """What lies in a pocket of an account."""
        names = (FREE, RESTRICTED) if pocket == GIVEN_UP else (pocket,)
        return sum(self._accounts.lots_in(participant, instrument, name) for name in names)

    def issue(self, request: Request, kind: UnitNature, row: int, out: Recorder) -> bool:
        """Create units; False, and nothing has moved, when the instrument would hold too many."""
        if not self._accounts.issue_units(request.participant, request.instrument, request.lots):
            return False
        out.add(
            EventKind.UNITS_ISSUED,
            row,
            instrument=request.instrument,
            participant=request.participant,
            quantity_lots=request.lots,
            order_id=kind.vintage,
        )
        return True

    def give_up(self, participant: int, instrument: int, lots: int) -> int:
        """Take units out of existence, restricted ones first; returns how many of them were restricted."""
        restricted = min(lots, self._accounts.lots_in(participant, instrument, RESTRICTED))
        self._accounts.cancel_units(participant, instrument, restricted, pocket=RESTRICTED)
        self._accounts.cancel_units(participant, instrument, lots - restricted, pocket=FREE)
        return restricted

    def carry_out(self, step: UnitStep, request: Request, row: int, out: Recorder) -> None:
        """Any other step but ISSUE and SURRENDER."""
        instrument, actor, participant, lots = request.instrument, request.actor, request.participant, request.lots
        match step:
            case _S.ALLOCATE:
                self._allocate(request, row, out)
            case _S.TRANSFER:
                self._accounts.deliver_units(actor, participant, instrument, lots)
                _moved(step, request, row, out, participant=actor, counterparty=participant)
            case _S.RESTRICT:
                self._accounts.move_units(participant, instrument, FREE, RESTRICTED, lots)
                _moved(step, request, row, out, participant=participant)
            case _S.LIFT:
                self._accounts.move_units(participant, instrument, RESTRICTED, FREE, lots)
                _moved(step, request, row, out, participant=participant)
            case _S.RETIRE:
                self._accounts.cancel_units(actor, instrument, lots, pocket=FREE)
                out.add(EventKind.UNITS_RETIRED, row, instrument=instrument, participant=actor, quantity_lots=lots)
            case _S.PLEDGE | _S.RELEASE:
                self._pledge(step, request, row, out)

    def _allocate(self, request: Request, row: int, out: Recorder) -> None:
        """Free allocation outside a plan; what is allocated for a year adds up."""
        giver, taker, instrument = request.counterparty or request.actor, request.participant, request.instrument
        before = self._facts.lots(Fact.ALLOCATION, taker, instrument, request.year)
        self._accounts.deliver_units(giver, taker, instrument, request.lots)
        self._facts.set_lots(Fact.ALLOCATION, taker, instrument, request.year, before + request.lots)
        _moved(_S.ALLOCATE, request, row, out, participant=giver, counterparty=taker, order_id=request.year)

    def _pledge(self, step: UnitStep, request: Request, row: int, out: Recorder) -> None:
        if step is _S.PLEDGE:
            pledge = self._pledges.make(request.instrument, request.actor, request.participant, request.lots)
            lots = request.lots
            self._accounts.move_units(pledge.owner, pledge.instrument, FREE, PLEDGED, lots)
        else:
            found = self._pledges.find(request.target)
            if found is None:
                raise LookupError(f"pledge {request.target} was judged to be there")
            pledge, lots = found, -request.lots
            pledge.lots -= request.lots
            self._accounts.move_units(pledge.owner, pledge.instrument, PLEDGED, FREE, request.lots)
        out.add(
            EventKind.PLEDGE_CHANGED,
            row,
            instrument=pledge.instrument,
            reference=pledge.number,
            participant=pledge.owner,
            counterparty=pledge.pledgee,
            quantity_lots=lots,
            remaining_lots=pledge.lots,
        )


def _moved(step: UnitStep, request: Request, row: int, out: Recorder, **columns: int) -> None:
    out.add(
        EventKind.UNITS_MOVED,
        row,
        instrument=request.instrument,
        side=int(step),
        quantity_lots=request.lots,
        **columns,
    )
