"""The life of a unit off the market: issued, allocated, transferred, pledged, surrendered, retired (配额管理、清缴)."""
