"""Check an exported auction round with this file and nothing but Python: `python verify.py [FOLDER] [PUBLISHED ROOT]`.

It finds bids that were edited, dropped, added or moved after they were sealed, and recomputes the price. Which bids the
rules let in is taken from `result.json`, and checked by `awards.py`. Exit 0: agrees, 1: does not, 2: not covered.
"""

import csv
import hmac
import json
import sys
from bisect import bisect_left
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

Row = dict[str, Any]
NO_LIMIT = 2**99
RULES = "price_rule undersubscription_rule hidden_reserve_rule supply_step_rule release_rule guarantee_excess"
COVERED = """uniform pay_as_bid fixed none lowest_valid_bid at_reserve only_if_all_meet_hidden_reserve cancel decline
    raise_price at_step lowest_accepted_bid demand_above_trigger interim_price_above_trigger trimmed
    restored_at_bid_prices restored_at_every_tick"""


def check_seal(name: str, bids: list[Row], seal: Row, roots: Row) -> list[str]:
    """Is every bid the one that was sealed, at its place, and do all of them give the root?"""
    places, nodes, wrong = {leaf: place for place, leaf in enumerate(seal["leaves"], 1)}, [], []
    for place, bid in enumerate(bids, 1):
        salt = hmac.digest(bytes.fromhex(seal["secret"]), bid["bid_id"].encode(), "sha256")
        sent = [bid[key] for key in ("bid_id", "bidder", "class", "price", "quantity", "time")]
        text = json.dumps([name, *sent], separators=(",", ":"), ensure_ascii=False)
        nodes.append(sha256(b"\0" + salt + text.encode()).hexdigest())
        if (sealed := places.pop(nodes[-1], "none: edited or added")) != place:
            wrong.append(f"bid {bid['bid_id']} at place {place}: the place it was sealed at is {sealed}")
    wrong += [f"place {place}: the bid that was sealed here is edited or dropped" for place in places.values()]
    while len(nodes) > 1:
        pairs = [bytes.fromhex("01" + a + b) for a, b in zip(nodes[::2], nodes[1::2])]
        nodes = [sha256(pair).hexdigest() for pair in pairs] + nodes[len(nodes) & ~1 :]
    root = (nodes or [sha256(b"").hexdigest()])[0]
    return wrong + [f"root: {where} says {said}, the bids give {root}" for where, said in roots.items() if said != root]


def limit(terms: Row, bids: list[Row]) -> None:
    """Cuts `lots` to what caps, and guarantees that cut, leave of each bid, the best bids first."""
    step, by_sum, bidders = terms["quantity_step_lots"], terms["guarantee"] == "sum_of_values", terms["bidders"]
    own = [(part, [name]) for name in bidders for part in bidders[name]["caps"]]
    shared = [((cap["whole_lots"], cap["share_ppm"]), cap["bidders"]) for cap in terms["shared_caps"]]
    for (whole, share), members in own * (terms["cap_excess"] == "trimmed_at_clearing") + shared:
        left = whole * share // 10**6 // step * step
        for bid in (bid for bid in bids if bid["bidder"] in members):
            bid["lots"] = min(bid["lots"], left)
            left -= bid["lots"]
    for name in bidders if terms["guarantee_excess"] == "trimmed" else ():
        cash, above = bidders[name].get("covered_minor", NO_LIMIT), 0
        for bid in (bid for bid in bids if bid["bidder"] == name):
            worth = bid["at"] * terms["tick_value_minor"]
            room = cash // worth - above * (not by_sum)
            if bid["lots"] > room:
                bid["lots"], cash = max(0, room // step * step), 0
            above, cash = above + bid["lots"], cash - worth * bid["lots"] * by_sum


def highest(prices: Any, holds: Any) -> int:
    """The highest of rising prices at which something holds that holds at all below; 0 where there is none."""
    found = bisect_left(prices, True, key=lambda price: not holds(price))
    return prices[found - 1] if found else 0


def clear(terms: Row, bids: list[Row], supply: list[Row]) -> tuple[str, int, int]:
    """(how a round without a sale ended, else ""; price of its last lot; lowest bid met); marks the lines on offer."""
    valid = [bid for bid in bids if terms["lowest_valid_ticks"] <= bid["ticks"] <= terms["highest_valid_ticks"]]
    valid.sort(key=lambda bid: -bid["at"])
    limit(terms, valid)
    prices: Any = sorted({bid["at"] for bid in valid})
    hidden = terms["hidden_reserve_ticks"] * (terms["price_rule"] != "fixed")
    if terms["guarantee_excess"] == "restored_at_every_tick" and valid:
        prices = range(terms["lowest_valid_ticks"], prices[-1] + 1)

    def demand(price: int) -> int:
        asked, tested = dict.fromkeys(terms["bidders"], 0), [*prices[bisect_left(prices, price) :][:1], price][0]
        for bid in valid:
            asked[bid["bidder"]] += bid["lots"] * (bid["at"] >= price)
        if terms["guarantee_excess"].startswith("restored"):
            for name, facts in terms["bidders"].items():
                room = facts.get("covered_minor", NO_LIMIT) // (tested * terms["tick_value_minor"])
                asked[name] = min(asked[name], room - room % terms["quantity_step_lots"])
        return sum(asked.values())

    def lowest_accepted(price: int) -> int:
        return highest(prices, lambda higher: demand(higher) >= demand(price))

    def let_go(price: int) -> int:
        return sum(line["lots"] for line in supply if line["on_offer"] and line["least_ticks"] <= price)

    for trigger in sorted({line["trigger_ticks"] for line in supply} - {0}):
        above = demand(trigger + 1)
        if above + (above > 0 and terms["release_rule"] == "interim_price_above_trigger") > let_go(trigger):
            for line in supply:
                line["on_offer"] |= line["trigger_ticks"] == trigger
    if not bids or not let_go(NO_LIMIT) or not demand(1):
        return "reserve_not_met" if bids and let_go(NO_LIMIT) and not valid else "no_valid_bids", 0, 0
    steps = sorted({line["least_ticks"] for line in supply if line["on_offer"] and line["lots"]} - {0})
    price = max(highest(at, lambda price: demand(price) >= let_go(price - 1)) for at in (prices, steps))
    if terms["price_rule"] == "fixed":
        price = terms["fixed_price_ticks"]
    elif price and terms["supply_step_rule"] == "lowest_accepted_bid":
        price = max(price, lowest_accepted(price))
    elif not price:
        price, rule = lowest_accepted(1), terms["undersubscription_rule"]
        if rule == "cancel" or (rule == "only_if_all_meet_hidden_reserve" and price < hidden):
            return "cancelled" if rule == "cancel" else "declined", 0, 0
        price = (rule == "at_reserve" and terms["floor_ticks"]) or price
    if price < hidden and terms["hidden_reserve_rule"] != "raise_price":
        return "cancelled" if terms["hidden_reserve_rule"] == "cancel" else "declined", 0, 0
    price = price if price >= hidden else demand(hidden) and lowest_accepted(hidden)
    sold = price and demand(price) and let_go(price)
    return ("", price, lowest_accepted(price)) if sold else ("reserve_not_met", 0, 0)


def main(folder: Path, published: str) -> int | str:
    told, seal, result = (json.loads((folder / f"{n}.json").read_text("utf-8")) for n in ("round", "seal", "result"))
    terms, head, supply = told["terms"], told["round"], told["supply"]
    if others := sorted({terms[key] for key in RULES.split()} - {*COVERED.split()}) + terms["other"]:
        print("not recomputed: verify.py alone does not cover", ", ".join(others))
        return 2
    rows = csv.DictReader((folder / "bids.csv").read_text("utf-8").splitlines(True))
    bids: list[Row] = [row | {"quantity": int(row["quantity"])} for row in rows]
    roots = {"seal.json": seal["root"], "result.json": result["receipts"]["root"], "notice": published or seal["root"]}
    if wrong := check_seal(head["name"], bids, seal, roots):
        return "\n".join(wrong)
    refused = {row["bid_id"] for row in result["refused"]}
    for bid in bids:
        ticks = int(100 * Decimal(bid["price"])) // head["tick_minor"]
        bid |= {"lots": bid["quantity"] // head["lot_units"], "ticks": ticks, "at": terms["fixed_price_ticks"] or ticks}
    for line in supply:
        line["on_offer"] = not line["trigger_ticks"]
        line["least_ticks"] = line["minimum_ticks"] * (line["minimum_ticks"] > terms["floor_ticks"])
    status, price, _ = clear(terms, [bid for bid in bids if bid["bid_id"] not in refused], supply)
    was = 100 * Decimal(result["clearing_price"] or 0)
    if (status and status != result["status"]) or price * head["tick_minor"] != was:
        return f"price: recomputed {price} ticks {status}, result.json says {result['clearing_price']}"
    print(f"bids and price agree: {len(bids)} bids under the root {seal['root']}; awards.py checks the rest")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path([*sys.argv, "."][1]), [*sys.argv, "", ""][2]))
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.exit(f"the folder is damaged: {error!r}")
