"""Compilation of kernels, and the cache that makes it happen once.

Every compiled function of the engine is declared here by one of two decorators: `kernel` for what Python calls (uint8
arrays and scalars in, results into arrays), `helper` for what kernels call (records and scalars, always inlined).

numba's own disk cache looks only at the file of the decorated function: an edit in an imported module, or of a global
constant, would run stale code. So the cache lives in a folder named by the hash of every source file of this package
and of the versions that compile it; an edit anywhere is another folder. Where that folder cannot be written the
kernels compile in memory and `cache_note` says so.

This is the one module of the core that touches the operating system, and it does so once, at import.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import numba
import numpy as np


def _source_hash() -> str:
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256(f"numba {numba.__version__} numpy {np.__version__}".encode())
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
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
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(named or os.path.join(home, "jingjia")) / _source_hash()
    if _writable(folder):
        return folder, f"kernel cache: {folder}"
    return None, (
        f"kernel cache: {folder} cannot be written, so kernels compile at every start; "
        "set JINGJIA_CACHE_DIR to a writable folder"
    )


cache_folder, cache_note = _cache_folder()
"""Where compiled kernels are kept (None: nowhere), and one line that says so."""

if cache_folder is not None:
    numba.config.CACHE_DIR = str(cache_folder)

kernel = numba.njit(cache=cache_folder is not None, nogil=True)
"""Decorator of a compiled function that Python calls."""

helper = numba.njit(forceinline=True)
"""Decorator of a compiled function that only kernels call; it is inlined into them and never cached by itself."""


def cache_is_warm() -> bool:
    """Whether kernels compiled by an earlier run are there to be loaded."""
    return cache_folder is not None and any(cache_folder.rglob("*.nbi"))
