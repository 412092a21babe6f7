"""Reserves (配额储备): accounts of units that wait, and the two steps by which they come and go.

A *report* (of circulation, of a day's price) is compared with the rules; a condition that is met is a *trigger*, and
moves nothing. A *decision*, a command of its own, moves at most what its trigger allows, within the year's budget and
while the time for it runs; under four eyes whoever reported does not decide. Units in a reserve lie locked in its
account.

A sale from the reserve at fixed prices is a round like any other (`engine.rounds.opening`).
"""

from __future__ import annotations

from engine.auction.reserve.circulation import Bands, intake, invalidated, release
from engine.auction.reserve.triggers import buy_back_limit
from engine.commands import Batch, Fact, ParticipantClass, is_code
from engine.days import year_of
from engine.digest import integers
from engine.events import EventKind
from engine.ledger.accounts import Accounts
from engine.limits import HOLDING_LOTS_MAX, PRICE_TICKS_MAX
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.reserve.layout import BuyBack, Reserve, Trigger
from engine.reserve.rules import Rules
from engine.views import Movement, ReserveView, TriggerView
from engine.words.reserve import ReserveStep

_P = Parameter
Verdict = tuple[Outcome, Parameter]


class Reserves:
    """Owner of all reserves; takes rows of RESERVE_STEPS."""

    KEPT = ("_reserves",)

    def __init__(self, register: Register, books: Books, accounts: Accounts, facts: Facts) -> None:
        self._register, self._books, self._accounts, self._facts = register, books, accounts, facts
        self._reserves: dict[int, Reserve] = {}

    # -- for other rooms -----------------------------------------------------------------------------------------

    def account_of(self, instrument: int) -> int:
        """The participant in whose account an instrument's reserve lies; 0 where there is none."""
        reserve = self._reserves.get(instrument)
        return reserve.account if reserve else 0

    def lots(self, instrument: int) -> int:
        """What lies in an instrument's reserve."""
        reserve = self._reserves.get(instrument)
        return reserve.lots if reserve else 0

    def last_price_ticks(self, instrument: int) -> int:
        """The price reported last; 0 where none is."""
        reserve = self._reserves.get(instrument)
        return reserve.last_price_ticks if reserve else 0

    def receive(self, instrument: int, lots: int, year: int) -> int:
        """Units that a settlement has taken from somebody's lock come in; returns the account."""
        reserve = self._reserves[instrument]
        self._accounts.receive_units(reserve.account, instrument, lots, locked=True)
        reserve.put(year, lots)
        return reserve.account

    def take_free(self, giver: int, instrument: int, lots: int, year: int, row: int, out: Recorder) -> None:
        """Free units of an account come in; that it has them is judged before."""
        reserve = self._reserves[instrument]
        self._accounts.deliver_units(giver, reserve.account, instrument, lots)
        self._accounts.lock_units(reserve.account, instrument, lots)
        reserve.put(year, lots)
        other = 0 if giver == reserve.account else giver
        self._changed(reserve, ReserveStep.ENDOW, lots, row, out, counterparty=other)

    # -- commands ------------------------------------------------------------------------------------------------

    def step(self, batch: Batch, row: int, out: Recorder) -> None:
        """One row of RESERVE_STEPS."""
        columns = batch.rows[row]
        code, instrument, actor = int(columns["step"]), int(columns["instrument"]), int(columns["actor"])
        lots, price = int(columns["quantity_lots"]), int(columns["price_ticks"])
        if not is_code(ReserveStep, code):
            return out.refuse(row, Outcome.UNKNOWN_COMMAND, instrument=instrument)
        if not 0 <= price <= PRICE_TICKS_MAX:
            return out.refuse(row, Outcome.PRICE_OUT_OF_BOUNDS, instrument=instrument)
        if not 0 <= lots <= HOLDING_LOTS_MAX:
            return out.refuse(row, Outcome.QUANTITY_OUT_OF_BOUNDS, instrument=instrument)
        step, is_operator = ReserveStep(code), self._register.class_of(actor) is ParticipantClass.OPERATOR
        if is_operator == (step is ReserveStep.SELL_BACK):
            return out.refuse(row, Outcome.NOT_PERMITTED_FOR_CLASS, instrument=instrument, participant=actor)
        if not self._register.has_instrument(instrument):
            return out.refuse(row, Outcome.INSTRUMENT_UNKNOWN, instrument=instrument)
        if step is ReserveStep.FOUND:
            refusal = self._found(batch, row, out)
        elif instrument not in self._reserves:
            refusal = Outcome.RESERVE_UNKNOWN, _P.NONE
        else:
            carry_out = {
                ReserveStep.ENDOW: self._endow,
                ReserveStep.REPORT_CIRCULATION: self._report_circulation,
                ReserveStep.REPORT_PRICE: self._report_price,
                ReserveStep.DECIDE: self._decide,
                ReserveStep.SELL_BACK: self._sell_back,
                ReserveStep.EXPIRE: self._expire,
            }[step]
            refusal = carry_out(batch, row, self._reserves[instrument], out)
        if refusal is not None:
            out.refuse(row, *refusal, instrument=instrument, participant=actor)
        return None

    def _found(self, batch: Batch, row: int, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        instrument, book, account = int(columns["instrument"]), int(columns["rule_book"]), int(columns["participant"])
        if instrument in self._reserves:
            return Outcome.RESERVE_ALREADY_FOUNDED, _P.NONE
        if not self._register.has_participant(account):
            return Outcome.PARTICIPANT_UNKNOWN, _P.NONE
        if not self._books.exists(book):
            return Outcome.RULE_BOOK_UNKNOWN, _P.NONE
        reserve = Reserve(instrument, account, book)
        self._reserves[instrument] = reserve
        self._changed(reserve, ReserveStep.FOUND, 0, row, out)
        return None

    def _endow(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        giver, lots = int(columns["participant"]) or reserve.account, int(columns["quantity_lots"])
        if not self._register.has_participant(giver):
            return Outcome.PARTICIPANT_UNKNOWN, _P.NONE
        if lots < 1:
            return Outcome.QUANTITY_OUT_OF_BOUNDS, _P.NONE
        if lots > self._accounts.available_lots(giver, reserve.instrument):
            return Outcome.HOLDING_INSUFFICIENT, _P.NONE
        self.take_free(giver, reserve.instrument, lots, year_of(int(columns["day"])), row, out)
        return None

    # -- reports and triggers ------------------------------------------------------------------------------------

    def _report_circulation(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        day, circulation = int(columns["day"]), int(columns["quantity_lots"])
        rules = self._rules(reserve, day)
        bands = Bands(
            upper=rules.lots(_P.RESERVE_INTAKE_ABOVE, HOLDING_LOTS_MAX),
            share_ppm=rules.value(_P.RESERVE_INTAKE_SHARE),
            surplus_from=rules.lots(_P.RESERVE_INTAKE_SURPLUS_FROM, 0) or None,
            lower=rules.lots(_P.RESERVE_RELEASE_BELOW, 0),
            release=rules.lots(_P.RESERVE_RELEASE_QUANTITY, 0),
        )
        if rules.unknown is not None:
            return Outcome.PARAMETER_WITHOUT_VALUE, rules.unknown
        taken, let_out = intake(circulation, bands), release(circulation, bands, reserve.lots)
        movement, most = (Movement.INTAKE, taken) if taken else (Movement.RELEASE, let_out)
        number = self._trigger(reserve, movement, day, most, int(columns["actor"])) if most else 0
        out.add(
            EventKind.TRIGGER_TESTED,
            row,
            instrument=reserve.instrument,
            reference=number,
            side=int(ReserveStep.REPORT_CIRCULATION),
            participant=int(columns["actor"]),
            order_id=day,
            quantity_lots=most,
            amount_minor=circulation,
        )
        return None

    def _report_price(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        day, price = int(columns["day"]), int(columns["price_ticks"])
        if day <= reserve.last_day:
            return Outcome.REPORT_OUT_OF_ORDER, _P.NONE
        if price < 1:
            return Outcome.PRICE_OUT_OF_BOUNDS, _P.NONE
        rules = self._rules(reserve, day)
        above, days_above = rules.ticks(_P.RESERVE_RELEASE_PRICE), rules.value(_P.RESERVE_RELEASE_DAYS)
        below, days_below = rules.ticks(_P.RESERVE_BUY_BACK_PRICE), rules.value(_P.RESERVE_BUY_BACK_DAYS)
        if rules.unknown is not None:
            return Outcome.PARAMETER_WITHOUT_VALUE, rules.unknown
        reserve.last_day, reserve.last_price_ticks = day, price
        # Strictly beyond: a price at the trigger ends the run.
        reserve.days_above = reserve.days_above + 1 if above and price > above else 0
        reserve.days_below = reserve.days_below + 1 if below and price < below else 0
        number = most = 0
        if days_above and reserve.days_above == days_above:
            most = min(reserve.lots, self._left(reserve, Movement.RELEASE, rules, day))
            number = self._trigger(reserve, Movement.RELEASE, day, most, int(columns["actor"]))
        elif days_below and reserve.days_below == days_below:
            most = self._left(reserve, Movement.BUY_BACK, rules, day)
            number = self._trigger(reserve, Movement.BUY_BACK, day, most, int(columns["actor"]))
        out.add(
            EventKind.TRIGGER_TESTED,
            row,
            instrument=reserve.instrument,
            reference=number,
            side=int(ReserveStep.REPORT_PRICE),
            participant=int(columns["actor"]),
            order_id=day,
            quantity_lots=most,
            price_ticks=price,
        )
        return None

    def _trigger(self, reserve: Reserve, movement: Movement, day: int, most: int, actor: int) -> int:
        number = len(reserve.triggers) + 1
        reserve.triggers.append(Trigger(number, movement, day, most, actor))
        return number

    def _left(self, reserve: Reserve, movement: Movement, rules: Rules, day: int) -> int:
        """What the year's budget still allows."""
        year = year_of(day)
        used = reserve.used.get((year, movement), 0)
        if movement is Movement.RELEASE:
            budget = rules.lots(_P.RESERVE_RELEASE_BUDGET, 0)
            return max(0, budget - used) if budget else HOLDING_LOTS_MAX
        share = rules.value(_P.RESERVE_BUY_BACK_SHARE)
        if not share:
            return HOLDING_LOTS_MAX
        allocated = self._facts.total_lots(Fact.ALLOCATION, reserve.instrument, year)
        return max(0, buy_back_limit(allocated, share) - used)

    # -- decisions -----------------------------------------------------------------------------------------------

    def _decide(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        target, day, lots = int(columns["target"]), int(columns["day"]), int(columns["quantity_lots"])
        trigger = reserve.triggers[target - 1] if 1 <= target <= len(reserve.triggers) else None
        if trigger is None or trigger.decided:
            return Outcome.TRIGGER_NOT_MET, _P.NONE
        rules = self._rules(reserve, day)
        refusal = self._judge_decision(columns_of(batch, row), reserve, trigger, rules)
        if refusal is not None:
            return refusal
        trigger.decided = True
        year, number = year_of(day), target
        match trigger.movement:
            case Movement.INTAKE:
                giver = int(columns["participant"]) or reserve.account
                self.take_free(giver, reserve.instrument, lots, year, row, out)
            case Movement.RELEASE:
                reserve.take(lots)
                reserve.used[year, Movement.RELEASE] = reserve.used.get((year, Movement.RELEASE), 0) + lots
                self._accounts.lock_units(reserve.account, reserve.instrument, -lots)
                self._changed(reserve, ReserveStep.DECIDE, -lots, row, out)
            case Movement.BUY_BACK:
                reserve.used[year, Movement.BUY_BACK] = reserve.used.get((year, Movement.BUY_BACK), 0) + lots
                number = len(reserve.buy_backs) + 1
                reserve.buy_backs.append(BuyBack(number, int(columns["price_ticks"]), lots))
        out.add(
            EventKind.RESERVE_DECIDED,
            row,
            instrument=reserve.instrument,
            reference=number,
            order_id=target,
            participant=int(columns["actor"]),
            quantity_lots=lots,
            price_ticks=int(columns["price_ticks"]),
        )
        return None

    def _judge_decision(
        self, columns: dict[str, int], reserve: Reserve, trigger: Trigger, rules: Rules
    ) -> Verdict | None:
        lots, day = columns["quantity_lots"], columns["day"]
        if rules.value(_P.GOVERNANCE_FOUR_EYES) == 1 and columns["actor"] == trigger.reported_by:
            return Outcome.SAME_PERSON, _P.GOVERNANCE_FOUR_EYES
        days = rules.value(_P.RESERVE_DECISION_DAYS)
        if day < trigger.day or (days and day > trigger.day + days):
            return Outcome.DECISION_TOO_LATE, _P.RESERVE_DECISION_DAYS
        if lots < 1 or lots > trigger.most_lots:
            return Outcome.RESERVE_INSUFFICIENT, _P.NONE
        match trigger.movement:
            case Movement.INTAKE:
                giver = columns["participant"] or reserve.account
                if not self._register.has_participant(giver):
                    return Outcome.PARTICIPANT_UNKNOWN, _P.NONE
                if lots > self._accounts.available_lots(giver, reserve.instrument):
                    return Outcome.HOLDING_INSUFFICIENT, _P.NONE
            case Movement.RELEASE:
                if lots > reserve.lots:
                    return Outcome.RESERVE_INSUFFICIENT, _P.NONE
                if lots > self._left(reserve, Movement.RELEASE, rules, day):
                    return Outcome.RESERVE_BUDGET_EXCEEDED, _P.RESERVE_RELEASE_BUDGET
            case Movement.BUY_BACK:
                if columns["price_ticks"] < 1:
                    return Outcome.PRICE_OUT_OF_BOUNDS, _P.NONE
                if lots > self._left(reserve, Movement.BUY_BACK, rules, day):
                    return Outcome.RESERVE_BUDGET_EXCEEDED, _P.RESERVE_BUY_BACK_SHARE
        return None

    def _sell_back(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        columns = batch.rows[row]
        target, lots, actor = int(columns["target"]), int(columns["quantity_lots"]), int(columns["actor"])
        buy_back = reserve.buy_backs[target - 1] if 1 <= target <= len(reserve.buy_backs) else None
        if buy_back is None or not 1 <= lots <= buy_back.open_lots:
            return Outcome.BUY_BACK_NOT_OPEN, _P.NONE
        if lots > self._accounts.available_lots(actor, reserve.instrument):
            return Outcome.HOLDING_INSUFFICIENT, _P.NONE
        value = self._register.instruments()[reserve.instrument - 1].tick_value_minor
        amount = buy_back.price_ticks * lots * value
        if amount > self._accounts.available_cash_of(reserve.account):
            return Outcome.CASH_INSUFFICIENT, _P.NONE
        buy_back.open_lots -= lots
        self._accounts.pay(reserve.account, actor, amount)
        self._accounts.deliver_units(actor, reserve.account, reserve.instrument, lots)
        self._accounts.lock_units(reserve.account, reserve.instrument, lots)
        reserve.put(year_of(int(columns["day"])), lots)
        self._changed(reserve, ReserveStep.SELL_BACK, lots, row, out, buy_back.price_ticks, actor)
        return None

    def _expire(self, batch: Batch, row: int, reserve: Reserve, out: Recorder) -> Verdict | None:
        """Cancel vintages that have lapsed, and what the rules invalidate above last year's sales (`quantity_lots`)."""
        columns = batch.rows[row]
        day, sales = int(columns["day"]), int(columns["quantity_lots"])
        rules = self._rules(reserve, day)
        years = rules.value(_P.RESERVE_EXPIRY_YEARS)
        lapsed = sum(lots for year, lots in reserve.vintages.items() if years and year + years < year_of(day))
        if rules.value(_P.RESERVE_INVALIDATED_ABOVE_SALES) == 1:
            lapsed = max(lapsed, invalidated(reserve.lots, sales))
        if rules.unknown is not None:
            return Outcome.PARAMETER_WITHOUT_VALUE, rules.unknown
        reserve.take(lapsed)
        self._accounts.cancel_units(reserve.account, reserve.instrument, lapsed, pocket="locked_lots")
        self._changed(reserve, ReserveStep.EXPIRE, -lapsed, row, out)
        return None

    # -- reads ---------------------------------------------------------------------------------------------------

    def views(self) -> list[ReserveView]:
        """All reserves, in the order of their instruments."""
        return [
            ReserveView(
                instrument=reserve.instrument,
                account=reserve.account,
                rule_book=reserve.rule_book,
                lots=reserve.lots,
                vintages=tuple(sorted(reserve.vintages.items())),
                triggers=tuple(
                    TriggerView(t.number, t.movement, t.day, t.most_lots, t.decided) for t in reserve.triggers
                ),
                open_buy_backs=tuple((b.number, b.price_ticks, b.open_lots) for b in reserve.buy_backs if b.open_lots),
            )
            for reserve in self._in_order()
        ]

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the reserves."""
        parts = []
        for r in self._in_order():
            parts.append(
                integers(
                    r.instrument, r.account, r.rule_book, r.last_day, r.last_price_ticks, r.days_above, r.days_below
                )
            )
            parts += [integers(year, lots) for year, lots in sorted(r.vintages.items())]
            parts += [integers(t.number, t.movement, t.day, t.most_lots, t.reported_by, t.decided) for t in r.triggers]
            parts += [integers(b.number, b.price_ticks, b.open_lots) for b in r.buy_backs]
            parts += [integers(year, movement, lots) for (year, movement), lots in sorted(r.used.items())]
        return parts

    def conservation(self) -> list[str]:
        """Reserves that say they hold more than lies locked in their account, in words."""
        return [
            f"the reserve of instrument {r.instrument} holds {r.lots} lots, its account has "
            f"{self._accounts.locked_lots(r.account, r.instrument)} locked"
            for r in self._in_order()
            if r.lots > self._accounts.locked_lots(r.account, r.instrument)
        ]

    def _in_order(self) -> list[Reserve]:
        return [self._reserves[instrument] for instrument in sorted(self._reserves)]

    def _rules(self, reserve: Reserve, day: int) -> Rules:
        lot_units = self._register.instruments()[reserve.instrument - 1].lot_units
        tick_minor = self._register.instruments()[reserve.instrument - 1].tick_minor
        return Rules(self._books, reserve.rule_book, day, tick_minor, lot_units)

    def _changed(
        self,
        reserve: Reserve,
        step: ReserveStep,
        lots: int,
        row: int,
        out: Recorder,
        price_ticks: int = 0,
        counterparty: int = 0,
    ) -> None:
        out.add(
            EventKind.RESERVE_CHANGED,
            row,
            instrument=reserve.instrument,
            participant=reserve.account,
            counterparty=counterparty,
            reference=int(step),
            quantity_lots=lots,
            remaining_lots=reserve.lots,
            price_ticks=price_ticks,
        )


def columns_of(batch: Batch, row: int) -> dict[str, int]:
    """The columns of one row by name."""
    return {name: int(batch.rows[name][row]) for name in batch.rows.dtype.names or ()}
