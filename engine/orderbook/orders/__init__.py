"""Live orders: their pool and their queues."""
