"""What a trade costs besides its price: fees and taxes by side, and the most that an order can come to pay."""
