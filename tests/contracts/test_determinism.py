"""Same batches, same events, on every machine: what would break that may not be written in the first place."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.contracts.sources import Contract, Finder, Module, dotted, imports, in_engine, in_product, module_of

CLOCKS = {
    "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns",
    "time.localtime", "time.gmtime", "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
}  # fmt: skip
FLOAT_TYPES = {"float", "float16", "float32", "float64", "double", "single", "half", "longdouble", "complex"}
FLOAT_FUNCTIONS = {"mean", "average", "std", "var", "true_divide", "divide", "percentile", "quantile", "linspace"}


def calling(*names: str) -> Finder:
    """A finder of calls of the named functions, written as a plain name or a dotted one."""

    def find(module: Module) -> Iterator[tuple[int, str]]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and dotted(node.func) in names:
                yield node.lineno, f"calls {dotted(node.func)}()"

    return find


def clock_use(module: Module) -> Iterator[tuple[int, str]]:
    """A clock named in any way: called, passed on as a function, or imported by its own name."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and dotted(node) in CLOCKS:
            yield node.lineno, f"uses {dotted(node)}"
    yield from ((line, f"imports {name}") for line, name in imports(module) if name in CLOCKS)


def float_use(module: Module) -> Iterator[tuple[int, str]]:
    """Everything that makes a float: the type, a literal, `/`, `round`, and NumPy's functions that return one."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the literal {node.value}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield node.lineno, "a true division"
        elif isinstance(node, ast.Name) and node.id in {"float", "round"}:
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and dotted(node).startswith(("np.", "numpy.")):
            if node.attr in FLOAT_TYPES | FLOAT_FUNCTIONS:
                yield node.lineno, dotted(node)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FLOAT_FUNCTIONS:
            yield node.lineno, f".{node.func.attr}()"


def unordered_iteration(module: Module) -> Iterator[tuple[int, str]]:
    """Loops over a set written on the spot: its order depends on the hash seed of the process."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.For | ast.comprehension):
            over = node.iter
            made = isinstance(over, ast.Call) and dotted(over.func) in {"set", "frozenset"}
            if made or isinstance(over, ast.Set | ast.SetComp):
                yield over.lineno, "iterates over a set"


def assertions(module: Module) -> Iterator[tuple[int, str]]:
    return ((node.lineno, "assert") for node in ast.walk(module.tree) if isinstance(node, ast.Assert))


def is_run_by_hand(module: Module) -> bool:
    """Whether it is a command of its own (`python -m ...`), such as one that generates files of the project."""
    tests = (node.test for node in module.tree.body if isinstance(node, ast.If))
    return any("__name__" in ast.unparse(test) for test in tests)


CONTRACTS = (
    Contract(
        "one clock",
        "take the time from services.clock, where a test or a replay can set it",
        lambda module: in_product(module) and not module.is_within("services.clock"),
        clock_use,
        bad=(
            ("services/server.py", "import time\nx = time.time_ns()"),
            ("services/server.py", "from time import monotonic"),
            ("engine/core.py", "from datetime import date\nx = date.today()"),
            ("services/server.py", "import datetime\nf = datetime.datetime.now"),
        ),
        good=(("services/server.py", "from services.clock import Clock\nimport time\ntime.sleep(1)"),),
    ),
    Contract(
        "no floats in the core",
        "use integers and the named roundings of engine.units (engine.limits bounds them)",
        in_engine,
        float_use,
        bad=(
            ("engine/x.py", "x = a / b"),
            ("engine/x.py", "x /= 2"),
            ("engine/x.py", "x = round(y)"),
            ("engine/x.py", "x = 0.5"),
            ("engine/x.py", "x = float('nan')"),
            ("engine/x.py", "x = rows.astype(np.float64)"),
            ("engine/x.py", "x = prices.mean()"),
        ),
        good=(("engine/x.py", "x = a // b\ny = terms.round"), ("services/x.py", "x = 0.5")),
        allowed={
            ("engine/jit.py", "a true division"): "joins paths with /",
            ("engine/rules/forms.py", "the literal 0.6"): "how alike a misspelt key must be to be suggested; no amount",
        },
    ),
    Contract(
        "no order from a hash",
        "sort it first: the order of a set changes from process to process",
        in_engine,
        unordered_iteration,
        bad=(
            ("engine/x.py", "for name in set(names):\n    f(name)"),
            ("engine/x.py", "x = [f(y) for y in {'a', 'b'}]"),
        ),
        good=(("engine/x.py", "for name in sorted(set(names)):\n    f(name)"),),
    ),
    Contract(
        "nothing hidden is read",
        "pass what is needed as an argument; use hashlib where a hash is meant",
        in_engine,
        calling("open", "hash", "id", "input", "eval", "exec", "__import__", "globals", "breakpoint"),
        bad=(("engine/x.py", "x = open('f').read()"), ("engine/x.py", "x = hash(name)")),
        good=(("engine/x.py", "x = hashlib.sha256(data)\ny = order.id"),),
    ),
    Contract(
        "no check that -O removes",
        "raise, or refuse with an Outcome: `python -O` drops assert, inside kernels too",
        in_product,
        assertions,
        bad=(("engine/orderbook/kernels.py", "def f(x):\n    assert x > 0"),),
        good=(("engine/x.py", "if x <= 0:\n    raise ValueError"), ("tests/engine/test_x.py", "assert 1")),
    ),
    Contract(
        "libraries do not print",
        "return it, or log it with structlog; only services/cli and commands run by hand write to a terminal",
        lambda module: in_product(module) and not module.is_within("services.cli") and not is_run_by_hand(module),
        calling("print", "rich.print", "sys.stdout.write"),
        bad=(("engine/x.py", "print(1)"), ("services/server.py", "def f():\n    print('ready')")),
        good=(
            ("services/cli/main.py", "print('ready')"),
            ("services/make.py", "import sys\nif __name__ == '__main__':\n    sys.stdout.write('made')"),
        ),
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


def test_an_exception_that_nothing_needs_is_a_breach() -> None:
    stale = Contract("x", "y", in_engine, float_use, (), (), allowed={("engine/x.py", "float"): "a reason"})
    assert "engine/x.py: float: needs no exception any more (a reason)" in stale.breaches_in_project()
