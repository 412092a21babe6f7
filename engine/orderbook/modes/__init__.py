"""Ways to trade beside the continuous book and the call auction, one package each.

`block`: an offer to a named counterparty, countered and confirmed (大宗). `median`: the continuous book at the middle
of bid, ask and last price (Hubei's 协商议价). `one_way`: one seller or buyer, many bids, one close (单向竞价).
`pick_list`: listings that trade when somebody picks them (挂牌点选).

How they share the record, the commands and the phases with the book: decision 9. Which orders each takes in the
exchange, and what they hold: docs/trading.md.
"""
