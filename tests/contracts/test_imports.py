"""Who may import whom: the rooms of the project, kept apart by their syntax trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.contracts.sources import Contract, Finder, Module, imports, in_engine, is_one_of, module_of, modules

SYSTEM = (
    "asyncio", "concurrent", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil",
    "signal", "socket", "sqlite3", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
    "zoneinfo",
)  # fmt: skip
"""Standard modules through which a clock, a file, a network, an environment or chance would come in."""

EDGE = ("grpc", "google", "services", "benchmarks", "pydantic", "typer", "rich", "prometheus_client", "cryptography")

CONTRACTS_BETWEEN_ROOMS = (
    "engine.auction.terms", "engine.capacity", "engine.commands", "engine.events", "engine.limits", "engine.outcomes",
    "engine.parameters", "engine.words.floor", "engine.words.rounds", "engine.words.venue", "engine.views",
)  # fmt: skip
"""Declarations without behaviour: a reference may speak the same words as what it checks, and nothing more."""


def importing(*banned: str) -> Finder:
    """A finder of imports of the named modules or anything within them."""

    def find(module: Module) -> Iterator[tuple[int, str]]:
        return ((line, f"imports {name}") for line, name in imports(module) if is_one_of(name, banned))

    return find


def covering(*packages: str) -> Callable[[Module], bool]:
    return lambda module: module.is_within(*packages)


def is_reference(module: Module) -> bool:
    return in_engine(module) and "reference" in module.name.rsplit(".", 1)[-1]


def checked_code(module: Module) -> Iterator[tuple[int, str]]:
    """Imports of a reference module that reach into the code that it is there to check."""
    for line, name in imports(module):
        own = name.startswith("engine") and "reference" in name.rsplit(".", 2)[-2]
        if is_one_of(name, ("numba",)) or (
            is_one_of(name, ("engine",)) and not own and not is_one_of(name, CONTRACTS_BETWEEN_ROOMS)
        ):
            yield line, f"imports {name}"


def generated_messages(module: Module) -> Iterator[tuple[int, str]]:
    for line, name in imports(module):
        if is_one_of(name, ("services.wire", "jingjia")) or "_pb2" in name:
            yield line, f"imports {name}"


CONTRACTS = (
    Contract(
        "the core touches no system",
        "time comes with the batch, chance as recorded input, files as (name, bytes) that `services` has read",
        in_engine,
        importing(*SYSTEM),
        bad=(
            ("engine/core.py", "import time"),
            ("engine/rules/loader.py", "from pathlib import Path"),
            ("engine/core.py", "def f():\n    import os.path"),
        ),
        good=(("engine/rules/loader.py", "import tomllib\nfrom datetime import date"), ("services/x.py", "import os")),
        allowed={
            ("engine/jit.py", f"imports {name}"): "finds the folder of the kernel cache, once, at import"
            for name in ("os", "tempfile", "pathlib.Path")
        }
        | {
            ("engine/event_chain.py", f"imports concurrent.futures.{name}"): "hashes beside the caller; what comes out "
            "does not depend on when"
            for name in ("Future", "ThreadPoolExecutor")
        },
    ),
    Contract(
        "the core knows no edge",
        "services import the engine, never the other way round",
        in_engine,
        importing(*EDGE),
        bad=(("engine/core.py", "import grpc"), ("engine/x.py", "from google.protobuf import message")),
        good=(("engine/core.py", "from engine import limits"), ("services/x.py", "import grpc")),
    ),
    Contract(
        "the book does not know the auction",
        "what both need belongs into a contract file of the engine",
        covering("engine.orderbook"),
        importing("engine.auction", "engine.rules"),
        bad=(
            ("engine/orderbook/book.py", "from engine.auction import terms"),
            ("engine/orderbook/book.py", "from engine import rules"),
        ),
        good=(("engine/orderbook/book.py", "from engine.outcomes import Outcome"),),
    ),
    Contract(
        "the auction knows neither the book nor the rule books",
        "policy reaches it as integers and enums (engine.auction.terms)",
        covering("engine.auction"),
        importing("engine.orderbook", "engine.rules"),
        bad=(
            ("engine/auction/clearing.py", "import engine.orderbook.kernels"),
            ("engine/auction/clearing.py", "from engine.rules import model"),
        ),
        good=(("engine/auction/clearing.py", "from engine.auction.terms import Terms"),),
    ),
    Contract(
        "a reference shares no code with what it checks",
        "write it again in plain Python integers: shared code would share its mistakes",
        is_reference,
        checked_code,
        bad=(
            ("engine/orderbook/reference.py", "from engine.orderbook.kernels import match"),
            ("engine/auction/reference.py", "from engine.units import split_largest_remainder"),
            ("engine/auction/reference.py", "import numba"),
        ),
        good=(
            ("engine/auction/reference.py", "from engine.auction.terms import PriceRule\nimport heapq"),
            ("engine/auction/clearing.py", "from engine.auction.kernels import clear"),
        ),
    ),
    Contract(
        "generated messages stay in services",
        "use the values of services.translate or the engine's own rows",
        lambda module: not module.is_within("services", "tests.services", "tests.crash", "tests.fuzz"),
        generated_messages,
        bad=(
            ("benchmarks/x.py", "from services.wire.jingjia.trading.v1 import trading_pb2"),
            ("tests/engine/test_x.py", "import services.wire"),
        ),
        good=(("services/translate.py", "from services.wire import x_pb2"), ("benchmarks/x.py", "import services")),
    ),
    Contract(
        "numba is reached through engine.jit only",
        "use the decorators `kernel` and `helper` of engine.jit: they carry the cache key",
        lambda module: module.is_within("engine", "services") and not module.is_within("engine.jit"),
        importing("numba"),
        bad=(("engine/orderbook/kernels.py", "from numba import njit"), ("engine/x.py", "import numba as nb")),
        good=(("engine/orderbook/kernels.py", "from engine.jit import helper, kernel"),),
        allowed={
            (f"engine/orderbook/{room}/kernels.py", f"imports {name}"): "machine instructions that Python cannot spell"
            for room in ("bits", "tape")
            for name in ("numba", "numba.core.types", "numba.extending.intrinsic")
        }
        | {
            ("services/compilations.py", "imports numba.core.event"): "counts what numba compiles, and compiles nothing"
        },
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


def import_graph(sources: tuple[Module, ...]) -> dict[str, set[str]]:
    """Module -> modules that importing it runs: what it names, and the packages around that.

    A module's own packages are left out: Python has begun to import them before the module itself.
    """
    known = {module.name for module in sources}
    graph: dict[str, set[str]] = {}
    for module in sources:
        targets: set[str] = set()
        for _, name in imports(module):
            parts = name.split(".")
            targets.update(".".join(parts[:end]) for end in range(1, len(parts) + 1))
        around = {module.name[:at] for at, char in enumerate(module.name) if char == "."}
        graph[module.name] = (targets & known) - around - {module.name}
    return graph


def cycle_in(graph: dict[str, set[str]]) -> list[str]:
    """One cycle, first module repeated at the end; empty when there is none."""
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            if cycle := walk(target, [*trail, name]):
                return cycle
        done.add(name)
        return []

    for name in sorted(graph):
        if cycle := walk(name, []):
            return cycle
    return []


def test_no_module_imports_itself_through_others() -> None:
    product = tuple(module for module in modules() if module.is_within("engine", "services", "benchmarks"))
    assert " -> ".join(cycle_in(import_graph(product))) == ""


def test_a_cycle_is_found_also_through_a_package() -> None:
    sources = (
        module_of("engine/a.py", "from engine.room.leaf import x"),
        module_of("engine/room/__init__.py", "from engine.room.hall import y"),
        module_of("engine/room/hall.py", "import engine.a"),
        module_of("engine/room/leaf.py", ""),
    )
    assert cycle_in(import_graph(sources)) == ["engine.a", "engine.room", "engine.room.hall", "engine.a"]
    assert cycle_in(import_graph(sources[1:2] + sources[3:])) == []
