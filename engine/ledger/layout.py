"""The fields of the state record that hold accounts.

An account has cash and, per instrument, units. Each lies in one pocket: what is free, what is held for orders and bids,
what a trade brought and is not settled yet; units also where they are locked in rounds, pledged, or good for surrender
only. What is not free belongs to the account all the same; only a posting moves it to another.

Beside the pockets each asset has a control account: what entered pockets less what left them, and less what the venue
took in. It is 0 whenever a batch is done.
"""

from __future__ import annotations

import numpy as np

from engine.capacity import Capacity

CASH = np.dtype(
    (
        np.record,
        [("available_minor", "i8"), ("held_minor", "i8"), ("unsettled_minor", "i8"), ("usable_minor", "i8")],
    )
)
"""`held_minor`: for buy orders and bids. `unsettled_minor`: proceeds of sales whose day of settlement has not come;
`usable_minor` is no pocket: how much of them may be used to buy already. What is used of it makes `available_minor`
negative until it settles."""

HOLDING = np.dtype(
    (
        np.record,
        [
            ("available_lots", "i8"),
            ("held_lots", "i8"),
            ("locked_lots", "i8"),
            ("unsettled_lots", "i8"),
            ("pledged_lots", "i8"),
            ("compliance_lots", "i8"),
            ("open_buy_lots", "i8"),
            ("allocated_lots", "i8"),
        ],
    )
)
"""One cache line. `held_lots`: for sell orders. `locked_lots`: in rounds, on offer or waiting for the next one.
`unsettled_lots`: bought, and not to be sold before they settle. `pledged_lots`: security for a debt. `compliance_lots`:
for surrender only.

Two are no pockets: `open_buy_lots`, what live buy orders may still add, counted where a holding limit watches the
instrument; `allocated_lots`, the year's allocation that such a limit counts from."""

UNITS_POCKETS = (
    "available_lots",
    "held_lots",
    "locked_lots",
    "unsettled_lots",
    "pledged_lots",
    "compliance_lots",
)
"""Where units of an account can lie; they add up to what it has."""

CASH_POCKETS = ("available_minor", "held_minor", "unsettled_minor")
"""Where cash of an account can lie; they add up to what it has."""

CASH_ASSET = 0
"""The place of cash among the control accounts; an instrument has its own number."""

SETTLEMENT_DAYS_MAX = 3
"""Most trading days between a trade and its settlement."""

DUE_SLOTS = SETTLEMENT_DAYS_MAX + 1
"""Trading days for which something can be due at once: the number of its day, modulo this, is its place. A block that
is agreed before the day has begun is due one day later than a trade on the day before."""

DUE = np.dtype((np.record, [("lots", "i8"), ("amount_minor", "i8")]))
"""What settles on one trading day: units bought, proceeds of sales."""

CLASSES = 8
"""Places by class of participant."""

SIDES = 3
"""Places by side; 0 is not used."""

TRADE_TERMS = np.dtype(
    (
        np.record,
        [
            ("watched", "i8"),
            ("charged", "i8"),
            ("fee_share_ppm", "i8", (SIDES,)),
            ("fee_minimum_minor", "i8"),
            ("tax_share_ppm", "i8", (SIDES,)),
            ("tax_on_fee", "i8"),
            ("tax_receiver", "i8"),
            ("rounding", "i8"),
            ("units_days", "i8"),
            ("cash_days", "i8"),
            ("cash_usable", "i8"),
            ("lock_parameter", "i8"),
            ("limited", "i8"),
            ("limit_counts_linked", "i8"),
            ("limit_lots", "i8", (CLASSES,)),
            ("above_allocation", "i8", (CLASSES,)),
            ("day", "i8"),
            ("day_number", "i8"),
        ],
    )
)
"""What trades of one instrument are settled by, as of its present trading day; 0 means "nothing of the kind".

`watched`: anything but the last two is not 0; else a trade settles at once and costs nothing. `charged`: there is a fee
or a tax. `tax_on_fee`: a tax is a share of the fee, not of the value. `rounding`: a FeeRounding. `units_days`,
`cash_days`: trading days to settlement. `cash_usable`: proceeds may buy before they settle. `lock_parameter`: the
parameter that keeps what was bought from being sold. `limited`: some class has a holding limit. `day`: the day on which
the trading day began; `day_number`: how many there were, one a day."""

TOTALS = np.dtype((np.record, [("cash_minor", "i8"), ("charged", "i8")]))
"""`cash_minor`: all cash on deposit, which bounds every sum over accounts. `charged`: how many instruments have a fee
or a tax on their trades."""


def ledger_fields(capacity: Capacity) -> list[tuple[str, np.dtype] | tuple[str, np.dtype, tuple[int, ...]]]:
    """Fields of the state record for one capacity class: `holdings[participant, instrument]`, `cash[participant]`,
    `control[asset]`, `trade_terms[instrument]`, `due[participant, instrument, place of the day]`.

    `next_linked`: by participant, the next one of its group of linked participants, round and round; 0: it has none.
    """
    return [
        ("totals", TOTALS),
        ("control", np.dtype("i8"), (capacity.instruments,)),
        ("cash", CASH, (capacity.participants,)),
        ("holdings", HOLDING, (capacity.participants, capacity.instruments)),
        ("issued_lots", np.dtype("i8"), (capacity.instruments,)),
        ("trade_terms", TRADE_TERMS, (capacity.instruments,)),
        ("due", DUE, (capacity.participants, capacity.instruments, DUE_SLOTS)),
        ("next_linked", np.dtype("u4"), (capacity.participants,)),
    ]
