"""Kind `supply_rule`: rules that set quantities and prices of a year, from circulation, growth and averages."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from engine.auction.caps import PPM
from engine.auction.reserve.circulation import Bands, intake, invalidated
from engine.auction.reserve.prices import annual_reserve, grown, mean
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import whole
from services.conform.numbers import PriceScale, decimal, exact
from services.conform.verdict import Comparison

_CENT = PriceScale(Fraction(1, 100))
_GROWTH = re.compile(r"(\d+\.\d+) x previous YEAR rounded price, nearest cent")
_RESERVE = re.compile(r"ARP_t = ARP_\{t-1\} x \(1 \+ (\d*\.\d+) \+ CPI-U 12m\), cents")
_BANDS = re.compile(
    r"TNAC>(?P<upper>\d+)M:(?P<percent>\d+)%; (?P<from>\d+)-(?P=upper)M: TNAC-(?P=from)M;"
    r" <(?P<lower>\d+)M: release (?P<release>\d+)M"
)
_PERCENT_A_YEAR = re.compile(r"(\d+)%/yr")
_MILLION = 1_000_000


def check(case: Case, comparison: Comparison) -> None:
    """One rule a case, told by the keys of its rule."""
    rule = case.rule
    if "bands" in rule or "rate" in rule:
        _check_intake(case, comparison)
    elif "formula" in rule:
        _check_formula(case, comparison)
    elif "mrp_growth" in rule:
        _check_growth_of_tiers(case, comparison)
    elif "floor" in rule:
        _check_floor(case, comparison)
    elif "invalidate" in rule:
        _check_invalidation(case, comparison)
    else:
        raise NotSupported("a rule named by bands, rate, formula, mrp_growth or floor")


def _check_invalidation(case: Case, comparison: Comparison) -> None:
    """What lies above last year's volume is invalidated, whatever that volume was: the case does not say."""
    if case.rule.text("invalidate") != "reserve above previous-year auction volume":
        raise NotSupported(f"invalidation {case.rule.text('invalidate')!r}")
    case.input.optional("date")
    stated = whole(comparison.expected.take("invalidated"), "invalidated")
    volumes = (0, 1, stated)
    found = {invalidated(volume + stated, volume) for volume in volumes}
    comparison.number("invalidated", found.pop() if len(found) == 1 else None)
    comparison.notes.append("the quantity is a quoted fact; compared is that the excess over any volume is invalidated")


def _ppm(number: str) -> int:
    return int(Fraction(number) * PPM)


def _check_intake(case: Case, comparison: Comparison) -> None:
    """What the stability reserve takes in, for one figure of circulation or several."""
    rule = case.rule
    if rule.text("round") not in ("", "half_up_unit"):
        raise NotSupported(f"rounding {rule.text('round')!r}")
    months = 12
    if "bands" in rule:
        found = _BANDS.fullmatch(rule.text("bands"))
        if not found:
            raise NotSupported(f"bands {rule.text('bands')!r}")
        upper, surplus_from, lower, quantity = (
            int(found[name]) * _MILLION for name in ("upper", "from", "lower", "release")
        )
        bands = Bands(upper, int(found["percent"]) * PPM // 100, surplus_from, lower, quantity)
    else:
        upper = whole(rule.optional("threshold_upper") or 0, "threshold_upper")
        bands = Bands(upper, int(exact(rule.take("rate"), "rate") * PPM))
        fraction = Fraction(str(rule.optional("period_fraction") or 1))
        if (fraction * 12).denominator != 1:
            raise NotSupported(f"a period of {fraction} years")
        months = int(fraction * 12)
    if "tnac" in case.input:
        taken = intake(whole(case.input.take("tnac"), "tnac"), bands, months=months)
        comparison.number("intake", taken)
        comparison.number("intake_approx", taken)
    if "cases" in case.input:
        circulations = [whole(value, "cases") for value in case.input.elements("cases")]
        comparison.numbers("intakes", [intake(circulation, bands, months=months) for circulation in circulations])
    for key in ("date", "year"):
        case.input.optional(key)
    comparison.leave_out("published", "prose")


def _check_formula(case: Case, comparison: Comparison) -> None:
    """A trigger that grows year by year, or an annual reserve price."""
    text, given = case.rule.text("formula"), case.input
    growth, reserve = _GROWTH.fullmatch(text), _RESERVE.fullmatch(text)
    if growth:
        given.optional("start_year")
        start = _CENT.ticks(decimal(given.take("start"), "start"))
        path = grown(start, _ppm(growth[1]) - PPM, whole(given.take("years"), "years"))
        comparison.numbers("trigger", [_CENT.price(ticks) for ticks in path])
    elif reserve:
        last, inflation = decimal(given.take("prev"), "prev"), exact(given.take("cpi"), "cpi")
        next_ticks = annual_reserve(_CENT.ticks(last), _ppm(reserve[1]), int(inflation * PPM))
        comparison.number("arp", _CENT.price(next_ticks))
    else:
        raise NotSupported(f"formula {text!r}")


def _check_growth_of_tiers(case: Case, comparison: Comparison) -> None:
    """Tiers grown at the rate of the minimum reserve price to the last year."""
    for key in ("ccr_tiers", "ccr_total", "ecr"):
        case.rule.optional(key)
    rate = _PERCENT_A_YEAR.fullmatch(case.rule.text("mrp_growth"))
    if not rate:
        raise NotSupported(f"growth {case.rule.text('mrp_growth')!r}")
    first, last = (whole(case.input.take(key), key) for key in ("year", "end_year"))
    for name in ("tier1", "tier2", "mrp"):
        start = case.input.optional(name)
        if start is not None:
            ticks = _CENT.ticks(decimal(start, name))
            end = grown(ticks, int(rate[1]) * PPM // 100, last - first + 1)[-1]
            comparison.number(f"{name}_{last}", _CENT.price(end))


def _check_floor(case: Case, comparison: Comparison) -> None:
    """The mean of three averages."""
    if case.rule.text("floor") != "(avg 3 months + avg 1 month + avg 3 days)/3":
        raise NotSupported(f"floor {case.rule.text('floor')!r}")
    case.rule.optional("purchase_cap")
    averages = [decimal(case.input.take(key), key) for key in ("avg3m", "avg1m", "avg3d")]
    # Averages are published in whole won or cents; the floor is stated to two places.
    ticks = [_CENT.ticks(Decimal(average)) for average in averages]
    comparison.number("floor", _CENT.price(mean(ticks)))
