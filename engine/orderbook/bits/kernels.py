"""Lowest bit, highest digit, scattered bits, a request to fetch memory early, and the same bytes seen as other fields:
an instruction or two each when compiled, plain Python when not.

Words are int64 and bit 63 counts like any other: nothing here depends on the sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from engine.jit import helper

DIGIT_BITS = 6
_WORD = 1 << 64
_GOLDEN = 0x9E3779B97F4A7C15
_HALF_BITS = 32


def _of_one_length(other: np.dtype, own: np.dtype) -> np.dtype:
    """The other dtype, if a record of it has as many bytes as one of the own."""
    if other.itemsize != own.itemsize:
        raise ValueError(f"{other.itemsize} bytes are not the {own.itemsize} of the record")
    return other


if numba.config.DISABLE_JIT:

    def lowest_bit(word: int) -> int:
        """Position of the lowest bit that is set; `word` is not 0."""
        bits = int(word) % _WORD
        return (bits & -bits).bit_length() - 1

    def highest_bit(word: int) -> int:
        """Position of the highest bit that is set; `word` is not 0."""
        return (int(word) % _WORD).bit_length() - 1

    def scatter(word: int) -> int:
        """32 bits that neighbouring words do not share: the upper half of the product with the golden ratio."""
        return int(word) * _GOLDEN % _WORD >> _HALF_BITS

    def fetch_early(record: Any) -> None:
        """Bring the first cache line of a record into the cache while other work goes on. Changes nothing."""

    def seen_as(other: np.dtype, own: np.dtype) -> Callable[[Any], Any]:
        """The function that sees a record of dtype `own` as one of dtype `other`, which has as many bytes."""
        return lambda record: record.view(_of_one_length(other, own))

else:
    import llvmlite.ir as llvm

    @intrinsic
    def lowest_bit(typing_context: Any, word: Any) -> Any:
        """Position of the lowest bit that is set; `word` is not 0."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.cttz(arguments[0], llvm.Constant(llvm.IntType(1), 1))

        return types.int64(types.int64), generate

    @intrinsic
    def highest_bit(typing_context: Any, word: Any) -> Any:
        """Position of the highest bit that is set; `word` is not 0."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            zeros = builder.ctlz(arguments[0], llvm.Constant(llvm.IntType(1), 1))
            return builder.sub(llvm.Constant(llvm.IntType(64), 63), zeros)

        return types.int64(types.int64), generate

    @intrinsic
    def scatter(typing_context: Any, word: Any) -> Any:
        """32 bits that neighbouring words do not share: the upper half of the product with the golden ratio."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            whole = llvm.IntType(64)
            product = builder.mul(arguments[0], llvm.Constant(whole, _GOLDEN))
            return builder.lshr(product, llvm.Constant(whole, _HALF_BITS))

        return types.int64(types.int64), generate

    @intrinsic
    def fetch_early(typing_context: Any, record: Any) -> Any:
        """Bring the first cache line of a record into the cache while other work goes on. Changes nothing."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            byte_pointer, word = llvm.IntType(8).as_pointer(), llvm.IntType(32)
            prefetch = builder.module.declare_intrinsic(
                "llvm.prefetch",
                [byte_pointer],
                llvm.FunctionType(llvm.VoidType(), [byte_pointer, word, word, word]),
            )
            address = builder.bitcast(arguments[0], byte_pointer)
            builder.call(prefetch, [address, *(llvm.Constant(word, value) for value in (0, 3, 1))])
            return context.get_dummy_value()

        return types.none(record), generate

    def seen_as(other: np.dtype, own: np.dtype) -> Callable[[Any], Any]:
        """The function that sees a record of dtype `own` as one of dtype `other`, which has as many bytes."""
        seen = numba.from_dtype(_of_one_length(other, own))

        @intrinsic
        def see(typing_context: Any, record: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
                return builder.bitcast(arguments[0], context.get_value_type(seen))

            return seen(record), generate

        see_as: Callable[[Any], Any] = see
        return see_as


@helper
def bit(position: int) -> int:
    """The word with one bit set, `position` from 0 to 63."""
    return np.int64(1) << np.int64(position)


@helper
def digit_shift(difference: int) -> int:
    """How far the highest six-bit digit that is not 0 lies from the right, in bits; `difference` is not 0."""
    return highest_bit(difference) // DIGIT_BITS * DIGIT_BITS
