"""Order among equals: indices sorted by one key, then by another, and otherwise left as they stand.

Bids usually lie in the order of their arrival, so what is already in order costs one look at each element; anything
else costs a bottom-up merge sort, n log n whatever the input.
"""

from __future__ import annotations

import numpy as np

from engine.jit import helper, kernel


@helper
def comes_before(a, b, first_keys, second_keys):
    """Whether index `a` must go before index `b`; an empty key column holds nothing to compare."""
    if first_keys.size > 0 and first_keys[a] != first_keys[b]:
        return first_keys[a] < first_keys[b]
    return second_keys.size > 0 and second_keys[a] < second_keys[b]


@kernel
def sort_by_keys(indices, first_keys, second_keys):
    """Sort `indices` in place by (first key, second key), ascending and stable."""
    count = indices.size
    in_order = True
    for k in range(1, count):
        if comes_before(indices[k], indices[k - 1], first_keys, second_keys):
            in_order = False
            break
    if in_order:
        return
    source = indices
    target = np.empty(count, np.int64)
    swapped = False
    width = 1
    while width < count:
        start = 0
        while start < count:
            middle = min(start + width, count)
            end = min(start + 2 * width, count)
            left = start
            right = middle
            for k in range(start, end):
                if left < middle and (
                    right >= end or not comes_before(source[right], source[left], first_keys, second_keys)
                ):
                    target[k] = source[left]
                    left += 1
                else:
                    target[k] = source[right]
                    right += 1
            start = end
        source, target = target, source
        swapped = not swapped
        width = 2 * width
    if swapped:
        for k in range(count):
            indices[k] = source[k]


@helper
def no_keys():
    """A column of keys that decides nothing. (A global array would be another type to the compiler.)"""
    return np.empty(0, np.int64)


@kernel
def extent(column):
    """(smallest, largest, sum) of a column that is not empty."""
    smallest = column[0]
    largest = column[0]
    total = 0
    for i in range(column.size):
        smallest = min(smallest, column[i])
        largest = max(largest, column[i])
        total += column[i]
    return smallest, largest, total


@kernel
def extents(first, second):
    """(smallest, largest, sum) of two columns of one length that are not empty, in one pass."""
    first_least, first_most, first_total = first[0], first[0], 0
    second_least, second_most, second_total = second[0], second[0], 0
    for i in range(min(first.size, second.size)):
        first_least = min(first_least, first[i])
        first_most = max(first_most, first[i])
        first_total += first[i]
        second_least = min(second_least, second[i])
        second_most = max(second_most, second[i])
        second_total += second[i]
    return (first_least, first_most, first_total), (second_least, second_most, second_total)


@kernel
def places(count):
    """The indices 0 to `count` - 1."""
    indices = np.empty(count, np.int64)
    for k in range(count):
        indices[k] = k
    return indices


@kernel
def zeros(count):
    """`count` zeros."""
    column = np.empty(count, np.int64)
    for k in range(count):
        column[k] = 0
    return column


@kernel
def negated(column):
    """The column with its signs turned: the key of a falling order."""
    turned = np.empty(column.size, np.int64)
    for k in range(column.size):
        turned[k] = -column[k]
    return turned


@kernel
def pick(column, indices):
    """The entries of `column` at `indices`; an empty column stays empty."""
    count = indices.size if column.size > 0 else 0
    picked = np.empty(count, np.int64)
    for k in range(count):
        picked[k] = column[indices[k]]
    return picked
