"""Demand by price as a tree of partial sums (Fenwick, 1994): a bid is entered, and the price found, in one step a bit
of the range of prices.

Place k of the tree, from 1, holds the sum of the k & -k prices that end k - 1 ticks below the highest: sums run from
the highest price down, so the sum through a place is the demand at its price.
"""

from __future__ import annotations

from engine.jit import kernel


@kernel
def add(tree, place, lots):
    """Add `lots` (negative: take off) at a place."""
    while place < tree.size:
        tree[place] += lots
        place += place & -place


@kernel
def sum_through(tree, place):
    """The lots at a place and all before it."""
    total = 0
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total


@kernel
def place_reaching(tree, target):
    """The first place through which the sum reaches `target` (positive); the size of the tree when none does."""
    stride = 1
    while 2 * stride < tree.size:
        stride *= 2
    place = 0
    while stride > 0:
        if place + stride < tree.size and tree[place + stride] < target:
            place += stride
            target -= tree[place]
        stride //= 2
    return place + 1


@kernel
def change(tree, place_before, lots_before, place_after, lots_after, supply):
    """Replace one bid by another (0 lots: no bid); return (demand, first place through which it fills the supply, or
    all of demand where that is less)."""
    if lots_before > 0:
        add(tree, place_before, -lots_before)
    if lots_after > 0:
        add(tree, place_after, lots_after)
    demand = sum_through(tree, tree.size - 1)
    target = min(supply, demand)
    return demand, place_reaching(tree, target) if target > 0 else tree.size


@kernel
def enter_all(tree, highest, lowest, prices, lots):
    """Enter many bids; those outside the range take no part."""
    for i in range(prices.size):
        if lowest <= prices[i] <= highest:
            add(tree, highest - prices[i] + 1, lots[i])
