"""What is asked of units outside the market: the owner of kinds, obligations met and pledges; takes their two tables.

All that speaks against a row is found, and what comes first in the order of outcomes is the answer; then the row is
carried out. Rules are those of the instrument's own rule book on the day of the batch, for a surrender those of the
obligation's instrument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.commands import Batch, Fact, ParticipantClass, is_code
from engine.compliance.acts import Acts
from engine.compliance.layout import Request, UnitNature
from engine.compliance.pledges import Pledges
from engine.compliance.rules import UnitRules, Verdict, first_of
from engine.compliance.surrender import Obligation, judge_surrender
from engine.digest import integers
from engine.events import EventKind
from engine.ledger.accounts import Accounts
from engine.limits import HOLDING_LOTS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.facts import YEARS, Facts
from engine.registry.register import Register
from engine.reserve.years import Years
from engine.rooms import Room
from engine.views import ObligationView, PledgeView, UnitKind
from engine.words.units import UnitStep, UnitType

_P, _O, _C = Parameter, Outcome, ParticipantClass
_DAY_NS = 86_400_000_000_000
_S = UnitStep

_TAKEN_BY: dict[UnitStep, frozenset[ParticipantClass]] = {
    _S.ISSUE: frozenset({_C.OPERATOR, _C.GOVERNMENT}),
    _S.ALLOCATE: frozenset({_C.OPERATOR, _C.GOVERNMENT}),
    _S.RESTRICT: frozenset({_C.OPERATOR}),
    _S.LIFT: frozenset({_C.OPERATOR}),
    _S.RELEASE: frozenset(_C),
}
"""Who takes a step; those that are not named are an owner's, which is anybody but the operator."""

_OWNERS = frozenset(_C) - {_C.OPERATOR}


class UnitLife:
    """Owner of what is recorded of units beyond where they lie."""

    KEPT = ("_kinds", "_surrendered")

    def __init__(self, register: Register, books: Books, accounts: Accounts, facts: Facts, years: Years) -> None:
        self._register, self._books, self._accounts = register, books, accounts
        self._facts, self._years = facts, years
        self._kinds: dict[int, UnitNature] = {}
        self._surrendered: dict[tuple[int, int, int, UnitType], int] = {}
        self._pledges = Pledges()
        self._acts = Acts(accounts, facts, self._pledges)

    def rooms(self) -> dict[str, Room]:
        """Itself and the pledges, by name."""
        return {"unit life": self, "pledges": self._pledges}

    # -- commands ------------------------------------------------------------------------------------------------

    def set_type(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of UNIT_TYPES: what the units of an instrument are, said once."""
        columns = batch.rows[row]
        instrument, code, vintage = int(columns["instrument"]), int(columns["unit_type"]), int(columns["vintage"])
        if not is_code(UnitType, code) or (vintage and vintage not in YEARS):
            return out.refuse(row, _O.UNKNOWN_COMMAND, instrument=instrument)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, _O.INSTRUMENT_UNKNOWN, instrument=instrument)
        if instrument in self._kinds:
            return out.refuse(row, _O.UNIT_TYPE_ALREADY_SET, instrument=instrument)
        self._kinds[instrument] = UnitNature(UnitType(code), vintage)
        out.add(EventKind.UNIT_TYPE_SET, row, instrument=instrument, side=code, order_id=vintage)

    def step(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of UNIT_STEPS."""
        request = _request(batch, row)
        refusal = self._judge_reference(request)
        if refusal is None:
            refusal = first_of(self._judge(request))
        if refusal is not None:
            return out.refuse(row, *refusal, instrument=request.instrument, participant=request.actor)
        step = UnitStep(request.step)
        if step is _S.SURRENDER:
            return self._surrender(request, row, out)
        if step is _S.ISSUE and not self._acts.issue(request, self.kind_of(request.instrument), row, out):
            return out.refuse(row, _O.HOLDING_LIMIT_EXCEEDED, instrument=request.instrument)
        if step is not _S.ISSUE:
            self._acts.carry_out(step, request, row, out)
        return None

    # -- judgement -----------------------------------------------------------------------------------------------

    def _judge_reference(self, request: Request) -> Verdict | None:
        """What the row itself, its sender, or a number in it says; without these nothing else can be judged."""
        if not is_code(UnitStep, request.step) or (request.year and request.year not in YEARS):
            return _O.UNKNOWN_COMMAND, _P.NONE
        step = UnitStep(request.step)
        if step in (_S.ALLOCATE, _S.SURRENDER) and not request.year:
            return _O.UNKNOWN_COMMAND, _P.NONE
        if not 1 <= request.lots <= HOLDING_LOTS_MAX:
            return _O.QUANTITY_OUT_OF_BOUNDS, _P.NONE
        if self._register.class_of(request.actor) not in _TAKEN_BY.get(step, _OWNERS):
            return _O.NOT_PERMITTED_FOR_CLASS, _P.NONE
        named = [request.participant] if step not in (_S.SURRENDER, _S.RETIRE, _S.RELEASE) else []
        named += [request.counterparty] if step is _S.ALLOCATE and request.counterparty else []
        if not all(self._register.has_participant(number) for number in named):
            return _O.PARTICIPANT_UNKNOWN, _P.NONE
        if not all(self._register.has_instrument(n) for n in (request.instrument, request.obligation)):
            return _O.INSTRUMENT_UNKNOWN, _P.NONE
        return None

    def _judge(self, request: Request) -> Iterator[Verdict]:
        """Everything that speaks against a row whose references are good."""
        step = UnitStep(request.step)
        judged_by = request.obligation if step is _S.SURRENDER else request.instrument
        rules = UnitRules(self._books, self._register.instruments()[judged_by - 1].rule_book, request.day)
        judges: dict[UnitStep, Callable[[Request, UnitRules], Iterator[Verdict]]] = {
            _S.ISSUE: self._judge_issue,
            _S.ALLOCATE: self._judge_allocation,
            _S.TRANSFER: self._judge_transfer,
            _S.SURRENDER: self._judge_surrender,
            _S.RETIRE: self._judge_retirement,
            _S.PLEDGE: self._judge_pledge,
            _S.RELEASE: self._judge_release,
            _S.RESTRICT: self._judge_restriction,
            _S.LIFT: self._judge_restriction,
        }
        yield from judges[step](request, rules)
        yield from rules.unknown
        giver, pocket = self._acts.source(step, request)
        if giver and request.lots > self._acts.lots_in(giver, request.instrument, pocket):
            yield _O.HOLDING_INSUFFICIENT, _P.NONE

    def _judge_issue(self, request: Request, _rules: UnitRules) -> Iterator[Verdict]:
        if request.year != self.kind_of(request.instrument).vintage:
            yield _O.VINTAGE_NOT_OF_INSTRUMENT, _P.NONE

    def _judge_allocation(self, request: Request, _rules: UnitRules) -> Iterator[Verdict]:
        if self._years.is_planned(request.instrument, request.year):
            yield _O.YEAR_HAS_PLAN, _P.NONE
        own = self._register.class_of(request.actor) is _C.GOVERNMENT
        if own and request.counterparty not in (0, request.actor):
            yield _O.NOT_PERMITTED_FOR_CLASS, _P.NONE

    def _judge_transfer(self, request: Request, rules: UnitRules) -> Iterator[Verdict]:
        if request.participant == request.actor:
            yield _O.TRANSFER_TO_SELF, _P.NONE
        for number, parameter in ((request.actor, _P.TRANSFER_GIVER), (request.participant, _P.TRANSFER_TAKER)):
            allowed = rules.known(parameter, self._register.class_of(number))
            if not allowed and not rules.is_unknown(parameter):
                yield _O.TRANSFER_NOT_ALLOWED, parameter

    def _judge_surrender(self, request: Request, rules: UnitRules) -> Iterator[Verdict]:
        obligation = self._obligation(request.actor, request.obligation, request.year)
        units = request.lots * self._lot_units(request.instrument)
        yield from judge_surrender(obligation, self.kind_of(request.instrument), units, rules)

    def _judge_retirement(self, request: Request, rules: UnitRules) -> Iterator[Verdict]:
        if rules.known(_P.RETIREMENT_ALLOWED, self._register.class_of(request.actor)) == 0:
            yield _O.RETIREMENT_NOT_ALLOWED, _P.RETIREMENT_ALLOWED

    def _judge_pledge(self, request: Request, rules: UnitRules) -> Iterator[Verdict]:
        if request.participant == request.actor:
            yield _O.PLEDGE_TO_SELF, _P.NONE
        allowed = rules.known(_P.PLEDGE_ALLOWED, self._register.class_of(request.actor))
        if not allowed and not rules.unknown:
            yield _O.PLEDGE_NOT_ALLOWED, _P.PLEDGE_ALLOWED

    def _judge_release(self, request: Request, rules: UnitRules) -> Iterator[Verdict]:
        yield from self._pledges.judge_release(request, self._register.class_of(request.actor), rules)

    def _judge_restriction(self, request: Request, _rules: UnitRules) -> Iterator[Verdict]:
        if not request.reason.strip():
            yield _O.REASON_MISSING, _P.NONE

    # -- surrender -----------------------------------------------------------------------------------------------

    def _surrender(self, request: Request, row: int, out: Recorder) -> None:
        kind = self.kind_of(request.instrument).unit_type
        key = (request.actor, request.obligation, request.year, kind)
        units = request.lots * self._lot_units(request.instrument)
        self._surrendered[key] = self._surrendered.get(key, 0) + units
        restricted = self._acts.give_up(request.actor, request.instrument, request.lots)
        owed = self._obligation(request.actor, request.obligation, request.year).owed
        out.add(
            EventKind.UNITS_SURRENDERED,
            row,
            instrument=request.instrument,
            participant=request.actor,
            quantity_lots=request.lots,
            counter_order_id=restricted,
            order_id=request.year,
            reference=request.obligation,
            remaining_lots=-(-owed // self._lot_units(request.obligation)),
        )

    def _obligation(self, participant: int, instrument: int, year: int) -> Obligation:
        units = self._lot_units(instrument)
        facts = {fact: self._facts.lots(fact, participant, instrument, year) * units for fact in Fact}
        return Obligation(
            year=year,
            emissions=facts[Fact.EMISSIONS],
            allocation=facts[Fact.ALLOCATION],
            shortfall=facts[Fact.SHORTFALL],
            surrendered={
                kind: self._surrendered[participant, instrument, year, kind]
                for kind in UnitType
                if (participant, instrument, year, kind) in self._surrendered
            },
        )

    def _lot_units(self, instrument: int) -> int:
        return self._register.instruments()[instrument - 1].lot_units

    # -- reads ---------------------------------------------------------------------------------------------------

    def kind_of(self, instrument: int) -> UnitNature:
        """What the units of an instrument are."""
        return self._kinds.get(instrument, UnitNature())

    def kinds(self) -> list[UnitKind]:
        """What was said of instruments, in the order of their numbers."""
        return [UnitKind(number, kind.unit_type, kind.vintage) for number, kind in sorted(self._kinds.items())]

    def obligations(self, participant: int) -> list[ObligationView]:
        """What a participant has to surrender and has surrendered, by instrument and year, in units (t)."""
        recorded = self._facts.recorded(Fact.EMISSIONS, participant)
        views = []
        for instrument, year in recorded:
            found = self._obligation(participant, instrument, year)
            given = tuple(sorted(found.surrendered.items()))
            views.append(ObligationView(participant, instrument, year, found.emissions, given, found.owed))
        return views

    def pledges(self) -> list[PledgeView]:
        """Pledges by which something is still pledged."""
        return [PledgeView(p.number, p.instrument, p.owner, p.pledgee, p.lots) for p in self._pledges.open()]

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the life of units; empty where nothing was asked of it."""
        parts = [integers(number, kind.unit_type, kind.vintage) for number, kind in sorted(self._kinds.items())]
        parts += [integers(*key, units) for key, units in sorted(self._surrendered.items())]
        return parts + self._pledges.digest_parts()

    def conservation(self) -> list[str]:
        """Accounts whose pledged units are not those of their pledges, in words."""
        faults = []
        for (owner, instrument), lots in self._pledges.pledged_lots().items():
            there = self._acts.lots_in(owner, instrument, "pledged_lots")
            if there != lots:
                faults.append(f"participant {owner} has {there} lots of instrument {instrument} pledged, not {lots}")
        return faults


def _request(batch: Batch, row: int) -> Request:
    columns = {name: int(batch.rows[name][row]) for name in batch.rows.dtype.names or ()}
    return Request(
        step=columns["step"],
        actor=columns["actor"],
        instrument=columns["instrument"],
        obligation=columns["obligation"] or columns["instrument"],
        participant=columns["participant"],
        counterparty=columns["counterparty"],
        year=columns["year"],
        target=columns["target"],
        lots=columns["quantity_lots"],
        day=batch.time_ns // _DAY_NS,
        reason=batch.text_of(row),
    )
