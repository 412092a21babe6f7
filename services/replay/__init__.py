"""Replay of an order log through the book: what was sent, in order, gives the trades again.

`log` reads the file and tells everything that is wrong with it before anything runs; `session` walks its rows through
the phases of a day; `call_phase` collects the orders of a call; `continuous` feeds the book; `writing` puts trades and
depth into files. Nothing here decides a trade: that is the engine's.
"""
