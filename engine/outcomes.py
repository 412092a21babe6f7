"""Every reason for which the engine refuses a command, as one closed list.

Promise: a number, once released, means the same for ever; a retired member keeps its number under a `RETIRED_` name.
The place of a member in this file is its precedence: when several hold at once, the first one is the answer. The name
states the rule that was broken, so no second text is needed to understand a log; `ADVICE` says what to do next and
`may_succeed_later` whether sending the very same command again can ever help.

Numbers are banded by the stage that decides: 1xx admission, 2xx identity and authority, 3xx references, 4xx orders,
5xx accounts, 6xx rounds and bids, 7xx rules, 9xx capacity and what was taken out. The clause behind a refusal is not
here: an event carries (outcome, parameter number), and the clause is looked up in the rule book that was in force, when
it is shown.
"""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """What became of one row. `ACCEPTED` is the only success."""

    ACCEPTED = 0
    # 1xx: the row itself cannot be read as a command
    UNKNOWN_COMMAND = 101
    PRICE_OUT_OF_BOUNDS = 102
    QUANTITY_OUT_OF_BOUNDS = 103
    AMOUNT_OUT_OF_BOUNDS = 104
    NAME_EMPTY_OR_TOO_LONG = 105
    # 2xx: who is asking
    ACTOR_UNKNOWN = 201
    SESSION_NOT_OF_ACTOR = 202
    REQUEST_ID_NOT_INCREASING = 203
    NOT_PERMITTED_FOR_CLASS = 204
    # 3xx: what the row refers to
    PARTICIPANT_UNKNOWN = 301
    INSTRUMENT_UNKNOWN = 302
    ORDER_UNKNOWN = 303
    ORDER_NOT_OF_PARTICIPANT = 304
    ROUND_UNKNOWN = 305
    RULE_BOOK_UNKNOWN = 306
    NAME_ALREADY_REGISTERED = 307
    # 4xx: orders
    TRADING_STOPPED = 440
    ORDER_RATE_EXCEEDED = 439
    INSTRUMENT_NOT_TRADING = 401
    NO_CANCEL_PERIOD = 426
    ORDERS_STILL_CROSS = 427
    BLOCKS_NOT_OPEN = 428
    ORDER_TYPE_NOT_OFFERED = 420
    PRICE_OFF_TICK = 402
    QUANTITY_OFF_LOT = 403
    PRICE_NOT_ALLOWED_FOR_MARKET_ORDER = 404
    REDUCTION_NOT_BELOW_REMAINING = 405
    ORDER_ALREADY_LIVE = 406
    ORDER_TERMS_CONTRADICTORY = 408
    STOP_PRICE_OUT_OF_BOUNDS = 409
    DISPLAY_QUANTITY_INVALID = 410
    MINIMUM_QUANTITY_INVALID = 411
    EXPIRY_NOT_IN_FUTURE = 412
    INSTRUMENT_HALTED = 413
    QUANTITY_BELOW_MINIMUM = 414
    QUANTITY_ABOVE_MAXIMUM = 415
    PRICE_OUTSIDE_BAND = 416
    PRICE_OUTSIDE_DYNAMIC_BAND = 417
    STOP_PRICE_ALREADY_REACHED = 418
    POST_ONLY_WOULD_TRADE = 419
    LISTING_OF_OWN_GROUP = 421
    LISTING_OUT_OF_REACH = 422
    QUANTITY_ABOVE_LISTING = 423
    LISTINGS_ONLY_IN_PICK_LIST = 425
    NO_LIQUIDITY = 407
    ORDER_WITHOUT_BOUND = 424
    HOLDING_LIMIT_REACHED = 429
    HOLDING_NOT_SETTLED = 430
    BLOCK_OFFERS_FULL = 449
    # 44x and 48x: the floor: stops, and changes of the rules while the venue runs
    STOP_TARGET_INVALID = 441
    ALREADY_STOPPED = 442
    NOT_STOPPED = 443
    RESUMPTION_NOT_PROPOSED = 444
    CHANGE_UNKNOWN = 480
    CHANGE_NO_LONGER_WAITING = 481
    PARAMETER_NOT_CHANGEABLE = 482
    CHANGE_NEEDS_SECOND_PERSON = 483
    CHANGE_EFFECT_IN_PAST = 484
    CHANGES_FULL = 485
    # 46x: the life of a unit
    UNIT_TYPE_ALREADY_SET = 460
    VINTAGE_NOT_OF_INSTRUMENT = 461
    YEAR_HAS_PLAN = 462
    TRANSFER_TO_SELF = 463
    TRANSFER_NOT_ALLOWED = 464
    RETIREMENT_NOT_ALLOWED = 465
    PLEDGE_TO_SELF = 466
    PLEDGE_NOT_ALLOWED = 467
    PLEDGE_UNKNOWN = 468
    PLEDGE_RELEASE_NOT_YOURS = 469
    PLEDGE_EXCEEDED = 470
    OBLIGATION_UNKNOWN = 471
    SURRENDER_ABOVE_OBLIGATION = 472
    VINTAGE_NOT_ELIGIBLE = 473
    OFFSET_NOT_ELIGIBLE = 474
    OFFSET_LIMIT_EXCEEDED = 475
    # 5xx: accounts
    CASH_INSUFFICIENT = 501
    HOLDING_INSUFFICIENT = 502
    CASH_TOTAL_EXCEEDED = 503
    HOLDING_LIMIT_EXCEEDED = 504
    # 6xx: rounds, consignments, bids
    ROUND_NOT_IN_DRAFT = 601
    ROUND_NOT_OPEN = 602
    WINDOW_NOT_OPEN_YET = 629
    WINDOW_CLOSED = 630
    ROUND_NOT_CLOSED = 603
    BIDS_ARE_COMMITTED = 659
    COMMITMENT_NOT_TAKEN = 660
    ROUND_WITHOUT_SUPPLY = 604
    SUPPLY_LINE_INVALID = 605
    CLASS_NOT_ELIGIBLE = 606
    SHORTFALL_MISSING = 628
    BID_PRICE_OFF_TICK = 607
    BID_BELOW_RESERVE = 608
    BID_QUANTITY_OFF_LOT = 609
    BID_QUANTITY_BELOW_MINIMUM = 610
    BID_COUNT_EXCEEDED = 611
    BID_CAP_EXCEEDED = 612
    BID_SUBMISSIONS_EXCEEDED = 627
    CONSIGNMENT_NOT_ALLOWED_FOR_CLASS = 613
    CONSIGNMENT_RATIO_EXCEEDED = 614
    CONSIGNMENT_MINIMUM_NOT_ALLOWED = 615
    CONSIGNOR_MAY_NOT_BID = 616
    CONSIGNMENT_AFTER_FIRST_BID = 617
    HIDDEN_RESERVE_MISSING = 618
    SUPPLY_ABOVE_MAXIMUM = 619
    DRAW_MISSING = 620
    HIDDEN_RESERVE_STILL_SEALED = 621
    DRAW_TARGET_UNKNOWN = 622
    DRAW_REPEATED = 623
    HIDDEN_RESERVE_ALREADY_GIVEN = 624
    HIDDEN_RESERVE_NOT_AS_SEALED = 625
    COMMITMENT_INVALID = 626
    BID_UNKNOWN = 631
    BID_NOT_AMENDABLE = 632
    WITHDRAWAL_CLOSED = 633
    CONSIGNMENT_NOT_WITHDRAWABLE = 634
    SUPPLY_LINE_UNKNOWN = 635
    CONSIGNMENT_CLOSED = 636
    RELEASE_TIER_UNKNOWN = 637
    GUARANTEE_NOT_TAKEN = 638
    GUARANTEE_IN_USE = 639
    OVERSHOOT_NOT_COVERED = 640
    STEP_NOT_ALLOWED_IN_STAGE = 641
    SAME_PERSON = 642
    REASON_MISSING = 643
    EXTENSION_TOO_LONG = 644
    CANCEL_TOO_LATE = 645
    RESULT_MAY_NOT_BE_DECLINED = 646
    RESERVE_UNKNOWN = 647
    RESERVE_ALREADY_FOUNDED = 648
    RESERVE_INSUFFICIENT = 649
    TRIGGER_NOT_MET = 650
    DECISION_TOO_LATE = 651
    RESERVE_BUDGET_EXCEEDED = 652
    BUY_BACK_NOT_OPEN = 653
    REPORT_OUT_OF_ORDER = 654
    CAP_PATH_BROKEN = 655
    ALLOCATION_EXCEEDS_PLAN = 656
    YEAR_ALREADY_PLANNED = 657
    YEAR_NOT_PLANNED = 658
    GUARANTEE_NOT_PUT_UP = 661
    COMMITMENTS_FULL = 662
    BIDS_ALREADY_REVEALED = 663
    REVEAL_NOT_AS_COMMITTED = 664
    REVEAL_INCOMPLETE = 665
    BIDS_NOT_REVEALED = 666
    COMMITTED_AMOUNT_EXCEEDED = 667
    CONSIGNMENT_DUTY_NOT_MET = 670
    # 7xx: rules
    PARAMETER_UNKNOWN = 701
    PARAMETER_WITHOUT_VALUE = 702
    PARAMETER_VALUE_NOT_ALLOWED = 703
    PARAMETER_NOT_OPEN_TO_OPERATOR = 704
    DATE_AFTER_LAST_CONFIRMED = 705
    DAY_OUTSIDE_CALENDAR = 706
    NOT_A_TRADING_DAY = 707
    # 9xx: capacity
    ORDERS_FULL = 901
    LEVELS_FULL = 902
    PARTICIPANTS_FULL = 903
    INSTRUMENTS_FULL = 904
    SESSIONS_FULL = 905
    ROUNDS_FULL = 906
    # 91x: batches that were taken out
    BATCH_VOIDED = 910
    VOID_NOT_PROPOSED = 911
    VOID_NEEDS_SECOND_PERSON = 912
    BATCH_ALREADY_VOIDED = 913


PRECEDENCE: tuple[Outcome, ...] = tuple(Outcome)
"""Outcomes from first-reported to last: the order of the file."""

_MAY_SUCCEED_LATER = frozenset(
    {
        Outcome.PARTICIPANT_UNKNOWN,
        Outcome.INSTRUMENT_UNKNOWN,
        Outcome.ROUND_UNKNOWN,
        Outcome.RULE_BOOK_UNKNOWN,
        Outcome.TRADING_STOPPED,
        Outcome.ORDER_RATE_EXCEEDED,
        Outcome.INSTRUMENT_NOT_TRADING,
        Outcome.INSTRUMENT_HALTED,
        Outcome.NO_CANCEL_PERIOD,
        Outcome.ORDERS_STILL_CROSS,
        Outcome.BLOCKS_NOT_OPEN,
        Outcome.LISTINGS_ONLY_IN_PICK_LIST,
        Outcome.BLOCK_OFFERS_FULL,
        Outcome.RESUMPTION_NOT_PROPOSED,
        Outcome.CHANGES_FULL,
        Outcome.PRICE_OUTSIDE_BAND,
        Outcome.PRICE_OUTSIDE_DYNAMIC_BAND,
        Outcome.STOP_PRICE_ALREADY_REACHED,
        Outcome.POST_ONLY_WOULD_TRADE,
        Outcome.LISTING_OUT_OF_REACH,
        Outcome.NO_LIQUIDITY,
        Outcome.OBLIGATION_UNKNOWN,
        Outcome.HOLDING_LIMIT_REACHED,
        Outcome.HOLDING_NOT_SETTLED,
        Outcome.CASH_INSUFFICIENT,
        Outcome.HOLDING_INSUFFICIENT,
        Outcome.CASH_TOTAL_EXCEEDED,
        Outcome.HOLDING_LIMIT_EXCEEDED,
        Outcome.ROUND_NOT_OPEN,
        Outcome.ROUND_NOT_CLOSED,
        Outcome.ROUND_WITHOUT_SUPPLY,
        Outcome.HIDDEN_RESERVE_MISSING,
        Outcome.DRAW_MISSING,
        Outcome.HIDDEN_RESERVE_STILL_SEALED,
        Outcome.SHORTFALL_MISSING,
        Outcome.WINDOW_NOT_OPEN_YET,
        Outcome.OVERSHOOT_NOT_COVERED,
        Outcome.GUARANTEE_NOT_PUT_UP,
        Outcome.COMMITMENTS_FULL,
        Outcome.REVEAL_INCOMPLETE,
        Outcome.BIDS_NOT_REVEALED,
        Outcome.STEP_NOT_ALLOWED_IN_STAGE,
        Outcome.GUARANTEE_IN_USE,
        Outcome.RESERVE_UNKNOWN,
        Outcome.RESERVE_INSUFFICIENT,
        Outcome.TRIGGER_NOT_MET,
        Outcome.BUY_BACK_NOT_OPEN,
        Outcome.YEAR_NOT_PLANNED,
        Outcome.PARAMETER_WITHOUT_VALUE,
        Outcome.ORDERS_FULL,
        Outcome.LEVELS_FULL,
    }
)


def may_succeed_later(outcome: Outcome) -> bool:
    """Whether the very same command could be accepted when sent again later, nothing about it changed.

    False for `ACCEPTED`: sending an accepted command again is a repeat and returns the first answer.
    """
    return outcome in _MAY_SUCCEED_LATER


ADVICE: dict[Outcome, str] = {
    Outcome.ACCEPTED: "Nothing to do.",
    Outcome.UNKNOWN_COMMAND: "Send one of the command codes of this table.",
    Outcome.PRICE_OUT_OF_BOUNDS: "Send a price from 1 tick to 2^30 ticks.",
    Outcome.QUANTITY_OUT_OF_BOUNDS: "Send a quantity from 1 lot to 2^32 - 1 lots.",
    Outcome.AMOUNT_OUT_OF_BOUNDS: "Send less: price x quantity must not pass 2^60 minor units.",
    Outcome.NAME_EMPTY_OR_TOO_LONG: "Send a name of 1 to 200 bytes.",
    Outcome.ACTOR_UNKNOWN: "Have the operator register the participant first.",
    Outcome.SESSION_NOT_OF_ACTOR: "Open a session of your own and use its number.",
    Outcome.REQUEST_ID_NOT_INCREASING: "Use a request id above the last one of the session.",
    Outcome.NOT_PERMITTED_FOR_CLASS: "Ask somebody whose class may do this.",
    Outcome.PARTICIPANT_UNKNOWN: "Register the participant, or correct the number.",
    Outcome.INSTRUMENT_UNKNOWN: "Define the instrument, or correct the number.",
    Outcome.ORDER_UNKNOWN: "The order is filled, cancelled or was never there; look at your executions.",
    Outcome.ORDER_NOT_OF_PARTICIPANT: "Name one of your own orders.",
    Outcome.ROUND_UNKNOWN: "Create the round, or correct the number.",
    Outcome.RULE_BOOK_UNKNOWN: "Adopt the rule book, or correct the number.",
    Outcome.NAME_ALREADY_REGISTERED: "Choose another name, or use the number it already has.",
    Outcome.TRADING_STOPPED: "Trading was stopped here or for you; wait until two operators have lifted the stop.",
    Outcome.ORDER_RATE_EXCEEDED: "Send fewer orders a second; cancels and reductions are always taken.",
    Outcome.INSTRUMENT_NOT_TRADING: "Wait until the instrument trades.",
    Outcome.NO_CANCEL_PERIOD: "Wait until the call has ended; new orders are still taken.",
    Outcome.ORDERS_STILL_CROSS: "Let a call uncross them, or have listings withdrawn, before orders match again.",
    Outcome.BLOCKS_NOT_OPEN: "Wait until blocks of the instrument may be traded; withdrawing is always possible.",
    Outcome.ORDER_TYPE_NOT_OFFERED: "Send an order of a type and duration that the instrument's present mode takes.",
    Outcome.PRICE_OFF_TICK: "Send a price that is a multiple of the tick.",
    Outcome.QUANTITY_OFF_LOT: "Send a quantity that is a multiple of the lot.",
    Outcome.PRICE_NOT_ALLOWED_FOR_MARKET_ORDER: "Send a market order without a price.",
    Outcome.REDUCTION_NOT_BELOW_REMAINING: "Reduce by less than what remains, or cancel the order.",
    Outcome.ORDER_ALREADY_LIVE: "Choose an order id that is not in use.",
    Outcome.ORDER_TERMS_CONTRADICTORY: "These terms exclude each other; see the table of order types.",
    Outcome.STOP_PRICE_OUT_OF_BOUNDS: "Send a stop price from 1 tick to 2^30 ticks, and only with a stop order.",
    Outcome.DISPLAY_QUANTITY_INVALID: "Show at least a thousandth and less than all of a limit order that may rest.",
    Outcome.MINIMUM_QUANTITY_INVALID: "Ask for a minimum from 1 lot up to the quantity.",
    Outcome.EXPIRY_NOT_IN_FUTURE: "Send an expiry after now with a GTD order, and none with another.",
    Outcome.INSTRUMENT_HALTED: "Wait for the halt to end; cancels and reductions are still taken.",
    Outcome.QUANTITY_BELOW_MINIMUM: "Send at least the instrument's smallest order quantity.",
    Outcome.QUANTITY_ABOVE_MAXIMUM: "Send at most the instrument's largest order quantity.",
    Outcome.PRICE_OUTSIDE_BAND: "Send a price within the day's band.",
    Outcome.PRICE_OUTSIDE_DYNAMIC_BAND: "Send a price nearer to the last trade.",
    Outcome.STOP_PRICE_ALREADY_REACHED: "The last trade is at or beyond the stop price; send the order itself.",
    Outcome.POST_ONLY_WOULD_TRADE: "Send a price that does not cross, or an order that may trade.",
    Outcome.LISTING_OF_OWN_GROUP: "Take a listing of somebody outside your group.",
    Outcome.LISTING_OUT_OF_REACH: "Take one of the best-priced listings; how many levels count is the venue's rule.",
    Outcome.QUANTITY_ABOVE_LISTING: "Take at most what is left of the listing.",
    Outcome.LISTINGS_ONLY_IN_PICK_LIST: "Only a pick-list has listings to take; send an order instead.",
    Outcome.ORDER_WITHOUT_BOUND: "Send a limit: no band says how high this order could go, so nothing can be held.",
    Outcome.HOLDING_LIMIT_REACHED: "Buy less, sell, or cancel a buy order: units and open buys together have a limit.",
    Outcome.HOLDING_NOT_SETTLED: "Sell less, or wait: what you bought is locked until a later trading day begins.",
    Outcome.UNIT_TYPE_ALREADY_SET: "The instrument's units have a type and a vintage; define another instrument.",
    Outcome.VINTAGE_NOT_OF_INSTRUMENT: "Issue units of the instrument's own vintage, 0 where it has none.",
    Outcome.YEAR_HAS_PLAN: "The year has a plan; allocate under it.",
    Outcome.TRANSFER_TO_SELF: "Name another account.",
    Outcome.TRANSFER_NOT_ALLOWED: "Accounts of this class trade on the market; units do not change hands off the book.",
    Outcome.RETIREMENT_NOT_ALLOWED: "Accounts of this class may not have units cancelled.",
    Outcome.PLEDGE_TO_SELF: "Name somebody else as pledgee.",
    Outcome.PLEDGE_NOT_ALLOWED: "Accounts of this class may not pledge units.",
    Outcome.PLEDGE_UNKNOWN: "Name a pledge that is there and not released.",
    Outcome.PLEDGE_RELEASE_NOT_YOURS: "Have the pledge released by whom the rules name: the pledgee, or an order.",
    Outcome.PLEDGE_EXCEEDED: "Release at most what is still pledged.",
    Outcome.OBLIGATION_UNKNOWN: "Have the verified emissions of the year recorded first.",
    Outcome.SURRENDER_ABOVE_OBLIGATION: "Surrender at most what is still owed; give up more of your own accord.",
    Outcome.VINTAGE_NOT_ELIGIBLE: "Surrender units whose vintage counts for that year.",
    Outcome.OFFSET_NOT_ELIGIBLE: "Surrender allowances: the rules let no offsets count.",
    Outcome.OFFSET_LIMIT_EXCEEDED: "Surrender fewer offsets: their share of the year is used up.",
    Outcome.NO_LIQUIDITY: "Nothing to trade with on the other side; send a limit order.",
    Outcome.STOP_TARGET_INVALID: "Name a participant, or an instrument, or neither to mean everything.",
    Outcome.ALREADY_STOPPED: "Nothing to do: the stop stands.",
    Outcome.NOT_STOPPED: "Nothing to do: there is no such stop.",
    Outcome.RESUMPTION_NOT_PROPOSED: "Have one operator propose to lift the stop first.",
    Outcome.CHANGE_UNKNOWN: "Name a change by the number that its proposal was answered with.",
    Outcome.CHANGE_NO_LONGER_WAITING: "Propose it anew: this one was approved, withdrawn, or has lapsed.",
    Outcome.PARAMETER_NOT_CHANGEABLE: "Adopt another rule book for this; limits, bands and paces can be changed alone.",
    Outcome.CHANGE_NEEDS_SECOND_PERSON: "Propose it, and have another operator approve it.",
    Outcome.CHANGE_EFFECT_IN_PAST: "State a time or sequence number to come, or none to mean at once.",
    Outcome.CHANGES_FULL: "Approve or withdraw changes that wait; the venue keeps a limited number of them.",
    Outcome.CASH_INSUFFICIENT: "Deposit cash, cancel a buy order, or send less.",
    Outcome.HOLDING_INSUFFICIENT: "Deposit units, cancel a sell order, or send less.",
    Outcome.CASH_TOTAL_EXCEEDED: "The venue holds its maximum of cash; withdraw elsewhere first.",
    Outcome.HOLDING_LIMIT_EXCEEDED: "The account would hold more than it may; deposit less.",
    Outcome.ROUND_NOT_IN_DRAFT: "Supply and values can change only before the round opens.",
    Outcome.ROUND_NOT_OPEN: "Send it while the window of the round is open.",
    Outcome.ROUND_NOT_CLOSED: "Close the round first.",
    Outcome.ROUND_WITHOUT_SUPPLY: "Add a line of supply before opening.",
    Outcome.SUPPLY_LINE_INVALID: "Correct kind, group or rank of the line of supply.",
    Outcome.CLASS_NOT_ELIGIBLE: "This class of participant may not bid in the round.",
    Outcome.BID_PRICE_OFF_TICK: "Bid a price that is a multiple of the round's tick.",
    Outcome.BID_BELOW_RESERVE: "Bid at the reserve price or better.",
    Outcome.BID_QUANTITY_OFF_LOT: "Bid a quantity that is a multiple of the round's lot.",
    Outcome.BID_QUANTITY_BELOW_MINIMUM: "Bid at least the round's minimum quantity.",
    Outcome.BID_COUNT_EXCEEDED: "The number of bids a bidder may place is used up.",
    Outcome.BID_CAP_EXCEEDED: "Bid less: the sum of your bids must stay within your cap.",
    Outcome.CONSIGNMENT_NOT_ALLOWED_FOR_CLASS: "This class of participant may not consign.",
    Outcome.CONSIGNMENT_DUTY_NOT_MET: "Consign what the rules ask of the year's allocation before the round opens.",
    Outcome.CONSIGNMENT_RATIO_EXCEEDED: "Consign less: the permitted share of your base is used up.",
    Outcome.CONSIGNMENT_MINIMUM_NOT_ALLOWED: "Consign without a minimum price of your own.",
    Outcome.CONSIGNOR_MAY_NOT_BID: "A consignor of this round may not bid in it.",
    Outcome.CONSIGNMENT_AFTER_FIRST_BID: "Consign to a later round: the offer is fixed once bidding has begun.",
    Outcome.HIDDEN_RESERVE_MISSING: "Seal a hidden reserve before opening the round.",
    Outcome.SUPPLY_ABOVE_MAXIMUM: "Offer less: the round's supply may not pass its maximum.",
    Outcome.DRAW_MISSING: "Record the draw before clearing: every bid or line of the round needs its place.",
    Outcome.HIDDEN_RESERVE_STILL_SEALED: "Reveal the hidden reserve before clearing.",
    Outcome.DRAW_TARGET_UNKNOWN: "Name a live bid or a line of supply of the round.",
    Outcome.DRAW_REPEATED: "Name each bid or line once: this one already has its place.",
    Outcome.HIDDEN_RESERVE_ALREADY_GIVEN: "A hidden reserve is sealed once and revealed once.",
    Outcome.HIDDEN_RESERVE_NOT_AS_SEALED: "Reveal the very price and salt that were sealed.",
    Outcome.COMMITMENT_INVALID: "Send the SHA-256 of PRICE_TICKS:SALT in hexadecimal, or the price with its salt.",
    Outcome.BID_SUBMISSIONS_EXCEEDED: "The number of submissions a bidder may make is used up.",
    Outcome.SHORTFALL_MISSING: "Only who has a verified shortfall may bid; have it recorded before the round opens.",
    Outcome.WINDOW_NOT_OPEN_YET: "Send it from the opening time of the window on.",
    Outcome.WINDOW_CLOSED: "The window's closing time has come; take part in a later round.",
    Outcome.BID_UNKNOWN: "Name a live bid of your own in the round.",
    Outcome.BID_NOT_AMENDABLE: "Bids of this round stand as they were sent.",
    Outcome.WITHDRAWAL_CLOSED: "The time for changing and withdrawing bids has passed.",
    Outcome.CONSIGNMENT_NOT_WITHDRAWABLE: "Units of this round stay consigned until it ends.",
    Outcome.SUPPLY_LINE_UNKNOWN: "Name a consigned line of your own in the round.",
    Outcome.CONSIGNMENT_CLOSED: "The time for consigning has passed; consign to a later round.",
    Outcome.RELEASE_TIER_UNKNOWN: "Name a release tier for which the rules have a trigger price.",
    Outcome.GUARANTEE_NOT_TAKEN: "Bids of this round hold their own guarantee; nothing is put up beforehand.",
    Outcome.GUARANTEE_IN_USE: "A guarantee stays while the bidder has bids; withdraw them first, or take back less.",
    Outcome.OVERSHOOT_NOT_COVERED: "Deposit free units with the seller for what rounding up awards beyond the offer.",
    Outcome.STEP_NOT_ALLOWED_IN_STAGE: "Look at the round's stage, and take the step that leads on from it.",
    Outcome.SAME_PERSON: "Somebody else has to take this step.",
    Outcome.REASON_MISSING: "Say why, in 1 to 200 bytes.",
    Outcome.EXTENSION_TOO_LONG: "Extend by less: the window's extensions have a limit.",
    Outcome.CANCEL_TOO_LATE: "The rules let a round be cancelled only up to an earlier stage.",
    Outcome.RESULT_MAY_NOT_BE_DECLINED: "The rules let a result stand once the round is cleared.",
    Outcome.RESERVE_UNKNOWN: "Found a reserve for the instrument first.",
    Outcome.RESERVE_ALREADY_FOUNDED: "The instrument has a reserve already; use it.",
    Outcome.RESERVE_INSUFFICIENT: "Take at most what the reserve holds and the trigger allows.",
    Outcome.TRIGGER_NOT_MET: "Decide on a trigger that was met and not decided yet.",
    Outcome.DECISION_TOO_LATE: "The time for deciding on this trigger has passed; wait for another one.",
    Outcome.RESERVE_BUDGET_EXCEEDED: "Take less: the year's budget would be passed.",
    Outcome.BUY_BACK_NOT_OPEN: "Sell back at most what a decision to buy back still takes.",
    Outcome.REPORT_OUT_OF_ORDER: "Report each day once, in the order of the days.",
    Outcome.CAP_PATH_BROKEN: "Plan a smaller total: the path of the cap is a rule.",
    Outcome.ALLOCATION_EXCEEDS_PLAN: "Allocate less: the year's free part is used up.",
    Outcome.YEAR_ALREADY_PLANNED: "A year's total is planned once.",
    Outcome.YEAR_NOT_PLANNED: "Plan the year's total first.",
    Outcome.BIDS_ARE_COMMITTED: "Bids of this round enter as commitments; send the bid to the service, which commits.",
    Outcome.COMMITMENT_NOT_TAKEN: "Bids of this round enter as they are; send the bid itself.",
    Outcome.GUARANTEE_NOT_PUT_UP: "Put up a guarantee for the round first: the most that your bids may come to.",
    Outcome.COMMITMENTS_FULL: "The round holds as many commitments as one batch can reveal; bid in another round.",
    Outcome.BIDS_ALREADY_REVEALED: "Nothing to do: the bids of the round are revealed.",
    Outcome.REVEAL_NOT_AS_COMMITTED: "Reveal the very bid and salt that were committed to; nothing was revealed.",
    Outcome.REVEAL_INCOMPLETE: "Reveal every live commitment of the round once, each as committed, in one batch.",
    Outcome.BIDS_NOT_REVEALED: "Let the service reveal the bids; if it cannot, the round can only be cancelled.",
    Outcome.COMMITTED_AMOUNT_EXCEEDED: "Put up a guarantee that covers all your bids before the window closes.",
    Outcome.PARAMETER_UNKNOWN: "Name a parameter that the engine knows.",
    Outcome.PARAMETER_WITHOUT_VALUE: "Give an operator's value for the parameter in the round.",
    Outcome.PARAMETER_VALUE_NOT_ALLOWED: "Give a value from the parameter's list or range.",
    Outcome.PARAMETER_NOT_OPEN_TO_OPERATOR: "The rule book states this value; it cannot be set by a round.",
    Outcome.DATE_AFTER_LAST_CONFIRMED: "Adopt a rule book confirmed for the date of the round.",
    Outcome.DAY_OUTSIDE_CALENDAR: "Adopt the rule book again with trading days for that month.",
    Outcome.NOT_A_TRADING_DAY: "Hold the round on a trading day.",
    Outcome.ORDERS_FULL: "Wait until orders end, or run a larger capacity class.",
    Outcome.LEVELS_FULL: "Wait until price levels empty, or run a larger capacity class.",
    Outcome.PARTICIPANTS_FULL: "Run a larger capacity class.",
    Outcome.INSTRUMENTS_FULL: "Run a larger capacity class.",
    Outcome.SESSIONS_FULL: "Run a larger capacity class.",
    Outcome.ROUNDS_FULL: "Run a larger capacity class.",
    Outcome.BLOCK_OFFERS_FULL: "Wait until offers end; the venue keeps a limited number of them.",
    Outcome.BATCH_VOIDED: "Two persons took the batch out, it had no effect; send it anew under a new request id.",
    Outcome.VOID_NOT_PROPOSED: "Propose to void the batch first.",
    Outcome.VOID_NEEDS_SECOND_PERSON: "Have another operator approve what you proposed.",
    Outcome.BATCH_ALREADY_VOIDED: "Nothing to do: the batch is void.",
}
"""What the sender can do next, one line for every outcome."""
