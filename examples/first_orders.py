"""From an empty venue to a trade, as a program of one's own would do it.

Start a venue first, in another terminal:

    jingjia serve --data ./venue --port 8920 --operator operator

then run this file against it:

    python examples/first_orders.py 127.0.0.1:8920 operator

Run it twice: sessions, names and request ids make it safe to.
"""

from __future__ import annotations

import sys

from services.client import Client, Orders, Outcome, ParticipantClass, Phase, Refused, Session, Side


def set_up(operator: Session, client: Client) -> int:
    """Adopts a rule book, defines an instrument, registers two members with cash and units; gives the instrument."""
    there = {instrument.name: instrument.number for instrument in client.instruments()}
    if "NZU" in there:
        return there["NZU"]
    book = operator.adopt_rule_book("nz_spot")
    # One tick is one cent a unit, one lot is one unit; the rule book's own steps are counted in these.
    instrument = operator.define_instrument("NZU", book, tick_minor=1, lot_units=1)
    for name in ("alpha", "beta"):
        member = operator.register_participant(name, ParticipantClass.INSTITUTION)
        operator.deposit_cash(member, 1_000_000_00)
        operator.deposit_units(member, instrument, 10_000)
    operator.set_phase(instrument, Phase.CONTINUOUS)
    return instrument


def main(address: str, operator: str) -> None:
    """Sets a venue up, then trades between two members."""
    with Client.connect(address, participant=operator) as client:
        instrument = set_up(client.open_session("set-up"), client)

    with (
        Client.connect(address, participant="alpha") as alpha,
        Client.connect(address, participant="beta") as beta,
    ):
        buyer, seller = alpha.open_session("first orders"), beta.open_session("first orders")

        # Prices are whole ticks: 43.50 is 4350. Columns go as they are, one value stands for all rows.
        answer = buyer.submit_orders(
            Orders(instruments=instrument, sides=Side.BUY, price_ticks=[4350, 4349, 4348], quantity_lots=10)
        )
        print(f"{answer.accepted.sum()} orders rest, {len(answer.refusals)} refused")

        _, done = seller.submit_order(instrument, Side.SELL, price_ticks=4350, quantity_lots=6)
        trades = done.trades()
        print(f"beta sold {trades.quantity_lots.sum()} at {trades.price_ticks[0] / 100:.2f}")

        # The other side learns it from the stream of its own executions, from any sequence on.
        for update in alpha.follow_executions(answer.first_sequence):
            mine = update.executions.trades()
            if len(mine):
                left = mine.quantity_lots[0] + mine.remaining_lots[0]
                print(f"alpha bought {mine.quantity_lots[0]} of {left} at {mine.price_ticks[0] / 100:.2f}")
                break

        # What cannot be done is refused with a reason, the rule behind it, and what to do next.
        buyer.mass_cancel()
        try:
            buyer.cancel_order(int(answer.order_ids[0]))
        except Refused as refused:
            if refused.outcome is not Outcome.ORDER_UNKNOWN:
                raise
            print(f"refused: {refused}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
