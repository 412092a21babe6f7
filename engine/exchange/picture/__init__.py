"""What the books look like: depth for market data, live orders for calls, lists and the digest."""

from engine.exchange.picture.pictures import depth, order_parts, standing_orders, waiting_orders

__all__ = ["depth", "order_parts", "standing_orders", "waiting_orders"]
