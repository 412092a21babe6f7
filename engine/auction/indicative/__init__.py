"""The price as it would be now, kept up bid by bid."""

from engine.auction.indicative.price import Indication, IndicativePrice

__all__ = ["Indication", "IndicativePrice"]
