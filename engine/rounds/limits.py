"""Limits on bidders at the clear: own caps that trim, guarantees put up beforehand, caps that several bidders share.

Caps that refuse at entry have done their work by then. A cap on a class together and one on linked bidders can only
trim, whatever a book says of own caps: which bid came first must not decide who of several bidders is let in.
"""

from __future__ import annotations

import numpy as np

from engine.auction.bidder_limits import NO_LIMIT, BidderLimits, SharedCap
from engine.auction.caps import tightest
from engine.commands import ParticipantClass
from engine.limits import AMOUNT_MINOR_MAX
from engine.rounds.terms import SHARE_WHOLE_PPM
from engine.words.rounds import CapExcess


def bidder_limits(
    terms: np.void,
    bidders: np.ndarray,
    classes: dict[int, ParticipantClass],
    holdings_lots: dict[int, int],
    linked: list[tuple[int, ...]],
) -> BidderLimits | None:
    """What the clear is given; None where the round has no limits that work there.

    `bidders` are the round's records by participant, `classes` and `holdings_lots` are of everybody who bid.
    """
    numbers = sorted(classes)
    caps = guarantees = None
    if terms["cap_excess"] == CapExcess.TRIMMED_AT_CLEARING:
        caps = [own_cap_lots(terms, bidders[n], classes[n], holdings_lots[n]) for n in numbers]
    if terms["guarantee_excess"]:
        share = int(terms["guarantee_share_ppm"]) or SHARE_WHOLE_PPM
        covered = [int(bidders[n]["guarantee_minor"]) * SHARE_WHOLE_PPM // share for n in numbers]
        # More than all bids of one bidder may be worth covers them all.
        guarantees = [min(AMOUNT_MINOR_MAX, amount) for amount in covered]
    shared = _class_caps(terms, classes) + _linked_caps(terms, classes, linked)
    if caps is None and guarantees is None and not shared:
        return None
    return BidderLimits(numbers, caps, guarantees, tuple(shared))


def cap_base_lots(terms: np.void) -> int:
    """The offer that caps are shares of."""
    return int(terms["offered_lots"]) - int(terms["cap_less_lots"])


def own_cap_lots(terms: np.void, bidder: np.void, klass: int, held_lots: int) -> int:
    """The smallest of a bidder's own caps, each rounded down, in whole steps of a bid; `NO_LIMIT` where it has none."""
    caps = []
    base = cap_base_lots(terms)
    for whole, name in (
        (int(bidder["shortfall_lots"]), "cap_shortfall_ppm"),
        (int(bidder["emissions_lots"]), "cap_emissions_ppm"),
    ):
        if terms[name][klass] > 0:
            caps.append(whole * int(terms[name][klass]) // SHARE_WHOLE_PPM)
    if terms["cap_share_ppm"][klass] >= 0:
        caps.append(base * int(terms["cap_share_ppm"][klass]) // SHARE_WHOLE_PPM)
    if terms["cap_lots"][klass] > 0:
        caps.append(int(terms["cap_lots"][klass]))
    if terms["holding_limit_lots"][klass] > 0:
        caps.append(max(0, int(terms["holding_limit_lots"][klass]) - held_lots))
    return tightest(caps) if caps else NO_LIMIT


def _class_caps(terms: np.void, classes: dict[int, ParticipantClass]) -> list[SharedCap]:
    caps = []
    for klass in ParticipantClass:
        share = int(terms["class_cap_ppm"][klass])
        members = tuple(n for n in sorted(classes) if classes[n] is klass)
        if 0 < share < SHARE_WHOLE_PPM and members:
            caps.append(SharedCap(members, cap_base_lots(terms) * share // SHARE_WHOLE_PPM))
    return caps


def _linked_caps(
    terms: np.void, classes: dict[int, ParticipantClass], linked: list[tuple[int, ...]]
) -> list[SharedCap]:
    share = int(terms["linked_cap_ppm"])
    if not share:
        return []
    lots = cap_base_lots(terms) * share // SHARE_WHOLE_PPM
    groups = [tuple(n for n in group if n in classes) for group in linked]
    return [SharedCap(group, lots) for group in groups if group]
