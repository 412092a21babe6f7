"""Fees, the lock of what was bought, and what is due, as a client meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.outcomes import Outcome
from services.client import Phase, Refused, Side
from services.wire.jingjia.orders.v1 import orders_pb2
from tests.services.running import Market
from tests.services.test_modes import entry

VALUES = {
    "trading.fee_buyer_share": '"0.005"',
    "trading.fee_seller_share": '"0.005"',
    "trading.same_day_resale": "false",
    "trading.settlement_cash_days": "2",
}


def test_members_see_what_a_trade_cost_and_when_it_settles(tmp_path: Path) -> None:
    market = Market(tmp_path / "journal")
    with market.client() as operator, market.client("alpha") as alpha, market.client("beta") as beta:
        ops = operator.open_session("settled")
        files = dict(operator.rule_book("nz_spot").files)
        files["book.toml"] = files["book.toml"].replace('name = "nz_spot"', 'name = "settled"')
        files["assumptions.toml"] += "".join(entry(key, value) for key, value in VALUES.items())
        book = ops.adopt_own_rule_book("settled", files)
        number = ops.define_instrument("SETTLED", book, tick_minor=1, lot_units=1)
        ops.deposit_units(market.beta, number, 100)
        ops.set_phase(number, Phase.CONTINUOUS)
        buying, selling = alpha.open_session("settled"), beta.open_session("settled")
        cash = alpha.cash().available_minor
        buying.submit_order(number, Side.BUY, 1_050, 40)
        assert alpha.cash().held_minor == 40 * (1_050 + 6)
        _, told = selling.submit_order(number, Side.SELL, 1_050, 40)
        charged = told.kinds == orders_pb2.EXECUTION_KIND_CHARGED
        assert told.amounts_minor[charged].tolist() == [210]
        assert alpha.cash().available_minor == cash - 42_000 - 210
        assert beta.cash().unsettled_minor == 42_000 - 210
        (own,) = [holding for holding in alpha.holdings() if holding.instrument == number]
        assert (own.available_lots, own.unsettled_lots) == (0, 40)
        assert [(due.trading_days, due.quantity_lots, due.amount_minor) for due in alpha.due()] == [(1, 40, 0)]
        assert [(due.trading_days, due.quantity_lots, due.amount_minor) for due in beta.due()] == [(2, 0, 41_790)]
        with pytest.raises(Refused) as refused:
            buying.submit_order(number, Side.SELL, 1_050, 1)
        (refusal,) = refused.value.refusals
        assert (refusal.outcome, refusal.parameter) == (Outcome.HOLDING_NOT_SETTLED, "trading.same_day_resale")
    market.running.stop()
