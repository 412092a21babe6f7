"""The life of units and statements of account, through a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.words.units import UnitType
from services.cli.main import call
from services.client import CallFailed, Client, Fact, Refused, Side
from services.wire.jingjia.accounts.v1 import accounts_pb2
from services.wire.jingjia.units.v1 import units_pb2
from tests.services.running import OPERATOR, Market

YEAR = 2024
CASH = 0
OUTSIDE = -1


def step(name: str, instrument: int, lots: int, **columns: int | str) -> units_pb2.StepUnitsRequest:
    """A step by the name of its member."""
    number = units_pb2.UnitStep.Value(f"UNIT_STEP_{name}")
    return units_pb2.StepUnitsRequest(step=number, instrument=instrument, quantity_lots=lots, **columns)


def places(balances: list[accounts_pb2.Balance]) -> dict[tuple[int, str], int]:
    """Amounts by (instrument, pocket)."""
    return {(b.instrument, accounts_pb2.Pocket.Name(b.pocket)): b.amount for b in balances}


def held_by(client: Client, participant: int, instrument: int) -> dict[tuple[int, str], int]:
    """The account as the venue shows it."""
    cash, found = client.cash(participant), {}
    for view in client.holdings(participant):
        for pocket in ("available", "held", "locked", "unsettled", "pledged", "compliance"):
            found[view.instrument, f"POCKET_{pocket.upper()}"] = getattr(view, f"{pocket}_lots")
    found[CASH, "POCKET_AVAILABLE"], found[CASH, "POCKET_HELD"] = cash.available_minor, cash.held_minor
    return {place: amount for place, amount in found.items() if amount}


def test_units_are_pledged_surrendered_and_retired(fresh_market: Market) -> None:
    market, beta = fresh_market, fresh_market.beta
    with market.client() as operator, market.client("beta") as client:
        ops, own = operator.open_session("units"), client.open_session("units")
        ops.set_unit_type(market.instrument, UnitType.ALLOWANCE, YEAR)
        with pytest.raises(Refused, match="UNIT_TYPE_ALREADY_SET"):
            ops.set_unit_type(market.instrument, UnitType.CCER)
        ops.step_units(step("ISSUE", market.instrument, 50, participant=beta, year=YEAR))
        ops.record_fact(beta, market.instrument, Fact.EMISSIONS, YEAR, 100)
        ops.step_units(step("RESTRICT", market.instrument, 40, participant=beta, reason="article 9"))
        own.step_units(step("SURRENDER", market.instrument, 60, year=YEAR))
        own.step_units(step("RETIRE", market.instrument, 5, reason="for a concert"))
        with pytest.raises(Refused, match="SURRENDER_ABOVE_OBLIGATION"):
            own.step_units(step("SURRENDER", market.instrument, 41, year=YEAR))
        with pytest.raises(Refused) as refused:
            own.step_units(step("TRANSFER", market.instrument, 1, participant=market.alpha))
        assert refused.value.refusals[0].parameter == "transfer.giver"
        assert [(o.year, o.emissions, o.owed) for o in client.obligations()] == [(YEAR, 100, 40)]
        assert [(u.instrument, u.vintage) for u in client.unit_types()] == [(market.instrument, YEAR)]
        assert client.pledges() == []
        assert client.holdings()[0].available_lots == 10**6 + 50 - 40 - 20 - 5


def test_a_statement_closes_with_the_account_while_orders_come(fresh_market: Market) -> None:
    market = fresh_market
    with market.client() as operator, market.client("alpha") as alpha, market.client("beta") as beta:
        buying, selling = alpha.open_session("main"), beta.open_session("main")
        for price in range(100, 110):
            selling.submit_order(market.instrument, Side.SELL, price, 10)
            buying.submit_order(market.instrument, Side.BUY, price, 4)
        middle = market.running.sequence()
        there = held_by(operator, market.alpha, market.instrument)
        for price in range(90, 95):
            buying.submit_order(market.instrument, Side.BUY, price, 4)
        told = operator.statement(market.alpha, to_sequence=middle)
        assert places(told.closing) == there
        whole = alpha.statement()
        assert places(whole.closing) == held_by(alpha, market.alpha, market.instrument)
        rest = alpha.statement(from_sequence=middle + 1)
        assert places(rest.opening) == there
        assert list(whole.lines) == [*told.lines, *rest.lines]
        sums = dict(places(list(rest.opening)))
        for line in rest.lines:
            place = (line.instrument, accounts_pb2.Pocket.Name(line.pocket))
            sums[place] = sums.get(place, 0) + line.amount
            assert sums[place] == line.balance
        assert {place: amount for place, amount in sums.items() if amount} == places(whole.closing)


def test_the_writer_goes_on_while_a_statement_is_made(fresh_market: Market) -> None:
    market = fresh_market
    with market.client() as operator, market.client("alpha") as alpha, ThreadPoolExecutor(1) as pool:
        session = alpha.open_session("main")
        for _ in range(150):
            session.submit_order(market.instrument, Side.BUY, 100, 1)
        until = market.running.sequence()
        made, answered = pool.submit(operator.statement, market.alpha, to_sequence=until), 0
        while not made.done():
            session.submit_order(market.instrument, Side.BUY, 100, 1)
            answered += 1
        assert made.result().to_sequence == until
        assert answered > 1


def test_the_trial_balance_sums_to_zero(fresh_market: Market) -> None:
    market = fresh_market
    with market.client() as operator, market.client("alpha") as alpha:
        alpha.open_session("main").submit_order(market.instrument, Side.SELL, 100, 10)
        found = operator.trial_balance()
        assert found.to_sequence == market.running.sequence()
        sums: dict[int, int] = {}
        for entry in found.balances:
            sums[entry.balance.instrument] = sums.get(entry.balance.instrument, 0) + entry.balance.amount
        assert sums == {CASH: 0, market.instrument: 0}
        assert {entry.account for entry in found.balances} == {OUTSIDE, market.alpha, market.beta}


def test_who_may_read_what(fresh_market: Market) -> None:
    market = fresh_market
    with market.client("alpha") as alpha:
        with pytest.raises(CallFailed, match="NOT_PERMITTED"):
            alpha.statement(market.beta)
        with pytest.raises(CallFailed, match="NOT_PERMITTED"):
            alpha.trial_balance()
        with pytest.raises(CallFailed, match="MALFORMED_REQUEST"):
            alpha.statement(to_sequence=10**9)
        with pytest.raises(CallFailed, match="MALFORMED_REQUEST"):
            alpha.statement(from_sequence=5, to_sequence=4)


def test_the_command_line_takes_steps(fresh_market: Market, capsys: pytest.CaptureFixture[str]) -> None:
    market = fresh_market
    where = ["--address", market.running.address]
    by_operator, by_beta = [*where, "--as", OPERATOR], [*where, "--as", "beta"]

    def run(*arguments: str) -> tuple[int, str]:
        code = call(["units", *arguments])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    define = ["define", *by_operator, "--instrument", "NZU", "--type"]
    assert run(*define, "allowance", "--vintage", "2024") == (0, "done\n")
    issue = ["step", "issue", *by_operator, "--instrument", "NZU", "--quantity", "7", "--participant", "beta"]
    assert run(*issue, "--year", "2024") == (0, "done\n")
    code, said = run(*issue, "--year", "2025")
    assert (code, "VINTAGE_NOT_OF_INSTRUMENT" in said) == (1, True)
    assert run("step", "retire", *by_beta, "--instrument", "NZU", "--quantity", "7") == (0, "done\n")
    assert run("pledges", *by_beta) == (0, "")
    for arguments, problem in (
        (["step", "eat", *by_beta, "--instrument", "NZU", "--quantity", "7"], "'eat'"),
        (["step", "retire", *by_beta, "--instrument", "OIL", "--quantity", "7"], "no instrument 'OIL'"),
        ([*define, "gold"], "'gold'"),
    ):
        code, said = run(*arguments)
        assert (code, problem in said) == (2, True)
    with market.client() as operator:
        operator.open_session("units").record_fact(market.beta, market.instrument, Fact.EMISSIONS, YEAR, 100)
    code, said = run("obligations", *by_operator, "--participant", "beta")
    assert (code, '"owed": "100"' in said) == (0, True)
