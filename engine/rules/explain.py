"""What stands behind a number: source, clause, quote and date, for showing a refusal or a round's terms.

A refusal carries (outcome, parameter). With the book that was in force, the class of who was refused and the day,
`explain` finds the entry that the number came from and says it in English and in Chinese. Where no clause is known it
gives source and date; where nothing is known it says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.commands import ParticipantClass
from engine.parameters import DEFINITIONS, Basis, Kind, Parameter
from engine.rules.forms import day_text
from engine.rules.model import ALL_CLASSES, Book, Entry, Source
from engine.rules.values import format_value

BASIS_ZH: dict[Basis, str] = {
    Basis.STATED: "明文规定",
    Basis.ASSUMED: "推定",
    Basis.OPERATOR: "组织方决定",
    Basis.UNKNOWN: "未知",
}
"""What a value rests on, in Chinese."""

CLASS_ZH: dict[int, str] = {
    ALL_CLASSES: "全部",
    ParticipantClass.OPERATOR: "组织方",
    ParticipantClass.GOVERNMENT: "政府",
    ParticipantClass.KEY_EMITTER: "重点排放单位",
    ParticipantClass.INSTITUTION: "机构",
    ParticipantClass.INDIVIDUAL: "个人",
}
"""Classes of participants in Chinese."""

WORD_ZH: dict[str, str] = {
    "sse": "上交所规则（取中间价）",
    "szse": "深交所规则（取距前收盘价最近的价位）",
    "xetra": "Xetra 规则",
    "xetra_continuous": "Xetra 连续集合竞价规则",
    "asx": "澳交所规则",
    "bnb": "BNB 规则",
    "euronext": "泛欧交易所规则",
    "value": "成交金额",
    "fee": "手续费",
    "government": "政府账户",
    "emissions": "核查排放量",
    "shortfall": "配额缺口",
    "consent": "质权人同意",
    "order": "运营方指令",
    "either": "质权人同意或运营方指令",
    "venue_rule": "不设",
    "allow": "允许成交",
    "cancel_newest": "撤销后到申报",
    "cancel_oldest": "撤销先到申报",
    "cancel_both": "双方均撤销",
    "decrement": "双方等量扣减",
    "uniform": "统一价",
    "pay_as_bid": "按申报价成交",
    "fixed": "固定价",
    "highest_accepted_offer": "最高成交卖方底价",
    "midpoint": "买卖中间价",
    "lowest_valid_bid": "最低有效申报价",
    "at_reserve": "按底价",
    "cancel": "取消",
    "only_if_all_meet_hidden_reserve": "全部申报不低于保密底价时按最低有效申报价",
    "time_priority": "时间优先",
    "pro_rata_largest_remainder": "按比例（最大余数）",
    "random_order": "随机顺序（公开记录）",
    "pro_rata_random_units": "按比例（余数抽签）",
    "pro_rata_first": "按比例（余数先到先得）",
    "percentage_rounded_up": "按百分比向上取整",
    "pro_rata_with_minimums": "按比例（低于最小量者剔除）",
    "at_or_above": "不低于底价",
    "above": "高于底价",
    "refused_at_entry": "申报时拒绝",
    "void_at_clearing": "清算时无效",
    "sum_of_values": "申报金额之和",
    "maximum_value": "最大可能应付金额",
    "pool": "统一收入按成交量分配",
    "by_tranche": "按成交顺序归各批次",
    "return_to_owner": "退回原持有人",
    "next_round": "转入下一场",
    "spread_over_rounds": "分摊到以后各场",
    "next_in_year": "转入本年度下一场",
    "reserve": "转入储备",
    "largest_remainder": "最大余数法",
    "random_units": "按比例（余数抽签）",
    "decline": "不予成交",
    "raise_price": "提高成交价至保密底价以上的最低申报",
    "bid": "逐笔",
    "bidder": "逐户",
    "trimmed": "自低价起削减",
    "restored_at_bid_prices": "在更低的申报价恢复",
    "restored_at_every_tick": "在每个更低价位恢复",
    "trimmed_at_clearing": "清算时自低价起削减",
    "at_step": "按台阶价",
    "lowest_accepted_bid": "最低成交申报价",
    "demand_above_trigger": "触发价以上需求超过供给",
    "interim_price_above_trigger": "暂定价高于触发价",
    "allocation": "当年分配量",
    "opening": "开场前",
    "first_bid": "首笔申报前",
    "close": "截止申报前",
    "clearing": "清算前",
    "half_up": "四舍五入",
    "down": "舍去",
    "up": "进位",
    "return_to_sellers": "退回卖方",
    "next_bids": "由后续申报递补",
    "sellers": "归卖方",
    "operator": "归组织方",
    "utc": "协调世界时",
    "utc_minus_8": "UTC-8",
    "utc_minus_7": "UTC-7",
    "utc_minus_5": "UTC-5",
    "utc_minus_4": "UTC-4",
    "utc_plus_1": "UTC+1",
    "utc_plus_2": "UTC+2",
    "utc_plus_8": "北京时间（UTC+8）",
    "utc_plus_9": "UTC+9",
    "utc_plus_12": "UTC+12",
    "utc_plus_13": "UTC+13",
    "sealed": "密封",
    "count_only": "仅公开笔数",
    "live_demand": "实时公开需求",
    "open_entry": "明文申报",
    "committed": "承诺密封",
    "holding": "持有量",
    "weighted_average": "加权平均价",
    "mean_of_averages": "各期均价的算术平均",
    "market_average": "市场平均价",
    "last_year_raised": "上年价格递增",
    "listing": "挂牌成交",
    "public": "公开成交",
    "all": "全部成交",
    "pick_list": "挂牌点选",
    "price_time": "价格优先、时间优先",
    "median": "买价、卖价与最近成交价的中间价",
    "first_trade": "当日首笔成交价",
    "previous_close": "前收盘价",
    "day_average": "当日成交加权平均价",
    "last_trades_average": "末尾若干笔成交加权平均价",
    "open": "当日开盘价",
    "china_mainland": "周一至周五（法定节假日除外）",
    "weekdays": "周一至周五",
    "nearest": "四舍五入",
    "true": "是",
    "false": "否",
}
"""The words of rule books in Chinese; a word that is missing here is shown as it stands."""


@dataclass(frozen=True)
class Explanation:
    """One parameter's value on one day, with what it rests on. Texts that don't exist are empty.

    `value` is as a book writes it, with the currency of a price, and None where there is none. `text` and `text_zh`
    say all of it in one line.
    """

    parameter: Parameter
    key: str
    meaning: str
    term: str
    participant_class: int
    book: str
    provisional: bool
    basis: Basis
    value: str | None
    from_day: str
    clause: str
    quote: str
    note: str
    source: Source | None
    decided_by: str
    decided_on: str
    text: str
    text_zh: str


def explain(book: Book, parameter: Parameter, participant_class: int = ALL_CLASSES, day: int = 0) -> Explanation:
    """What `book` says of `parameter` for a class on a day (since 1970-01-01), and why.

    A parameter that differs by class, asked for with class 0 and no value for all, gives the first class's entry. Where
    the book has no entry in force the basis is UNKNOWN and the text says that.
    """
    entry = book.entry_at(parameter, participant_class, day)
    if entry is None and participant_class == ALL_CLASSES:
        entry = next(
            (found for number in CLASS_ZH if (found := book.entry_at(parameter, number, day)) is not None), None
        )
    source = book.sources.get(entry.source) if entry else None
    value = _value_text(book, entry)
    definition = DEFINITIONS[parameter]
    return Explanation(
        parameter=parameter,
        key=definition.key,
        meaning=definition.meaning,
        term=definition.term,
        participant_class=participant_class,
        book=book.name,
        provisional=book.provisional,
        basis=entry.basis if entry else Basis.UNKNOWN,
        value=value,
        from_day=day_text(entry.from_day) if entry else "",
        clause=entry.clause if entry else "",
        quote=entry.quote if entry else "",
        note=entry.note if entry else "",
        source=source,
        decided_by=entry.decided_by if entry else "",
        decided_on=day_text(entry.decided_on) if entry and entry.decided_on is not None else "",
        text=_in_english(book, parameter, entry, source, value),
        text_zh=_in_chinese(book, parameter, entry, source, value),
    )


def _value_text(book: Book, entry: Entry | None) -> str | None:
    if entry is None or entry.value is None:
        return None
    value = format_value(entry.parameter, entry.value)
    match DEFINITIONS[entry.parameter].kind:
        case Kind.MONEY:
            return f"{value} {book.currency}"
        case Kind.UNITS:
            return f"{value} t"
        case _:
            return value


def _in_english(book: Book, parameter: Parameter, entry: Entry | None, source: Source | None, value: str | None) -> str:
    key = DEFINITIONS[parameter].key
    if entry is None:
        return f"{key}: rule book {book.name} has no value in force on that day"
    since = f"from {day_text(entry.from_day)}"
    head = f"{key} has no known value ({since})" if value is None else f"{key} = {value} ({since})"
    behind = entry.basis.name.lower()
    if source is not None:
        clause = f", clause {entry.clause}" if entry.clause else ""
        behind += f": {_dated(source.title, f', {source.when}', source.when)}{clause}"
    if entry.quote:
        behind += f": “{entry.quote}”"
    if entry.decided_by:
        behind += f"; decided by {entry.decided_by}"
    return f"{head}; {behind}"


def _dated(title: str, date: str, when: str) -> str:
    """The title of a source with its date behind it, unless it is the title's own end."""
    return title if title.endswith(when) else title + date


def _in_chinese(book: Book, parameter: Parameter, entry: Entry | None, source: Source | None, value: str | None) -> str:
    term = DEFINITIONS[parameter].term
    if entry is None:
        return f"{term}：规则集 {book.title_zh} 在该日无有效值"
    shown = "未知" if value is None else WORD_ZH.get(value, value)
    behind = BASIS_ZH[entry.basis]
    if source is not None:
        clause = f" {entry.clause}" if entry.clause else ""
        behind += f"，依据：{_dated(source.title_zh, f'（{source.when}）', source.when)}{clause}"
    if entry.quote:
        behind += f"“{entry.quote}”"
    return f"{term}：{shown}（自 {day_text(entry.from_day)} 起；{behind}）"
