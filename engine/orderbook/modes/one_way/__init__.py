"""One-way bidding (单向竞价): one participant sells (or buys), several bid against each other within a window.

The initiator names quantity and a limit: the least price of a sale, the highest of a purchase. Bids beyond it do not
count. The best price is served first, at equal prices the earlier bid, the last one served gets what is left. Under
PAY_AS_BID each pays its own price, under UNIFORM all pay the price of the last one served. `whole`: the initiator
trades all of its quantity or none.

In the exchange this is no phase: window, bids, guarantee and allotment are those of a round with one seller
(`engine.rounds`). The function here clears both directions, for whoever has a purchase to clear.

Source: 《碳排放权交易管理规则（试行）》 of 2021-05-14 names the mode and its course: one participant applies, the
exchange publishes a notice, several counterparties bid within the window. The price rule is in no text that was read,
so it is a setting without a default.
"""

from engine.orderbook.modes.one_way.bidding import OneWayPricing, OneWayResult, clear_one_way

__all__ = ["OneWayPricing", "OneWayResult", "clear_one_way"]
