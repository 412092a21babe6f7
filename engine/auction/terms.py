"""The terms of one round, as integers and enums: what a rule book's auction chapter becomes before anything clears.

Each setting is independent of the others. The numbers are what kernels read and what the journal stores, so they are
frozen once released; the words (lower case of the member's name) are what rule books write.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class PriceRule(IntEnum):
    """What a winner pays (成交价规则)."""

    UNIFORM = 1
    """Everyone pays the lowest accepted bid."""
    PAY_AS_BID = 2
    """Each winner pays its own bid (按买方申报价成交)."""
    FIXED = 3
    """Everyone pays a price named beforehand; every bid that reaches it counts as a bid at that price."""
    HIGHEST_ACCEPTED_OFFER = 4
    """Everyone pays the highest minimum of the sellers that sold (the supply side sets the price)."""
    MIDPOINT = 5
    """Everyone pays the middle between the lowest accepted bid and the highest accepted minimum, a half going up."""


class UndersubscriptionRule(IntEnum):
    """The uniform price when valid demand is below supply (未足额认购)."""

    LOWEST_VALID_BID = 1
    """Everyone at the lowest valid bid, which is not always the reserve price (Shenzhen 2014, 七-三)."""
    AT_RESERVE = 2
    """Everyone at the reserve price (BritNed); without a reserve price, as `LOWEST_VALID_BID`."""
    CANCEL = 3
    """Nothing is sold (EU 1031/2010 Art. 7(5))."""
    ONLY_IF_ALL_MEET_HIDDEN_RESERVE = 4
    """As `LOWEST_VALID_BID` when every valid bid is at the hidden reserve or above, else declined (New Zealand)."""


class HiddenReserveRule(IntEnum):
    """What happens when the price that came out lies below a confidential reserve (保密底价)."""

    DECLINE = 1
    """Nothing is sold, the round ends `DECLINED` (New Zealand)."""
    CANCEL = 2
    """Nothing is sold, the round ends `CANCELLED` (EU 1031/2010 Art. 7(6))."""
    RAISE_PRICE = 3
    """The price becomes the lowest bid at the hidden reserve or above, and less is sold (UK 2021/484 reg. 7(1)(b))."""


class SupplyStepRule(IntEnum):
    """The uniform price where the curves cross at a seller's minimum or a release trigger that nobody bid."""

    AT_STEP = 1
    """That minimum: the price is where the curves cross (as RGGI prices a partly sold cost containment reserve)."""
    LOWEST_ACCEPTED_BID = 2
    """The lowest accepted bid above it."""


class MarginRule(IntEnum):
    """Who is served among equal prices when not all can be (边际配给)."""

    TIME_PRIORITY = 1
    """Earlier bids first; the last one served gets what is left."""
    PRO_RATA_LARGEST_REMAINDER = 2
    """In proportion to quantity, rounded down; lots left over go to the largest remainders, then the earlier bid."""
    RANDOM_ORDER = 3
    """In the order of a recorded draw; the last one served gets what is left (EU, UK)."""
    PRO_RATA_RANDOM_UNITS = 4
    """In proportion, rounded down; lots left over go one each in the order of a recorded draw (Québec s. 61.5)."""
    PRO_RATA_FIRST = 5
    """In proportion, rounded down; lots left over go one each to the earlier bids."""
    PERCENTAGE_ROUNDED_UP = 6
    """The share served is rounded up to 0.01 percentage point and each award up to a lot (31 CFR 356.22): awards may
    pass the supply by a bounded overshoot."""
    PRO_RATA_WITH_MINIMUMS = 7
    """In proportion by largest remainder; bids whose share is below their own minimum are dropped and the shares are
    computed again, until none is (FERC RP99-288)."""


class MarginUnit(IntEnum):
    """Who shares at the margin."""

    BID = 1
    """Every bid for itself."""
    BIDDER = 2
    """Every bidder with the sum of its bids there (Québec: a share and a random number for each party)."""


class ShortSaleRule(IntEnum):
    """How lines of one rank share a sale that does not take all of them."""

    LARGEST_REMAINDER = 1
    """In proportion, rounded down; lots left over go to the largest remainders, then to the lower seller."""
    RANDOM_UNITS = 2
    """In proportion, rounded down; lots left over go one each in the order of a recorded draw (Québec s. 54.1)."""


class ReleaseRule(IntEnum):
    """When a line with a trigger joins the supply; the two differ where demand above it just equals the supply."""

    DEMAND_ABOVE_TRIGGER = 1
    """When demand above the trigger exceeds what is on offer without the line (RGGI, Md. 26.09.04.06 B(2))."""
    INTERIM_PRICE_ABOVE_TRIGGER = 2
    """When the price without the line would be above the trigger (New Zealand)."""


class ReserveComparator(IntEnum):
    """How a bid at the reserve price is treated: Shenzhen 2014 wrote 高于 (above) and sold at the floor."""

    AT_OR_ABOVE = 1
    ABOVE = 2


class BelowReserve(IntEnum):
    """Where a bid below a public reserve ends."""

    REFUSED_AT_ENTRY = 1
    VOID_AT_CLEARING = 2


class GuaranteeRule(IntEnum):
    """The cash a bid holds (竞买保证金)."""

    SUM_OF_VALUES = 1
    """The sum of price x quantity over a bidder's bids."""
    MAXIMUM_VALUE = 2
    """The largest, over a bidder's own prices p, of p x quantity bid at p or above."""


class GuaranteeExcess(IntEnum):
    """What becomes of lots whose value passes the bidder's guarantee."""

    TRIMMED = 1
    """Lots are taken off from the lowest price up, until the guarantee covers the rest."""
    RESTORED_AT_BID_PRICES = 2
    """They return as new bids at every lower price that anybody bid, as far as the guarantee covers them there
    (Québec Q-2 r.46.1 s. 52). Uniform prices only."""
    RESTORED_AT_EVERY_TICK = 3
    """The same at every tick, which may set a price that nobody bid."""


class ProceedsRule(IntEnum):
    """How payments reach the sellers under pay-as-bid (under a uniform price both give price x sold)."""

    POOL = 1
    """Payments form one pool, split by units sold, the last minor units by largest remainder."""
    BY_TRANCHE = 2
    """The best-paying lots are those sold first: payments stay with their place in the order of sale."""


class PaymentRounding(IntEnum):
    """How a payment becomes a multiple of the payment step."""

    NEAREST = 1
    """To the nearest multiple, a half going up (Swiss quota auctions: five hundredths)."""
    DOWN = 2
    """What is left over a multiple is dropped."""
    UP = 3
    """To the next multiple."""


class UnsoldRule(IntEnum):
    """Where units go that found no buyer."""

    RETURN_TO_OWNER = 1
    NEXT_ROUND = 2
    SPREAD_OVER_ROUNDS = 3
    """In equal parts to as many later rounds as the rules say (EU: four), where given up to a cap for each (UK)."""
    NEXT_IN_YEAR = 4
    """To the next round of the same calendar year; after its last one, back to the owner (New Zealand)."""
    RESERVE = 5
    """Into the reserve account."""


class BidStatus(IntEnum):
    """Where a bid stands when its round has ended: exactly one of these."""

    AWARDED = 1
    """All its lots."""
    PARTLY_AWARDED = 2
    NOT_AWARDED = 3
    """Valid, and nothing; also where limits left nothing of it."""
    INVALID = 4
    """Below the reserve price, above a ceiling, or without lots."""


class RoundStatus(IntEnum):
    """How a round ended."""

    CLEARED = 1
    """Everything on offer is sold."""
    PARTIALLY_CLEARED = 2
    """Something is sold, something is left."""
    RESERVE_NOT_MET = 3
    """There were bids, none at the reserve."""
    NO_VALID_BIDS = 4
    """There was nothing to clear."""
    CANCELLED = 5
    """The rules cancel the round (for example: undersubscribed under `CANCEL`), or an operator did."""
    DECLINED = 6
    """A hidden reserve declined the result."""


@dataclass(frozen=True)
class Terms:
    """What clearing needs to know of the rules.

    0 means that there is none for `reserve_price_ticks`, `hidden_reserve_ticks` and `ceiling_price_ticks` (bids above
    it are void). `fixed_price_ticks` is read under `PriceRule.FIXED` only. `tick_value_minor` is the money value of one
    tick of one lot; a bid's payment is rounded to multiples of `payment_step_minor` by `payment_rounding`. `margin_lot`
    is the multiple of lots to which `PERCENTAGE_ROUNDED_UP` rounds an award; `limit_step_lots` the multiple to which
    caps and guarantees leave a bidder's lots.
    """

    price_rule: PriceRule
    undersubscription_rule: UndersubscriptionRule = UndersubscriptionRule.LOWEST_VALID_BID
    margin_rule: MarginRule = MarginRule.TIME_PRIORITY
    reserve_price_ticks: int = 0
    reserve_comparator: ReserveComparator = ReserveComparator.AT_OR_ABOVE
    below_reserve: BelowReserve = BelowReserve.REFUSED_AT_ENTRY
    proceeds_rule: ProceedsRule = ProceedsRule.POOL
    tick_value_minor: int = 1
    fixed_price_ticks: int = 0
    ceiling_price_ticks: int = 0
    hidden_reserve_ticks: int = 0
    hidden_reserve_rule: HiddenReserveRule = HiddenReserveRule.DECLINE
    supply_step_rule: SupplyStepRule = SupplyStepRule.AT_STEP
    payment_step_minor: int = 1
    payment_rounding: PaymentRounding = PaymentRounding.NEAREST
    margin_lot: int = 1
    margin_unit: MarginUnit = MarginUnit.BID
    short_sale_rule: ShortSaleRule = ShortSaleRule.LARGEST_REMAINDER
    release_rule: ReleaseRule = ReleaseRule.DEMAND_ABOVE_TRIGGER
    guarantee_rule: GuaranteeRule = GuaranteeRule.MAXIMUM_VALUE
    guarantee_excess: GuaranteeExcess = GuaranteeExcess.TRIMMED
    limit_step_lots: int = 1

    @property
    def lowest_valid_price_ticks(self) -> int:
        """The lowest price at which a bid is valid; 1 when there is no reserve price."""
        above = self.reserve_price_ticks > 0 and self.reserve_comparator == ReserveComparator.ABOVE
        return max(1, self.reserve_price_ticks + above)
