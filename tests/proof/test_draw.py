"""Draws: the order of a seed, the commitment that binds it, the script that draws it again, and what is no draw."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from services.proof.draw import DrawSecret, commitment_of, draw, drawn_order, new_secret, problems_of

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "tie_order.py"
SECRET = DrawSecret("轮次 one", "seed, 种子", "salt")
BIDS = [f"b{i}" for i in range(40)]
ORDER = draw(SECRET, BIDS)


def test_the_script_of_the_documents_is_twenty_lines_and_draws_the_same(tmp_path: Path) -> None:
    assert len(SCRIPT.read_text().splitlines()) <= 20
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER.as_json(), ensure_ascii=False), encoding="utf-8")
    bare = [sys.executable, "-I", "-S", str(SCRIPT), str(file)]
    done = subprocess.run([*bare, SECRET.commitment], capture_output=True, text=True, check=True)
    assert done.stdout == f"drawn as committed: {', '.join(ORDER.order)}\n"
    assert subprocess.run([*bare, "0" * 64], capture_output=True, check=False).returncode != 0
    spoilt = ORDER.as_json() | {"order": list(reversed(ORDER.order))}
    file.write_text(json.dumps(spoilt), encoding="utf-8")
    assert subprocess.run(bare, capture_output=True, check=False).returncode != 0


def test_a_known_order() -> None:
    """By hand: `printf '["s","r","a"]' | sha256sum` begins 842a; b ea55, c aa91, d d93d."""
    assert drawn_order("s", "r", "abcd") == ["a", "c", "d", "b"]
    assert commitment_of("s", "t") == "eb07ca5c5913463b4cf77158529fda4b0a9e338c8e87dd0250757d8bd5a5b6e8"


def test_a_bid_more_or_less_moves_no_other() -> None:
    without = [bid for bid in ORDER.order if bid != "b7"]
    assert list(draw(SECRET, [bid for bid in BIDS if bid != "b7"]).order) == without


def test_seed_round_and_bid_each_change_the_order() -> None:
    assert drawn_order("other", SECRET.round_name, BIDS) != list(ORDER.order)
    assert drawn_order(SECRET.seed, "other", BIDS) != list(ORDER.order)
    assert drawn_order("a", "b", ['c","d']) != drawn_order("a", 'b","c', ["d"])


def test_fresh_secrets_differ_and_commit_to_what_they_are() -> None:
    one, other = new_secret("r"), new_secret("r")
    assert one.seed != other.seed
    assert one.salt != other.salt
    assert new_secret("r", "dice: 3 1 4").seed == "dice: 3 1 4"
    assert one.commitment == commitment_of(one.seed, one.salt)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (replace(ORDER, round_name="two"), "the draw is of 'two', the round is '轮次 one'"),
        (replace(ORDER, seed="another"), "the seed is not the one that was committed to"),
        (replace(ORDER, salt="another"), "seed and salt do not give it"),
        (replace(ORDER, order=ORDER.order[1:]), "lacks b"),
        (replace(ORDER, order=(*ORDER.order, "x1", "x2", "x3", "x4")), "holds x1, x2, x3 and 1 more"),
        (replace(ORDER, order=(*ORDER.order, ORDER.order[0])), "names a bid twice"),
        (replace(ORDER, order=ORDER.order[::-1]), "an order cannot be chosen"),
    ],
)
def test_what_is_no_draw_of_the_round_is_said(order: object, said: str) -> None:
    assert problems_of(ORDER, SECRET.round_name, BIDS) == []
    assert said in "\n".join(problems_of(order, SECRET.round_name, BIDS))  # type: ignore[arg-type]


def test_several_faults_are_told_at_once() -> None:
    order = replace(ORDER, round_name="two", seed="another")
    assert len(problems_of(order, SECRET.round_name, BIDS[1:])) == 4
