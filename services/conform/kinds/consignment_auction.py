"""Kind `consignment_auction`: withheld units first, then offers matched with bids one by one."""

from __future__ import annotations

from engine.auction.consignment.paired import WITHHELD, pair
from services.conform.cases import Case, NotSupported
from services.conform.kinds.sealed_bids import SealedRound, bids_of, whole
from services.conform.numbers import decimal, exact
from services.conform.verdict import Comparison

_RULES = {
    "price_rule": "pay_as_bid",
    "order": "withheld first; then private offers ascending by minimum price matched to next-highest bids",
    "reserve_on_withheld": "forbidden",
    "withheld_proceeds": "pro rata to contributors",
    "offer_price": "buyer bid (discriminatory)",
}


def check(case: Case, comparison: Comparison) -> None:
    """Match and compare every trade."""
    for key, known in _RULES.items():
        if case.rule.text(key) not in ("", known):
            raise NotSupported(f"{key} {case.rule.text(key)!r}")
    bids = bids_of(case.input)
    offers = []
    for place, body in enumerate(case.input.elements("offers")):
        offer = case.input.adopt(body, f"offers[{place}]")
        offers.append(
            (offer.text("id"), decimal(offer.take("min_price"), "min_price"), whole(offer.take("qty"), "qty"))
        )
    withheld = whole(case.input.take("withheld"), "withheld")
    ticks, _ = SealedRound(bids, further_prices=[minimum for _, minimum, _ in offers]).scales()
    sale = pair(
        [(ticks.ticks(bid.price), int(bid.quantity)) for bid in bids],
        withheld,
        [(ticks.ticks(minimum), lots) for _, minimum, lots in offers],
    )
    comparison.table(
        "offer_unsold", {name: lots for (name, _, _), lots in zip(offers, sale.offers_unsold_lots, strict=True)}
    )
    found = [
        ("EPA" if trade.offer == WITHHELD else offers[trade.offer][0], bids[trade.bid].name, trade.lots)
        for trade in sale.trades
    ]
    prices = [ticks.price(trade.price_ticks) for trade in sale.trades]
    _compare_trades(comparison, found, prices)


def _compare_trades(comparison: Comparison, found: list[tuple[str, str, int]], prices: list) -> None:  # type: ignore[type-arg]
    if "trades" not in comparison.expected:
        return
    comparison.compared += 1
    wanted = []
    for row in comparison.expected.elements("trades"):
        if not isinstance(row, list) or len(row) != 4:
            comparison.differ(f"trades: expected rows of [seller, bid, quantity, price], found {row!r}")
            return
        wanted.append((row[0], row[1], whole(row[2], "trades"), exact(row[3], "trades")))
    made = [(*trade, price) for trade, price in zip(found, prices, strict=True)]
    if wanted != made:
        comparison.differ(f"trades: expected {wanted}, found {made}")
