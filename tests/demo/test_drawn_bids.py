"""The drawn book of scene B: the same for ever, within the rules, and close to what was published."""

from __future__ import annotations

from engine.commands import ParticipantClass
from services.demo.drawn_bids import BIDDERS, DEMAND_LOTS, FLOOR_TICKS, HIGHEST_TICKS, draw_bids
from services.demo.shenzhen import OFFERED_LOTS


def test_the_same_seed_gives_the_same_book_and_another_seed_another() -> None:
    assert draw_bids() == draw_bids()
    assert draw_bids(1) != draw_bids(2)


def test_the_book_has_the_published_size_and_stays_within_the_rules() -> None:
    for seed in range(20):
        bids = draw_bids(seed)
        assert len(bids) == BIDDERS
        assert sum(bid.quantity_lots for bid in bids) == DEMAND_LOTS
        assert min(bid.quantity_lots for bid in bids) >= 1
        assert max(bid.quantity_lots for bid in bids) <= OFFERED_LOTS * 3 // 10
        assert min(bid.price_ticks for bid in bids) >= FLOOR_TICKS
        assert max(bid.price_ticks for bid in bids) == HIGHEST_TICKS
        assert {bid.bidder_class for bid in bids} == {ParticipantClass.KEY_EMITTER, ParticipantClass.INSTITUTION}


def test_its_outcome_is_close_to_the_published_one() -> None:
    # Price first, then time, everybody pays its own bid: worked out here without the engine.
    bids, left, won = draw_bids(), OFFERED_LOTS, []
    for place in sorted(range(len(bids)), key=lambda place: (-bids[place].price_ticks, place)):
        lots = min(left, bids[place].quantity_lots)
        left -= lots
        if lots:
            won.append((bids[place].price_ticks, lots))
    assert left == 0
    assert len(won) == 26
    assert min(won)[0] == 4_200
    assert round(sum(price * lots for price, lots in won) / OFFERED_LOTS) == 4_349
