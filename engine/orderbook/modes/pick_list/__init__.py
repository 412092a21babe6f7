"""Pick-list trading (挂牌点选): listings wait, and trade only when somebody picks one.

A listing is an order that rests in the book's own record, at its price, behind those already there; it never trades by
itself, even where a buy listing is priced above a sell listing. A taker names the listing and a quantity and trades at
the listing's price; what is left of the listing goes on waiting.

Which listings may be picked is the venue's rule, two settings:

- `reach_levels`: among how many of the best prices of that side (5: the national market; 1: Guangdong; 0: any);
- `any_at_level`: at one price any listing (the national market), or only the oldest.

In the exchange this is the phase PICK_LIST: limit orders that wait are listings, `TAKE` (a row of ORDERS) names one in
`order_id`, cash or units are held as for any order, and an order that rests may be cancelled, reduced or replaced as
ever. A taker of its own group of participants is refused. Listings that cross keep the instrument from matching
afterwards until a call has uncrossed them (`engine.exchange.phases`). The settings are `trading.reach_levels` and
`trading.any_at_level`, copied into the book's guards when a trading day begins.

Here: `kernels` (judging and carrying out a TAKE, which the exchange calls too, and a bare list), `listings` (the bare
list for Python), `reference` (the slow twin).

Sources: 《关于全国碳排放权交易相关事项的公告》 (2021-06-22): the taker picks within the best five levels, at the
counterparty's price, any counterparty at one level. Guangdong's product rules of 2020: only the lowest-priced sell or
the highest-priced buy listing; among several at that price no text was read that says which.
"""

from engine.orderbook.modes.pick_list.kernels import TAKE
from engine.orderbook.modes.pick_list.listings import PickList

__all__ = ["TAKE", "PickList"]
