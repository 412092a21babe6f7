"""Events: the only output of the core, as rows of integers.

Promise: every effect on an account, an order, or a round is an event; whoever folds the events in order arrives at the
core's own state. The sequence number of an event is the batch's first sequence plus its position, without gaps.

One dtype serves all kinds. Which columns a kind uses, and what for, is the table `MEANING`; unused columns are 0.
Numbers only: names, clauses and decimal points are put on by whoever shows an event.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

EVENT = np.dtype(
    (
        np.record,
        [
            ("kind", "u1"),
            ("side", "u1"),
            ("outcome", "u2"),
            ("parameter", "u2"),
            ("instrument", "u2"),
            ("row", "u4"),
            ("participant", "u4"),
            ("counterparty", "u4"),
            ("reference", "u4"),
            ("order_id", "i8"),
            ("counter_order_id", "i8"),
            ("price_ticks", "i8"),
            ("quantity_lots", "i8"),
            ("remaining_lots", "i8"),
            ("amount_minor", "i8"),
        ],
    )
)
"""One event, 72 bytes. `row` is the position in the batch of the command that caused it."""


class EventKind(IntEnum):
    """What happened. Numbers are frozen once released."""

    REFUSED = 1
    PARTICIPANT_REGISTERED = 10
    INSTRUMENT_DEFINED = 11
    SESSION_OPENED = 12
    CASH_DEPOSITED = 13
    UNITS_DEPOSITED = 14
    PHASE_CHANGED = 15
    ORDER_ACCEPTED = 20
    TRADE = 21
    ORDER_CANCELLED = 22
    ORDER_REDUCED = 23
    ORDER_REPLACED = 24
    ORDER_TERMS = 25
    ORDER_TRIGGERED = 26
    ORDER_REFRESHED = 27
    DEPTH_CHANGED = 28
    TOP_CHANGED = 29
    RULE_BOOK_ADOPTED = 30
    ROUND_CREATED = 40
    ROUND_VALUE_SET = 41
    SUPPLY_ADDED = 42
    ROUND_OPENED = 43
    UNITS_CONSIGNED = 44
    BID_ACCEPTED = 45
    ROUND_CLOSED = 46
    ROUND_CLEARED = 47
    BID_AWARDED = 48
    SUPPLY_SETTLED = 49
    ROUND_CANCELLED = 50
    SUPPLY_CONDITION = 51
    DRAW_RECORDED = 52
    HIDDEN_RESERVE_SEALED = 53
    HIDDEN_RESERVE_REVEALED = 54
    PARTICIPANT_LINKED = 55
    FACT_RECORDED = 56
    GUARANTEE_CHANGED = 57
    BID_WITHDRAWN = 58
    SUPPLY_WITHDRAWN = 59
    ROUND_STEPPED = 70
    FEE_CHARGED = 71
    WINNER_DEFAULTED = 72
    ROUND_SETTLED = 73
    UNITS_CARRIED = 74
    RESERVE_CHANGED = 75
    TRIGGER_TESTED = 76
    RESERVE_DECIDED = 77
    YEAR_PLANNED = 78
    UNITS_ALLOCATED = 79
    TRADE_CHARGED = 80
    UNITS_SETTLED = 81
    CASH_SETTLED = 82
    TRADE_TERMS_SET = 83
    UNITS_LAPSED = 85
    FORFEIT_SHARED = 86
    UNIT_TYPE_SET = 87
    UNITS_ISSUED = 88
    UNITS_MOVED = 89
    UNITS_SURRENDERED = 90
    UNITS_RETIRED = 91
    PLEDGE_CHANGED = 92
    CALL_UNCROSSED = 60
    CALL_TRADE = 61
    CALL_INDICATED = 62
    TRADING_DAY_BEGAN = 63
    BLOCK_OFFERED = 64
    BLOCK_COUNTERED = 65
    BLOCK_TRADED = 66
    BLOCK_ENDED = 67
    BLOCKS_SWITCHED = 68
    TRADING_DAY_ENDED = 93
    TRADING_STOPPED = 94
    RESUMPTION_PROPOSED = 95
    TRADING_RESUMED = 96
    LARGE_HOLDER_REPORTED = 97
    CHANGE_STEPPED = 98
    CHANGE_TOOK_EFFECT = 99
    BATCH_VOID_PROPOSED = 100
    BATCH_VOID_APPROVED = 101
    BID_COMMITTED = 102
    COMMITMENT_WITHDRAWN = 103
    BIDS_REVEALED = 104
    BID_VOIDED = 105


MEANING: dict[EventKind, str] = {
    EventKind.REFUSED: (
        "outcome and parameter say why; order_id or reference: what the row named; nothing has moved; for "
        "HOLDING_NOT_SETTLED remaining_lots: not settled yet; counter_order_id: trading days until all of it is"
    ),
    EventKind.PARTICIPANT_REGISTERED: "participant: its new number; reference: its class",
    EventKind.INSTRUMENT_DEFINED: "instrument: its new number; reference: its rule book",
    EventKind.SESSION_OPENED: "participant: the owner; reference: the session's number",
    EventKind.CASH_DEPOSITED: "participant; amount_minor",
    EventKind.UNITS_DEPOSITED: "participant; instrument; quantity_lots",
    EventKind.PHASE_CHANGED: "instrument; reference: its new phase",
    EventKind.ORDER_ACCEPTED: (
        "order_id; participant; instrument; side; price_ticks (0: market order); quantity_lots; "
        "reference: time in force; the order is judged and funded, its trades follow"
    ),
    EventKind.TRADE: (
        "order_id, participant, side: the incoming order (taker); counter_order_id, counterparty: the resting one "
        "(maker); price_ticks: the maker's; quantity_lots; remaining_lots: left of the maker; reference: the buyer's "
        "limit, at which its cash was held (0: none, held at the price)"
    ),
    EventKind.ORDER_CANCELLED: (
        "order_id; participant; instrument; side; price_ticks; quantity_lots: what was cancelled; "
        "reference: why, a CancelReason"
    ),
    EventKind.ORDER_REDUCED: (
        "order_id; participant; side; price_ticks; quantity_lots: taken off; remaining_lots: left, priority kept; "
        "reference: 0 on request, 4 to prevent a self-trade (CancelReason)"
    ),
    EventKind.ORDER_REPLACED: (
        "order_id; price_ticks, quantity_lots: the new terms, priority lost, its trades follow; remaining_lots: what "
        "was left of the old terms"
    ),
    EventKind.ORDER_TERMS: (
        "follows ORDER_ACCEPTED or ORDER_REPLACED when there are more terms; order_id; price_ticks: stop price; "
        "quantity_lots: shown; remaining_lots: minimum on arrival; counter_order_id: expiry; reference: order type"
    ),
    EventKind.ORDER_TRIGGERED: (
        "order_id; participant; side; price_ticks: the trade price that set the stop off; remaining_lots: quantity; "
        "its trades follow"
    ),
    EventKind.ORDER_REFRESHED: (
        "order_id; participant; side; price_ticks; quantity_lots: newly shown, at the end of the queue; "
        "remaining_lots: shown and hidden"
    ),
    EventKind.DEPTH_CHANGED: (
        "market data: side; price_ticks; quantity_lots: now shown at that price (0: none); reference: orders there"
    ),
    EventKind.TOP_CHANGED: (
        "market data: side; price_ticks: now the best (0: none); quantity_lots: shown there; reference: orders there"
    ),
    EventKind.RULE_BOOK_ADOPTED: "reference: the rule book's number; quantity_lots: how many values it carries",
    EventKind.ROUND_CREATED: "reference: the round's number; instrument; order_id: the rule book's number",
    EventKind.ROUND_VALUE_SET: "reference: the round; parameter; side: class; order_id: the value",
    EventKind.SUPPLY_ADDED: "reference: the round; order_id: the line; participant: the seller; quantity_lots: locked",
    EventKind.ROUND_OPENED: "reference: the round; quantity_lots: on offer so far",
    EventKind.UNITS_CONSIGNED: (
        "reference: the round; order_id: the line; participant: the consignor; quantity_lots: locked; price_ticks: "
        "the consignor's minimum (0: none)"
    ),
    EventKind.BID_ACCEPTED: (
        "reference: the round; order_id: the bid; participant; price_ticks; quantity_lots; amount_minor: cash held"
    ),
    EventKind.ROUND_CLOSED: "reference: the round; quantity_lots: bids received",
    EventKind.ROUND_CLEARED: (
        "reference: the round; outcome: the round's status; price_ticks: lowest accepted price (0: none); "
        "quantity_lots: sold; remaining_lots: unsold; amount_minor: proceeds"
    ),
    EventKind.BID_AWARDED: (
        "reference: the round; order_id: the bid; participant; price_ticks: paid a lot; quantity_lots: awarded; "
        "remaining_lots: bid but not awarded; amount_minor: payment"
    ),
    EventKind.SUPPLY_SETTLED: (
        "reference: the round; order_id: the line; participant: the seller; quantity_lots: sold; remaining_lots: "
        "returned or carried; amount_minor: proceeds"
    ),
    EventKind.ROUND_CANCELLED: "reference: the round; nothing was sold, every hold is released",
    EventKind.SUPPLY_CONDITION: (
        "follows SUPPLY_ADDED; reference: the round; order_id: the line; price_ticks: minimum; amount_minor: trigger "
        "in ticks; side: release tier; counter_order_id: 1 where unsold units are withheld"
    ),
    EventKind.DRAW_RECORDED: (
        "reference: the round; side: what was drawn (Drawn); order_id: the bid or line; quantity_lots: its place"
    ),
    EventKind.HIDDEN_RESERVE_SEALED: "reference: the round; participant: who sealed it",
    EventKind.HIDDEN_RESERVE_REVEALED: "reference: the round; price_ticks: the hidden reserve, as it was sealed",
    EventKind.PARTICIPANT_LINKED: "participant; reference: the group of linked participants (0: none)",
    EventKind.FACT_RECORDED: "participant; instrument; side: the Fact; order_id: the year; quantity_lots",
    EventKind.GUARANTEE_CHANGED: (
        "reference: the round; participant; amount_minor: put up or (negative) given back; order_id: its guarantee now"
    ),
    EventKind.BID_WITHDRAWN: (
        "reference: the round; order_id: the bid; participant; price_ticks; quantity_lots; amount_minor: cash given "
        "back; counter_order_id: the bid that takes its place (0: none)"
    ),
    EventKind.SUPPLY_WITHDRAWN: (
        "reference: the round; order_id: the line; participant: the seller; quantity_lots: unlocked (a consignor "
        "withdrew, or consigned units took the place of others)"
    ),
    EventKind.ROUND_STEPPED: (
        "reference: the round; side: the RoundAction; participant: who took it; order_id: the stage before; "
        "counter_order_id: the stage after; amount_minor: minutes where the window was extended"
    ),
    EventKind.FEE_CHARGED: "reference: the round; participant; side: 1 as buyer, 2 as seller; amount_minor",
    EventKind.WINNER_DEFAULTED: (
        "reference: the round; participant; quantity_lots: units it does not get; amount_minor: forfeited of its "
        "guarantee; counterparty: 0, or the account that got the units"
    ),
    EventKind.ROUND_SETTLED: "reference: the round; quantity_lots: delivered; amount_minor: paid",
    EventKind.UNITS_CARRIED: (
        "reference: the round; participant: the seller; quantity_lots: locked for later rounds; order_id: how many "
        "rounds they are spread over"
    ),
    EventKind.UNITS_LAPSED: (
        "reference: the round whose opening ends the wait; participant: the seller; quantity_lots: kept for rounds of "
        "a year that is over, and free again"
    ),
    EventKind.FORFEIT_SHARED: (
        "reference: the round; participant: a seller; amount_minor: its part of what winners in default forfeited"
    ),
    EventKind.RESERVE_CHANGED: (
        "instrument; participant: the account; quantity_lots: into the reserve, or (negative) out of it; "
        "remaining_lots: in it now; reference: the ReserveStep; price_ticks: paid a lot where units were bought back; "
        "counterparty: from whom, where not out of the account itself"
    ),
    EventKind.TRIGGER_TESTED: (
        "instrument; reference: the trigger's number (0: not met); side: a ReserveStep; order_id: the day; "
        "quantity_lots: most that may be decided; price_ticks or amount_minor: the price or circulation reported"
    ),
    EventKind.RESERVE_DECIDED: (
        "instrument; reference: the decision's number; order_id: the trigger; participant: who decided; quantity_lots; "
        "price_ticks: for a buy-back"
    ),
    EventKind.YEAR_PLANNED: (
        "instrument; order_id: the year; quantity_lots: the total; remaining_lots: to be sold; amount_minor: lots that "
        "go into the reserve; reference: over how many rounds the paid part is spread"
    ),
    EventKind.UNITS_ALLOCATED: (
        "instrument; participant; order_id: the year; quantity_lots: free; remaining_lots: to be paid for"
    ),
    EventKind.TRADE_CHARGED: (
        "side, participant, order_id: who pays; counter_order_id: the order on the other side (0 of a block); "
        "price_ticks, quantity_lots: of the trade; counterparty: who receives; reference: a Charge; amount_minor"
    ),
    EventKind.UNITS_SETTLED: "participant; instrument; quantity_lots: bought before, from now on to be sold",
    EventKind.CASH_SETTLED: "participant; instrument: what was sold; amount_minor: proceeds, from now on free",
    EventKind.TRADE_TERMS_SET: (
        "instrument; quantity_lots: trading days until units settle; remaining_lots: until cash does; reference: 1 "
        "where cash may buy before; order_id, counter_order_id: fee and tax of a buyer, in parts per million; "
        "amount_minor: least fee; side: 1 where taxes are on the fee"
    ),
    EventKind.UNIT_TYPE_SET: "instrument; side: the UnitType; order_id: the vintage (0: none)",
    EventKind.UNITS_ISSUED: "instrument; participant: in whose account; quantity_lots; order_id: the vintage (0: none)",
    EventKind.UNITS_MOVED: (
        "instrument; side: the UnitStep; participant: whose units; counterparty: who has them now (0: the same one, in "
        "another pocket); quantity_lots; order_id: the year of an allocation; reference: the round that sold them"
    ),
    EventKind.UNITS_SURRENDERED: (
        "instrument; participant; quantity_lots; counter_order_id: how many of them served surrender only; order_id: "
        "the year; reference: the instrument of the obligation; remaining_lots: still owed, in its lots, rounded up"
    ),
    EventKind.UNITS_RETIRED: "instrument; participant; quantity_lots: given up for nothing",
    EventKind.PLEDGE_CHANGED: (
        "instrument; reference: the pledge's number; participant: the owner; counterparty: the pledgee; quantity_lots: "
        "pledged, or (negative) released; remaining_lots: pledged now"
    ),
    EventKind.CALL_UNCROSSED: (
        "price_ticks: the price of the call (0: none); quantity_lots: its volume, whose trades follow; remaining_lots: "
        "left over at that price (below 0: to sell); reference: the call rule"
    ),
    EventKind.CALL_TRADE: (
        "order_id, participant: the buy order; counter_order_id, counterparty: the sell order; price_ticks; "
        "quantity_lots; remaining_lots: left of the buy order; amount_minor: lots left of the sell order; reference: "
        "the buyer's limit, at which its cash was held; nobody was the incoming one"
    ),
    EventKind.CALL_INDICATED: (
        "market data: how the call would end now: price_ticks (0: nothing trades); quantity_lots: volume; "
        "remaining_lots: left over at that price (below 0: to sell)"
    ),
    EventKind.TRADING_DAY_BEGAN: (
        "price_ticks: the reference price (0: none); quantity_lots, remaining_lots: lowest and highest price of the "
        "day, in ticks (0: no band)"
    ),
    EventKind.TRADING_DAY_ENDED: (
        "price_ticks: the closing price (0: none); counter_order_id: the opening price in ticks (0: none); reference: "
        "what made the close, a CloseSource; quantity_lots, remaining_lots: volume and number of the trades that count"
    ),
    EventKind.TRADING_STOPPED: (
        "participant, instrument: what was stopped (0: all); counterparty: who did it; what it cancels goes before"
    ),
    EventKind.RESUMPTION_PROPOSED: "participant, instrument: which stop (0: all); counterparty: who proposes to lift",
    EventKind.TRADING_RESUMED: (
        "participant, instrument: which stop was lifted (0: all); counterparty: who approved; order_id: who proposed"
    ),
    EventKind.LARGE_HOLDER_REPORTED: (
        "participant; instrument; quantity_lots: all it holds; remaining_lots: what of that counts; counter_order_id: "
        "lots from which an account is reported; reference: year of the allocation that was taken off (0: none)"
    ),
    EventKind.CHANGE_STEPPED: (
        "reference: the change's number; side: the ChangeStep (0: it lapsed); participant: who took it; instrument and "
        "parameter, and order_id: the value, or the book's number; counter_order_id: the time from "
        "which it holds; quantity_lots: the sequence from which it holds"
    ),
    EventKind.CHANGE_TOOK_EFFECT: (
        "reference: the change's number; instrument, parameter, order_id: the value or the book's number; "
        "quantity_lots, remaining_lots: band of orders from here on (0: no band, or no trading day)"
    ),
    EventKind.BLOCK_OFFERED: (
        "order_id: the offer; participant, side: who offers and what; counterparty: who is asked (0: everybody); "
        "price_ticks; quantity_lots; amount_minor: cash held"
    ),
    EventKind.BLOCK_COUNTERED: (
        "order_id: the offer; participant, side: who proposes now; counterparty: who is asked now; price_ticks, "
        "quantity_lots: the new terms; amount_minor: cash held; what the other one held is free"
    ),
    EventKind.BLOCK_TRADED: (
        "order_id: the offer; participant, side: who confirmed; counterparty: the other one; price_ticks; "
        "quantity_lots; amount_minor: paid; it makes no last price"
    ),
    EventKind.BLOCK_ENDED: (
        "order_id: the offer; participant, side: who made the last proposal; counterparty: who was asked; price_ticks; "
        "quantity_lots; reference: why, a BlockEnd; what was held is free"
    ),
    EventKind.BLOCKS_SWITCHED: "instrument; reference: 1 when blocks may be traded from here on, 0 when not",
    EventKind.BATCH_VOID_PROPOSED: "order_id: number of the batch that makes the core fail; participant: who proposes",
    EventKind.BATCH_VOID_APPROVED: (
        "order_id: number of the batch; participant: who approves; counterparty: who proposed; the batch had no effect"
    ),
    EventKind.BID_COMMITTED: (
        "reference: the round; order_id: the bid that is committed to; participant; counter_order_id: the commitment "
        "whose place it takes (0: none)"
    ),
    EventKind.COMMITMENT_WITHDRAWN: "reference: the round; order_id: the bid that was committed to; participant",
    EventKind.BIDS_REVEALED: (
        "follows the bids of the batch; reference: the round; quantity_lots: bids that were revealed; remaining_lots: "
        "those of them that are void"
    ),
    EventKind.BID_VOIDED: (
        "as revealed: reference: the round; order_id: the bid; participant; price_ticks; quantity_lots; outcome and "
        "parameter: why it is void"
    ),
}
"""Which columns of an event of each kind mean what. `kind`, `row` and `instrument` always hold."""


class Charge(IntEnum):
    """What a TRADE_CHARGED event is for: its `reference`."""

    FEE = 1
    TAX = 2


class BlockEnd(IntEnum):
    """Why an offer of a block ended without a trade: `reference` of a BLOCK_ENDED event."""

    DECLINED = 1
    WITHDRAWN = 2
    EXPIRED = 3
    STOPPED = 4
    """Trading was stopped."""
    CHARGES_CHANGED = 5
    """A trading day began with other charges: what an offer to buy held is not what it may cost."""


class CloseSource(IntEnum):
    """What made a closing price: `reference` of a TRADING_DAY_ENDED event."""

    DAY_AVERAGE = 1
    LAST_TRADES_AVERAGE = 2
    PREVIOUS_CLOSE = 3
    OPENING_PRICE = 4


class CancelReason(IntEnum):
    """Why an order was cancelled: `reference` of an ORDER_CANCELLED event."""

    REQUESTED = 0
    MAY_NOT_REST = 1
    """The rest of an order that may not rest (IOC, market)."""
    REPLACED = 2
    MINIMUM_NOT_MET = 3
    """Not all of it (FOK), or less than its minimum, could trade at once; nothing did."""
    SELF_TRADE = 4
    EXPIRED = 5
    DAY_ENDED = 6
    MASS_CANCEL = 7
    STOPPED = 8
    """Trading was stopped for its owner, its instrument, or altogether."""
    CHARGES_CHANGED = 9
    """A buy order of a day with other fees or taxes: what it held is not what it may cost from now on."""
