"""Who may consign how much (委托竞价): the judgement of one lot that its owner puts up for sale.

The permitted ratio is measured on all that the consignor holds of the instrument when it consigns, locked lots
included, and counts what it has consigned to this round before; the product is rounded down to whole lots. A consignor
whose rule book lets it name a minimum may; otherwise all consigned units sell at the common price.
"""

from __future__ import annotations

from engine.commands import ParticipantClass
from engine.outcomes import Outcome
from engine.parameters import Parameter
from engine.rounds.layout import Stage
from engine.rounds.terms import SHARE_WHOLE_PPM, Resolver, Unresolved


def judge_consignment(
    *,
    resolver: Resolver,
    participant_class: ParticipantClass,
    stage: Stage,
    bids: int,
    lots: int,
    minimum_price_ticks: int,
    available_lots: int,
    base_lots: int,
    consigned_lots: int,
) -> tuple[Outcome, Parameter] | None:
    """Why the lot is refused, or None.

    `bids` counts those accepted so far, which close the offer; `consigned_lots` what the consignor has in the round.
    """
    if lots > available_lots:
        return Outcome.HOLDING_INSUFFICIENT, Parameter.NONE
    if stage not in (Stage.DRAFT, Stage.OPEN):
        return Outcome.ROUND_NOT_OPEN, Parameter.NONE
    permitted = resolver.known(Parameter.CONSIGNMENT_ALLOWED, participant_class)
    if isinstance(permitted, Unresolved):
        return permitted.outcome, permitted.parameter
    if not permitted:
        return Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS, Parameter.CONSIGNMENT_ALLOWED
    ratio = resolver.known(Parameter.CONSIGNMENT_RATIO, participant_class)
    if isinstance(ratio, Unresolved):
        return ratio.outcome, ratio.parameter
    if ratio is not None and consigned_lots + lots > base_lots * ratio // SHARE_WHOLE_PPM:
        return Outcome.CONSIGNMENT_RATIO_EXCEEDED, Parameter.CONSIGNMENT_RATIO
    if minimum_price_ticks and resolver.known(Parameter.CONSIGNMENT_MINIMUM_ALLOWED) != 1:
        return Outcome.CONSIGNMENT_MINIMUM_NOT_ALLOWED, Parameter.CONSIGNMENT_MINIMUM_ALLOWED
    if bids:
        return Outcome.CONSIGNMENT_AFTER_FIRST_BID, Parameter.NONE
    return None
