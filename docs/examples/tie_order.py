"""Draw a tie order again from its seed: python tie_order.py ORDER.json [COMMITMENT published before the close]."""

import hashlib
import json
import sys


def digest(values):
    return hashlib.sha256(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


with open(sys.argv[1], encoding="utf-8") as file:
    draw = json.load(file)

commitment = digest([draw["seed"], draw["salt"]])
order = sorted(draw["order"], key=lambda bid_id: digest([draw["seed"], draw["round"], bid_id]))

assert commitment == (sys.argv[2] if len(sys.argv) > 2 else draw["commitment"]), "another seed was committed to"
assert order == draw["order"], "the order is not the one that the seed draws"
print("drawn as committed:", ", ".join(order))
