"""Negotiated blocks with accounts: what an offer may cost is held, and a confirmed block is settled at once."""

from engine.exchange.blocks.blocks import Blocks

__all__ = ["Blocks"]
