"""The run-time double entry: a posting that gives what nobody lost is noticed at the end of its batch."""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest

from engine.capacity import Capacity
from engine.commands import ParticipantClass
from engine.ledger import kernels as postings
from engine.ledger.layout import CASH_ASSET, UNITS_POCKETS, ledger_fields
from engine.ledger.pockets import Unbalanced
from tests.core.venue import TRADING, Venue

TINY = Capacity("tiny", participants=4, sessions=1, instruments=2, orders=1, levels=1, rounds=1)
STATE = np.dtype((np.record, ledger_fields(TINY)))
BUYER, SELLER, INSTRUMENT = 1, 2, 1
SOURCE = Path(postings.__file__).read_text()

MUTANTS = {
    "more to the seller": ("free_cash(x.cash[seller], amount)", "free_cash(x.cash[seller], amount + 1)", CASH_ASSET),
    "too little freed": ("free_cash(paying, held - amount)", "free_cash(paying, held - amount - 1)", CASH_ASSET),
    "units twice": (
        "free_units(x.holdings[buyer, instrument], quantity_lots)",
        "free_units(x.holdings[buyer, instrument], 2 * quantity_lots)",
        INSTRUMENT,
    ),
    "units of nobody": ("held_units(x.holdings[seller, instrument], -quantity_lots)", "0", INSTRUMENT),
}


def control_after_a_trade(source: str) -> np.ndarray:
    """The control accounts after one trade that the postings of a source have settled, compiled."""
    module = types.ModuleType("postings_of_the_test")
    exec(compile(source, "postings_of_the_test", "exec"), vars(module))
    settle: Callable[..., None] = vars(module)["settle_trade"]

    @numba.njit  # type: ignore[untyped-decorator]
    def run(state: np.ndarray) -> None:
        settle(state.view(STATE)[0], INSTRUMENT, BUYER, SELLER, 10, 500, 520, 1)

    state = np.zeros(1, STATE)
    run(state.view(np.uint8))
    return np.asarray(state[0]["control"])


def test_a_right_posting_leaves_the_control_accounts_at_nothing() -> None:
    assert control_after_a_trade(SOURCE).tolist() == [0, 0]


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=MUTANTS)
def test_a_wrong_posting_of_a_trade_shows_in_the_control_account(mutant: tuple[str, str, int]) -> None:
    right, wrong, asset = mutant
    assert SOURCE.count(right) == 1
    assert np.flatnonzero(control_after_a_trade(SOURCE.replace(right, wrong))).tolist() == [asset]


def venue() -> Venue:
    found = Venue()
    found.instrument("spot", found.adopt(TRADING))
    found.register("owner", ParticipantClass.KEY_EMITTER)
    return found


def test_a_batch_that_gives_what_nobody_lost_is_a_defect() -> None:
    here = venue()
    here.core._accounts._pockets.add_units(2, INSTRUMENT, "available_lots", 3)
    with pytest.raises(
        Unbalanced, match=r"DEPOSITS of 1 rows at \d+: instrument 1: pockets got \+3 lots that no pocket"
    ):
        here.deposit_cash(2, 5)


def test_every_pocket_counts_and_an_empty_one_leaves_the_digest_as_it_is() -> None:
    here = venue()
    here.deposit_units(2, INSTRUMENT, 60)
    before, accounts = here.core.digest(), here.core._accounts
    for pocket in UNITS_POCKETS[1:]:
        accounts.move_units(2, INSTRUMENT, "available_lots", pocket, 10)
    (view,) = here.core.holdings(2)
    assert [getattr(view, pocket) for pocket in UNITS_POCKETS] == [10] * 6
    assert accounts.total_lots(2, INSTRUMENT) == 60
    assert accounts.conservation() == []
    assert accounts.unbalanced() == ""
    assert here.core.digest() != before
    for pocket in UNITS_POCKETS[1:]:
        accounts.move_units(2, INSTRUMENT, pocket, "available_lots", 10)
    assert here.core.digest() == before


def test_units_lost_outside_the_postings_are_found_by_conservation() -> None:
    here = venue()
    here.deposit_units(2, INSTRUMENT, 60)
    here.core._state[0]["holdings"]["pledged_lots"][2, INSTRUMENT] += 1
    assert here.core.conservation() == ["instrument 1: 61 lots in accounts, 60 issued"]
