"""Recompute an exported auction round with nothing but Python: `python verify.py [FOLDER] [PUBLISHED ROOT]`.

Here are the seal, the entry of bids, and what is compared; `price.py` and `sale.py` beside it recompute the rest.
Exit 0: all agrees, 1: it does not, 2: a rule is not covered. Who edits bids can adjust a folder, not the notice's root.
"""

import csv
import hmac
import json
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from runpy import run_path
from typing import Any

Row = dict[str, Any]
PRICE, SALE = (run_path(str(Path(__file__).with_name(name))) for name in ("price.py", "sale.py"))
COVERED = """uniform pay_as_bid fixed highest_accepted_offer midpoint none lowest_valid_bid at_reserve cancel decline
    only_if_all_meet_hidden_reserve raise_price at_step lowest_accepted_bid demand_above_trigger pool by_tranche
    interim_price_above_trigger time_priority random_order pro_rata_first pro_rata_largest_remainder
    pro_rata_random_units percentage_rounded_up largest_remainder random_units nearest down up"""


def digest(value: object, before: bytes = b"") -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(before + text.encode()).hexdigest()


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


def enters(terms: Row, bid: Row) -> bool:
    """Whether the rules let a bid in; its bidder keeps count. Caps are shares of something, in millionths."""
    own, who, price, lots = terms["classes"][bid["class"]], bid["who"], bid["ticks"], bid["lots"]
    bid["cap"] = min([whole * share // 10**6 for whole, share in who["caps"]], default=2**62)
    good = own["eligible"] and not price % terms["price_step_ticks"] and not lots % terms["quantity_step_lots"]
    good = good and (terms["below_reserve"] != "refused_at_entry" or price >= terms["lowest_entering_ticks"])
    good = good and lots >= own["minimum_lots"] and not 0 < terms["bid_count_max"] <= who["bids"]
    good = good and (terms["cap_excess"] != "refused_at_entry" or who["lots"] + lots <= bid["cap"])
    good = good and (terms["consignor_may_bid"] or not who["consigns"])
    good = good and (not terms["shortfall_only"] or who["shortfall_lots"] > 0)
    good = good and SALE["covered"](terms, who, price, lots)
    who["bids"], who["lots"] = who["bids"] + bool(good), who["lots"] + lots * bool(good)
    who["asked"] += [(price, lots)] * bool(good)
    return bool(good)


def prepare(terms: Row, head: Row, bids: list[Row], supply: list[Row], draws: list[Row]) -> None:
    """Bids in ticks and lots, with their bidder and their place in the draw; lines with the minimum that binds."""
    seeds = [draw["seed"] for draw in draws if "seed" in draw]
    order = [line for draw in draws for line in draw.get("order", ())]
    for bid in bids:
        bid["lots"] = bid["quantity"] // head["lot_units"]
        bid["ticks"] = int(100 * Decimal(bid["price"])) // head["tick_minor"]
        bid["at"] = terms["fixed_price_ticks"] or bid["ticks"]
        bid["who"], bid["drawn"] = terms["bidders"][bid["bidder"]], digest([*seeds, head["name"], bid["bid_id"]])
    for who in terms["bidders"].values():
        who["bids"], who["lots"], who["asked"] = 0, 0, []
    for line in supply:
        line |= {"sold": 0, "proceeds": 0, "on_offer": not line["trigger_ticks"]}
        line["drawn"] = [*order, line["line"]].index(line["line"])
        line["least_ticks"] = line["minimum_ticks"] * (line["minimum_ticks"] > terms["floor_ticks"])


def main(folder: Path, published: str) -> int:
    told, seal, result = (json.loads((folder / f"{n}.json").read_text("utf-8")) for n in ("round", "seal", "result"))
    terms, head, lines, draws = told["terms"], told["round"], told["supply"], result["draws"]
    supply = sorted(lines, key=lambda line: line["seller_number"])
    words = {terms[key] for key in terms if key.endswith("_rule")}
    if others := sorted(words - {*COVERED.split()}) + terms["other"]:
        print("not recomputed: verify.py does not cover", ", ".join(others))
        return 2
    rows = csv.DictReader((folder / "bids.csv").read_text("utf-8").splitlines(True))
    bids: list[Row] = [row | {"quantity": int(row["quantity"])} for row in rows]
    roots = {"seal.json": seal["root"], "result.json": result["receipts"]["root"], "notice": published or seal["root"]}
    if wrong := check_seal(head["name"], bids, seal, roots):
        print("\n".join(wrong))
        return 1
    prepare(terms, head, bids, supply, draws)
    for bid in bids:
        bid["enters"] = enters(terms, bid)
    status, price, lowest = PRICE["clear"](terms, [bid for bid in bids if bid["enters"]], supply)
    won = [bid for bid in bids if bid.get("won")]
    if not status:
        SALE["sell"](terms, supply, price, sum(bid["won"] for bid in won))
        status, price = SALE["finish"](terms, supply, sum(bid["won"] for bid in won), price, lowest)
    for bid in won:
        bid["quantity"] = bid["won"] * head["lot_units"]
        bid["pays"] = head["tick_minor"] * (bid["ticks"] if terms["price_rule"] == "pay_as_bid" else price)
        bid["payment"] = SALE["payment"](terms, bid["quantity"] * bid["pays"])
    best_first = sorted(won, key=lambda bid: -bid["pays"])
    SALE["share"](terms, [(bid["won"], bid["payment"]) for bid in best_first], supply)
    told_awards, told_sales, seeds = result["awards"], result["tranches"], [draw for draw in draws if "seed" in draw]
    for what, is_, was in (
        ("status", status, result["status"]),
        ("price", price * head["tick_minor"], 100 * Decimal(result["clearing_price"] or 0)),
        ("awards", table(won, "bid_id bidder quantity"), table(told_awards, "bid_id bidder quantity")),
        ("prices", table(won, "pays"), money(told_awards, "price")),
        ("payments", table(won, "payment"), money(told_awards, "payment")),
        (
            "sales",
            [[line["line"], line["on_offer"], line["sold"] * head["lot_units"]] for line in lines],
            table(told_sales, "line on_offer sold"),
        ),
        ("proceeds", table(lines, "proceeds"), money(told_sales, "proceeds")),
        ("units sold", sum(bid["quantity"] for bid in won), result["sold"]),
        ("payments together", sum(bid["payment"] for bid in won), 100 * Decimal(result["proceeds"])),
        ("refused bids", [[bid["bid_id"]] for bid in bids if not bid["enters"]], table(result["refused"], "bid_id")),
        ("digest of the result", digest({k: v for k, v in result.items() if k != "digest"}), result["digest"]),
        ("rule book", sha256((folder / "rule_book.json").read_bytes()).hexdigest(), result["rule_book"]["hash"]),
        ("commitment", [digest([d["seed"], d["salt"]]) for d in seeds], [d["commitment"] for d in seeds]),
    ):
        if is_ != was:
            wrong.append(f"{what}: recomputed {str(is_)[:300]}, result.json says {str(was)[:300]}")
    print("\n".join(wrong or [f"all agrees: {len(bids)} bids under the root {seal['root']}"]))
    return 1 if wrong else 0


def table(rows: list[Row], keys: str) -> list[list[Any]]:
    return [[row[key] for key in keys.split()] for row in rows]


def money(rows: list[Row], key: str) -> list[list[Any]]:
    return [[100 * Decimal(row[key])] for row in rows]


if __name__ == "__main__":
    try:
        sys.exit(main(Path([*sys.argv, "."][1]), [*sys.argv, "", ""][2]))
    except (OSError, ArithmeticError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.exit(f"the folder is damaged: {error!r}")
