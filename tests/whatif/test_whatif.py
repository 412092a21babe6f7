"""`jingjia auction whatif`: grids of designs over drawn, resampled and actual books."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.auction.whatif import Books
from engine.commands import ParticipantClass
from services.cli.main import call
from services.errors import BadInput
from services.offline.bid_files import FileBid
from services.offline.round_files import read_round
from services.reports.scale import Scale
from services.whatif.books import Population, Values, drawn, resampled
from services.whatif.designs import Design, grid
from services.whatif.run import Outcomes
from services.whatif.shortfalls import read_shortfalls
from services.whatif.summary import summarise

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
ROUND, BIDS, LOTS = EXAMPLES / "round.toml", EXAMPLES / "bids.csv", EXAMPLES / "lots.csv"
EMITTER, INSTITUTION = ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION


def run(capsys: pytest.CaptureFixture[str], *options: object) -> tuple[int, dict, str]:
    code = call(["auction", "whatif", str(ROUND), *map(str, options), "--json", "-"])
    caught = capsys.readouterr()
    return code, json.loads(caught.out) if caught.out else {}, caught.err


def test_designs_are_every_combination_and_a_seed_says_all(capsys, tmp_path) -> None:
    options = ("--consigned", LOTS, "--rounds", 12, "--bidders", 9, "--reserve", "40.00", "--reserve", "46.00")
    options += ("--price-rule", "uniform", "--price-rule", "pay_as_bid", "--plot", tmp_path / "w.png")
    code, first, _ = run(capsys, *options)
    assert code == 0
    assert first["official"] is False
    assert [one["design"] for one in first["designs"]] == [
        f"price {rule}, reserve {price}" for rule in ("uniform", "pay_as_bid") for price in ("40.00", "46.00")
    ]
    assert (tmp_path / "w.png").read_bytes().startswith(b"\x89PNG")
    uniform, dearer, as_bid, _ = first["designs"]
    # The same books: what is sold does not depend on what a winner pays, proceeds do.
    assert uniform["sold"] == as_bid["sold"]
    assert float(uniform["proceeds"]["mean"]) < float(as_bid["proceeds"]["mean"])
    assert float(dearer["sold"]["mean"]) <= float(uniform["sold"]["mean"])
    assert run(capsys, *options)[1] == first
    assert run(capsys, *options, "--seed", 2)[1]["designs"] != first["designs"]


def test_the_actual_book_as_it_is_is_the_round_that_clears(capsys) -> None:
    call(["auction", "clear", str(ROUND), str(BIDS), "--consigned", str(LOTS), "--json", "-"])
    official = json.loads(capsys.readouterr().out)
    code, body, _ = run(capsys, "--bids", BIDS, "--actual", "--consigned", LOTS, "--supply", 20_000)
    assert code == 0
    as_it_is, less = body["designs"]
    assert (as_it_is["status"], as_it_is["clearing_price"]) == (official["status"], official["clearing_price"])
    assert (as_it_is["sold"], as_it_is["proceeds"]) == (official["sold"], official["proceeds"])
    assert as_it_is["changes"] == []
    before = {row["bidder"]: row["quantity_before"] for row in less["changes"]}
    won: dict[str, int] = {}
    for award in official["awards"]:
        won[award["bidder"]] = won.get(award["bidder"], 0) + award["quantity"]
    assert before == {bidder: won.get(bidder, 0) for bidder in before}
    assert less["sold"] == official["sold"] - 10_000
    assert sum(row["quantity_before"] - row["quantity_after"] for row in less["changes"]) == 10_000


def test_caps_ratio_and_releases_reach_the_clear(capsys) -> None:
    common = ("--bids", BIDS, "--actual", "--consigned", LOTS)
    offered = [
        run(capsys, *common, *more)[1]["designs"][-1]["offered"]
        for more in (("--ratio", "0.1"), ("--ratio", "0"), ("--release", "45.00:5000"), ("--release", "99.00:5000"))
    ]
    assert offered == [30_000 + 15_000, 30_000, 50_000 + 5_000, 50_000]
    nobody = run(capsys, *common, "--cap", "0")[1]["designs"][-1]
    assert (nobody["sold"], nobody["clearing_price"]) == (0, None)


def test_resampling_keeps_classes_and_whole_bidders(capsys) -> None:
    bids = [
        FileBid(2, "a1", "A", EMITTER, 50, 10, ""),
        FileBid(3, "b1", "B", INSTITUTION, 40, 7, ""),
        FileBid(4, "c1", "C", EMITTER, 30, 5, ""),
        FileBid(5, "a2", "A", EMITTER, 20, 3, ""),
    ]
    books = resampled(bids, 40, seed=3)
    seen = set()
    for number in range(books.rounds):
        prices, lots, seats, _ = books.of_round(number)
        for seat in range(3):
            own = tuple(zip(prices[seats == seat].tolist(), lots[seats == seat].tolist(), strict=True))
            assert own in ({((40, 7),)} if seat == 1 else {((50, 10), (20, 3)), ((30, 5),)})
            seen.add((seat, own))
    assert len(seen) == 5
    assert run(capsys, "--bids", BIDS, "--consigned", LOTS, "--rounds", 5)[1]["book"] == "resampled"


def test_drawn_books_lie_about_their_means() -> None:
    population = Population(("a", "b"), np.array([1, 2]), np.array([300.0, 900.0]))
    books = drawn(population, Values(5000, spread=0.2, demand_spread=0.3), 3000, seed=1)
    asked = [int(books.quantities_lots[books.bidders == bidder].sum()) / 3000 for bidder in (0, 1)]
    assert asked == pytest.approx([300, 900], rel=0.05)
    best = books.prices_ticks[books.times >= 0].reshape(3000, -1).max(axis=1).mean()
    assert 5000 < best < 6500


def test_a_summary_is_read_off_the_rounds() -> None:
    def column(*values: int) -> np.ndarray:
        return np.array(values, np.int64)

    outcomes = Outcomes(
        Design(), column(1, 2, 3, 1), column(10, 20, 0, 40), column(5, 3, 0, 5), column(5, 5, 5, 5),
        column(50, 60, 0, 200), column(500_000, 1_000_000, 0, 250_000), column(9, 4),
    )  # fmt: skip
    found = summarise(outcomes, np.array([int(EMITTER), int(INSTITUTION)]), Scale("CNY"), ("A", "B")).as_json()
    assert found["rounds_sold"] == 3
    assert found["price"] == {"p5": "0.10", "p50": "0.20", "p95": "0.40", "mean": "0.23"}
    assert found["sold"] == {"p5": "0", "p50": "3", "p95": "5", "mean": "3"}
    assert found["sold_out_share"] == "0.5000"
    assert found["concentration"]["p50"] == "0.2500"
    assert found["share_of_sold_by_largest"] == {"A": "0.6923", "B": "0.3077"}
    assert found["share_of_sold_by_class"] == {"key_emitter": "0.6923", "institution": "0.3077"}


def test_everything_wrong_with_a_grid_is_told_at_once(capsys) -> None:
    options = ("--price-rule", "median", "--reserve", "4x", "--cap", "2", "--release", "5", "--supply", 0)
    code, _, said = run(capsys, *options)
    assert code == 2
    assert [line.split(":")[1].split()[0] for line in said.splitlines()] == [
        "--price-rule", "--reserve", "--supply", "--cap", "--release",
    ]  # fmt: skip
    assert run(capsys, "--actual")[0] == 2
    assert "are more than" in run(capsys, "--rounds", 1_000_000)[2]
    setup = read_round(str(ROUND), ROUND.read_bytes())
    with pytest.raises(BadInput, match="the grid has 65 designs"):
        grid(setup, supplies=range(1, 66))


def test_shortfalls_are_read_with_all_their_faults() -> None:
    people = read_shortfalls("f.csv", b"bidder,class,shortfall\nA,key_emitter,500\nB,institution,20\n", 10)
    assert people.names == ("A", "B")
    assert people.demand_lots.tolist() == [50.0, 2.0]
    with pytest.raises(BadInput) as raised:
        read_shortfalls("f.csv", b"bidder,class,shortfall\nA,emitter,500\n,institution,-2\n", 1)
    assert len(raised.value.problems) == 3


def test_books_of_no_bids_clear_to_nothing() -> None:
    assert Books.of([], [], [], [], round_count=2).rounds == 2
