"""What an order costs when accounts, sessions and rule books stand around the book. `python -m benchmarks.exchange`."""
