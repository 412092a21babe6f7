"""The order book beside books that anybody can install: `make bench-peers`."""
