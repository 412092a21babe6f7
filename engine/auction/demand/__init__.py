"""Demand as a curve, and the price search over it; `clearing_price` is the search by itself."""
