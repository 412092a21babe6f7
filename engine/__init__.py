"""Jingjia's pure core: orders and bids in, integer events out.

Nothing in this package reads a clock, draws a random number, opens a file, or knows gRPC. Time arrives with a batch of
commands, the order of a lottery arrives as recorded input, rule books arrive as `(name, bytes)`. The same batches in
the same order therefore give the same events and the same state digest on every machine.

The rooms: `orderbook` matches, `auction` clears, `ledger` keeps accounts, `rules` turns rule books into integers, and
`core` walks a batch through them.
"""
