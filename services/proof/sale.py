"""How the sale of one sealed-bid round is divided, for `awards.py` beside it: lots among bids that reached the
price, lots among lines of supply, money among sellers. Plain integers: lots, ticks, minor units.
"""

from bisect import bisect_left
from itertools import accumulate
from typing import Any

Row = dict[str, Any]


def split(total: int, weights: list[int], by_remainder: bool = True) -> list[int]:
    """In proportion, rounded down; what is left goes one each to the largest remainders, or just to the first."""
    whole, some = max(1, sum(weights)), [i for i, weight in enumerate(weights) if weight]
    parts = [total * weight // whole for weight in weights]
    for i in sorted(some, key=lambda i: -(total * weights[i] % whole) * by_remainder)[: total - sum(parts)]:
        parts[i] += 1
    return parts


def lots_at(terms: Row, bids: list[Row], price: int) -> list[int]:
    """Lots of each valid bid, best first, that count at a price: asked there or above and, where guarantees restore,
    covered there."""
    step, rule, lots = terms["quantity_step_lots"], terms["guarantee_excess"], list[int]()
    prices: Any = sorted({bid["at"] for bid in bids})
    if rule == "restored_at_every_tick" and bids:
        prices = range(terms["lowest_valid_ticks"], prices[-1] + 1)
    tested = [*prices[bisect_left(prices, price) :][:1], price][0] * terms["tick_value_minor"]
    room = {name: who.get("covered_minor", 2**99) // tested // step * step for name, who in terms["bidders"].items()}
    for bid in bids:
        left = room[bid["bidder"]] if rule.startswith("restored") else bid["lots"]
        lots.append(min(bid["lots"], left) * (bid["at"] >= price))
        room[bid["bidder"]] -= lots[-1]
    return lots


def award(terms: Row, entered: list[Row], price: int, supply: int) -> None:
    """Fills `won`: in full what counts above the price; what counts at it shares what is left, by bid or bidder."""
    bids = [bid for bid in entered if terms["lowest_valid_ticks"] <= bid["ticks"] <= terms["highest_valid_ticks"]]
    bids.sort(key=lambda bid: -bid["at"])
    for bid, above, lots in zip(bids, lots_at(terms, bids, price + 1), lots_at(terms, bids, price)):
        bid["won"], bid["asks"] = above, lots - above
    rule, left, parties = terms["margin_rule"], supply - sum(bid["won"] for bid in bids), dict[str, list[Row]]()
    for bid in (bid for bid in entered if bid.get("asks")):
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


def sell(terms: Row, supply: list[Row], price: int, total: int) -> None:
    """Fills `sold` of the lines: groups share by their offers, ranks take their turn, lines of one rank share again;
    lines at exactly their own minimum come after all others."""
    drawn = terms["short_sale_rule"] == "random_units"
    lines = [line for line in supply if line["on_offer"] and line["least_ticks"] <= price]
    for last in (False, True):
        here = [line for line in lines if (line["least_ticks"] == price) == last]
        groups = sorted({line["group"] for line in here})
        offers = [sum(line["lots"] for line in here if line["group"] == group) for group in groups]
        for group, left in zip(groups, split(min(total, sum(offers)), offers)):
            for rank in sorted({line["rank"] for line in here}):
                own = [line for line in here if (line["group"], line["rank"]) == (group, rank)]
                own.sort(key=lambda line: line["drawn"] if drawn else 0)
                lots = [line["lots"] for line in own]
                for line, part in zip(own, split(min(left, sum(lots)), lots, not drawn)):
                    line["sold"], left, total = part, left - part, total - part
    if total:  # A percentage rounded up gave more than was offered: the line that sells last finds it.
        max(lines, key=lambda line: (line["rank"], line["group"], line["seller_number"], line["line"]))["sold"] += total


def finish(terms: Row, supply: list[Row], sold: int, marginal: int, lowest: int) -> tuple[str, int]:
    """(how a round that came to a price ended, what a lot costs in ticks); `lowest` is the lowest bid that won."""
    if not sold:
        return "reserve_not_met", 0
    market = sum(line["sold"] if line["withheld"] else line["lots"] for line in supply if line["on_offer"])
    offer = max([1, terms["floor_ticks"], *(line["minimum_ticks"] for line in supply if line["sold"])])
    price = {"highest_accepted_offer": offer, "midpoint": (lowest + offer + 1) // 2}.get(terms["price_rule"], marginal)
    return "cleared" if sold >= market else "partially_cleared", price


def payment(terms: Row, exact_minor: int) -> int:
    """What is paid of an exact amount: a multiple of the step that the rules name."""
    step: int = terms["payment_step_minor"]
    more = {"nearest": step // 2, "down": 0, "up": step - 1}[terms["payment_rounding_rule"]]
    return (exact_minor + more) // step * step


def share(terms: Row, paid: list[tuple[int, int]], supply: list[Row]) -> None:
    """Fills `proceeds` of the lines from (lots, money) of all winners, the best price first: one pool for all, or each
    rank what the lots paid that it sold."""

    def paid_for(lots: int) -> int:
        before = accumulate([0, *(won for won, _ in paid)])
        return sum(money * max(0, min(won, lots - at)) // won for (won, money), at in zip(paid, before))

    start = 0
    for rank in sorted({line["rank"] for line in supply}) if terms["proceeds_rule"] == "by_tranche" else [None]:
        own = [line for line in supply if rank in (None, line["rank"])]
        own.sort(key=lambda line: (line["seller_number"], 0 if rank is None else line["group"]))
        end = start + sum(line["sold"] for line in own)
        for line, part in zip(own, split(paid_for(end) - paid_for(start), [line["sold"] for line in own])):
            line["proceeds"] = part
        start = end
