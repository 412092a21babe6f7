"""The part of the slow exchange that says what a trade leads to: charges, settlement, limits.

What is not settled is a list of dated entries; what somebody may still buy is counted from what it owns and from its
live orders, whenever it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from engine.commands import Side
from engine.events import Charge, EventKind
from engine.parameters import Parameter

OPERATOR = 1


@dataclass
class Levies:
    """What the book says of trades of an instrument. Shares by side; `tax_to`: an account; `limits`: lots by class."""

    fee: dict[int, Fraction] = field(default_factory=dict)
    minimum: int = 0
    tax: dict[int, Fraction] = field(default_factory=dict)
    tax_on_fee: bool = False
    tax_to: int = OPERATOR
    rounding: str = "half_up"
    units_days: int = 0
    cash_days: int = 0
    cash_usable: bool = False
    resale: bool = True
    limits: dict[int, int] = field(default_factory=dict)
    linked: bool = False

    @property
    def lock(self) -> int:
        """Trading days for which what was bought cannot be sold."""
        return self.units_days or (0 if self.resale else 1)

    @property
    def lock_parameter(self) -> Parameter:
        """The rule behind the lock."""
        return Parameter.TRADING_SETTLEMENT_UNITS_DAYS if self.units_days else Parameter.TRADING_SAME_DAY_RESALE

    @property
    def told(self) -> bool:
        return bool(any(self.fee.values()) or any(self.tax.values()) or self.lock or self.cash_days or self.limits)

    def rounded(self, amount: Fraction) -> int:
        match self.rounding:
            case "up":
                return ceil(amount)
            case "down":
                return floor(amount)
        return floor(amount + Fraction(1, 2))

    def charges(self, side: int, amount: int) -> tuple[int, int]:
        """Fee and tax of one side of a trade."""
        fee = max(self.minimum, self.rounded(amount * self.fee[side])) if self.fee.get(side) else 0
        fee = min(fee, amount) if side == Side.SELL else fee
        base = fee if self.tax_on_fee else amount
        tax = self.rounded(base * self.tax[side]) if self.tax.get(side) else 0
        return fee, min(tax, amount - fee) if side == Side.SELL else tax

    def most_a_lot(self, price: int) -> int:
        """The most that a buyer can be charged a lot, at this price (in minor units) or below."""
        if not price:
            return 0
        fee = max(self.minimum, ceil(price * self.fee[Side.BUY])) if self.fee.get(Side.BUY) else 0
        base = fee if self.tax_on_fee else price
        return fee + (ceil(base * self.tax[Side.BUY]) if self.tax.get(Side.BUY) else 0)

    def most_on_arrival(self, cost: int, lots: int) -> int:
        """The most that a buyer can be charged who pays this in all, in at most so many trades."""
        fee = ceil(cost * self.fee[Side.BUY]) + lots * (self.minimum + 1) if self.fee.get(Side.BUY) else 0
        base = fee if self.tax_on_fee else cost
        return fee + (ceil(base * self.tax[Side.BUY]) + lots if self.tax.get(Side.BUY) else 0)


@dataclass
class Entry:
    """Something that settles when the trading day of this number begins."""

    day_number: int
    participant: int
    instrument: int
    lots: int = 0
    amount: int = 0


@dataclass
class Trade:
    """A trade that was made, as its charges name it."""

    instrument: int
    buyer: int
    seller: int
    price: int
    lots: int
    amount: int
    buy_id: int
    sell_id: int


class Ledger:
    """Entries that wait, day numbers, and the charges that are told behind the events of a row."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.day_numbers: dict[int, int] = {}
        self.days: dict[int, int] = {}
        self.charged: list[dict[str, int]] = []

    def unsettled_units(self, participant: int, instrument: int) -> int:
        return sum(e.lots for e in self.entries if (e.participant, e.instrument) == (participant, instrument))

    def unsettled_cash(self, participant: int, instrument: int | None = None) -> int:
        return sum(
            e.amount for e in self.entries if e.participant == participant and instrument in (None, e.instrument)
        )

    def days_until_settled(self, participant: int, instrument: int) -> int:
        mine = [e for e in self.entries if (e.participant, e.instrument) == (participant, instrument) and e.lots]
        return max(e.day_number for e in mine) - self.day_numbers[instrument]

    def note(self, trade: Trade, levies: Levies, day: int) -> dict[int, int]:
        """Write down what a trade leads to; what each account pays (negative: gets) besides the price itself."""
        number = self.day_numbers.get(trade.instrument, 0) + (day > self.days.get(trade.instrument, 0))
        pays: dict[int, int] = {}
        taken = {}
        for side, payer in ((Side.BUY, trade.buyer), (Side.SELL, trade.seller)):
            charges = levies.charges(side, trade.amount)
            taken[side] = sum(charges)
            for charge, amount, receiver in zip(Charge, charges, (OPERATOR, levies.tax_to), strict=True):
                if amount:
                    pays[payer] = pays.get(payer, 0) + amount
                    pays[receiver] = pays.get(receiver, 0) - amount
                    self.charged.append(self.told(trade, side, payer, receiver, charge, amount))
        if levies.lock:
            self.entries.append(Entry(number + levies.lock, trade.buyer, trade.instrument, lots=trade.lots))
        if levies.cash_days:
            proceeds = trade.amount - taken[Side.SELL]
            self.entries.append(Entry(number + levies.cash_days, trade.seller, trade.instrument, amount=proceeds))
        return pays

    @staticmethod
    def told(trade: Trade, side: int, payer: int, receiver: int, charge: int, amount: int) -> dict[str, int]:
        """The columns of a TRADE_CHARGED event."""
        return {
            "instrument": trade.instrument,
            "side": side,
            "participant": payer,
            "counterparty": receiver,
            "reference": charge,
            "order_id": trade.buy_id if side == Side.BUY else trade.sell_id,
            "counter_order_id": (trade.sell_id if side == Side.BUY else trade.buy_id) * (trade.buy_id != trade.sell_id),
            "price_ticks": trade.price,
            "quantity_lots": trade.lots,
            "amount_minor": amount,
        }

    def begin_day(self, instrument: int, levies: Levies, day: int) -> list[tuple[EventKind, dict[str, int]]]:
        """What settles as a trading day begins, and the terms; nothing where the book says nothing."""
        if not levies.told:
            return []
        if day > self.days.get(instrument, 0):
            self.day_numbers[instrument] = self.day_numbers.get(instrument, 0) + 1
        self.days[instrument] = day
        now = self.day_numbers[instrument]
        due = [e for e in self.entries if e.instrument == instrument and e.day_number <= now]
        self.entries = [e for e in self.entries if e not in due]
        told = []
        for kind, column, attribute in (
            (EventKind.UNITS_SETTLED, "quantity_lots", "lots"),
            (EventKind.CASH_SETTLED, "amount_minor", "amount"),
        ):
            for participant in sorted({e.participant for e in due}):
                total = sum(getattr(e, attribute) for e in due if e.participant == participant)
                if total:
                    told.append((kind, {"participant": participant, column: total}))
        terms = {"quantity_lots": levies.lock, "remaining_lots": levies.cash_days}
        fee, tax = (int(shares.get(Side.BUY, Fraction(0)) * 1_000_000) for shares in (levies.fee, levies.tax))
        terms |= {"reference": int(levies.cash_usable), "order_id": fee, "counter_order_id": tax}
        charged = any((*levies.fee.values(), *levies.tax.values()))
        terms |= {"amount_minor": levies.minimum, "side": int(levies.tax_on_fee)} if charged else {}
        return [*told, (EventKind.TRADE_TERMS_SET, terms)]
