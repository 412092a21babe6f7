"""Years of allocation (配额分配): a planned total within the path of the cap, and its way from free to paid.

A plan divides the year's total by the shares of the rule book: emitters, new entrants, the reserve (配额储备). An
allocation gives an emitter the free part of its entitlement, rounded down; what it pays for (有偿分配) waits in the
government's account for the rounds of the year, in equal parts.
"""

from __future__ import annotations

from engine.auction.caps import PPM
from engine.auction.paid_allocation import divide_total, free_lots, spread_over_rounds
from engine.commands import Batch, Fact, ParticipantClass, is_code
from engine.days import first_day_of
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
from engine.reserve.layout import Year
from engine.reserve.reserves import Reserves
from engine.reserve.rules import Rules
from engine.views import YearView
from engine.words.reserve import AllocationStep

_P = Parameter
Verdict = tuple[Outcome, Parameter]


class Years:
    """Owner of planned years; takes rows of ALLOCATIONS."""

    KEPT = ("_years",)

    def __init__(self, register: Register, books: Books, accounts: Accounts, facts: Facts, reserves: Reserves) -> None:
        self._register, self._books, self._accounts = register, books, accounts
        self._facts, self._reserves = facts, reserves
        self._years: dict[tuple[int, int], Year] = {}

    def step(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of ALLOCATIONS."""
        columns = batch.rows[row]
        code, instrument, year = int(columns["step"]), int(columns["instrument"]), int(columns["year"])
        participant, lots = int(columns["participant"]), int(columns["quantity_lots"])
        if not is_code(AllocationStep, code) or year not in YEARS:
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, instrument=instrument)
        if not 1 <= lots <= HOLDING_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, instrument=instrument)
        if not self._register.has_participant(participant):
            return out.refuse(row, Outcome.PARTICIPANT_UNKNOWN, instrument=instrument, participant=participant)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        carry_out = self._plan if code == AllocationStep.PLAN else self._allocate
        refusal = carry_out(batch, row, out)
        if refusal is not None:
            out.refuse(row, *refusal, instrument=instrument, participant=participant)
        return None

    def _plan(self, batch: Batch, row: int, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        instrument, number, total = int(columns["instrument"]), int(columns["year"]), int(columns["quantity_lots"])
        account, book = int(columns["participant"]), int(columns["rule_book"])
        if (instrument, number) in self._years:
            return Outcome.YEAR_ALREADY_PLANNED, _P.NONE
        if not self._books.exists(book):
            return Outcome.RULE_BOOK_UNKNOWN, _P.NONE
        rules = self._rules(instrument, book, number)
        parts = _parts(total, rules)
        refusal = self._judge_path(instrument, number, total, rules) or self._judge_parts(
            instrument, total, parts, rules
        )
        if rules.unknown is not None:
            return Outcome.PARAMETER_WITHOUT_VALUE, rules.unknown
        if refusal is not None:
            return refusal
        if not self._accounts.issue_units(account, instrument, total):
            return Outcome.HOLDING_LIMIT_EXCEEDED, _P.NONE
        year = Year(
            instrument=instrument,
            year=number,
            account=account,
            rule_book=book,
            total_lots=total,
            reserve_lots=parts["reserve"],
            new_entrant_lots=parts["new entrants"],
            emitter_lots=parts["emitters"],
            rounds=rules.value(_P.ALLOCATION_ROUNDS_PER_YEAR) or 1,
        )
        self._years[instrument, number] = year
        out.add(
            EventKind.YEAR_PLANNED,
            row,
            instrument=instrument,
            order_id=number,
            participant=account,
            quantity_lots=total,
            remaining_lots=year.emitter_lots,
            amount_minor=year.reserve_lots,
            reference=year.rounds,
        )
        if year.reserve_lots:
            self._reserves.take_free(account, instrument, year.reserve_lots, number, row, out)
        return None

    def _judge_path(self, instrument: int, number: int, total: int, rules: Rules) -> Verdict | None:
        """The path of the cap: no growth from one year on, a fall from another, each against the year before."""
        before = self._years.get((instrument, number - 1))
        if before is None:
            return None
        no_growth, decline = rules.value(_P.ALLOCATION_NO_GROWTH_FROM), rules.value(_P.ALLOCATION_DECLINE_FROM)
        if no_growth and number >= no_growth and total > before.total_lots:
            return Outcome.CAP_PATH_BROKEN, _P.ALLOCATION_NO_GROWTH_FROM
        least_fall = rules.value(_P.ALLOCATION_DECLINE_SHARE)
        if decline and number >= decline:
            if total >= before.total_lots:
                return Outcome.CAP_PATH_BROKEN, _P.ALLOCATION_DECLINE_FROM
            if total * PPM > before.total_lots * (PPM - least_fall):
                return Outcome.CAP_PATH_BROKEN, _P.ALLOCATION_DECLINE_SHARE
        return None

    def _judge_parts(self, instrument: int, total: int, parts: dict[str, int], rules: Rules) -> Verdict | None:
        """Whether the parts can be, and whether enough is sold, reckoned by the share that key emitters pay for."""
        if parts["reserve"] and not self._reserves.account_of(instrument):
            return Outcome.RESERVE_UNKNOWN, _P.ALLOCATION_RESERVE_SHARE
        if parts["emitters"] < 0:
            return Outcome.PARAMETER_VALUE_NOT_ALLOWED, _P.ALLOCATION_RESERVE_SHARE
        paid = parts["emitters"] * rules.value(_P.ALLOCATION_PAID_SHARE, ParticipantClass.KEY_EMITTER)
        if paid < total * rules.value(_P.ALLOCATION_PAID_SHARE_MINIMUM):
            return Outcome.PARAMETER_VALUE_NOT_ALLOWED, _P.ALLOCATION_PAID_SHARE_MINIMUM
        return None

    def _allocate(self, batch: Batch, row: int, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        instrument, participant = int(columns["instrument"]), int(columns["participant"])
        entitlement, exempt = int(columns["quantity_lots"]), bool(columns["exempt"])
        year = self._years.get((instrument, int(columns["year"])))
        if year is None:
            return Outcome.YEAR_NOT_PLANNED, _P.NONE
        if participant in year.allocated:
            return Outcome.ALLOCATION_EXCEEDS_PLAN, _P.NONE
        if year.free_lots + year.paid_lots + entitlement > year.emitter_lots:
            return Outcome.ALLOCATION_EXCEEDS_PLAN, _P.NONE
        rules = self._rules(instrument, year.rule_book, year.year)
        share = rules.value(_P.ALLOCATION_PAID_SHARE, self._register.class_of(participant))
        if rules.unknown is not None:
            return Outcome.PARAMETER_WITHOUT_VALUE, rules.unknown
        free = free_lots(entitlement, share, exempt)
        if free > self._accounts.available_lots(year.account, instrument):
            return Outcome.HOLDING_INSUFFICIENT, _P.NONE
        year.free_lots += free
        year.paid_lots += entitlement - free
        year.allocated.append(participant)
        self._accounts.deliver_units(year.account, participant, instrument, free)
        self._facts.set_lots(Fact.ALLOCATION, participant, instrument, year.year, free)
        out.add(
            EventKind.UNITS_ALLOCATED,
            row,
            instrument=instrument,
            participant=participant,
            order_id=year.year,
            quantity_lots=free,
            remaining_lots=entitlement - free,
        )
        return None

    def _rules(self, instrument: int, book: int, year: int) -> Rules:
        view = self._register.instruments()[instrument - 1]
        return Rules(self._books, book, first_day_of(year), view.tick_minor, view.lot_units)

    def is_planned(self, instrument: int, year: int) -> bool:
        """Whether the year has a plan."""
        return (instrument, year) in self._years

    # -- reads ---------------------------------------------------------------------------------------------------

    def views(self) -> list[YearView]:
        """All planned years, by instrument and year."""
        return [
            YearView(
                instrument=year.instrument,
                year=year.year,
                total_lots=year.total_lots,
                reserve_lots=year.reserve_lots,
                new_entrant_lots=year.new_entrant_lots,
                emitter_lots=year.emitter_lots,
                free_lots=year.free_lots,
                paid_lots=year.paid_lots,
                round_lots=tuple(spread_over_rounds(year.paid_lots, [1] * year.rounds)),
            )
            for _, year in sorted(self._years.items())
        ]

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the years."""
        parts = []
        for _, y in sorted(self._years.items()):
            parts.append(
                integers(
                    y.instrument,
                    y.year,
                    y.account,
                    y.rule_book,
                    y.total_lots,
                    y.reserve_lots,
                    y.new_entrant_lots,
                    y.emitter_lots,
                    y.rounds,
                    y.free_lots,
                    y.paid_lots,
                )
            )
            parts.append(integers(*y.allocated))
        return parts

    def conservation(self) -> list[str]:
        """Years whose parts do not sum to their total, in words."""
        return [
            f"year {y.year} of instrument {y.instrument}: the parts do not sum to {y.total_lots} lots"
            for y in self._years.values()
            if y.reserve_lots + y.new_entrant_lots + y.emitter_lots != y.total_lots
            or y.free_lots + y.paid_lots > y.emitter_lots
        ]


def _parts(total: int, rules: Rules) -> dict[str, int]:
    """The year's total by its uses; shares that pass the whole leave the emitters a negative part, which is refused."""
    reserve, entrants = rules.value(_P.ALLOCATION_RESERVE_SHARE), rules.value(_P.ALLOCATION_NEW_ENTRANT_SHARE)
    if reserve + entrants > PPM:
        return {"emitters": -1, "new entrants": 0, "reserve": 0}
    return divide_total(total, {"emitters": PPM - reserve - entrants, "new entrants": entrants, "reserve": reserve})
