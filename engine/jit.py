"""Compilation of kernels, and the cache that makes it happen once.

Every compiled function of the engine is declared here by one of three decorators: `kernel` for what Python calls (uint8
arrays and scalars in, results into arrays), `helper` for what kernels call (records and scalars, always inlined), and
`routine` for what kernels call rarely (never inlined by force).

numba's own disk cache looks only at the file of the decorated function: an edit in an imported module, or of a global
constant, would run stale code. So the kernels of a module are kept in a folder named by the hash of its source, of the
source of every module of this package that it imports, directly or not, and of the versions that compile it: an edit
anywhere in there is another folder, an edit elsewhere is none. Where no folder can be written the kernels compile in
memory and `cache_note` says so.

This is the one module of the core that touches the operating system, and it does so once, at import.
"""

from __future__ import annotations

import ast
import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

_PACKAGE = Path(__file__).resolve().parent
_VERSIONS = f"numba {numba.__version__} numpy {np.__version__}"


def _source_of(module: str) -> Path | None:
    """The file of a module of this package; None for a name that is no module of it."""
    path = _PACKAGE.joinpath(*module.split(".")[1:])
    for file in (path / "__init__.py", path.with_suffix(".py")):
        if file.is_file() and module.split(".")[0] == _PACKAGE.name:
            return file
    return None


@cache
def _imports_of(file: Path) -> tuple[Path, ...]:
    """The files of this package that a file imports; of `from a import b` both a and, where b is a module, a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted({source for name in names if (source := _source_of(name)) is not None}))


@cache
def source_hash(module: str) -> str:
    """Hash of everything that decides what the kernels of `module` compile to."""
    start = _source_of(module)
    found, waiting = set[Path](), [] if start is None else [start]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting.extend(_imports_of(file))
    digest = hashlib.sha256(_VERSIONS.encode())
    for file in sorted(found):
        digest.update(file.relative_to(_PACKAGE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _cache_folder() -> tuple[Path | None, str]:
    """The folder for compiled kernels and a note for people; no folder when none can be written."""
    if numba.config.DISABLE_JIT:
        return None, "kernels are interpreted (the JIT is off)"
    named = os.environ.get("JINGJIA_CACHE_DIR")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    folder = Path(named) if named else home / "jingjia"
    if _writable(folder):
        return folder, f"kernel cache: {folder}"
    return None, (
        f"kernel cache: {folder} cannot be written, so kernels compile at every start; "
        "set JINGJIA_CACHE_DIR to a writable folder"
    )


cache_folder, cache_note = _cache_folder()
"""Where compiled kernels are kept (None: nowhere), and one line that says so."""


@cache
def folder_of(module: str) -> Path | None:
    """Where the compiled kernels of a module of this package are kept; None when nowhere."""
    return None if cache_folder is None else cache_folder / f"{module}-{source_hash(module)}"


def kernel(function: Callable[..., Any]) -> Any:
    """Decorator of a compiled function that Python calls."""
    folder = folder_of(function.__module__)
    if folder is None:
        return numba.njit(nogil=True)(function)
    # numba reads this setting when the cache of a function is set up, which is now.
    numba.config.CACHE_DIR = str(folder)
    return numba.njit(cache=True, nogil=True)(function)


# Python never calls these two, and the code that would let it is a third of the time it takes to compile them.
helper = numba.njit(forceinline=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of a compiled function that only kernels call; it is inlined into them and never cached by itself."""

routine = numba.njit(forceinline=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""Decorator of a compiled function that only kernels call and that is called, not inlined: what is rare or large. Hot
code stays small around it, and compiles in seconds. Its first statement is `stand_alone()`."""

if numba.config.DISABLE_JIT:

    def stand_alone() -> None:
        """Keep the compiler from inlining the routine that says this."""

else:

    @intrinsic  # type: ignore[untyped-decorator]
    def stand_alone(typing_context: Any) -> Any:
        """Keep the compiler from inlining the routine that says this."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            builder.function.attributes.add("noinline")
            return context.get_dummy_value()

        return types.none(), generate


def is_warm(module: str) -> bool:
    """Whether kernels of a module that an earlier run compiled are there to be loaded."""
    folder = folder_of(module)
    return folder is not None and any(folder.rglob("*.nbi"))
