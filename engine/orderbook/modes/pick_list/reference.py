"""Pick-list trading with plain lists, in plain Python integers. For tests.

Words and numbers are those of the rows and events; nothing is imported from the compiled side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PRICE_MAX = 2**30
QUANTITY_MAX = 2**32 - 1
BUY, SELL = 1, 2
LIMIT, IOC, FOK = 1, 2, 3

SlowEvent = tuple[str, str, int, int, int, int, int, int, int, int]
"""(kind, outcome, row, side, participant, order, counter order, price, quantity, remaining)."""


@dataclass
class PickRow:
    command: str
    actor: int
    order: int
    request: int = 0
    side: int = 0
    order_type: int = LIMIT
    tif: int = 1
    price: int = 0
    quantity: int = 0


@dataclass
class Listing:
    order: int
    participant: int
    side: int
    price: int
    quantity: int


@dataclass
class SlowPickList:
    """Listings of one instrument in order of arrival at their price; `groups` maps participants to their group."""

    reach: int
    any_at_level: bool
    low: int = 0
    high: int = 0
    groups: dict[int, int] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)

    def apply(self, rows: list[PickRow]) -> list[SlowEvent]:
        return [event for number, row in enumerate(rows) for event in self.row(number, row)]

    def row(self, number: int, row: PickRow) -> list[SlowEvent]:
        why = self.why_not(row)
        if why:
            return [("REFUSED", why, number, 0, row.actor, row.order, 0, row.price, row.quantity, 0)]
        if row.command == "NEW":
            made = Listing(row.order, row.actor, row.side, row.price, row.quantity)
            self.listings.append(made)
            return [self.event("ORDER_ACCEPTED", number, made, made.price, made.quantity, 0)]
        found = next(listing for listing in self.listings if listing.order == row.order)
        if row.command == "CANCEL":
            self.listings.remove(found)
            return [self.event("ORDER_CANCELLED", number, found, found.price, found.quantity, 0)]
        if row.command == "REDUCE":
            found.quantity -= row.quantity
            return [self.event("ORDER_REDUCED", number, found, found.price, row.quantity, found.quantity)]
        if row.command == "REPLACE":
            before = found.quantity
            self.listings.remove(found)
            found.price, found.quantity = row.price, row.quantity
            self.listings.append(found)
            return [self.event("ORDER_REPLACED", number, found, row.price, row.quantity, before)]
        return self.take(number, row, found)

    def take(self, number: int, row: PickRow, found: Listing) -> list[SlowEvent]:
        side = BUY + SELL - found.side
        found.quantity -= row.quantity
        if not found.quantity:
            self.listings.remove(found)
        head = ("ACCEPTED", number, side, row.actor, row.request)
        return [
            ("ORDER_ACCEPTED", *head, 0, found.price, row.quantity, 0),
            ("TRADE", *head, found.order, found.price, row.quantity, found.quantity),
        ]

    @staticmethod
    def event(kind: str, number: int, o: Listing, price: int, quantity: int, remaining: int) -> SlowEvent:
        return kind, "ACCEPTED", number, o.side, o.participant, o.order, 0, price, quantity, remaining

    def find(self, order: int) -> Listing | None:
        return next((listing for listing in self.listings if listing.order == order), None)

    def group(self, participant: int) -> int:
        return self.groups.get(participant, participant)

    def reachable(self, found: Listing) -> bool:
        """Whether the venue's rule lets this listing be picked now."""
        same = [o for o in self.listings if o.side == found.side]
        prices = sorted({o.price for o in same}, reverse=found.side == BUY)
        oldest = next(o for o in same if o.price == found.price)
        near = self.reach == 0 or found.price in prices[: self.reach]
        return near and (self.any_at_level or oldest is found)

    def outside(self, price: int) -> bool:
        return price < self.low or bool(self.high and price > self.high)

    def why_not(self, row: PickRow) -> str:
        """The first reason against a row, empty when there is none."""
        found = self.find(row.order)
        new, take = row.command == "NEW", row.command == "TAKE"
        priced = row.command in ("NEW", "REPLACE")
        sized = row.command in ("NEW", "REPLACE", "REDUCE", "TAKE")
        known = row.command in ("NEW", "CANCEL", "REDUCE", "REPLACE", "TAKE")
        taken = found.price if found else 0
        reasons = [
            (not known or (take and row.request < 1), "UNKNOWN_COMMAND"),
            (priced and not 1 <= row.price <= PRICE_MAX, "PRICE_OUT_OF_BOUNDS"),
            (sized and not 1 <= row.quantity <= QUANTITY_MAX, "QUANTITY_OUT_OF_BOUNDS"),
            (not new and found is None, "ORDER_UNKNOWN"),
            (new and (row.order_type != LIMIT or row.tif in (IOC, FOK)), "ORDER_TYPE_NOT_OFFERED"),
            (
                row.command == "REDUCE" and found is not None and row.quantity >= found.quantity,
                "REDUCTION_NOT_BELOW_REMAINING",
            ),
            (new and found is not None, "ORDER_ALREADY_LIVE"),
            ((priced and self.outside(row.price)) or (take and self.outside(taken)), "PRICE_OUTSIDE_BAND"),
            (
                take and found is not None and self.group(row.actor) == self.group(found.participant),
                "LISTING_OF_OWN_GROUP",
            ),
            (take and found is not None and not self.reachable(found), "LISTING_OUT_OF_REACH"),
            (take and found is not None and row.quantity > found.quantity, "QUANTITY_ABOVE_LISTING"),
        ]
        return next((reason for holds, reason in reasons if holds), "")

    def waiting(self) -> list[tuple[int, int, int, int]]:
        """(side, price, order, quantity): buys, then sells, best first, oldest first."""
        buys = sorted((o for o in self.listings if o.side == BUY), key=lambda o: -o.price)
        sells = sorted((o for o in self.listings if o.side == SELL), key=lambda o: o.price)
        return [(o.side, o.price, o.order, o.quantity) for o in buys + sells]
