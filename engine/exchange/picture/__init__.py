"""What the books look like: depth for market data, live orders for the digest."""

from engine.exchange.picture.pictures import depth, order_parts

__all__ = ["depth", "order_parts"]
