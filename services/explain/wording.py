"""Each step of a trace in a sentence, in English and in Chinese, with the figures that decided it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.auction.explain.steps import Step, StepName
from engine.auction.terms import MarginRule, PriceRule, RoundStatus
from engine.rules.explain import WORD_ZH
from services.reports import words
from services.reports.report import Text
from services.reports.scale import Scale, grouped, money

NAMES: dict[StepName, Text] = {
    StepName.ELIGIBILITY: Text("Eligibility", "竞买资格"),
    StepName.SHORTFALL: Text("Shortfall", "履约缺口"),
    StepName.PRICE_STEP: Text("Step of the price", "申报价变动单位"),
    StepName.RESERVE_AT_ENTRY: Text("Reserve price", "竞买底价"),
    StepName.QUANTITY_STEP: Text("Step of the quantity", "申报数量单位"),
    StepName.MINIMUM_QUANTITY: Text("Smallest quantity", "最小申报量"),
    StepName.BID_COUNT: Text("Number of bids", "申报笔数"),
    StepName.CAP_AT_ENTRY: Text("Cap", "申报量上限"),
    StepName.SUBMISSIONS: Text("Number of submissions", "申报次数"),
    StepName.CONSIGNOR: Text("Consignor as bidder", "委托方竞买"),
    StepName.GUARANTEE_AT_ENTRY: Text("Guarantee", "竞买保证金"),
    StepName.AMOUNT: Text("Size of the amount", "金额范围"),
    StepName.GUARANTEE_PUT_UP: Text("Guarantee put up beforehand", "预缴保证金"),
    StepName.CLEARED_AGAIN: Text("Cleared again", "重新清算"),
    StepName.VALIDITY: Text("Validity", "申报有效性"),
    StepName.OWN_CAP: Text("Cap at the clear", "清算时上限"),
    StepName.SHARED_CAP: Text("Cap of several bidders together", "合计上限"),
    StepName.GUARANTEE: Text("Guarantee at the clear", "清算时保证金"),
    StepName.PRICE: Text("Price", "成交价"),
    StepName.RESTORED_GUARANTEE: Text("Guarantee at the price", "成交价下的保证金"),
    StepName.RANK: Text("Rank", "价格排序"),
    StepName.MARGIN: Text("Share at the margin", "边际配给"),
    StepName.AWARD: Text("Award", "中标量"),
    StepName.PAYMENT: Text("Payment", "应付金额"),
    StepName.PAID: Text("Paid or not", "是否付款"),
}
"""What a step is called."""


@dataclass(frozen=True)
class Words:
    """Says the steps of one round's bids; `scale` gives integers their units."""

    scale: Scale

    def of(self, step: Step) -> Text:
        """The sentence of a step."""
        return _SENTENCES[step.name](self, step.facts, step.result)

    def price(self, ticks: int) -> Text:
        """A price with its unit."""
        unit, text = words.price_unit(self.scale.currency), self.scale.price(ticks)
        return Text(f"{text} {unit.en}", f"{text} {unit.zh}")

    def lots(self, lots: int) -> Text:
        """A quantity with its unit."""
        text = f"{self.scale.quantity(lots):,}"
        return Text(f"{text} t", f"{text} 吨")

    def cash(self, minor: int) -> Text:
        """An amount with its currency."""
        name, text = words.currency(self.scale.currency), grouped(money(minor))
        return Text(f"{text} {name.en}", f"{text} {name.zh}")


Ints = Mapping[str, int]


def _eligibility(_: Words, __: Ints, result: Ints) -> Text:
    if result["passes"]:
        return Text("The bidder's class may bid.", "该类主体可以竞买。")
    return Text("The bidder's class may not bid: refused.", "该类主体不得竞买：拒绝。")


def _shortfall(say: Words, facts: Ints, result: Ints) -> Text:
    lots = say.lots(facts["shortfall_lots"])
    return _either(
        result,
        Text(f"The round is for shortfalls; the bidder's is {lots.en}.",
             f"本场限有履约缺口者；该竞买人缺口 {lots.zh}。"),
        Text("The round is for shortfalls; none is recorded for the bidder: refused.",
             "本场限有履约缺口者；该竞买人无缺口记录：拒绝。"),
    )  # fmt: skip


def _price_step(say: Words, facts: Ints, result: Ints) -> Text:
    price, step = say.price(facts["price_ticks"]), say.price(facts["price_step_ticks"])
    return _either(
        result,
        Text(f"{price.en} is a whole number of steps of {step.en}.", f"{price.zh}为变动单位 {step.zh}的整数倍。"),
        Text(f"{price.en} is not in steps of {step.en}: refused.", f"{price.zh}不是变动单位 {step.zh}的整数倍：拒绝。"),
    )


def _reserve_at_entry(say: Words, facts: Ints, result: Ints) -> Text:
    price, lowest = say.price(facts["price_ticks"]), say.price(facts["lowest_valid_ticks"])
    return _either(
        result,
        Text(f"{price.en} is not below the lowest price that may enter, {lowest.en}.",
             f"{price.zh}不低于可申报的最低价 {lowest.zh}。"),
        Text(f"{price.en} is below the lowest price that may enter, {lowest.en}: refused.",
             f"{price.zh}低于可申报的最低价 {lowest.zh}：拒绝。"),
    )  # fmt: skip


def _quantity_step(say: Words, facts: Ints, result: Ints) -> Text:
    lots, step = say.lots(facts["lots"]), say.lots(facts["quantity_step_lots"])
    return _either(
        result,
        Text(f"{lots.en} is a whole number of units of {step.en}.", f"{lots.zh}为申报单位 {step.zh}的整数倍。"),
        Text(f"{lots.en} is not in units of {step.en}: refused.", f"{lots.zh}不是申报单位 {step.zh}的整数倍：拒绝。"),
    )


def _minimum(say: Words, facts: Ints, result: Ints) -> Text:
    lots, least = say.lots(facts["lots"]), say.lots(facts["minimum_lots"])
    return _either(
        result,
        Text(f"{lots.en} is at least {least.en}.", f"{lots.zh}不少于 {least.zh}。"),
        Text(f"{lots.en} is less than {least.en}: refused.", f"{lots.zh}少于 {least.zh}：拒绝。"),
    )


def _count(_: Words, facts: Ints, result: Ints) -> Text:
    before, most = facts["count_before"], facts["count_max"]
    return _either(
        result,
        Text(f"It is bid {before + 1} of at most {most}.", f"为该竞买人第 {before + 1} 笔申报，上限 {most} 笔。"),
        Text(f"The bidder has {before} bids already, of at most {most}: refused.",
             f"该竞买人已有 {before} 笔申报，上限 {most} 笔：拒绝。"),
    )  # fmt: skip


def _cap_at_entry(say: Words, facts: Ints, result: Ints) -> Text:
    together = say.lots(facts["lots_before"] + facts["lots"])
    before, own, cap = say.lots(facts["lots_before"]), say.lots(facts["lots"]), say.lots(facts["cap_lots"])
    return _either(
        result,
        Text(f"{before.en} bid before and {own.en} here are {together.en}, within the cap of {cap.en}.",
             f"此前申报 {before.zh}，本笔 {own.zh}，合计 {together.zh}，未超过上限 {cap.zh}。"),
        Text(f"{before.en} bid before and {own.en} here are {together.en}, over the cap of {cap.en}: refused.",
             f"此前申报 {before.zh}，本笔 {own.zh}，合计 {together.zh}，超过上限 {cap.zh}：拒绝。"),
    )  # fmt: skip


def _submissions(_: Words, facts: Ints, result: Ints) -> Text:
    before, most = facts["submissions_before"], facts["submissions_max"]
    return _either(
        result,
        Text(f"It came with submission {before + 1} of at most {most}.", f"属第 {before + 1} 次申报，上限 {most} 次。"),
        Text(f"The bidder has used its {most} submissions: refused.", f"该竞买人 {most} 次申报已用完：拒绝。"),
    )


def _consignor(say: Words, facts: Ints, result: Ints) -> Text:
    lots = say.lots(facts["consigned_lots"])
    return _either(
        result,
        Text(f"The bidder consigns {lots.en} itself, and may bid.", f"该竞买人同时委托 {lots.zh}，可以竞买。"),
        Text(f"The bidder consigns {lots.en} itself, and may not bid: refused.",
             f"该竞买人同时委托 {lots.zh}，不得竞买：拒绝。"),
    )  # fmt: skip


def _guarantee_at_entry(say: Words, facts: Ints, result: Ints) -> Text:
    held, cash = say.cash(facts["held_minor"]), say.cash(facts["cash_minor"])
    return _either(
        result,
        Text(f"Its bids hold {held.en}; it had {cash.en}.", f"其申报占用保证金 {held.zh}；可用资金 {cash.zh}。"),
        Text(f"Its bids would hold {held.en}; it had {cash.en}: refused.",
             f"其申报需占用保证金 {held.zh}；可用资金 {cash.zh}：拒绝。"),
    )  # fmt: skip


def _amount(say: Words, facts: Ints, _: Ints) -> Text:
    value, most = say.cash(facts["value_minor"]), say.cash(facts["amount_max_minor"])
    return Text(
        f"The bidder's bids would be worth {value.en}, more than amounts may be, {most.en}: refused.",
        f"其申报总值将达 {value.zh}，超过金额上限 {most.zh}：拒绝。",
    )


def _put_up(say: Words, facts: Ints, _: Ints) -> Text:
    cash = say.cash(facts["put_up_minor"])
    return Text(
        f"A guarantee of {cash.en} was put up beforehand; what it covers is tested at the clear.",
        f"已预缴保证金 {cash.zh}；可覆盖的数量在清算时核定。",
    )


def _cleared_again(say: Words, facts: Ints, _: Ints) -> Text:
    count, lots = facts["failed_bidders"], say.lots(facts["failed_lots"])
    return Text(
        f"The round was cleared again without {count} that did not pay; their bids of {lots.en} no longer count.",
        f"剔除未付款的 {count} 名竞买人后重新清算；其申报 {lots.zh}不再计入。",
    )


def _validity(say: Words, facts: Ints, result: Ints) -> Text:
    price, lowest = say.price(facts["price_ticks"]), say.price(facts["lowest_valid_ticks"])
    if result["passes"] and facts["fixed_ticks"]:
        fixed = say.price(facts["fixed_ticks"])
        return Text(f"It reaches the fixed price and counts at {fixed.en}.", f"达到固定价，按 {fixed.zh}计入。")
    if facts["ceiling_ticks"] and facts["price_ticks"] > facts["ceiling_ticks"]:
        ceiling = say.price(facts["ceiling_ticks"])
        return Text(
            f"{price.en} is above the ceiling of {ceiling.en}: void.", f"{price.zh}高于最高限价 {ceiling.zh}：无效。"
        )
    return _either(
        result,
        Text(f"{price.en} counts: the lowest valid price is {lowest.en}.",
             f"{price.zh}有效：最低有效价为 {lowest.zh}。"),
        Text(f"{price.en} is below the lowest valid price, {lowest.en}: void.",
             f"{price.zh}低于最低有效价 {lowest.zh}：无效。"),
    )  # fmt: skip


def _cap(say: Words, facts: Ints, result: Ints) -> Text:
    cap, ahead = say.lots(facts["cap_lots"]), say.lots(facts["ahead_lots"])
    left, lots = say.lots(result["lots"]), say.lots(facts["lots"])
    return Text(
        f"Of a cap of {cap.en}, {ahead.en} are taken by better bids: {left.en} of {lots.en} stay.",
        f"上限 {cap.zh}，更优申报已用 {ahead.zh}：{lots.zh}中保留 {left.zh}。",
    )


def _guarantee(say: Words, facts: Ints, result: Ints) -> Text:
    cash, left, lots = say.cash(facts["guarantee_minor"]), say.lots(result["lots"]), say.lots(facts["lots"])
    return Text(
        f"The guarantee of {cash.en} covers {left.en} of {lots.en}.",
        f"保证金 {cash.zh}可覆盖 {lots.zh}中的 {left.zh}。",
    )


def _price(say: Words, facts: Ints, result: Ints) -> Text:
    if not result["passes"]:
        status = words.STATUS[RoundStatus(facts["status"])]
        return Text(f"The round has no price. {status.en}.", f"本场无成交价。{status.zh}。")
    price, supply = say.price(facts["marginal_ticks"]), say.lots(facts["supply_lots"])
    above, left = say.lots(facts["demand_above_lots"]), say.lots(result["left_lots"])
    return Text(
        f"{supply.en} are let go at {price.en}; {above.en} are bid above it and served in full; "
        f"{left.en} are left for bids at it.",
        f"在 {price.zh}处供给 {supply.zh}；高于该价的申报 {above.zh}全部成交；留给该价申报 {left.zh}。",
    )


def _restored(say: Words, facts: Ints, result: Ints) -> Text:
    cash, at = say.cash(facts["guarantee_minor"]), say.price(facts["tested_ticks"])
    lots = say.lots(result["full_lots"] + result["margin_lots"])
    return Text(
        f"At {at.en} the guarantee of {cash.en} covers {lots.en} of the bid.",
        f"在 {at.zh}处，保证金 {cash.zh}可覆盖本笔 {lots.zh}。",
    )


def _rank(say: Words, facts: Ints, result: Ints) -> Text:
    own, price = say.price(facts["price_ticks"]), say.price(facts["marginal_ticks"])
    full, margin = say.lots(result["full_lots"]), say.lots(result["margin_lots"])
    if result["full_lots"] and result["margin_lots"]:
        return Text(f"{full.en} are served in full, {margin.en} share at {price.en}.",
                    f"{full.zh}全部成交，{margin.zh}在 {price.zh}处参与配给。")  # fmt: skip
    if result["full_lots"]:
        return Text(f"{own.en} is above {price.en}: {full.en} are served in full.",
                    f"{own.zh}高于 {price.zh}：{full.zh}全部成交。")  # fmt: skip
    if result["margin_lots"]:
        return Text(f"{own.en} is the price itself: {margin.en} share in what is left.",
                    f"{own.zh}等于成交价：{margin.zh}参与边际配给。")  # fmt: skip
    return Text(f"{own.en} is below {price.en}: nothing.", f"{own.zh}低于 {price.zh}：不成交。")


def _margin(say: Words, facts: Ints, result: Ints) -> Text:
    rule = MarginRule(facts["rule"])
    word = rule.name.lower()
    left, whole, gets = say.lots(facts["left_lots"]), say.lots(facts["whole_lots"]), say.lots(result["lots"])
    head = Text(
        f"{left.en} are left, {whole.en} are asked at the price ({word.replace('_', ' ')})",
        f"剩余 {left.zh}，该价申报 {whole.zh}（{WORD_ZH.get(word, word)}）",
    )
    if facts["whole_lots"] <= facts["left_lots"] and not facts.get("dropped"):
        why = Text("enough for all", "足够全部成交")
    elif "ahead_lots" in facts:
        ahead = say.lots(facts["ahead_lots"])
        why = Text(f"{ahead.en} come before this bid", f"排在本笔之前 {ahead.zh}")
    elif facts.get("dropped"):
        why = Text("its share is below its own minimum", "应得份额低于其最小量")
    elif "ahead_parties" in facts:
        why = _why_in_proportion(say, facts)
    else:
        why = Text("one percentage for all, rounded up", "统一百分比，向上取整")
    return Text(f"{head.en}; {why.en}: {gets.en}.", f"{head.zh}；{why.zh}：得 {gets.zh}。")


def _why_in_proportion(say: Words, facts: Ints) -> Text:
    left, asked, whole = facts["left_lots"], facts["party_lots"], facts["whole_lots"]
    spare, down = left - facts["rounded_down_lots"], say.lots(left * asked // whole)
    rest = Text("nothing is left over", "无余数")
    if facts["ahead_parties"] < spare:
        rest = Text("and one of the lots left over", "另得余数一份")
    elif spare:
        rest = Text("and none of the lots left over", "未得余数")
    return Text(
        f"{asked:,} / {whole:,} of {left:,}, rounded down {down.en}, {rest.en}",
        f"{left:,} × {asked:,} ÷ {whole:,}，舍尾得 {down.zh}，{rest.zh}",
    )


def _award(say: Words, facts: Ints, result: Ints) -> Text:
    full, margin, lots = (say.lots(n) for n in (facts["full_lots"], facts["margin_lots"], result["lots"]))
    return Text(
        f"{full.en} in full and {margin.en} at the margin: {lots.en}.",
        f"全额成交 {full.zh}，边际成交 {margin.zh}：合计 {lots.zh}。",
    )


def _payment(say: Words, facts: Ints, result: Ints) -> Text:
    if not facts["lots"]:
        return Text("Nothing was awarded, nothing is paid.", "未中标，无需付款。")
    lots, price, paid = say.lots(facts["lots"]), say.price(result["pays_ticks"]), say.cash(result["payment_minor"])
    own = PriceRule(facts["price_rule"]) is PriceRule.PAY_AS_BID
    whose = Text("its own price", "自身申报价") if own else Text("the price of all", "统一成交价")
    return Text(f"{lots.en} × {price.en}, {whose.en}: {paid.en}.", f"{lots.zh} × {price.zh}（{whose.zh}）：{paid.zh}。")


def _paid(say: Words, facts: Ints, result: Ints) -> Text:
    due = say.cash(facts["payment_minor"] + facts["other_payments_minor"] + facts["fee_minor"])
    cash = say.cash(facts["cash_minor"])
    return _either(
        result,
        Text(f"The bidder owes {due.en} in all and has {cash.en}: paid.",
             f"共应付 {due.zh}，可用资金 {cash.zh}：已付。"),
        Text(f"The bidder owes {due.en} in all and has {cash.en}: a default, and nothing is delivered.",
             f"共应付 {due.zh}，可用资金 {cash.zh}：违约，不予交付。"),
    )  # fmt: skip


def _either(result: Ints, good: Text, bad: Text) -> Text:
    return good if result["passes"] else bad


_SENTENCES: dict[StepName, Callable[[Words, Ints, Ints], Text]] = {
    StepName.ELIGIBILITY: _eligibility,
    StepName.SHORTFALL: _shortfall,
    StepName.PRICE_STEP: _price_step,
    StepName.RESERVE_AT_ENTRY: _reserve_at_entry,
    StepName.QUANTITY_STEP: _quantity_step,
    StepName.MINIMUM_QUANTITY: _minimum,
    StepName.BID_COUNT: _count,
    StepName.CAP_AT_ENTRY: _cap_at_entry,
    StepName.SUBMISSIONS: _submissions,
    StepName.CONSIGNOR: _consignor,
    StepName.GUARANTEE_AT_ENTRY: _guarantee_at_entry,
    StepName.AMOUNT: _amount,
    StepName.GUARANTEE_PUT_UP: _put_up,
    StepName.CLEARED_AGAIN: _cleared_again,
    StepName.VALIDITY: _validity,
    StepName.OWN_CAP: _cap,
    StepName.SHARED_CAP: _cap,
    StepName.GUARANTEE: _guarantee,
    StepName.PRICE: _price,
    StepName.RESTORED_GUARANTEE: _restored,
    StepName.RANK: _rank,
    StepName.MARGIN: _margin,
    StepName.AWARD: _award,
    StepName.PAYMENT: _payment,
    StepName.PAID: _paid,
}
