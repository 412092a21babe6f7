"""Trading orders where they stand: listings that are taken, and the orders of a call."""
