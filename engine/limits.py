"""Every int64 bound of the engine, in one place.

Promise: a value that passed admission can be multiplied and summed by any kernel without leaving int64. Compiled
arithmetic overflows silently, so the bounds are chosen such that the largest product (price x quantity x the money
value of one tick of one lot) and the largest sum (all cash of the venue) stay below 2**62, and admission refuses what
lies outside. Nothing else in the engine repeats one of these numbers.
"""

INT64_MAX = 2**63 - 1
"""Where a sum that may pass int64 is cut off in an event."""

PRICE_TICKS_MAX = 2**30
"""Largest price, in ticks. Prices are at least 1: a price that does not exist is absent, never 0."""

QUANTITY_LOTS_MAX = 2**32 - 1
"""Largest quantity of one order, bid or consigned lot, in lots. (A cap of the whole EU fits in tonnes.)"""

HOLDING_LOTS_MAX = 2**50
"""Largest holding of one account, and largest quantity issued of one instrument, in lots."""

AMOUNT_MINOR_MAX = 2**60
"""Largest money amount of one order, bid or deposit, in minor units (fen, cents)."""

CASH_TOTAL_MINOR_MAX = 2**61
"""Largest sum of all cash on deposit, in minor units; checked at every deposit, so that sums over accounts are safe."""

TICK_VALUE_MINOR_MAX = 10**9
"""Largest money value of one tick of one lot, in minor units."""

FEE_MINIMUM_MINOR_MAX = 2**28
"""Largest least fee of a trade, in minor units: times the largest quantity it stays below `AMOUNT_MINOR_MAX`."""

REQUEST_ID_MAX = 2**40 - 1
"""Largest client request id within a session. An order's id is `session * 2**40 + request id`."""

SESSIONS_MAX = 2**22 - 1
"""Largest session number; with `REQUEST_ID_MAX` it keeps every order id below 2**62."""

CLOSE_TRADES_MAX = 64
"""Most of the last trades of a day that a closing price can average."""

ORDERS_PER_SECOND_MAX = 10**9
"""Fastest pace of a participant that a throttle can have, and the most orders that it can let through at once."""

CHANGES_WAITING_MAX = 64
"""Most changes of the rules that wait for approval or for their effect at once; each may carry a whole book."""

BATCH_ROWS_MAX = 65_536
"""Most rows in one batch."""

TEXT_BYTES_MAX = 1_048_576
"""Longest registered text (a rule book), in bytes of UTF-8."""

NAME_BYTES_MAX = 200
"""Longest name of a participant, instrument, session or round, in bytes of UTF-8."""

TIME_NS_MAX = 2**62
"""Latest batch time, in nanoseconds since 1970-01-01T00:00:00Z."""
