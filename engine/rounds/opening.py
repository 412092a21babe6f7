"""Opening a round: its rules become integers, what is recorded of its bidders is looked up, its offer is complete.

From here on nothing reads the rule book for a bid. What is recorded of participants counts as it stands now: shortfall
and emissions of the year before the round's, the year that is due.
"""

from __future__ import annotations

from engine.auction.reserve.triggers import sale_is_due
from engine.auction.terms import PriceRule, UnsoldRule
from engine.commands import Fact, SupplyKind
from engine.events import EventKind
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.rounds.consignment import judge_duty
from engine.rounds.inputs import needs_hidden_reserve
from engine.rounds.offers import Carried
from engine.rounds.shelf import Shelf
from engine.rounds.terms import RELEASE_TIERS, SALE_TIERS, Resolver, Unresolved, resolve
from engine.words.rounds import DefaultRule

Refusal = tuple[Outcome, Parameter]


class Opening:
    """Takes the step OPEN; which stage it may be taken in is judged before."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def open(self, number: int, row: int, out: Recorder) -> Refusal | None:
        """Open the round; why it cannot be opened, or None. A refusal changes nothing."""
        shelf = self._shelf
        due = self._due(number)
        offered = int(shelf.rounds["offered_lots"][number])
        if not offered and not due:
            return Outcome.ROUND_WITHOUT_SUPPLY, Parameter.NONE
        resolver = shelf.resolver(number)
        fields = resolve(resolver, self._sale_tier(number, resolver))
        if isinstance(fields, Unresolved):
            return fields.outcome, fields.parameter
        before = shelf.rounds[number : number + 1].copy()
        for name, value in fields.items():
            shelf.rounds[name][number] = value
        refusal = self._judge(number, resolver, offered + sum(carried.lots for carried in due))
        if refusal is not None:
            shelf.rounds[number : number + 1] = before
            return refusal
        self._fix_conditions(number, resolver)
        self._take_up(number, due, resolver, row, out)
        instrument = shelf.register.instruments()[shelf.instrument(number) - 1]
        shelf.rounds["tick_value_minor"][number] = instrument.tick_value_minor
        shelf.rounds["cap_less_lots"][number] = shelf.offers.cap_less_lots(number)
        self._copy_facts(number)
        out.add(
            EventKind.ROUND_OPENED,
            row,
            reference=number,
            instrument=instrument.number,
            quantity_lots=int(shelf.rounds["offered_lots"][number]),
        )
        return None

    def _judge(self, number: int, resolver: Resolver, offered_lots: int) -> Refusal | None:
        shelf, terms = self._shelf, self._shelf.rounds[number]
        if needs_hidden_reserve(terms) and not shelf.dossier(number).commitment:
            return Outcome.HIDDEN_RESERVE_MISSING, Parameter.AUCTION_HIDDEN_RESERVE_RULE
        if terms["supply_max_lots"] and offered_lots > terms["supply_max_lots"]:
            return Outcome.SUPPLY_ABOVE_MAXIMUM, Parameter.AUCTION_SUPPLY_MAX
        for parameter, goes_there in (
            (Parameter.SETTLEMENT_DEFAULT_UNITS, terms["default_units"] == DefaultRule.RESERVE),
            (Parameter.SUPPLY_UNSOLD, terms["supply_unsold"] == UnsoldRule.RESERVE),
            (Parameter.CONSIGNMENT_UNSOLD, terms["consignment_unsold"] == UnsoldRule.RESERVE),
        ):
            if goes_there and not shelf.reserves.account_of(shelf.instrument(number)):
                return Outcome.RESERVE_UNKNOWN, parameter
        return (
            self._judge_sale(number, resolver) or self._judge_conditions(number, resolver) or judge_duty(shelf, number)
        )

    def _sale_tier(self, number: int, resolver: Resolver) -> int:
        """The tier of a sale from the reserve at a fixed price; 0 for any other round."""
        if resolver.known(Parameter.AUCTION_PRICE_RULE) != PriceRule.FIXED:
            return 0
        tiers = set(self._shelf.offers.lines(number)["tier"].tolist())
        return int(tiers.pop()) if len(tiers) == 1 else 0

    def _judge_sale(self, number: int, resolver: Resolver) -> Refusal | None:
        """Whether a sale from the reserve is due: the last price has come near enough to the lowest tier."""
        share, lowest = resolver.known(Parameter.RESERVE_TIER_DUE_SHARE), resolver.known(SALE_TIERS[0][0])
        if not self._sale_tier(number, resolver) or not isinstance(share, int) or not isinstance(lowest, int):
            return None
        last = self._shelf.reserves.last_price_ticks(self._shelf.instrument(number))
        if not sale_is_due(last, lowest, share):
            return Outcome.TRIGGER_NOT_MET, Parameter.RESERVE_TIER_DUE_SHARE
        return None

    def _judge_conditions(self, number: int, resolver: Resolver) -> Refusal | None:
        """Whether every line with a tier finds its trigger, and what may be withheld this year suffices."""
        withheld = 0
        for line in self._shelf.offers.lines(number):
            if line["tier"] and not self._sale_tier(number, resolver):
                parameter, _ = RELEASE_TIERS[int(line["tier"]) - 1]
                if not isinstance(resolver.known(parameter), int):
                    return Outcome.RELEASE_TIER_UNKNOWN, parameter
            if line["withheld"]:
                withheld += int(line["quantity_lots"])
                if not line["minimum_price_ticks"] and not self._shelf.rounds["withheld_trigger_ticks"][number]:
                    return Outcome.PARAMETER_WITHOUT_VALUE, Parameter.SUPPLY_WITHHELD_TRIGGER
        budget = resolver.known(Parameter.SUPPLY_WITHHELD_BUDGET)
        key = (self._shelf.instrument(number), self._shelf.year(number), 0)
        if isinstance(budget, int) and withheld and self._shelf.released.get(key, 0) + withheld > budget:
            return Outcome.RESERVE_BUDGET_EXCEEDED, Parameter.SUPPLY_WITHHELD_BUDGET
        return None

    def _fix_conditions(self, number: int, resolver: Resolver) -> None:
        for line in self._shelf.offers.lines(number):
            trigger, minimum = int(line["trigger_price_ticks"]), int(line["minimum_price_ticks"])
            if line["tier"] and not self._sale_tier(number, resolver):
                known = resolver.known(RELEASE_TIERS[int(line["tier"]) - 1][0])
                trigger = known if isinstance(known, int) else trigger
            if line["withheld"] and not minimum:
                minimum = int(self._shelf.rounds["withheld_trigger_ticks"][number])
            self._shelf.offers.set_conditions(number, int(line["line"]), trigger, max(minimum, trigger))

    def _due(self, number: int) -> list[Carried]:
        """Lots left over from earlier rounds of the same instrument, when this round's rules take them up."""
        known = self._shelf.resolver(number).known
        carrying = (UnsoldRule.NEXT_ROUND, UnsoldRule.SPREAD_OVER_ROUNDS, UnsoldRule.NEXT_IN_YEAR)
        takes = {
            SupplyKind.CONSIGNED: known(Parameter.CONSIGNMENT_UNSOLD) in carrying,
            SupplyKind.GOVERNMENT: known(Parameter.SUPPLY_UNSOLD) in carrying,
        }
        return self._shelf.offers.due(number, takes, self._shelf.year(number))

    def _take_up(self, number: int, due: list[Carried], resolver: Resolver, row: int, out: Recorder) -> None:
        shelf = self._shelf
        percent = resolver.known(Parameter.SUPPLY_UNSOLD_CAP_PERCENT)
        planned = int(shelf.rounds["offered_lots"][number])
        room = max(0, planned * percent // 100 - planned) if isinstance(percent, int) and percent else None
        shelf.offers.take_up(number, due, room, row, out)
        shelf.offers.give_back_lapsed(number, shelf.year(number), row, out)
        if shelf.rounds["displaces_government"][number]:
            returning = sum(carried.lots for carried in due if carried.kind is SupplyKind.CONSIGNED)
            shelf.offers.displace(number, returning, row, out)

    def _copy_facts(self, number: int) -> None:
        shelf = self._shelf
        instrument, year = shelf.instrument(number), shelf.year(number) - 1
        for participant in range(1, int(shelf.record["register"]["participants"]) + 1):
            for fact, name in ((Fact.SHORTFALL, "shortfall_lots"), (Fact.EMISSIONS, "emissions_lots")):
                shelf.bidders[name][number, participant] = shelf.facts.lots(fact, participant, instrument, year)
