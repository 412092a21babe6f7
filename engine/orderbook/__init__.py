"""The continuous order book: price first, then time. Begin with `OrderBook`."""

from engine.orderbook.book import OrderBook

__all__ = ["OrderBook"]
