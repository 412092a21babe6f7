"""Rounds drawn as files, under every setting that files can give a round: each explanation comes to its award."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from engine.auction.explain.steps import StepName
from engine.commands import Fact, SupplyKind
from engine.parameters import DEFINITIONS, Parameter, words_of
from engine.rules.model import BIDDERS
from services.explain.report import explain_bid, rule_line
from services.explain.round_trace import TracedRound
from services.offline.bid_files import FileBid, FileLot
from services.offline.round import run_round
from services.offline.round_files import FileFact, OperatorValue, RoundFile, RoundInputs, SupplyOffer
from services.proof.draw import DrawSecret, TieOrder, draw
from services.reports.fonts import missing

SEED = 20_261_125
P = Parameter

MARGINS = (
    "time_priority", "pro_rata_largest_remainder", "pro_rata_first", "random_order", "pro_rata_random_units",
)  # fmt: skip
DRAWING = [words_of(P.AUCTION_MARGIN_RULE)[word] for word in ("random_order", "pro_rata_random_units")]


def drawn_order(setup: RoundFile, bids: list[FileBid]) -> TieOrder | None:
    """The recorded draw, where the margin rule needs one."""
    rule = next(value.value for value in setup.values if value.parameter is P.AUCTION_MARGIN_RULE)
    return draw(DrawSecret(setup.name, "seed", "salt"), [bid.bid_id for bid in bids]) if rule in DRAWING else None


def drawn_round(rng: np.random.Generator) -> tuple[RoundFile, list[FileBid], list[FileLot]]:
    """A round over few prices, so that ties, caps and refusals are common; an operator sets all that differs."""

    def value(parameter: Parameter, number: int, klass: int = 0) -> OperatorValue:
        return OperatorValue(parameter, klass, number, "drawn")

    def word(parameter: Parameter, *names: str) -> OperatorValue:
        return value(parameter, words_of(parameter)[str(rng.choice(names))])

    price_rule = str(rng.choice(["uniform", "uniform", "pay_as_bid", "fixed", "midpoint"]))
    put_up = []
    if beforehand := rng.integers(3) == 0:
        excess = ["trimmed", *(["restored_at_bid_prices", "restored_at_every_tick"] if price_rule == "uniform" else [])]
        put_up = [
            word(P.BID_GUARANTEE_EXCESS, *excess),
            word(P.SETTLEMENT_DEFAULT_UNITS, "return_to_sellers", "next_bids"),
        ]
    values = [
        word(P.AUCTION_PRICE_RULE, price_rule),
        value(P.AUCTION_FIXED_PRICE, int(rng.integers(1, 9)) * 100),
        value(P.AUCTION_CEILING_PRICE, int(rng.choice([0, 0, 800]))),
        value(P.AUCTION_PAYMENT_STEP, int(rng.choice([1, 7]))),
        word(P.AUCTION_MARGIN_UNIT, "bid", "bidder"),
        word(P.BID_CAP_EXCESS, "refused_at_entry", "trimmed_at_clearing"),
        word(P.AUCTION_UNDERSUBSCRIPTION_RULE, "lowest_valid_bid", "at_reserve", "cancel"),
        word(P.AUCTION_MARGIN_RULE, *MARGINS),
        *(value(P.BID_CLASS_CAP_SHARE, int(rng.choice([200_000, 1_000_000])), klass) for klass in BIDDERS),
        *(value(P.BID_HOLDING_LIMIT, int(rng.choice([0, 40])), klass) for klass in BIDDERS),
        word(P.AUCTION_RESERVE_COMPARATOR, "at_or_above", "above"),
        word(P.AUCTION_BELOW_RESERVE, "refused_at_entry", "void_at_clearing"),
        word(P.BID_GUARANTEE, "sum_of_values", *(["maximum_value"] if price_rule != "pay_as_bid" else [])),
        value(P.AUCTION_SHORTFALL_ONLY, int(rng.choice([0, 0, 1]))),
        value(P.BID_SUBMISSIONS_MAX, int(rng.choice([0, 1]))),
        *put_up,
        value(P.AUCTION_RESERVE_PRICE, int(rng.choice([0, 300, 500]))),
        value(P.BID_TICK, int(rng.choice([100, 100, 200]))),
        value(P.BID_LOT, int(rng.choice([1, 1, 2]))),
        value(P.BID_COUNT_MAX, int(rng.choice([0, 2]))),
        value(P.CONSIGNMENT_MAY_BID, int(rng.integers(2))),
        value(P.CONSIGNMENT_MINIMUM_ALLOWED, 1),
        value(P.CONSIGNMENT_RATIO, 1_000_000),
        *(value(P.BID_MINIMUM, int(rng.integers(1, 3)), klass) for klass in BIDDERS),
        *(value(P.BID_CAP_SHARE, int(rng.choice([300_000, 1_000_000])), klass) for klass in BIDDERS),
        *(value(P.BID_CAP_QUANTITY, int(rng.choice([0, 25])), klass) for klass in BIDDERS),
        *(value(P.AUCTION_ELIGIBLE, int(rng.choice([1, 1, 1, 0])), klass) for klass in BIDDERS),
    ]
    supply = tuple(
        SupplyOffer(f"office {i}", SupplyKind.GOVERNMENT, 0, int(rng.integers(3)), int(rng.integers(1, 30)))
        for i in range(int(rng.integers(1, 3)))
    )
    classes = {f"bidder {i}": BIDDERS[int(rng.integers(3))] for i in range(5)}
    bids = []
    for i in range(int(rng.integers(1, 12))):
        who = f"bidder {rng.integers(5)}"
        price, lots = int(rng.integers(1, 10)), int(rng.integers(1, 21))
        bids.append(FileBid(i + 2, f"b{i}", who, classes[who], price, lots, ""))
    lots = [
        FileLot(i + 2, who, klass, 0, int(rng.integers(1, 20)), int(rng.choice([0, 0, 4])), 20)
        for i, (who, klass) in enumerate(classes.items())
        if klass is BIDDERS[0] and rng.integers(2)
    ]
    here = sorted({bid.bidder for bid in bids})
    inputs = RoundInputs(
        facts=tuple(FileFact(who, Fact.SHORTFALL, 2025, int(rng.integers(2)) * 20) for who in here),
        guarantees=tuple((who, int(rng.integers(1, 20_000))) for who in here) if beforehand else (),
    )
    setup = RoundFile("drawn", "shenzhen_consignment", 20_634, "X", 100, 1, supply, tuple(values), inputs)
    return setup, bids, lots


def explained(seed: int, rounds: int) -> Counter[str]:
    """Explains every bid of drawn rounds; the steps that they went through, and which of them ended a bid's way."""
    rng, seen = np.random.default_rng(seed), Counter[str]()
    for number in range(rounds):
        setup, bids, lots = drawn_round(rng)
        order = drawn_order(setup, bids)
        result = run_round(setup, bids, lots, draw=order)
        traced = TracedRound(setup, bids, lots, result, order)
        awarded = {result.bid_ids[award.bid]: award for award in result.report.result.awards}
        for bid in bids:
            # `explain_bid` itself raises when checker and core do not come to the same award.
            explanation = explain_bid(traced, bid)
            award = awarded.get(bid.bid_id)
            assert explanation.award_lots == (award.awarded_lots if award else 0), f"seed {seed}, round {number}"
            for step in explanation.steps:
                end = "" if step.step.result.get("passes", 1) else " ends"
                seen[f"{step.step.name}{end}"] += 1
                assert step.text.en.endswith(".")
                assert step.text.zh.endswith("。")
                assert not missing(step.text.zh)
                for rule in step.rules:
                    assert DEFINITIONS[rule.parameter].key in rule_line(rule).en
    return seen


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_five_hundred_rounds(seed: int) -> None:
    assert explained(seed, 500)[StepName.PAYMENT] > 200


@pytest.mark.compiled
def test_every_bid_of_drawn_rounds_is_explained() -> None:
    seen = explained(SEED, 90)
    ends = (
        StepName.ELIGIBILITY, StepName.PRICE_STEP, StepName.RESERVE_AT_ENTRY, StepName.QUANTITY_STEP, StepName.VALIDITY,
        StepName.MINIMUM_QUANTITY, StepName.BID_COUNT, StepName.CAP_AT_ENTRY, StepName.CONSIGNOR, StepName.PRICE,
        StepName.SHORTFALL,
    )  # fmt: skip
    assert [name for name in ends if not seen[f"{name} ends"]] == []
    assert min(seen[name] for name in (StepName.MARGIN, StepName.OWN_CAP, StepName.SHARED_CAP)) > 20
    assert min(seen[name] for name in (StepName.PAYMENT, StepName.GUARANTEE_PUT_UP, StepName.SUBMISSIONS)) > 50
    assert min(seen[name] for name in (StepName.GUARANTEE, StepName.RESTORED_GUARANTEE)) > 10


@pytest.mark.compiled
def test_a_cap_by_shortfall_names_its_rule() -> None:
    """30 % of a shortfall of 20 of the year before are 6: the bid of 7 is refused, that of 6 is not."""
    who, klass = "bidder", BIDDERS[0]
    values = (
        OperatorValue(P.AUCTION_RESERVE_PRICE, 0, 300, "x"),
        OperatorValue(P.BID_TICK, 0, 100, "x"),
        OperatorValue(P.BID_CAP_SHORTFALL_SHARE, int(klass), 300_000, "x"),
        OperatorValue(P.CONSIGNMENT_RATIO, 0, 1_000_000, "x"),
    )
    facts = tuple(FileFact(who, Fact.SHORTFALL, year, lots) for year, lots in ((2024, 90), (2025, 20)))
    supply = (SupplyOffer("office", SupplyKind.GOVERNMENT, 0, 0, 100),)
    setup = RoundFile("r", "shenzhen_consignment", 20_634, "X", 100, 1, supply, values, RoundInputs(facts=facts))
    bids = [FileBid(2, "b0", who, klass, 5, 7, ""), FileBid(3, "b1", who, klass, 5, 6, "")]
    traced = TracedRound(setup, bids, [], run_round(setup, bids))
    refused, taken = (explain_bid(traced, bid) for bid in bids)
    assert (refused.award_lots, taken.award_lots) == (0, 6)
    assert refused.steps[-1].step.name is StepName.CAP_AT_ENTRY
    assert [rule.parameter for rule in refused.steps[-1].rules] == [P.BID_CAP_SHORTFALL_SHARE]
