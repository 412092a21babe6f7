"""Scene D by itself: the formula of the close, and what counts as a balance that does not hold."""

from __future__ import annotations

from services.demo.trading_day import LAST_TRADES, Traded, close_of, fees_of, unbalanced


def test_the_close_is_the_mean_of_the_last_trades_by_quantity() -> None:
    early = [Traded(9_999, 1_000)]
    last = [Traded(4_600, 10), Traded(4_601, 10), Traded(4_602, 20), Traded(4_603, 5), Traded(4_604, 5)]
    assert len(last) == LAST_TRADES
    # 230,085 fen over 50 t: 4,601.7
    assert close_of(early + last) == 4_602


def test_a_half_tick_goes_up() -> None:
    assert close_of([Traded(4_600, 1), Traded(4_601, 1)]) == 4_601


def test_each_side_of_a_trade_pays_half_a_percent_to_the_nearest_fen() -> None:
    # 46.00 x 10 t: 2.30; 45.99 x 1 t: 22.995 fen, which is 23
    assert fees_of([Traded(4_600, 10), Traded(4_599, 1)]) == 2 * (230 + 23)


def test_accounts_that_do_not_come_to_zero_are_told() -> None:
    good = [(0, 500), (0, -500), (1, 7), (1, 3), (1, -10)]
    assert unbalanced(good) == []
    assert unbalanced([*good, (1, 1)]) == ["asset 1: all accounts together come to 1"]
