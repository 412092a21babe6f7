"""What the books look like: depth for market data, what stands for calls, live orders for lists and the digest."""

from engine.exchange.picture.pictures import depth, order_parts, standing_levels, standing_orders, waiting_orders

__all__ = ["depth", "order_parts", "standing_levels", "standing_orders", "waiting_orders"]
