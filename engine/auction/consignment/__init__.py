"""Consigned bidding (委托竞价): what may be consigned, and what becomes of it around a round.

In the round consigned lots are lines of supply of their own rank; consignors of one rank share a short sale
(`engine.auction.clear`). Around it: `permitted` (how much, who, fees, where units go), `paired` (the historical design
that matched offers with bids one by one, for comparison).
"""
