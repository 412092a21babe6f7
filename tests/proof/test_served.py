"""Rounds out of a core, against the files they came from: drawn rounds are run, read out of the core, and run again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.commands import Fact, ParticipantClass, SupplyKind
from engine.core import Core
from engine.parameters import BY_KEY, DEFINITIONS, Kind, Parameter, words_of
from engine.rules.model import BIDDERS
from services.errors import BadInput, CheckFailed
from services.offline.bid_files import FileBid, FileLot, read_lots
from services.offline.round import _OfflineRound
from services.offline.round_files import FileFact, OperatorValue, RoundFile, RoundInputs, SupplyOffer, read_round
from services.proof import served as reading
from services.proof.again import export_files, run_again
from services.proof.folder import read_folder, write_folder
from services.proof.recompute import differences
from services.proof.round_text import lots_csv, participants_csv, read_participants, round_toml
from services.proof.served import ServedRound, served_round

DAY = 20_634
"""2026-06-30."""

SECRET = bytes(range(32))
CLASSES = {"Steel": BIDDERS[0], "Bank": BIDDERS[1], "甲厂": BIDDERS[0], 'Glass, "E"': BIDDERS[0], "Fund": BIDDERS[1]}
CONSIGNORS = ("甲厂", "Power", "Cement")


def value(key: str, said: int | str, klass: int = 0) -> OperatorValue:
    parameter = BY_KEY[key]
    number = words_of(parameter)[str(said)] if DEFINITIONS[parameter].kind is Kind.WORD else int(said)
    return OperatorValue(parameter, klass, number, "Drawn for a test.")


def drawn_values(rng: np.random.Generator) -> list[OperatorValue]:
    def one_of(*choices: str) -> str:
        return str(rng.choice(choices))

    values = [
        value("auction.reserve_price", int(rng.choice([0, 4_000]))),
        value("auction.price_rule", one_of("uniform", "uniform", "pay_as_bid")),
        value("auction.margin_rule", one_of("time_priority", "pro_rata_largest_remainder", "pro_rata_first")),
        value("auction.below_reserve", one_of("refused_at_entry", "void_at_clearing")),
        value("consignment.ratio", int(rng.choice([300_000, 1_000_000])), ParticipantClass.KEY_EMITTER),
        value("consignment.may_bid", int(rng.integers(2))),
        value("consignment.minimum_allowed", 1),
        value("consignment.displaces_government", int(rng.integers(2))),
        value("bid.guarantee", one_of("maximum_value", "sum_of_values")),
        value("bid.cap_excess", one_of("refused_at_entry", "trimmed_at_clearing")),
        value("settlement.default_units", "return_to_sellers"),
    ]
    if rng.random() < 0.6:
        values.append(value("auction.sealing", "committed"))
        values += [value("bid.guarantee_share", 200_000)] if rng.random() < 0.3 else []
    elif rng.random() < 0.5:
        values.append(value("bid.guarantee_excess", "trimmed"))
    if rng.random() < 0.3:
        values.append(value("bid.cap_shortfall_share", 900_000, ParticipantClass.KEY_EMITTER))
    if rng.random() < 0.3:
        values += [value("auction.hidden_reserve_rule", "decline"), value("fee.buyer_share", 10_000)]
    if rng.random() < 0.3:
        values.append(value("bid.linked_cap_share", 400_000))
    return values


def drawn_setup(rng: np.random.Generator, names: list[str]) -> RoundFile:
    values = drawn_values(rng)
    said = {v.parameter: v.value for v in values}
    puts_up = {Parameter.AUCTION_SEALING, Parameter.BID_GUARANTEE_EXCESS} & said.keys()
    inputs = RoundInputs(
        hidden_reserve=(int(rng.integers(3_000, 5_000)), 'pinch "of" 盐')
        if Parameter.AUCTION_HIDDEN_RESERVE_RULE in said
        else None,
        facts=tuple(FileFact(name, Fact.SHORTFALL, 2025, int(rng.integers(50, 900))) for name in names),
        guarantees=tuple((name, int(rng.integers(1, 4_000_000))) for name in names if rng.random() < 0.9)
        if puts_up
        else (),
        links=(tuple(names[:2]),) if Parameter.BID_LINKED_CAP_SHARE in said and len(names) > 1 else (),
    )
    supply = [
        SupplyOffer(
            str(rng.choice(["Bureau", "A second one"])), SupplyKind.GOVERNMENT, 0, rank, int(rng.integers(1, 900))
        )
        for rank in range(1, int(rng.integers(2, 4)))
    ]
    name = '第一场 \\ "one"'
    return RoundFile(name, "shenzhen_consignment", DAY, "SZA", 1, 1, tuple(supply), tuple(values), inputs)


def drawn_bids(rng: np.random.Generator) -> list[FileBid]:
    return [
        FileBid(i + 2, f"b{i}", name, CLASSES[name], int(rng.integers(36, 56)) * 100, int(rng.integers(1, 300)), "")
        for i, name in enumerate(rng.choice(list(CLASSES), int(rng.integers(1, 25))).tolist())
    ]


def drawn_lots(rng: np.random.Generator) -> list[FileLot]:
    return [
        FileLot(i + 2, str(name), ParticipantClass.KEY_EMITTER, 0, int(rng.integers(1, 250)),
                int(rng.choice([0, 0, 4_400])), 1_000)
        for i, name in enumerate(rng.choice(CONSIGNORS, int(rng.integers(0, 4)), replace=False))
    ]  # fmt: skip


def drawn_core(rng: np.random.Generator) -> tuple[Core, RoundFile, list[FileLot]]:
    """A core that has cleared a drawn round."""
    while True:
        bids, lots = drawn_bids(rng), drawn_lots(rng)
        setup = drawn_setup(rng, sorted({bid.bidder for bid in bids}))
        try:
            run = _OfflineRound(setup, bids, lots, None)
            run.run()
        except BadInput:
            continue
        return run._core, setup, lots


def played(seed: int, rounds: int, folder: Path) -> int:
    rng = np.random.default_rng(seed)
    void = 0
    for count in range(rounds):
        core, setup, lots = drawn_core(rng)
        served = served_round(core, 1)
        assert read_round("round.toml", round_toml(served.setup)) == served.setup, seed
        assert read_lots("lots.csv", lots_csv(lots, setup), 1, 1) == lots
        assert read_participants("participants.csv", participants_csv(served.order)) == served.order
        again = run_again(served, SECRET)
        into = folder / f"{seed}_{count}"
        write_folder(into, export_files(again))
        assert differences(read_folder(into)) == [], seed
        void += len(served.refused)
    return void


def test_a_round_out_of_a_core_is_the_round_it_came_from(tmp_path: Path) -> None:
    assert played(1, 8, tmp_path) > 0


@pytest.mark.long
def test_rounds_out_of_cores_are_the_rounds_they_came_from(tmp_path: Path) -> None:
    assert sum(played(seed, 15, tmp_path) for seed in range(100, 110)) > 20


def test_what_does_not_come_out_the_same_is_not_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    core, _, _ = drawn_core(np.random.default_rng(5))
    served: ServedRound = served_round(core, 1)
    bid = replace(served.bids[0], price_ticks=served.bids[0].price_ticks + 1_000)
    with pytest.raises(CheckFailed, match="what its files come to is not how it ended"):
        run_again(replace(served, bids=(bid, *served.bids[1:])), SECRET)
    with pytest.raises(BadInput, match="there is no round 2; the journal has 1"):
        served_round(core, 2)
    monkeypatch.setattr(core, "round_result", lambda number: None)
    with pytest.raises(BadInput, match="it has no result; clear it first"):
        reading.served_round(core, 1)
