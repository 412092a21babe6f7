"""Recompute all of an exported auction round with nothing but Python: `python awards.py [FOLDER] [PUBLISHED ROOT]`.

`verify.py` beside it has seal and price, `sale.py` what each bid and line of supply gets. Here are entry and what
is compared. Exit 0: all agrees, 1: it does not, 2: a rule is not covered.
"""

import csv
import json
import sys
from decimal import Decimal
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from runpy import run_path
from typing import Any

Row = dict[str, Any]
VERIFY, SALE = (run_path(str(Path(__file__).with_name(name))) for name in ("verify.py", "sale.py"))
COVERED = """highest_accepted_offer midpoint time_priority random_order pro_rata_first pro_rata_largest_remainder
    pro_rata_random_units percentage_rounded_up pool by_tranche largest_remainder random_units nearest down up"""


def digest(value: object, before: bytes = b"") -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(before + text.encode()).hexdigest()


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


def enters(terms: Row, bid: Row) -> bool:
    """Whether the rules let a bid in; its bidder keeps count. Caps are shares of something, in millionths."""
    own, who, price, lots = terms["classes"][bid["class"]], terms["bidders"][bid["bidder"]], bid["ticks"], bid["lots"]
    cap = min([whole * share // 10**6 for whole, share in who["caps"]], default=2**62)
    asked = who.setdefault("asked", [])
    good = own["eligible"] and not price % terms["price_step_ticks"] and not lots % terms["quantity_step_lots"]
    good = good and (terms["below_reserve"] != "refused_at_entry" or price >= terms["lowest_entering_ticks"])
    good = good and lots >= own["minimum_lots"] and not 0 < terms["bid_count_max"] <= len(asked)
    good = good and (terms["cap_excess"] != "refused_at_entry" or sum(own for _, own in asked) + lots <= cap)
    good = good and (terms["consignor_may_bid"] or not who["consigns"])
    good = good and (not terms["shortfall_only"] or who["shortfall_lots"] > 0)
    good = good and covered(terms, who, price, lots)
    asked += [(price, lots)] * bool(good)
    return bool(good)


def main(folder: Path, published: str) -> int:
    told, seal, result = (json.loads((folder / f"{n}.json").read_text("utf-8")) for n in ("round", "seal", "result"))
    terms, head, lines, draws = told["terms"], told["round"], told["supply"], result["draws"]
    supply = sorted(lines, key=lambda line: line["seller_number"])
    words = {terms[key] for key in terms if key.endswith("_rule")}
    if others := sorted(words - {*COVERED.split(), *VERIFY["COVERED"].split()}) + terms["other"]:
        print("not recomputed: awards.py does not cover", ", ".join(others))
        return 2
    rows = csv.DictReader((folder / "bids.csv").read_text("utf-8").splitlines(True))
    bids: list[Row] = [row | {"quantity": int(row["quantity"])} for row in rows]
    roots = {"seal.json": seal["root"], "result.json": result["receipts"]["root"], "notice": published or seal["root"]}
    if wrong := VERIFY["check_seal"](head["name"], bids, seal, roots):
        print("\n".join(wrong))
        return 1
    seeds = [draw for draw in draws if "seed" in draw]
    order = [line for draw in draws for line in draw.get("order", ())]
    for bid in bids:
        bid["lots"], bid["ticks"] = bid["quantity"] // head["lot_units"], int(100 * Decimal(bid["price"]))
        bid["ticks"] //= head["tick_minor"]
        bid["at"], bid["enters"] = terms["fixed_price_ticks"] or bid["ticks"], enters(terms, bid)
        bid["drawn"] = digest([*(draw["seed"] for draw in seeds), head["name"], bid["bid_id"]])
    for line in supply:
        line |= {"sold": 0, "proceeds": 0, "on_offer": not line["trigger_ticks"]}
        line["drawn"] = [*order, line["line"]].index(line["line"])
        line["least_ticks"] = line["minimum_ticks"] * (line["minimum_ticks"] > terms["floor_ticks"])
    entered, won = [bid for bid in bids if bid["enters"]], list[Row]()
    status, price, lowest = VERIFY["clear"](terms, entered, supply)
    if not status:
        let_go = sum(line["lots"] for line in supply if line["on_offer"] and line["least_ticks"] <= price)
        SALE["award"](terms, entered, price, let_go)
        won = [bid for bid in bids if bid.get("won")]
        SALE["sell"](terms, supply, price, sum(bid["won"] for bid in won))
        status, price = SALE["finish"](terms, supply, sum(bid["won"] for bid in won), price, lowest)
    for bid in won:
        bid["quantity"] = bid["won"] * head["lot_units"]
        bid["pays"] = head["tick_minor"] * (bid["ticks"] if terms["price_rule"] == "pay_as_bid" else price)
        bid["payment"] = SALE["payment"](terms, bid["quantity"] * bid["pays"])
    best_first = sorted(won, key=lambda bid: -bid["pays"])
    SALE["share"](terms, [(bid["won"], bid["payment"]) for bid in best_first], supply)
    told_awards, told_sales = result["awards"], result["tranches"]
    sales = [[line["line"], line["on_offer"], line["sold"] * head["lot_units"]] for line in lines]
    for what, is_, was in (
        ("status", status, result["status"]),
        ("price", price * head["tick_minor"], 100 * Decimal(result["clearing_price"] or 0)),
        ("awards", table(won, "bid_id bidder quantity"), table(told_awards, "bid_id bidder quantity")),
        ("prices", table(won, "pays"), money(told_awards, "price")),
        ("payments", table(won, "payment"), money(told_awards, "payment")),
        ("sales", sales, table(told_sales, "line on_offer sold")),
        ("proceeds", table(lines, "proceeds"), money(told_sales, "proceeds")),
        ("units sold", sum(bid["quantity"] for bid in won), result["sold"]),
        ("payments together", sum(bid["payment"] for bid in won), 100 * Decimal(result["proceeds"])),
        ("refused bids", [[bid["bid_id"]] for bid in bids if not bid["enters"]], table(result["refused"], "bid_id")),
        (
            "digest of the result",
            digest({k: v for k, v in result.items() if k != "digest"}),
            result["digest"],
        ),
        (
            "rule book",
            sha256((folder / "rule_book.json").read_bytes()).hexdigest(),
            result["rule_book"]["hash"],
        ),
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
