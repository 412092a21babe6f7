"""Records of the path of orders, seen as words of 64 bits."""
