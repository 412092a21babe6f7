"""What a statement says of postings, commands, pockets and counter accounts, in English and Chinese."""

from __future__ import annotations

from engine.commands import Table
from engine.events import EventKind
from engine.ledger.postings import OUTSIDE, ROUND_SETTLEMENT, Pocket
from engine.ledger.statement import Line
from engine.words.units import UnitStep
from services.reports.report import Text

_K = EventKind

POCKET: dict[Pocket, Text] = {
    Pocket.NONE: Text("–", "–"),
    Pocket.AVAILABLE: Text("available", "可用"),
    Pocket.HELD: Text("held", "冻结"),
    Pocket.LOCKED: Text("locked", "锁定"),
    Pocket.UNSETTLED: Text("unsettled", "待交收"),
    Pocket.PLEDGED: Text("pledged", "质押"),
    Pocket.COMPLIANCE: Text("surrender only", "仅限履约"),
}
"""Where in an account something lies."""

COUNTER_ACCOUNT: dict[int, Text] = {
    OUTSIDE: Text("outside the venue", "场外"),
    ROUND_SETTLEMENT: Text("settlement of the round", "竞价交收"),
}
"""The accounts of the venue itself."""

OWN_ACCOUNT = Text("own account", "本账户")
"""The other side of a posting between two pockets."""

DESCRIPTION: dict[EventKind, Text] = {
    _K.CASH_DEPOSITED: Text("Cash deposited", "入金"),
    _K.UNITS_DEPOSITED: Text("Units deposited", "产品转入"),
    _K.ORDER_ACCEPTED: Text("Held for an order", "委托冻结"),
    _K.ORDER_REPLACED: Text("Held for an order's new terms", "改单冻结"),
    _K.ORDER_CANCELLED: Text("Order cancelled, hold released", "撤单解冻"),
    _K.ORDER_REDUCED: Text("Order reduced, hold released", "减量解冻"),
    _K.TRADE: Text("Trade", "成交"),
    _K.CALL_TRADE: Text("Trade in a call auction", "集合竞价成交"),
    _K.BLOCK_OFFERED: Text("Held for a block", "大宗报价冻结"),
    _K.BLOCK_COUNTERED: Text("Block: other terms proposed", "大宗还价"),
    _K.BLOCK_TRADED: Text("Block traded", "大宗成交"),
    _K.BLOCK_ENDED: Text("Block ended, hold released", "大宗报价终止解冻"),
    _K.TRADE_CHARGED: Text("Fee or tax of a trade", "交易手续费或税"),
    _K.UNITS_SETTLED: Text("Units settled, may be sold", "配额交收完成"),
    _K.CASH_SETTLED: Text("Proceeds settled, free", "资金交收完成"),
    _K.BID_ACCEPTED: Text("Held for a bid", "竞买保证金冻结"),
    _K.BID_WITHDRAWN: Text("Bid withdrawn, hold released", "撤回申报解冻"),
    _K.GUARANTEE_CHANGED: Text("Guarantee put up or given back", "保证金缴纳或退还"),
    _K.SUPPLY_ADDED: Text("Put up for sale in a round", "竞价投放锁定"),
    _K.UNITS_CONSIGNED: Text("Consigned to a round", "委托竞价锁定"),
    _K.SUPPLY_WITHDRAWN: Text("Taken back from a round", "撤回投放解锁"),
    _K.ROUND_CANCELLED: Text("Round ended without a sale", "竞价取消解冻"),
    _K.ROUND_CLEARED: Text("Round cleared, guarantee released", "竞价成交保证金释放"),
    _K.BID_AWARDED: Text("Bought in a round", "竞价买入"),
    _K.SUPPLY_SETTLED: Text("Sold in a round, or returned", "竞价卖出或退回"),
    _K.ROUND_SETTLED: Text("Round settled", "竞价交收"),
    _K.FEE_CHARGED: Text("Fee", "手续费"),
    _K.WINNER_DEFAULTED: Text("Default: guarantee forfeited", "违约扣除保证金"),
    _K.FORFEIT_SHARED: Text("Part of a forfeited guarantee", "违约金分配"),
    _K.UNITS_CARRIED: Text("Unsold, kept for later rounds", "未成交结转下场"),
    _K.UNITS_LAPSED: Text("No longer kept for later rounds", "结转到期解锁"),
    _K.YEAR_PLANNED: Text("Issued under the year's plan", "年度配额发放"),
    _K.UNITS_ALLOCATED: Text("Allocated free of charge", "无偿分配"),
    _K.RESERVE_CHANGED: Text("Reserve", "配额储备"),
    _K.UNITS_ISSUED: Text("Issued", "签发"),
    _K.UNITS_SURRENDERED: Text("Surrendered", "清缴"),
    _K.UNITS_RETIRED: Text("Cancelled of the owner's own accord", "自愿注销"),
    _K.PLEDGE_CHANGED: Text("Pledged or released", "质押或解除质押"),
}
"""What a posting is, by the event that it comes from."""

MOVED: dict[UnitStep, Text] = {
    UnitStep.ALLOCATE: Text("Allocated free of charge", "无偿分配"),
    UnitStep.TRANSFER: Text("Transferred off the book", "非交易过户"),
    UnitStep.RESTRICT: Text("Restricted to surrender", "限定履约使用"),
    UnitStep.LIFT: Text("Restriction lifted", "解除履约限定"),
}
"""The same for UNITS_MOVED, by its step."""

TABLE: dict[Table, Text] = {
    Table.DEPOSITS: Text("deposit", "入账"),
    Table.ORDERS: Text("order", "委托"),
    Table.PHASES: Text("change of phase", "阶段切换"),
    Table.BLOCKS: Text("block", "大宗"),
    Table.BIDS: Text("bid", "申报"),
    Table.SUPPLY: Text("supply", "投放"),
    Table.SUPPLY_LINES: Text("supply", "投放"),
    Table.CONSIGNMENTS: Text("consignment", "委托竞价"),
    Table.ROUND_ACTIONS: Text("step of a round", "竞价步骤"),
    Table.ROUND_STEPS: Text("step of a round", "竞价步骤"),
    Table.GUARANTEES: Text("guarantee", "保证金"),
    Table.CHANGES: Text("change of a bid", "申报变更"),
    Table.RESERVE_STEPS: Text("step of a reserve", "储备步骤"),
    Table.ALLOCATIONS: Text("allocation", "配额分配"),
    Table.UNIT_STEPS: Text("step of units", "产品登记"),
}
"""What kind of command a batch holds."""


def description(line: Line) -> Text:
    """What a line is."""
    kind = EventKind(line.kind)
    if kind is _K.UNITS_MOVED:
        return MOVED[UnitStep(line.side)]
    name = kind.name.replace("_", " ").capitalize()
    return DESCRIPTION.get(kind, Text(name, name))


def command(line: Line) -> Text:
    """What kind of command it comes from."""
    table = Table(line.table)
    name = table.name.lower().replace("_", " ")
    return TABLE.get(table, Text(name, name))
