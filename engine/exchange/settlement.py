"""What trades of an instrument are settled by: resolved when its trading day begins, with what settles on that day.

Out of the rule book come the fee and tax of each side, after how many trading days units and cash settle, the lock on
what was bought on the same day, and the holding limit. They stand in the state record while the day lasts; nothing here
happens while an order is judged.

A trading day begins when the instrument leaves CLOSED; leaving it twice on one day is one trading day. What is due then
moves from the unsettled pocket to the free one, an account at a time (UNITS_SETTLED, CASH_SETTLED): O(accounts).

When fee, tax or minimum of buyers change, what live buy orders hold is no longer what they may cost: they are cancelled
(CHARGES_CHANGED), and so are offers of blocks to buy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np

from engine.capacity import Capacity
from engine.commands import Fact, ParticipantClass, Side
from engine.digest import by_name, integers
from engine.events import EventKind
from engine.exchange.picture import waiting_orders
from engine.exchange.terms import OffStep
from engine.ledger.layout import CLASSES, DUE_SLOTS, SETTLEMENT_DAYS_MAX
from engine.ledger.pockets import Pockets
from engine.limits import FEE_MINIMUM_MINOR_MAX
from engine.parameters import Parameter
from engine.recorder import Recorder
from engine.registry.books import Books
from engine.registry.facts import Facts
from engine.registry.register import Register
from engine.views import Due, Instrument
from engine.words.rounds import FeeRounding
from engine.words.venue import TaxBase, TaxReceiver

_ALL = slice(None)
_P = Parameter
_HOLD_FIELDS = ("fee_share_ppm", "fee_minimum_minor", "tax_share_ppm", "tax_on_fee")


@dataclass(frozen=True)
class TradeTerms:
    """The fields of `engine.ledger.layout.TRADE_TERMS` that a rule book decides."""

    fee_share_ppm: tuple[int, ...]
    fee_minimum_minor: int
    tax_share_ppm: tuple[int, ...]
    tax_on_fee: int
    tax_receiver: int
    rounding: int
    units_days: int
    cash_days: int
    cash_usable: int
    lock_parameter: int
    limit_counts_linked: int
    limit_lots: tuple[int, ...]
    above_allocation: tuple[int, ...]

    @property
    def charged(self) -> int:
        """Whether there is a fee or a tax."""
        return int(any((*self.fee_share_ppm, *self.tax_share_ppm)))

    @property
    def limited(self) -> int:
        """Whether some class has a holding limit."""
        return int(any(self.limit_lots))

    @property
    def watched(self) -> int:
        """Whether a trade is anything but settled at once and free."""
        return int(bool(self.charged or self.limited or self.units_days or self.cash_days))


class Settlement:
    """Owner of `trade_terms` and `due` of the state record."""

    KEPT = ()
    SCRATCH = ("_pockets",)

    def __init__(self, capacity: Capacity, state: np.ndarray, register: Register, books: Books, facts: Facts) -> None:
        self._capacity = capacity
        self._bytes = state.view(np.uint8)
        self._x = state[0]
        self._terms = self._x["trade_terms"]
        self._due = self._x["due"]
        self._pockets = Pockets(self._x)
        self._register = register
        self._books = books
        self._facts = facts

    def terms(self, instrument: Instrument, day: int) -> TradeTerms:
        """The terms of an instrument on a day (days since 1970-01-01). Raises OffStep for a value out of bounds."""

        def value(parameter: Parameter, klass: int = 0) -> int:
            return self._books.value(instrument.rule_book, parameter, klass, day) or 0

        def days(parameter: Parameter) -> int:
            if value(parameter) > SETTLEMENT_DAYS_MAX:
                raise OffStep(parameter)
            return value(parameter)

        def lots(parameter: Parameter, klass: int) -> int:
            whole, rest = divmod(value(parameter, klass), instrument.lot_units)
            if rest:
                raise OffStep(parameter)
            return whole

        units_days = days(_P.TRADING_SETTLEMENT_UNITS_DAYS)
        locked = self._books.value(instrument.rule_book, _P.TRADING_SAME_DAY_RESALE, 0, day) == 0
        lock = _P.TRADING_SETTLEMENT_UNITS_DAYS if units_days else _P.TRADING_SAME_DAY_RESALE
        minimum = value(_P.TRADING_FEE_MINIMUM)
        if minimum > FEE_MINIMUM_MINOR_MAX:
            raise OffStep(_P.TRADING_FEE_MINIMUM)
        limits = tuple(lots(_P.TRADING_HOLDING_LIMIT, klass) if klass else 0 for klass in range(CLASSES))
        above = tuple(value(_P.TRADING_HOLDING_LIMIT_ABOVE_ALLOCATION, klass) for klass in range(CLASSES))
        cash_days = days(_P.TRADING_SETTLEMENT_CASH_DAYS)
        fees = (0, value(_P.TRADING_FEE_BUYER_SHARE), value(_P.TRADING_FEE_SELLER_SHARE))
        taxes = (0, value(_P.TRADING_TAX_BUYER_SHARE), value(_P.TRADING_TAX_SELLER_SHARE))
        return TradeTerms(
            fee_share_ppm=fees,
            fee_minimum_minor=minimum if any(fees) else 0,
            tax_share_ppm=taxes,
            tax_on_fee=int(any(taxes) and value(_P.TRADING_TAX_BASE) == TaxBase.FEE),
            tax_receiver=self._receiver(value(_P.TRADING_TAX_RECEIVER)) if any(taxes) else 0,
            rounding=(value(_P.TRADING_FEE_ROUNDING) or FeeRounding.HALF_UP) if any((*fees, *taxes)) else 0,
            units_days=units_days or int(locked),
            cash_days=cash_days,
            cash_usable=value(_P.TRADING_SETTLEMENT_CASH_USABLE) if cash_days else 0,
            lock_parameter=int(lock) if units_days or locked else 0,
            limit_counts_linked=value(_P.TRADING_HOLDING_LIMIT_COUNTS_LINKED) if any(limits) else 0,
            limit_lots=limits,
            above_allocation=tuple(int(bool(a and most)) for a, most in zip(above, limits, strict=True)),
        )

    def _receiver(self, code: int) -> int:
        """The first account of the class that receives taxes. Raises OffStep where nobody of it is registered."""
        klass = ParticipantClass(TaxReceiver(code or TaxReceiver.OPERATOR))
        for participant in self._register.participants():
            if participant.participant_class is klass:
                return participant.number
        raise OffStep(_P.TRADING_TAX_RECEIVER)

    def changes_holds(self, number: int, terms: TradeTerms) -> bool:
        """Whether buy orders would have to hold something else under these terms."""
        before = self._terms[number]
        return any(np.any(np.asarray(before[name]) != getattr(terms, name)) for name in _HOLD_FIELDS)

    def begin_day(self, number: int, terms: TradeTerms, day: int, row: int, out: Recorder) -> None:
        """From here on trades of an instrument are settled by these terms; what is due settles."""
        now = self._terms[number]
        told = bool(now["watched"] or terms.watched or self._due[:, number].view("i8").any())
        if told and day > int(now["day"]):
            now["day_number"] += 1
        if told:
            now["day"] = day
            self._settle_due(number, terms, row, out)
        for name in ("watched", "charged", "limited"):
            now[name] = getattr(terms, name)
        for name, value in asdict(terms).items():
            now[name] = value
        self._x["totals"]["charged"] = int(self._terms["charged"].sum())
        self._count_open_buys(number)
        self._note_allocations(number, day)
        if told:
            out.add(
                EventKind.TRADE_TERMS_SET,
                row,
                instrument=number,
                quantity_lots=terms.units_days,
                remaining_lots=terms.cash_days,
                reference=terms.cash_usable,
                order_id=terms.fee_share_ppm[Side.BUY],
                counter_order_id=terms.tax_share_ppm[Side.BUY],
                amount_minor=terms.fee_minimum_minor,
                side=terms.tax_on_fee,
            )

    def _settle_due(self, number: int, terms: TradeTerms, row: int, out: Recorder) -> None:
        """Move what is due on the day that begins out of the unsettled pockets."""
        now = self._terms[number]
        due = self._due[:, number, int(now["day_number"]) % DUE_SLOTS]
        lots, amounts = due["lots"].copy(), due["amount_minor"].copy()
        usable_before = self._due["amount_minor"][:, number].sum(axis=1) * int(now["cash_usable"])
        due["lots"], due["amount_minor"] = 0, 0
        usable_now = self._due["amount_minor"][:, number].sum(axis=1) * terms.cash_usable
        self._x["cash"]["usable_minor"] += usable_now - usable_before
        self._pockets.add_units(_ALL, number, "unsettled_lots", -lots)
        self._pockets.add_units(_ALL, number, "available_lots", lots)
        self._pockets.add_cash(_ALL, "unsettled_minor", -amounts)
        self._pockets.add_cash(_ALL, "available_minor", amounts)
        for participant in np.flatnonzero(lots).tolist():
            columns = {"participant": participant, "instrument": number}
            out.add(EventKind.UNITS_SETTLED, row, **columns, quantity_lots=int(lots[participant]))
        for participant in np.flatnonzero(amounts).tolist():
            columns = {"participant": participant, "instrument": number}
            out.add(EventKind.CASH_SETTLED, row, **columns, amount_minor=int(amounts[participant]))

    def _count_open_buys(self, number: int) -> None:
        """What live buy orders and offers of blocks to buy may still bring, where a limit counts it."""
        counted = self._x["holdings"]["open_buy_lots"]
        counted[:, number] = 0
        if not self._terms["limited"][number]:
            return
        orders = waiting_orders(self._capacity, self._bytes, number)
        buys = orders[orders["side"] == Side.BUY]
        np.add.at(counted[:, number], buys["participant"], buys["remaining_lots"])
        offers = self._x["block_offers"][: int(self._x["blocks"]["used"])]
        offered = offers[(offers["instrument"] == number) & (offers["proposer_side"] == Side.BUY)]
        np.add.at(counted[:, number], offered["proposer"], offered["quantity_lots"])

    def _note_allocations(self, number: int, day: int) -> None:
        """The year's allocation of each account, where a limit counts from it."""
        self._x["holdings"]["allocated_lots"][:, number] = 0
        above = self._terms["above_allocation"][number]
        if not above.any():
            return
        year = (date(1970, 1, 1) + timedelta(days=day)).year
        for participant in self._register.participants():
            if above[participant.participant_class]:
                lots = self._facts.lots(Fact.ALLOCATION, participant.number, number, year)
                self._x["holdings"]["allocated_lots"][participant.number, number] = lots

    def link(self, groups: list[tuple[int, ...]]) -> None:
        """Who counts as one from here on, where a limit counts linked participants together."""
        following = self._x["next_linked"]
        following[:] = 0
        for group in groups:
            if len(group) > 1:
                following[list(group)] = (*group[1:], group[0])

    def due(self, participant: int) -> list[Due]:
        """What of an account is not settled, by instrument and then by day. O(instruments)."""
        found = []
        for number in range(1, len(self._terms)):
            for days in range(1, DUE_SLOTS + 1):
                due = self._due[participant, number, (int(self._terms["day_number"][number]) + days) % DUE_SLOTS]
                lots, amount = int(due["lots"]), int(due["amount_minor"])
                if lots or amount:
                    found.append(Due(participant, number, days, lots, amount))
        return found

    def digest_parts(self) -> list[bytes]:
        """What the state digest takes of it: terms that say something, and what is due, by days from now."""
        parts = []
        for number in np.flatnonzero(self._terms["watched"] | self._terms["day_number"]).tolist():
            terms = self._terms[number]
            decided = [name for name in terms.dtype.names or () if name != "day_number"]
            parts.append(f"terms {number}:".encode() + by_name(terms[decided]))
            for days in range(DUE_SLOTS):
                due = self._due[:, number, (int(terms["day_number"]) + days) % DUE_SLOTS]
                for participant in np.flatnonzero(due["lots"] | due["amount_minor"]).tolist():
                    line = (participant, days, due["lots"][participant], due["amount_minor"][participant])
                    parts.append(f"due {number}:".encode() + integers(*line))
            for participant, lots in enumerate(self._x["holdings"]["allocated_lots"][:, number].tolist()):
                if lots:
                    parts.append(f"allocated {number}:".encode() + integers(participant, lots))
        return parts
