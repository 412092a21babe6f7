"""The books as others see them: depth, orders in queue order, what a purchase would cost."""
