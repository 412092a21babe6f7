"""What trades lead to in a drawn world, worked out in fractions: the auditor's own reading of fees and taxes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from engine.commands import Side
from engine.events import Charge

OPERATOR = 1
"""Fees go to the venue's first operator."""


@dataclass(frozen=True)
class Due:
    """One charge that a trade leads to: who pays it on which side, what it is, to whom, how much."""

    payer: int
    side: int
    charge: Charge
    receiver: int
    amount: int


@dataclass(frozen=True)
class Levies:
    """Shares in parts per million of the value (taxes: of the fee), a least fee, one rounding, who receives taxes."""

    fee_buyer: int = 0
    fee_seller: int = 0
    minimum: int = 0
    tax_buyer: int = 0
    rounds_up: bool = False
    tax_receiver: int = OPERATOR
    lock_days: int = 0
    """Trading days before what was bought may be sold."""

    def rounded(self, amount: Fraction) -> int:
        return ceil(amount) if self.rounds_up else floor(amount + Fraction(1, 2))

    def most_a_lot(self, value: int) -> int:
        """What a buyer sets aside for each lot beside its price; the price of a lot is `value`."""
        fee = max(self.minimum, ceil(Fraction(value * self.fee_buyer, 10**6))) if self.fee_buyer and value else 0
        return fee + ceil(Fraction(fee * self.tax_buyer, 10**6))

    def most_on_arrival(self, cost: int, lots: int) -> int:
        """The same for a buyer without a limit, who pays `cost` in at most so many trades as lots."""
        fee = ceil(Fraction(cost * self.fee_buyer, 10**6)) + lots * (self.minimum + 1) if self.fee_buyer else 0
        return fee + (ceil(Fraction(fee * self.tax_buyer, 10**6)) + lots if self.tax_buyer else 0)

    def dues(self, buyer: int, seller: int, paid: int) -> list[Due]:
        """What both sides of a trade owe besides its price."""
        found = []
        for payer, side, share, tax_share in (
            (buyer, Side.BUY, self.fee_buyer, self.tax_buyer),
            (seller, Side.SELL, self.fee_seller, 0),
        ):
            if not share:
                continue
            fee = max(self.minimum, self.rounded(Fraction(paid * share, 10**6)))
            fee = min(fee, paid) if side is Side.SELL else fee
            tax = self.rounded(Fraction(fee * tax_share, 10**6))
            found.append(Due(payer, int(side), Charge.FEE, OPERATOR, fee))
            found.append(Due(payer, int(side), Charge.TAX, self.tax_receiver, tax))
        return [due for due in found if due.amount]


FREE_OF_CHARGE = Levies()
