"""Negotiated block trades (大宗): an offer to a counterparty, counter-offers, a confirmation.

Somebody offers a price and a quantity, to one named counterparty or to everybody. Who is named may confirm, decline, or
counter with other terms, which turns the question round: then the first one may confirm, decline or counter. Who made
the last proposal may withdraw it. Both have agreed when the one who is asked confirms: then it is a trade, at the terms
last proposed. An offer to everybody is confirmed by whoever comes first and cannot be countered; who wants other terms
makes an offer of its own.

Blocks have a band and a least quantity of their own, and an offer may expire. They stand outside the book: no order of
it meets them, and they do not make its last price.

In the exchange (`engine.exchange.blocks`) rows of `Table.BLOCKS` go through the same helpers with accounts around them:
who made the last proposal holds what it may cost, a confirmation settles at once. START and STOP are the operator's
switch, `block.allowed`, `block.band` and `block.minimum` the rule book's terms, which come with the trading day.

Here: `layout` (offers and what is watched), `kernels` (judging and carrying out), `book` (a bare book for Python),
`reference` (the slow twin).

Source: 《关于全国碳排放权交易相关事项的公告》 (2021-06-22): blocks of 100,000 t or more, within 30 % of the previous
close, posted by either side, negotiated or hit directly, confirmed by both.
"""

from engine.orderbook.modes.block.book import BlockBook, BlockTerms

__all__ = ["BlockBook", "BlockTerms"]
