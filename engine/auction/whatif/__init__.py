"""Many rounds at once: one design over many books of bids, price, sold, proceeds and concentration of each."""

from engine.auction.whatif.books import Books
from engine.auction.whatif.many import Rounds, clear_many

__all__ = ["Books", "Rounds", "clear_many"]
