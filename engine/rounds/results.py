"""From a closed round to its result: the recorded inputs complete, the clear, and its settlement.

Where the rules make the announcement a step of its own, the clear finds the result, tells it to nobody, and moves
nothing: holds and locks stay until the round is settled, or declined.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.auction import Clearing
from engine.auction.terms import MarginRule, PriceRule, ShortSaleRule, UnsoldRule
from engine.commands import Drawn, SupplyKind
from engine.digest import by_name, columns, integers
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.clearing import DRAWING_MARGINS, RoundInput, clear_input, result_of
from engine.rounds.commitments import CommitmentDesk
from engine.rounds.default import Final, settle_on_paper
from engine.rounds.inputs import still_missing, targets_of
from engine.rounds.layout import Stage
from engine.rounds.limits import bidder_limits
from engine.rounds.offers import rounds_of
from engine.rounds.settlement import (
    record_cleared,
    record_defaults,
    record_paid,
    release,
    restrict,
    settle,
    settled_result,
)
from engine.rounds.shelf import Shelf
from engine.rounds.terms import RELEASE_TIERS, SALE_TIERS
from engine.views import DemandLevel, Round, RoundResult, Step, SupplyLine
from engine.words.rounds import Sealing, Visibility

SALE_BUDGETS = 100
"""Added to the tier of a sale at a fixed price where its yearly budget is counted."""

Refusal = tuple[Outcome, Parameter]


class Results:
    """Takes the steps CLEAR, SETTLE, CANCEL and DECLINE, and shows rounds and results."""

    KEPT = ("_results", "_unsettled")

    def __init__(self, shelf: Shelf, commitments: CommitmentDesk) -> None:
        self._shelf, self._commitments = shelf, commitments
        self._results: dict[int, RoundResult] = {}
        self._unsettled: dict[int, tuple[RoundInput, Clearing]] = {}

    # -- steps ---------------------------------------------------------------------------------------------------

    def clear(self, number: int, row: int, out: Recorder) -> Refusal | None:
        """Find the result, and settle it unless that is a step of its own; why it cannot be found, or None."""
        missing = self._missing_input(number)
        if missing is not None:
            return missing
        given = self._input(number)
        clearing = clear_input(given)
        if not self._covers_overshoot(given, clearing):
            return Outcome.OVERSHOOT_NOT_COVERED, Parameter.AUCTION_MARGIN_RULE
        if self._shelf.rounds["announcement"][number]:
            self._unsettled[number] = (given, clearing)
            self._results[number] = result_of(given, clearing)
            return None
        final = self._on_paper(given, clearing)
        record_defaults(final, self._shelf.reserves.account_of(given.instrument), row, out)
        record_cleared(given, final.clearing, row, out)
        self._settle(final, row, out)
        return None

    def announce(self, number: int, row: int, out: Recorder) -> None:
        """Publish what was cleared."""
        record_cleared(*self._unsettled[number], row, out)

    def settle(self, number: int, row: int, out: Recorder) -> Refusal | None:
        """Settle what was announced; why it cannot be, or None."""
        given, clearing = self._unsettled[number]
        if not self._covers_overshoot(given, clearing):
            return Outcome.OVERSHOOT_NOT_COVERED, Parameter.AUCTION_MARGIN_RULE
        del self._unsettled[number]
        final = self._on_paper(given, clearing)
        if final.failed:
            record_defaults(final, self._shelf.reserves.account_of(given.instrument), row, out)
            record_cleared(given, final.clearing, row, out)
        self._settle(final, row, out)
        out.add(
            EventKind.ROUND_SETTLED,
            row,
            reference=number,
            instrument=given.instrument,
            quantity_lots=final.clearing.sold_lots,
            amount_minor=final.clearing.proceeds_minor,
        )
        return None

    def release(self, number: int, row: int, out: Recorder) -> None:
        """End the round without a sale."""
        self._unsettled.pop(number, None)
        self._results.pop(number, None)
        given = self._input(number)
        release(given, self._shelf.bidders[number], self._shelf.accounts)
        out.add(EventKind.ROUND_CANCELLED, row, reference=number, instrument=given.instrument)

    def live_demand(self, number: int) -> tuple[DemandLevel, ...]:
        """Lots bid for at each price that is bid, or above; highest price first."""
        bids = self._shelf.bids.of_round(number)
        bids = bids[bids["withdrawn"] == 0]
        prices, where = np.unique(bids["price_ticks"], return_inverse=True)
        lots = np.zeros(len(prices), np.int64)
        np.add.at(lots, where, bids["quantity_lots"])
        above = np.cumsum(lots[::-1])
        return tuple(DemandLevel(int(p), int(q)) for p, q in zip(prices[::-1], above, strict=True))

    def preview(self, number: int) -> RoundResult:
        """The clearing of a round as it stands; nothing moves."""
        given = self._input(number)
        return result_of(given, clear_input(given))

    def input_of(self, number: int) -> RoundInput:
        """What clearing the round as it stands starts from, copied out of the state."""
        given = self._input(number)
        return replace(given, terms=given.terms.copy())

    # -- within --------------------------------------------------------------------------------------------------

    def _missing_input(self, number: int) -> Refusal | None:
        shelf, terms, dossier = self._shelf, self._shelf.rounds[number], self._shelf.dossier(number)
        if self._commitments.unrevealed(number):
            return Outcome.BIDS_NOT_REVEALED, Parameter.AUCTION_SEALING
        if still_missing(dossier, terms):
            return Outcome.HIDDEN_RESERVE_STILL_SEALED, Parameter.AUCTION_HIDDEN_RESERVE_RULE
        for drawn, needed, parameter in (
            (Drawn.BID, MarginRule(int(terms["margin_rule"])) in DRAWING_MARGINS, Parameter.AUCTION_MARGIN_RULE),
            (
                Drawn.SUPPLY_LINE,
                terms["consignment_split"] == ShortSaleRule.RANDOM_UNITS,
                Parameter.CONSIGNMENT_SPLIT,
            ),
        ):
            if needed and not targets_of(shelf, number, drawn) <= dossier.draws[drawn].keys():
                return Outcome.DRAW_MISSING, parameter
        return None

    def _input(self, number: int) -> RoundInput:
        shelf, dossier = self._shelf, self._shelf.dossier(number)
        bids = shelf.bids.of_round(number)
        bids = bids[bids["withdrawn"] == 0]
        lines = shelf.offers.lines(number)
        instrument, terms = shelf.instrument(number), shelf.rounds[number]
        who = sorted(set(bids["bidder"].tolist()))
        limits = bidder_limits(
            terms,
            shelf.bidders[number],
            {n: shelf.register.class_of(n) for n in who},
            {n: shelf.accounts.total_lots(n, instrument) for n in who},
            shelf.facts.groups(),
        )
        return RoundInput(
            number=number,
            instrument=instrument,
            terms=terms,
            bids=bids,
            supply=lines,
            releasable_lots=self._releasable(number, lines),
            limits=limits,
            draws=dossier.draws,
            hidden_reserve_ticks=dossier.hidden_reserve_ticks,
        )

    def _releasable(self, number: int, lines: np.ndarray) -> np.ndarray:
        """Lots of each line that the yearly budget of its tier still lets out; all of them where there is none."""
        shelf, resolver = self._shelf, self._shelf.resolver(number)
        lots = lines["quantity_lots"].astype(np.int64)
        at_fixed_price = shelf.rounds["price_rule"][number] == PriceRule.FIXED
        for tier, (_, parameter) in enumerate(SALE_TIERS if at_fixed_price else RELEASE_TIERS, start=1):
            budget = resolver.known(parameter)
            if not isinstance(budget, int) or not (lines["tier"] == tier).any():
                continue
            key = (shelf.instrument(number), shelf.year(number), _budget_of(tier, shelf.rounds[number]))
            left = max(0, budget - shelf.released.get(key, 0))
            for i in np.flatnonzero(lines["tier"] == tier).tolist():
                lots[i] = min(int(lots[i]), left)
                left -= int(lots[i])
        return lots

    def _covers_overshoot(self, given: RoundInput, clearing: Clearing) -> bool:
        """Whether sellers hold, free, what a percentage rounded up awards beyond their lines."""
        more = clearing.supply_sold_lots - given.supply["quantity_lots"]
        needed: dict[int, int] = {}
        for i in np.flatnonzero(more > 0).tolist():
            seller = int(given.supply["seller"][i])
            needed[seller] = needed.get(seller, 0) + int(more[i])
        accounts = self._shelf.accounts
        return all(lots <= accounts.available_lots(n, given.instrument) for n, lots in needed.items())

    def _on_paper(self, given: RoundInput, clearing: Clearing) -> Final:
        held = self._shelf.bidders["held_minor"][given.number]
        return settle_on_paper(given, clearing, held, self._shelf.accounts.available_cash())

    def _settle(self, final: Final, row: int, out: Recorder) -> None:
        shelf, given = self._shelf, final.given
        year = shelf.year(given.number)
        paid = settle(
            final,
            shelf.bidders[given.number],
            shelf.accounts,
            lambda instrument, lots: shelf.reserves.receive(instrument, lots, year),
        )
        record_paid(final, paid, row, out)
        restrict(final, shelf.accounts, row, out)
        self._pass_on_unsold(final, row, out)
        self._results[given.number] = settled_result(final, paid)

    def _pass_on_unsold(self, final: Final, row: int, out: Recorder) -> None:
        """Units that found no buyer are free again by now: keep them for later rounds where the rules say so."""
        shelf, given, terms = self._shelf, final.given, final.given.terms
        year = shelf.year(given.number)
        for line, sold in zip(given.supply, final.clearing.supply_sold_lots.tolist(), strict=True):
            unsold = int(line["quantity_lots"]) - sold
            seller, is_consigned = int(line["seller"]), line["kind"] == SupplyKind.CONSIGNED
            self._count_released(line, sold, unsold, given)
            rule = int(terms["consignment_unsold"] if is_consigned else terms["supply_unsold"])
            if unsold <= 0 or not rule or line["trigger_price_ticks"] or line["withheld"]:
                continue
            if rule == UnsoldRule.RESERVE:
                shelf.reserves.take_free(seller, given.instrument, unsold, year, row, out)
                continue
            rounds = rounds_of(UnsoldRule(rule), int(terms["unsold_rounds"]))
            if rounds:
                shelf.accounts.lock_units(seller, given.instrument, unsold)
                in_year = year if rule == UnsoldRule.NEXT_IN_YEAR else 0
                shelf.offers.carry(given.number, line, unsold, rounds, in_year, row, out)

    def _count_released(self, line: np.void, sold: int, unsold: int, given: RoundInput) -> None:
        """Use up the yearly budgets: of what a tier let out, and of what was withheld."""
        counted = sold if line["tier"] else unsold if line["withheld"] else 0
        if counted:
            key = (given.instrument, self._shelf.year(given.number), _budget_of(int(line["tier"]), given.terms))
            self._shelf.released[key] = self._shelf.released.get(key, 0) + counted

    # -- reads ---------------------------------------------------------------------------------------------------

    def result(self, number: int) -> RoundResult | None:
        """How a cleared round ended; None for any other."""
        return self._results.get(number)

    def view(self, number: int) -> Round:
        """A round as it stands."""
        shelf, terms, dossier = self._shelf, self._shelf.rounds[number], self._shelf.dossier(number)
        return Round(
            number=number,
            name=dossier.name,
            rule_book=int(terms["rule_book"]),
            instrument=int(terms["instrument"]),
            day=int(terms["day"]),
            stage=shelf.stage(number).name.lower(),
            bids=shelf.live_bids(number),
            supply=tuple(_line_view(line) for line in shelf.offers.lines(number)),
            values=tuple((code, klass, value) for (code, klass), value in sorted(dossier.values.items())),
            visibility=Visibility(int(terms["visibility"]) or Visibility.SEALED),
            opens_ns=int(terms["opens_ns"]),
            closes_ns=int(terms["closes_ns"]),
            steps=tuple(Step(action, actor, reason) for action, actor, reason in dossier.steps),
            commitment=dossier.commitment,
            sealing=self.sealing(number),
            unrevealed=self._commitments.unrevealed(number),
            result_is_public=number not in self._unsettled or shelf.stage(number) is Stage.ANNOUNCED,
        )

    def sealing(self, number: int) -> Sealing:
        """In what form bids of a round enter; before it opens, as its rules stand now."""
        said = self._shelf.resolver(number).known(Parameter.AUCTION_SEALING)
        return Sealing(said) if isinstance(said, int) and said else Sealing.OPEN_ENTRY

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of the rounds; their results follow from it."""
        shelf = self._shelf
        numbers = range(1, len(shelf.dossiers) + 1)
        parts = [dossier.name.encode() for dossier in shelf.dossiers]
        parts += [part for number in numbers for part in shelf.dossier(number).digest_parts(number)]
        parts += [by_name(shelf.rounds[number]) for number in numbers]
        parts += [by_name(line) for line in shelf.offers.columns.rows()]
        bids = shelf.bids.rows()
        parts.append(columns(bids, "round_number", "bidder", "bid_id", "price_ticks", "quantity_lots"))
        parts += [integers(position) for position in np.flatnonzero(bids["withdrawn"])]
        for number, participant in np.argwhere(shelf.bidders["guarantee_minor"]):
            parts.append(integers(number, participant, shelf.bidders["guarantee_minor"][number, participant]))
        parts += self._commitments.digest_parts()
        parts += shelf.offers.carried_digest()
        parts += [integers(*key, lots) for key, lots in sorted(shelf.released.items())]
        return parts

    def conservation(self) -> list[str]:
        """What does not add up between rounds and accounts: every locked unit has a round, a wait or a reserve."""
        shelf, faults = self._shelf, []
        for instrument in shelf.register.instruments():
            lines = shelf.offers.columns.rows()
            live = [n for n in range(1, len(shelf.dossiers) + 1) if self._is_live(n, instrument.number)]
            offered = int(lines["quantity_lots"][np.isin(lines["round_number"], live)].sum())
            waiting = shelf.offers.locked_between_rounds(instrument.number)
            reserved = shelf.reserves.lots(instrument.number)
            locked = shelf.accounts.all_locked_lots(instrument.number)
            if locked != offered + waiting + reserved:
                faults.append(
                    f"instrument {instrument.number}: {locked} lots are locked; {offered} are on offer, {waiting} wait "
                    f"for a round, {reserved} are in the reserve"
                )
        held = int(shelf.bidders["held_minor"].sum())
        if held > shelf.accounts.all_held_minor():
            faults.append(f"rounds hold {held} minor units, accounts only {shelf.accounts.all_held_minor()}")
        return faults

    def _is_live(self, number: int, instrument: int) -> bool:
        ended = ("CANCELLED", "SETTLED", "DECLINED")
        stage = self._shelf.stage(number).name
        settled = stage in ended or (stage == "CLEARED" and number not in self._unsettled)
        return self._shelf.instrument(number) == instrument and not settled


def _budget_of(tier: int, terms: np.void) -> int:
    """Which yearly budget a tier uses: releases in the clear have theirs, sales at a fixed price another."""
    return tier + SALE_BUDGETS if tier and terms["price_rule"] == PriceRule.FIXED else tier


def _line_view(line: np.void) -> SupplyLine:
    return SupplyLine(
        line=int(line["line"]),
        kind=SupplyKind(int(line["kind"])),
        group=int(line["group"]),
        rank=int(line["rank"]),
        seller=int(line["seller"]),
        quantity_lots=int(line["quantity_lots"]),
        minimum_price_ticks=int(line["minimum_price_ticks"]),
        trigger_price_ticks=int(line["trigger_price_ticks"]),
        tier=int(line["tier"]),
        withheld=bool(line["withheld"]),
    )
