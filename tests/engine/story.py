"""A drawn day at a venue, told to a core: prints its event chain and its digest. Run in processes of its own.

Usage: python -m tests.engine.story SEED ORDERS CAPACITY. It draws with `numpy.random` outside the core; the core gets
batches and nothing else.
"""

from __future__ import annotations

import sys

import numpy as np

from engine.capacity import CLASSES
from engine.commands import OrderCommand, ParticipantClass, RoundAction, Side
from tests.core.venue import CONSIGNED, Venue

MEMBERS = 6


def tell(seed: int, orders: int, capacity: str) -> Venue:
    """A venue after a drawn flow of orders and one round with consigned units."""
    draw = np.random.default_rng(seed)
    venue = Venue(CLASSES[capacity])
    book = venue.adopt(CONSIGNED)
    instrument = venue.instrument("SZEA", book)
    members = [venue.register(f"成员{at}", ParticipantClass.KEY_EMITTER) for at in range(MEMBERS)]
    for member in members:
        venue.deposit_cash(member, 10**12)
        venue.deposit_units(member, instrument, 10**6)
    ids: list[tuple[int, int]] = []
    for _ in range(orders):
        member = members[int(draw.integers(MEMBERS))]
        price, lots = int(draw.integers(4_900, 5_100)), int(draw.integers(1, 200))
        if ids and draw.integers(4) == 0:
            owner, target = ids[int(draw.integers(len(ids)))]
            command = (OrderCommand.CANCEL, OrderCommand.REDUCE, OrderCommand.REPLACE)[int(draw.integers(3))]
            venue.change(owner, command, target, 0 if command != OrderCommand.REPLACE else price, lots)
        else:
            side = (Side.BUY, Side.SELL)[int(draw.integers(2))]
            ids.append((member, venue.order(member, side, price, lots, instrument)))
    number = venue.round("第一轮", book, instrument)
    venue.consign(number, members[0], 500)
    venue.supply(number, members[1], 1_000)
    venue.act(number, RoundAction.OPEN)
    for member in members[1:] * 3:
        venue.bid(number, member, int(draw.integers(900, 1_100)), int(draw.integers(1, 400)))
    venue.act(number, RoundAction.CLOSE)
    venue.act(number, RoundAction.CLEAR)
    return venue


if __name__ == "__main__":
    told = tell(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    core = told.core
    sys.stdout.write(" ".join([core.event_chain.hex(), core.digest(), str(core.next_sequence), *core.conservation()]))
