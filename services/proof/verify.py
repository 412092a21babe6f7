"""Recompute an exported auction round with nothing but Python: `python verify.py [FOLDER] [PUBLISHED ROOT]`.

Exit 0: all agrees, 1: it does not, 2: a rule is not covered. Who edits bids can adjust a folder, not the notice's root.
"""

import csv
import hmac
import json
import sys
from collections import Counter
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

Row = dict[str, Any]
COVERED = {"uniform", "pay_as_bid", "fixed", "none", "lowest_valid_bid", "at_reserve", "cancel", "pool"}
COVERED |= {"time_priority", "random_order", "pro_rata_largest_remainder"}


def digest(value: object, before: bytes = b"") -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(before + text.encode()).hexdigest()


def split(total: int, weights: list[int]) -> list[int]:
    """In proportion, rounded down; what is left goes one each to the largest remainders, the first among equals."""
    whole = max(1, sum(weights))
    parts = [total * weight // whole for weight in weights]
    for i in sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))[: total - sum(parts)]:
        parts[i] += 1
    return parts


def check_seal(name: str, bids: list[Row], seal: Row, roots: Row) -> list[str]:
    """Is every bid the one that was sealed, at its place, and do all of them give the root?"""
    places, nodes, wrong = {leaf: place for place, leaf in enumerate(seal["leaves"], 1)}, [], []
    for place, bid in enumerate(bids, 1):
        salt = hmac.digest(bytes.fromhex(seal["secret"]), bid["bid_id"].encode(), "sha256")
        sent = [bid[key] for key in ("bid_id", "bidder", "class", "price", "quantity", "time")]
        nodes.append(digest([name, *sent], b"\0" + salt))
        if (sealed := places.pop(nodes[-1], "none: edited or added")) != place:
            wrong.append(f"bid {bid['bid_id']} at place {place}: the place it was sealed at is {sealed}")
    wrong += [f"place {place}: the bid that was sealed here is edited or dropped" for place in places.values()]
    while len(nodes) > 1:
        pairs = [bytes.fromhex("01" + a + b) for a, b in zip(nodes[::2], nodes[1::2])]
        nodes = [sha256(pair).hexdigest() for pair in pairs] + nodes[len(nodes) & ~1 :]
    root = (nodes or [sha256(b"").hexdigest()])[0]
    return wrong + [f"root: {where} says {said}, the bids give {root}" for where, said in roots.items() if said != root]


def refusals(terms: Row, bids: list[Row], supply: list[Row]) -> dict[str, bool]:
    counts, totals, refused = Counter[str](), Counter[str](), {}
    offered, consignors = sum(r["lots"] for r in supply), {r["seller"] for r in supply if r["kind"] == "consigned"}
    for bid in bids:
        own, price, lots, who = terms["classes"][bid["class"]], bid["ticks"], bid["lots"], bid["bidder"]
        caps = [cap for cap in (offered * own["cap_share_ppm"] // 10**6, own["cap_lots"] or -1) if cap >= 0]
        good = own["eligible"] and not price % terms["price_step_ticks"] and not lots % terms["quantity_step_lots"]
        good = good and (terms["below_reserve"] != "refused_at_entry" or price >= terms["lowest_valid_ticks"])
        good = good and lots >= own["minimum_lots"] and not 0 < terms["bid_count_max"] <= counts[who]
        good = good and (not caps or totals[who] + lots <= min(caps))
        if good and (who not in consignors or terms["consignor_may_bid"]):
            counts[who], totals[who] = counts[who] + 1, totals[who] + lots
        else:
            refused[bid["bid_id"]] = True
    return refused


def clear(terms: Row, bids: list[Row], supply: list[Row]) -> tuple[str, int]:
    """(how the round ended, price in ticks); fills `won` of the bids and `sold` of the lines of supply."""
    fixed = terms["fixed_price_ticks"] if terms["price_rule"] == "fixed" else 0
    floor, short, asked = fixed or terms["reserve_price_ticks"], terms["undersubscription_rule"], Counter[int]()
    valid = [bid for bid in bids if bid["ticks"] >= max(terms["lowest_valid_ticks"], fixed)]
    if not valid or not supply:
        return ("reserve_not_met" if bids and supply else "no_valid_bids"), 0
    for bid in valid:
        bid["at"] = fixed or bid["ticks"]
        asked[bid["at"]] += bid["lots"]
    for line in supply:
        line["least"] = line["minimum_ticks"] if line["minimum_ticks"] > floor else 0
    prices = sorted({*asked, *(line["least"] for line in supply)} - {0}, reverse=True)
    demand = zip(prices, accumulate(asked[at] for at in prices))
    price = fixed or next((p for p, d in demand if d >= sum(r["lots"] for r in supply if r["least"] < p)), 0)
    if not price and short == "cancel":
        return "cancelled", 0
    price = price or (floor if short == "at_reserve" and floor else min(asked))
    left = sum(r["lots"] for r in supply if r["least"] <= price) - sum(asked[at] for at in asked if at > price)
    margin = [bid for bid in valid if bid["at"] == price]
    if terms["margin_rule"] == "random_order":
        margin.sort(key=lambda bid: digest([*terms["key"], bid["bid_id"]]))
    parts = [bid["lots"] for bid in margin]
    if terms["margin_rule"] == "pro_rata_largest_remainder" and sum(parts) > left:
        parts = split(left, parts)
    for bid in valid:
        bid["won"] = bid["lots"] if bid["at"] > price else 0
    for bid, part in zip(margin, parts):
        bid["won"], left = min(part, left), left - min(part, left)
    total = sold = sum(bid["won"] for bid in valid)
    for step in sorted({(r["least"] >= price, r["rank"]) for r in supply if r["least"] <= price}):
        lots = [r["lots"] * (r["least"] <= price and step == (r["least"] >= price, r["rank"])) for r in supply]
        for line, part in zip(supply, split(min(total, sum(lots)), lots)):
            line["sold"], total = line["sold"] + part, total - part
    full = sold >= sum(line["lots"] for line in supply)
    return ("cleared" if full else "partially_cleared" if sold else "reserve_not_met"), price if sold else 0


def main(folder: Path, published: str) -> int:
    told, seal, result = (json.loads((folder / f"{n}.json").read_text("utf-8")) for n in ("round", "seal", "result"))
    draws, terms, head = result["draws"], told["terms"], told["round"]
    name, tick, lot = head["name"], head["tick_minor"], head["lot_units"]
    if others := sorted({terms[key] for key in terms if key.endswith("_rule")} - COVERED) + terms["other"]:
        print("not recomputed: verify.py does not cover", ", ".join(others))
        return 2
    bids = list(csv.DictReader((folder / "bids.csv").read_text("utf-8").splitlines(True)))
    for bid in bids:
        bid["quantity"], bid["ticks"] = int(bid["quantity"]), int(100 * Decimal(bid["price"])) // tick
        bid["lots"] = bid["quantity"] // lot
    roots = {"seal.json": seal["root"], "result.json": result["receipts"]["root"], "notice": published or seal["root"]}
    wrong = check_seal(name, bids, seal, roots)
    supply = [line | {"sold": 0} for line in sorted(told["supply"], key=lambda r: (r["seller_number"], r["line"]))]
    refused = refusals(terms, bids, supply)
    terms["key"] = [*(draw["seed"] for draw in draws), name]
    status, price = clear(terms, [bid for bid in bids if bid["bid_id"] not in refused], supply)
    pays = [tick * (bid["ticks"] if terms["price_rule"] == "pay_as_bid" else price) for bid in bids]
    won = [(bid["bid_id"], bid["bidder"], bid["won"] * lot, at) for bid, at in zip(bids, pays) if bid.get("won")]
    awards = [[i, who, n, f"{Decimal(at) / 100:.2f}", f"{Decimal(n * at) / 100:.2f}"] for i, who, n, at in won]
    parts = split(sum(n * at for _, _, n, at in won), [line["sold"] for line in supply])
    sold = sorted([line["line"], line["sold"] * lot, part] for line, part in zip(supply, parts))
    for what, is_, was in (
        ("status", status, result["status"]),
        ("price", price * tick, 100 * Decimal(result["clearing_price"] or 0)),
        ("awards", awards, [[*row.values()] for row in result["awards"]]),
        ("sales", sold, [[r["line"], r["sold"], 100 * Decimal(r["proceeds"])] for r in result["tranches"]]),
        ("refused bids", [*refused], [r["bid_id"] for r in result["refused"]]),
        ("digest of the result", digest({k: v for k, v in result.items() if k != "digest"}), result["digest"]),
        ("rule book", sha256((folder / "rule_book.json").read_bytes()).hexdigest(), result["rule_book"]["hash"]),
        ("commitment", [digest([d["seed"], d["salt"]]) for d in draws], [d["commitment"] for d in draws]),
    ):
        if is_ != was:
            wrong.append(f"{what}: recomputed {str(is_)[:300]}, result.json says {str(was)[:300]}")
    print("\n".join(wrong or [f"all agrees: {len(bids)} bids under the root {seal['root']}"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path([*sys.argv, "."][1]), [*sys.argv, "", ""][2]))
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.exit(f"the folder is damaged: {error!r}")
