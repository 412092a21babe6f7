"""The sellers' side of one sealed-bid round, for `verify.py` beside it: what each line of supply sold, and received.

Plain integers: lots, ticks, minor units.
"""

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


def covered(terms: Row, who: Row, price: int, lots: int) -> bool:
    """Whether what a bidder put up beforehand covers its bids with this one, where bids were committed to."""
    rule = terms.get("committed")
    if not rule:
        return True
    asked = sorted([*who["asked"], (price, lots)], reverse=True)
    sums = list(accumulate(lots for _, lots in asked))
    worth = sum(price * lots for price, lots in asked)
    if terms["guarantee"] == "maximum_value":
        worth = max(price * sums[i] for i, (price, _) in enumerate(asked))
    worth *= terms["tick_value_minor"]
    parts = [-(-worth * rule[share] // 10**6) for share in ("guarantee_share_ppm", "fee_buyer_ppm")]
    held: int = sum(parts) + (terms["payment_step_minor"] - 1) * len(asked)
    put_up: int = who["put_up_minor"]
    return held <= put_up


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
