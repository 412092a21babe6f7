"""Kind `reserve_release`: reserves inside a round, price tests, circulation bands, and sales by tier."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.auction import Supply
from engine.auction.caps import PPM
from engine.auction.reserve.circulation import Bands, release
from engine.auction.reserve.tiers import Tier, sell_tiers
from engine.auction.reserve.triggers import Direction, consecutive, decide, sale_is_due
from engine.auction.terms import ReleaseRule, UndersubscriptionRule
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import bids_of, compare_word, compare_words, round_of, whole, whole_table
from services.conform.numbers import PriceScale, QuantityScale, decimal, exact, price_scale
from services.conform.verdict import Comparison

_RGGI_CCR = "released only if demand ABOVE trigger > base supply"
_RGGI_ECR = "withhold up to max so that price is not below ECR trigger; withheld are not re-offered"
_SIXTY_PERCENT = 600_000


def check(case: Case, comparison: Comparison) -> None:
    """One mechanism a case, told by its inputs."""
    if "base" in case.input:
        _check_round(case, comparison)
    elif "tiers" in case.input:
        _check_tiers(case, comparison)
    elif "lowest_tier" in case.input:
        _check_sale_is_due(case, comparison)
    elif "threshold_lower" in case.rule:
        _check_circulation(case, comparison)
    elif "months" in case.rule:
        _check_months(case, comparison)
    elif case.rule.text("action") == "discretionary":
        _check_discretion(case, comparison)
    else:
        raise NotSupported("a release named by base, tiers, lowest_tier, threshold_lower, months or action")


def _check_round(case: Case, comparison: Comparison) -> None:
    """A round with a containment reserve, with units that may be withheld, or both."""
    given = case.input
    base = exact(given.take("base"), "base")
    sealed = round_of(case, bids_of(given))
    for key, known in (("ccr", _RGGI_CCR), ("ecr", _RGGI_ECR)):
        if case.rule.text(key) not in ("", known):
            raise NotSupported(f"{key} {case.rule.text(key)!r}")
    extra, withheld = (exact(given.optional(key) or 0, key) for key in ("ccr", "ecr_max"))
    triggers = [decimal(given.take(key), key) if key in given else Decimal(0) for key in ("ccr_trigger", "ecr_trigger")]
    sealed.further_prices += [price for price in triggers if price]
    sealed.further_quantities += [base, extra, withheld]
    sealed.terms = replace(
        sealed.terms,
        release_rule=ReleaseRule.DEMAND_ABOVE_TRIGGER,
        undersubscription_rule=UndersubscriptionRule.LOWEST_VALID_BID,
    )

    def lines(ticks: PriceScale, lots: QuantityScale) -> Supply:
        release_at, hold_below = (ticks.ticks(price) if price else 0 for price in triggers)
        return Supply.of(
            [lots.lots(base - withheld), lots.lots(withheld), lots.lots(extra)],
            ranks=[0, 1, 2],
            minimum_price_ticks=[0, hold_below, 0],
            trigger_price_ticks=[0, 0, release_at],
            withheld=[0, 1, 0],
        )

    outcome = sealed.run(lines)
    clearing = outcome.clearing
    sold = [outcome.lots.quantity(lots) for lots in clearing.supply_sold_lots.tolist()]
    outcome.compare(comparison, base)
    compare_word(comparison, "triggered", bool(clearing.supply_released[2] and extra))
    comparison.number("ccr_sold", sold[2])
    comparison.number("withheld", withheld - sold[1])
    comparison.leave_out("note", "prose")


def _check_tiers(case: Case, comparison: Comparison) -> None:
    """Fixed-price tiers, the cheapest first; short ones shared by the recorded draw."""
    for key, known in (
        ("order", "cheapest category first"),
        ("price", "each category at its fixed price"),
        ("short", "pro rata floor + random unit"),
    ):
        if case.rule.text(key) not in ("", known):
            raise NotSupported(f"{key} {case.rule.text(key)!r}")
    offers = whole_table(case.input, "offers")
    order = case.input.texts("random_order") if "random_order" in case.input else list(offers)
    names, tiers = [], []
    for place, body in enumerate(case.input.elements("tiers")):
        tier = case.input.adopt(body, f"tiers[{place}]")
        names.append(tier.text("id"))
        # The cases list tiers from the cheapest; their prices decide only that order.
        tiers.append(Tier(place + 1, whole(tier.take("qty"), "qty")))
    sale = sell_tiers(list(offers.values()), tiers, [order.index(name) for name in offers])
    if "awards" in comparison.expected:
        nested = Comparison(
            comparison.expected.child("awards"), comparison.differences, comparison.notes, comparison.compared
        )
        for name, row in zip(names, sale.awards.tolist(), strict=True):
            nested.table(name, dict(zip(offers, row, strict=True)))
        comparison.compared = nested.compared
    comparison.table("unmet", dict(zip(offers, sale.unmet_lots.tolist(), strict=True)))


def _check_sale_is_due(case: Case, comparison: Comparison) -> None:
    if "60% of lowest tier" not in case.rule.text("offer_if"):
        raise NotSupported(f"offer_if {case.rule.text('offer_if')!r}")
    lowest = decimal(case.input.take("lowest_tier"), "lowest_tier")
    prices = [decimal(price, "cases") for price in case.input.texts("cases")]
    scale = price_scale([lowest, *prices], None, relative=True)
    due = [sale_is_due(scale.ticks(price), scale.ticks(lowest), _SIXTY_PERCENT) for price in prices]
    compare_words(comparison, "offered", due)


def _check_circulation(case: Case, comparison: Comparison) -> None:
    lower, quantity = (whole(case.rule.take(key), key) for key in ("threshold_lower", "release"))
    bands = Bands(upper=2**62, share_ppm=0, lower=lower, release=quantity)
    released = []
    for place, body in enumerate(case.input.elements("cases")):
        one = case.input.adopt(body, f"cases[{place}]")
        released.append(release(whole(one.take("tnac"), "tnac"), bands, whole(one.take("reserve"), "reserve")))
    comparison.numbers("released", list(released))


def _check_months(case: Case, comparison: Comparison) -> None:
    """Each of several months in a row above the trigger."""
    needed = whole(case.rule.take("months"), "months")
    case.rule.optional("multiple")
    triggered = []
    for place, body in enumerate(case.input.elements("cases")):
        one = case.input.adopt(body, f"cases[{place}]")
        trigger = decimal(one.take("trigger"), "trigger")
        monthly = [decimal(price, "monthly") for price in one.texts("monthly")]
        scale = price_scale([trigger, *monthly], None, relative=True)
        run = consecutive([scale.ticks(price) for price in monthly], scale.ticks(trigger), needed, Direction.ABOVE)
        triggered.append(run.triggered)
    compare_words(comparison, "triggered", triggered)


def _check_discretion(case: Case, comparison: Comparison) -> None:
    """A met trigger releases nothing by itself; the case leaves out the averages that say whether it was met."""
    case.rule.optional("trigger")
    for key in ("trigger", "month"):
        case.input.optional(key)
    comparison.number("released", decide(triggered=True, decided_lots=None, available_lots=PPM))
    comparison.leave_out("triggered", "the case gives no monthly averages")
