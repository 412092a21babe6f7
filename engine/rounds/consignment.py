"""Who may consign how much, and until when (委托竞价): the judgement of one lot, and of its withdrawal.

The permitted ratio is measured on the base that the rules name: all that the consignor holds of the instrument when it
consigns, locked lots included, or its recorded allocation of the round's year. It counts what the consignor has in this
round already; the product is rounded down to whole lots. Whatever the rules allow, the first bid fixes the offer.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.auction.consignment.permitted import required_lots
from engine.commands import Fact, ParticipantClass
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.layout import Stage
from engine.rounds.shelf import Shelf
from engine.rounds.terms import SHARE_WHOLE_PPM, Unresolved
from engine.words.rounds import ConsignmentBase, ConsignmentUntil

Verdict = tuple[Outcome, Parameter]

ENDED_UNSOLD = (Stage.CANCELLED, Stage.DECLINED)
BEFORE_OPENING = (Stage.DRAFT, Stage.PROPOSED, Stage.APPROVED, Stage.PUBLISHED)


@dataclass(frozen=True)
class Consignor:
    """Who consigns, in lots of the round's instrument: free, held in all, allocated for the year, in the round."""

    participant_class: ParticipantClass
    available_lots: int
    holding_lots: int
    allocation_lots: int
    consigned_lots: int

    @classmethod
    def of(cls, shelf: Shelf, number: int, participant: int) -> Consignor:
        """A participant before it consigns."""
        instrument = shelf.instrument(number)
        return cls(
            participant_class=shelf.register.class_of(participant),
            available_lots=shelf.accounts.available_lots(participant, instrument),
            holding_lots=shelf.accounts.total_lots(participant, instrument),
            allocation_lots=shelf.facts.lots(Fact.ALLOCATION, participant, instrument, shelf.year(number)),
            consigned_lots=int(shelf.bidders["consigned_lots"][number, participant]),
        )


def judge_consignment(
    shelf: Shelf, number: int, consignor: Consignor, lots: int, minimum_price_ticks: int, time_ns: int
) -> Verdict | None:
    """Why the lot is refused, or None."""
    known = shelf.resolver(number).known
    stage = shelf.stage(number)
    if lots > consignor.available_lots:
        return Outcome.HOLDING_INSUFFICIENT, Parameter.NONE
    if stage not in (*BEFORE_OPENING, Stage.OPEN):
        return Outcome.ROUND_NOT_OPEN, Parameter.NONE
    permitted = known(Parameter.CONSIGNMENT_ALLOWED, consignor.participant_class)
    if isinstance(permitted, Unresolved):
        return permitted.outcome, permitted.parameter
    if not permitted:
        return Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS, Parameter.CONSIGNMENT_ALLOWED
    ratio = known(Parameter.CONSIGNMENT_RATIO, consignor.participant_class)
    if isinstance(ratio, Unresolved):
        return ratio.outcome, ratio.parameter
    of_allocation = known(Parameter.CONSIGNMENT_BASE) == ConsignmentBase.ALLOCATION
    base = consignor.allocation_lots if of_allocation else consignor.holding_lots
    if ratio is not None and consignor.consigned_lots + lots > base * ratio // SHARE_WHOLE_PPM:
        return Outcome.CONSIGNMENT_RATIO_EXCEEDED, Parameter.CONSIGNMENT_RATIO
    if minimum_price_ticks and known(Parameter.CONSIGNMENT_MINIMUM_ALLOWED) != 1:
        return Outcome.CONSIGNMENT_MINIMUM_NOT_ALLOWED, Parameter.CONSIGNMENT_MINIMUM_ALLOWED
    return _too_late(shelf, number, time_ns) or _above_maximum(shelf, number, lots)


def judge_duty(shelf: Shelf, number: int) -> Verdict | None:
    """Why a round by which the year's duty is due may not open yet, or None: somebody has consigned less, to all rounds
    of the year together, than the ratio of its recorded allocation (rounded up)."""
    known, year, instrument = shelf.resolver(number).known, shelf.year(number), shelf.instrument(number)
    if known(Parameter.CONSIGNMENT_DUTY_DUE) != 1:
        return None
    in_year = [
        other
        for other in range(1, len(shelf.dossiers) + 1)
        if (shelf.year(other), shelf.instrument(other)) == (year, instrument)
    ]
    rounds = [other for other in in_year if shelf.stage(other) not in ENDED_UNSOLD]
    for participant in range(1, int(shelf.record["register"]["participants"]) + 1):
        ratio = known(Parameter.CONSIGNMENT_DUTY_RATIO, shelf.register.class_of(participant))
        if isinstance(ratio, Unresolved):
            return ratio.outcome, ratio.parameter
        duty = required_lots(ratio or 0, shelf.facts.lots(Fact.ALLOCATION, participant, instrument, year))
        if duty and sum(shelf.offers.consigned_anew_lots(other, participant) for other in rounds) < duty:
            return Outcome.CONSIGNMENT_DUTY_NOT_MET, Parameter.CONSIGNMENT_DUTY_RATIO
    return None


def judge_withdrawal(shelf: Shelf, number: int, time_ns: int) -> Verdict | None:
    """Why a consigned line may not be withdrawn, or None."""
    if shelf.stage(number) not in (*BEFORE_OPENING, Stage.OPEN):
        return Outcome.ROUND_NOT_OPEN, Parameter.NONE
    if shelf.resolver(number).known(Parameter.CONSIGNMENT_WITHDRAWABLE) != 1:
        return Outcome.CONSIGNMENT_NOT_WITHDRAWABLE, Parameter.CONSIGNMENT_WITHDRAWABLE
    return _too_late(shelf, number, time_ns)


def _too_late(shelf: Shelf, number: int, time_ns: int) -> Verdict | None:
    until = shelf.resolver(number).known(Parameter.CONSIGNMENT_UNTIL)
    if until == ConsignmentUntil.OPENING and shelf.stage(number) is Stage.OPEN:
        return Outcome.CONSIGNMENT_CLOSED, Parameter.CONSIGNMENT_UNTIL
    deadline_ns = shelf.moment_ns(number, Parameter.CONSIGNMENT_DEADLINE)
    if deadline_ns and time_ns >= deadline_ns:
        return Outcome.CONSIGNMENT_CLOSED, Parameter.CONSIGNMENT_DEADLINE
    if shelf.has_had_bids(number):
        return Outcome.CONSIGNMENT_AFTER_FIRST_BID, Parameter.NONE
    return None


def _above_maximum(shelf: Shelf, number: int, lots: int) -> Verdict | None:
    """Once a round is open, what is consigned may not lift the offer above its maximum."""
    most = int(shelf.rounds["supply_max_lots"][number])
    grows = not int(shelf.rounds["displaces_government"][number])
    if most and grows and int(shelf.rounds["offered_lots"][number]) + lots > most:
        return Outcome.SUPPLY_ABOVE_MAXIMUM, Parameter.AUCTION_SUPPLY_MAX
    return None
