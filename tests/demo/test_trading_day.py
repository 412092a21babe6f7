"""Scene D by itself: the formula of the close, and what counts as a balance that does not hold."""

from __future__ import annotations

from services.demo.trading_day import LAST_TRADES, Traded, close_of, unbalanced
from services.wire.jingjia.accounts.v1 import accounts_pb2


def test_the_close_is_the_mean_of_the_last_trades_by_quantity() -> None:
    early = [Traded(9_999, 1_000)]
    last = [Traded(4_600, 10), Traded(4_601, 10), Traded(4_602, 20), Traded(4_603, 5), Traded(4_604, 5)]
    assert len(last) == LAST_TRADES
    # 230,085 fen over 50 t: 4,601.7
    assert close_of(early + last) == 4_602


def test_a_half_tick_goes_up() -> None:
    assert close_of([Traded(4_600, 1), Traded(4_601, 1)]) == 4_601


def test_accounts_that_do_not_come_to_zero_are_told() -> None:
    def line(account: int, instrument: int, amount: int) -> accounts_pb2.AccountBalance:
        balance = accounts_pb2.Balance(instrument=instrument, pocket=accounts_pb2.POCKET_AVAILABLE, amount=amount)
        return accounts_pb2.AccountBalance(account=account, balance=balance)

    good = [line(1, 0, 500), line(-1, 0, -500), line(1, 1, 7), line(2, 1, 3), line(-1, 1, -10)]
    assert unbalanced(accounts_pb2.GetTrialBalanceResponse(balances=good)) == []
    bad = [*good, line(3, 1, 1)]
    assert unbalanced(accounts_pb2.GetTrialBalanceResponse(balances=bad)) == [
        "asset 1: all accounts together come to 1"
    ]
