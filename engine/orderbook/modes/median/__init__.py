"""Trade price = the middle one of bid, ask and last price, as Hubei's 协商议价转让 has it.

Who trades with whom, and how much, is price-time priority as ever: only the price of a trade differs. Where an incoming
order meets a resting one, the buyer's limit, the seller's limit and the price of the trade before are put in order, and
the one in the middle is the price. It lies between the two limits, so nobody pays more or gets less than agreed.

Before the first trade of a day the previous close stands for the last price. Without any, the resting order's limit
does, which makes it the price.

In the exchange this is the phase MEDIAN: it sets `median` in the book's guard, and `trade_price` in
`engine.orderbook.matching` asks for the price here. It takes limit, post-only and stop-limit orders. A buyer holds its
own limit, and the difference is free with the trade. An order without a limit that a bare book meets in this mode
stands at the end of all prices.

Here: `kernels` (the middle of three, and a run over many trades), `prices` (for Python), `reference` (the slow twin).

Source: Hubei's rules of 协商议价转让 as reprinted on 2019-07-30, out-alive.com/tanguwen/2019/0730/64896.html.
"""

from engine.orderbook.modes.median.prices import median_prices

__all__ = ["median_prices"]
