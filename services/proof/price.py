"""Price and awards of one sealed-bid round, for `verify.py` beside it: all of it asks what counts at a price.

Plain integers, in ticks and lots. A bidder's demand at a price is the least of what it bid there or above, its caps,
and the lots that its guarantee covers there; demand of the round is the sum, and its crossing with supply the price.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path
from runpy import run_path
from typing import Any

Row = dict[str, Any]
NO_LIMIT = 2**99
split: Callable[..., list[int]] = run_path(str(Path(__file__).with_name("sale.py")))["split"]


def highest(prices: Sequence[int], holds: Callable[[int], bool]) -> int:
    """The highest of rising prices at which something holds that holds at all below; 0 where there is none."""
    found = bisect_left(prices, True, key=lambda price: not holds(price))
    return prices[found - 1] if found else 0


class Demand:
    """Valid bids, best first, with what caps leave of each as `kept`; what counts of them at a price is a question."""

    def __init__(self, terms: Row, bids: list[Row]) -> None:
        self.bids, self.step = sorted(bids, key=lambda bid: -bid["at"]), terms["quantity_step_lots"]
        self.value, self.excess = terms["tick_value_minor"], terms["guarantee_excess"]
        self.prices: Sequence[int] = sorted({bid["at"] for bid in bids})
        if self.excess == "restored_at_every_tick" and bids:
            self.prices = range(terms["lowest_valid_ticks"], self.prices[-1] + 1)
        self.cash = {bid["bidder"]: bid["who"].get("covered_minor", NO_LIMIT) for bid in bids}
        caps = [(bid["cap"], {name}) for name, bid in {bid["bidder"]: bid for bid in bids}.items()]
        caps = caps if terms["cap_excess"] == "trimmed_at_clearing" else []
        caps += [(cap["whole_lots"] * cap["share_ppm"] // 10**6, set(cap["bidders"])) for cap in terms["shared_caps"]]
        for bid in bids:
            bid["kept"] = bid["lots"]
        for cap, members in caps:
            left = cap // self.step * self.step
            for bid in self.bids:
                if bid["bidder"] in members:
                    bid["kept"] = min(bid["kept"], left)
                    left -= bid["kept"]
        if self.excess == "trimmed":
            for name, cash in self.cash.items():
                self._trim([bid for bid in self.bids if bid["bidder"] == name], cash, terms["guarantee"])

    def _trim(self, bids: list[Row], cash: int, rule: str) -> None:
        """Take off what a guarantee does not cover of a bidder's bids: their values together, or the largest of price x
        lots bid at it or above."""
        lots = spent = 0
        for bid in bids:
            worth = bid["at"] * self.value
            most = lots + (cash - spent) // worth if rule == "sum_of_values" else cash // worth
            if lots + bid["kept"] > most:
                bid["kept"], cash = max(0, min(bid["kept"], most // self.step * self.step - lots)), 0
            lots, spent = lots + bid["kept"], spent + worth * bid["kept"]

    def lots_at(self, price: int) -> list[int]:
        """Lots of each bid that count at a price: asked there or above and, where guarantees restore, covered there."""
        place = bisect_left(self.prices, price)
        tested = (self.prices[place] if place < len(self.prices) else price) * self.value
        room = dict.fromkeys(self.cash, NO_LIMIT)
        if self.excess.startswith("restored"):
            room = {name: cash // tested // self.step * self.step for name, cash in self.cash.items()}
        lots = []
        for bid in self.bids:
            lots.append(min(bid["kept"], room[bid["bidder"]]) * (bid["at"] >= price))
            room[bid["bidder"]] -= lots[-1]
        return lots

    def at(self, price: int) -> int:
        return sum(self.lots_at(price))

    def lowest_accepted(self, price: int) -> int:
        """The highest price at which as much is asked as at this one; 0 where nothing is."""
        lots = self.at(price)
        return highest(self.prices, lambda higher: self.at(higher) >= lots) if lots else 0


def find_price(terms: Row, demand: Demand, let_go: Callable[[int], int], steps: list[int]) -> tuple[str, int]:
    """The highest price at which demand reaches what sellers let go below it, or what the rules say where none is."""
    short, hidden = terms["undersubscription_rule"], terms["hidden_reserve_ticks"]
    if terms["price_rule"] == "fixed":
        return "", int(terms["fixed_price_ticks"])
    price = max(highest(prices, lambda at: demand.at(at) >= let_go(at - 1)) for prices in (demand.prices, steps))
    if price and terms["supply_step_rule"] == "lowest_accepted_bid":
        price = max(price, demand.lowest_accepted(price))
    elif not price:
        price = demand.lowest_accepted(1)
        if short == "cancel" or (short == "only_if_all_meet_hidden_reserve" and price < hidden):
            return "cancelled" if short == "cancel" else "declined", 0
        price = terms["floor_ticks"] if short == "at_reserve" and terms["floor_ticks"] else price
    if price >= hidden:
        return "", price
    if terms["hidden_reserve_rule"] != "raise_price":
        return "cancelled" if terms["hidden_reserve_rule"] == "cancel" else "declined", 0
    raised = demand.lowest_accepted(hidden)
    return "" if raised else "reserve_not_met", raised


def award(terms: Row, demand: Demand, bids: list[Row], price: int, supply: int) -> None:
    """In full what counts above the price; what counts at it only shares what is left, by bid or by bidder."""
    for bid, above, lots in zip(demand.bids, demand.lots_at(price + 1), demand.lots_at(price)):
        bid["won"], bid["asks"] = above, lots - above
    rule, left, parties = terms["margin_rule"], supply - sum(bid["won"] for bid in demand.bids), dict[str, list[Row]]()
    for bid in (bid for bid in bids if bid.get("asks")):
        parties.setdefault(bid["bidder" if terms["margin_unit"] == "bidder" else "bid_id"], []).append(bid)
    shares = list(parties.values())
    if rule in ("random_order", "pro_rata_random_units"):
        shares.sort(key=lambda own: min(bid["drawn"] for bid in own))
    asked = [sum(bid["asks"] for bid in own) for own in shares]
    parts = [max(0, min(lots, left - ahead)) for lots, ahead in zip(asked, accumulate([0, *asked]))]
    if rule.startswith("pro_rata") and sum(asked) > left:
        parts = split(left, asked, rule == "pro_rata_largest_remainder")
    elif rule == "percentage_rounded_up" and sum(asked) > left:
        percent, step = -(-(10**4) * left // sum(asked)), terms["margin_lot"]
        parts = [min(lots, -(-lots * percent // (10**4 * step)) * step) for lots in asked]
    for own, part in zip(shares, parts):
        for bid in own:
            bid["won"], part = bid["won"] + min(bid["asks"], part), part - min(bid["asks"], part)


def clear(terms: Row, bids: list[Row], supply: list[Row]) -> tuple[str, int, int]:
    """(how a round without a sale ended, else "", marginal price, lowest price that any winner bid); fills `won` of the
    bids and `on_offer` of the lines of supply."""
    valid = [bid for bid in bids if terms["lowest_valid_ticks"] <= bid["ticks"] <= terms["highest_valid_ticks"]]
    demand = Demand(terms, valid)

    def let_go(price: int) -> int:
        return sum(line["lots"] for line in supply if line["on_offer"] and line["least_ticks"] <= price)

    for trigger in sorted({line["trigger_ticks"] for line in supply} - {0}):
        above = demand.at(trigger + 1)
        if above + (above > 0 and terms["release_rule"] == "interim_price_above_trigger") > let_go(trigger):
            for line in supply:
                line["on_offer"] |= line["trigger_ticks"] == trigger
    if not bids or not let_go(NO_LIMIT) or not demand.at(1):
        return "reserve_not_met" if bids and let_go(NO_LIMIT) and not valid else "no_valid_bids", 0, 0
    steps = sorted({line["least_ticks"] for line in supply if line["on_offer"] and line["lots"]} - {0})
    status, price = find_price(terms, demand, let_go, steps)
    if not status:
        award(terms, demand, bids, price, let_go(price))
    return status, price, demand.lowest_accepted(price) if price else 0
