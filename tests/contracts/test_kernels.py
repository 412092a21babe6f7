"""Compiled code: where it may stand, how it is declared, and the record layouts it reads."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator

import numpy as np
import pytest

from engine.capacity import SMALL
from engine.state import state_dtype
from tests.contracts.sources import Contract, Module, dotted, imports, in_engine, module_of, modules

DECORATORS = ("engine.jit.kernel", "engine.jit.helper", "engine.jit.routine")


def declarations(module: Module) -> Iterator[tuple[int, str]]:
    return ((line, f"imports {name}") for line, name in imports(module) if name in {*DECORATORS, "engine.jit.*"})


def unsigned_arithmetic(module: Module) -> Iterator[tuple[int, str]]:
    """uint64 in any spelling: mixed with int64 it is a float with the JIT off and something else with it on."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"uint64", "ulonglong", "uintp"}:
            yield node.lineno, dotted(node)
        elif isinstance(node, ast.Constant) and node.value in {"u8", "<u8", "uint64"}:
            yield node.lineno, repr(node.value)


CONTRACTS = (
    Contract(
        "compiled code stands in kernels.py",
        "put it into the kernels.py of its folder, with its owner and its reference beside it",
        lambda module: not module.path.endswith("/kernels.py") and module.is_within("engine", "services"),
        declarations,
        bad=(("engine/orderbook/book.py", "from engine.jit import helper, kernel"),),
        good=(
            ("engine/orderbook/kernels.py", "from engine.jit import kernel"),
            ("engine/core.py", "from engine.jit import cache_note"),
        ),
    ),
    Contract(
        "int64 only",
        "use i8 (int64): bounds are in engine.limits, and nothing needs the last bit",
        in_engine,
        unsigned_arithmetic,
        bad=(("engine/x/kernels.py", "x = np.uint64(1)"), ("engine/x/layout.py", "fields = [('bits', 'u8')]")),
        good=(("engine/x/layout.py", "fields = [('bits', 'i8'), ('side', 'u1')]"),),
    ),
)


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contract_holds(contract: Contract) -> None:
    assert not contract.breaches_in_project()


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_contract_catches_bad_source_and_leaves_good(contract: Contract) -> None:
    for path, text in contract.bad:
        assert contract.breaches(module_of(path, text)), f"not caught: {text!r} in {path}"
    for path, text in contract.good:
        assert not contract.breaches(module_of(path, text))


TAKEN = frozenset(dir(np.record)) | frozenset(dir(np.generic))
"""Names that a record answers by itself: a field of that name cannot be read with the JIT off."""


def faults(where: str, dtype: np.dtype) -> Iterator[str]:
    """What is wrong with a structured dtype, at any depth."""
    if dtype.subdtype is not None:
        yield from faults(where, dtype.subdtype[0])
    elif dtype.fields is not None:
        if dtype.type is not np.record:
            yield f"{where}: is no np.record, so `row.field` fails with the JIT off; write np.dtype((np.record, [...]))"
        for name, (inner, *_) in dtype.fields.items():
            if name in TAKEN:
                yield f"{where}.{name}: is an attribute of np.record itself; choose another name"
            yield from faults(f"{where}.{name}", inner)
    elif dtype.kind not in "iu" or (dtype.kind == "u" and dtype.itemsize == 8):
        yield f"{where}: is {dtype}; records hold integers up to int64"


def dtypes_of(value: object, where: str) -> Iterator[tuple[str, np.dtype]]:
    """The structured dtypes in a module's global, inside containers too."""
    if isinstance(value, np.dtype) and value.fields is not None:
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from dtypes_of(item, f"{where}[{key}]")
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            yield from dtypes_of(item, f"{where}[{at}]")


def test_every_record_can_be_read_with_the_jit_on_and_off() -> None:
    found = [("state", state_dtype(SMALL))]
    for module in modules():
        if in_engine(module):
            for name, value in vars(importlib.import_module(module.name)).items():
                found.extend(dtypes_of(value, f"{module.name}.{name}"))
    assert len(found) > 10
    assert sorted({fault for where, dtype in found for fault in faults(where, dtype)}) == []


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        (np.dtype([("price", "i8")]), "is no np.record"),
        (np.dtype((np.record, [("size", "i8")])), "x.size: is an attribute"),
        (np.dtype((np.record, [("levels", np.dtype([("price", "i8")]), (4,))])), "x.levels: is no np.record"),
        (np.dtype((np.record, [("price", "f8")])), "x.price: is float64"),
        (np.dtype((np.record, [("price", "u8")])), "x.price: is uint64"),
    ],
)
def test_a_bad_record_is_caught(dtype: np.dtype, said: str) -> None:
    assert any(said in fault for fault in faults("x", dtype))


def test_a_good_record_is_left_alone() -> None:
    level = np.dtype((np.record, [("price_ticks", "i8"), ("side", "u1")]))
    assert list(faults("x", np.dtype((np.record, [("levels", level, (4,)), ("bits", "i8", (2,))])))) == []
