"""The award and payment of one bid, derived again from its trace and nothing else.

The trace comes as JSON values, as it is written and kept: a list of steps, each with `step`, `facts` and `result`.
Every step is worked out anew from its facts, and what a step starts from must be what those before it came to; where
either does not hold, `TraceError` says at which step. Plain integers; shares no code with what made the trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.auction.terms import GuaranteeRule, MarginRule, PaymentRounding, PriceRule

Facts = Mapping[str, int]


class TraceError(ValueError):
    """A trace that does not hold together; says at which step and why."""


def award_from(steps: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """(lots, payment in minor units) that the trace of a bid comes to. Raises TraceError."""
    if not steps:
        raise TraceError("a trace without steps explains nothing")
    known: dict[str, int] = {}
    for at, step in enumerate(steps):
        name, facts, said = step["step"], step["facts"], step["result"]
        if name not in _STEPS:
            raise TraceError(f"step {at + 1}: {name!r} is no step of a trace")
        _carried_over(at, name, facts, known)
        try:
            found = _STEPS[name](facts)
        except KeyError as missing:
            raise TraceError(f"step {at + 1}, {name}: the fact {missing} is missing") from None
        if found != dict(said):
            raise TraceError(f"step {at + 1}, {name}: says {dict(said)}, its facts come to {found}")
        if found.get("passes") == 0:
            if at + 1 < len(steps):
                raise TraceError(f"step {at + 1}, {name}: ends the way of the bid, but more steps follow")
            return 0, 0
        known |= {f"{name}.{key}": value for key, value in found.items()}
        known |= {"lots": found["lots"]} if "lots" in found else {}
    if steps[-1]["step"] not in ("payment", "paid"):
        raise TraceError(f"the trace ends with {steps[-1]['step']!r}: nothing is awarded or refused")
    return known["award.lots"], known["payment.payment_minor"]


_FROM_EARLIER = {
    ("own_cap", "lots"): "lots",
    ("shared_cap", "lots"): "lots",
    ("guarantee", "lots"): "lots",
    ("guarantee", "price_ticks"): "validity.price_ticks",
    ("restored_guarantee", "lots"): "lots",
    ("restored_guarantee", "price_ticks"): "validity.price_ticks",
    ("rank", "price_ticks"): "validity.price_ticks",
    ("rank", "marginal_ticks"): "price.price_ticks",
    ("rank", "lots"): "lots",
    ("rank", "restored_full_lots"): "restored_guarantee.full_lots",
    ("rank", "restored_margin_lots"): "restored_guarantee.margin_lots",
    ("margin", "left_lots"): "price.left_lots",
    ("margin", "lots"): "rank.margin_lots",
    ("award", "full_lots"): "rank.full_lots",
    ("payment", "lots"): "award.lots",
    ("payment", "own_price_ticks"): "validity.price_ticks",
    ("paid", "payment_minor"): "payment.payment_minor",
}
"""Facts that must be what an earlier step came to."""


def _carried_over(at: int, name: str, facts: Facts, known: Mapping[str, int]) -> None:
    for (step, key), source in _FROM_EARLIER.items():
        if step == name and source in known and facts.get(key) != known[source]:
            raise TraceError(
                f"step {at + 1}, {name}: {key} is {facts.get(key)}, an earlier step came to {known[source]}"
            )
    if name == "award" and facts["margin_lots"] != known.get("margin.lots", 0):
        raise TraceError(f"step {at + 1}, award: the margin gave {known.get('margin.lots', 0)} lots")


def _passes(holds: bool) -> dict[str, int]:
    return {"passes": 1 if holds else 0}


def _validity(x: Facts) -> dict[str, int]:
    counts = x["lots"] > 0 and x["price_ticks"] >= x["lowest_valid_ticks"]
    if x["ceiling_ticks"] > 0 and x["price_ticks"] > x["ceiling_ticks"]:
        counts = False
    price = x["fixed_ticks"] if x["fixed_ticks"] > 0 else x["price_ticks"]
    return {"passes": 1 if counts else 0, "price_ticks": price, "lots": x["lots"]}


def _cap(x: Facts) -> dict[str, int]:
    room = x["cap_lots"] - x["cap_lots"] % x["step_lots"] - x["ahead_lots"]
    if room <= 0:
        return {"lots": 0}
    return {"lots": x["lots"] if x["lots"] <= room else room}


def _guarantee(x: Facts) -> dict[str, int]:
    if x["cut_ahead"]:
        return {"lots": 0}
    worth = x["price_ticks"] * x["tick_value_minor"]
    if x["guarantee_rule"] == GuaranteeRule.SUM_OF_VALUES:
        covered = x["ahead_lots"] + (x["guarantee_minor"] - x["ahead_minor"]) // worth
    else:
        covered = x["guarantee_minor"] // worth
    if x["lots"] + x["ahead_lots"] <= covered:
        return {"lots": x["lots"]}
    covered = covered - covered % x["step_lots"] if covered > 0 else 0
    left = covered - x["ahead_lots"]
    return {"lots": min(left, x["lots"]) if left > 0 else 0}


def _price(x: Facts) -> dict[str, int]:
    if x["marginal_ticks"] == 0:
        return {"passes": 0}
    left = x["supply_lots"] - x["demand_above_lots"]
    return {"passes": 1, "price_ticks": x["marginal_ticks"], "left_lots": left}


def _rank(x: Facts) -> dict[str, int]:
    if "restored_full_lots" in x:
        return {"full_lots": x["restored_full_lots"], "margin_lots": x["restored_margin_lots"]}
    above, at = x["price_ticks"] > x["marginal_ticks"], x["price_ticks"] == x["marginal_ticks"]
    return {"full_lots": x["lots"] if above else 0, "margin_lots": x["lots"] if at else 0}


def _restored(x: Facts) -> dict[str, int]:
    def covered(tested: int) -> int:
        if tested == 0 or x["price_ticks"] < tested:
            return 0
        lots = x["guarantee_minor"] // (tested * x["tick_value_minor"])
        room = lots - lots % x["step_lots"] - x["ahead_lots"]
        return max(0, min(x["lots"], room))

    full = covered(x["tested_above_ticks"])
    return {"full_lots": full, "margin_lots": covered(x["tested_ticks"]) - full}


def _margin(x: Facts) -> dict[str, int]:
    left = _share(x) - x["own_ahead_lots"]
    return {"lots": 0 if left < 0 else min(left, x["lots"])}


def _share(x: Facts) -> int:
    """What the party gets at the margin."""
    rule, left, whole, asked = x["rule"], x["left_lots"], x["whole_lots"], x["party_lots"]
    if rule == MarginRule.PRO_RATA_WITH_MINIMUMS and x["dropped"]:
        return 0
    if whole <= left:
        return asked
    if rule == MarginRule.PERCENTAGE_ROUNDED_UP:
        percentage, cut = divmod(10_000 * left, whole)
        percentage += 1 if cut else 0
        pieces, cut = divmod(asked * percentage, 10_000 * x["margin_lot"])
        return min(asked, (pieces + (1 if cut else 0)) * x["margin_lot"])
    if rule in (MarginRule.TIME_PRIORITY, MarginRule.RANDOM_ORDER):
        return min(asked, max(0, left - x["ahead_lots"]))
    extra = 1 if x["ahead_parties"] < left - x["rounded_down_lots"] else 0
    return left * asked // whole + extra


def _payment(x: Facts) -> dict[str, int]:
    if x["lots"] == 0:
        return {"pays_ticks": 0, "payment_minor": 0}
    own = x["price_rule"] == PriceRule.PAY_AS_BID
    pays = x["own_price_ticks"] if own else x["one_price_ticks"]
    whole, rest = divmod(x["lots"] * pays * x["tick_value_minor"], x["payment_step_minor"])
    if x["payment_rounding"] == PaymentRounding.UP:
        whole += 1 if rest else 0
    elif x["payment_rounding"] == PaymentRounding.NEAREST:
        whole += 1 if 2 * rest >= x["payment_step_minor"] else 0
    return {"pays_ticks": pays, "payment_minor": whole * x["payment_step_minor"]}


_STEPS: dict[str, Callable[[Facts], dict[str, int]]] = {
    "eligibility": lambda x: _passes(x["eligible"] == 1),
    "shortfall": lambda x: _passes(x["shortfall_lots"] > 0),
    "price_step": lambda x: _passes(x["price_ticks"] % x["price_step_ticks"] == 0),
    "reserve_at_entry": lambda x: _passes(x["price_ticks"] >= x["lowest_valid_ticks"]),
    "quantity_step": lambda x: _passes(x["lots"] % x["quantity_step_lots"] == 0),
    "minimum_quantity": lambda x: _passes(x["lots"] >= x["minimum_lots"]),
    "bid_count": lambda x: _passes(x["count_before"] < x["count_max"]),
    "cap_at_entry": lambda x: _passes(x["lots_before"] + x["lots"] <= x["cap_lots"]),
    "submissions": lambda x: _passes(x["submissions_before"] < x["submissions_max"]),
    "consignor": lambda x: _passes(x["consigned_lots"] == 0 or x["consignor_may_bid"] == 1),
    "guarantee_at_entry": lambda x: _passes(x["held_minor"] <= x["cash_minor"]),
    "amount": lambda x: _passes(x["value_minor"] <= x["amount_max_minor"]),
    "guarantee_put_up": lambda x: _passes(x["put_up_minor"] >= 0),
    "cleared_again": lambda x: _passes(x["failed_bidders"] > 0),
    "validity": _validity,
    "own_cap": _cap,
    "shared_cap": _cap,
    "guarantee": _guarantee,
    "price": _price,
    "restored_guarantee": _restored,
    "rank": _rank,
    "margin": _margin,
    "award": lambda x: {"lots": x["full_lots"] + x["margin_lots"]},
    "payment": _payment,
    "paid": lambda x: _passes(x["payment_minor"] + x["other_payments_minor"] + x["fee_minor"] <= x["cash_minor"]),
}
