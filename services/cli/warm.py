"""`jingjia warm`: compile all kernels now, so that no later start has to."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from engine import jit
from engine.capacity import CLASSES
from services.clock import stopwatch_s
from services.errors import BadInput
from services.warm import compile_kernels


def warm(
    capacity: Annotated[
        str, typer.Option(metavar="CLASS", help=f"Capacity class to compile for: {', '.join(CLASSES)}.")
    ] = "medium",
) -> None:
    """Compile the kernels into the cache; for an image build, or before the first start on a machine.

    Example: jingjia warm --capacity medium
    """
    if capacity not in CLASSES:
        raise BadInput(f"no capacity class {capacity!r}; there are {', '.join(CLASSES)}")
    known = jit.is_warm("engine.exchange.kernels") and jit.is_warm("engine.auction.kernels")
    begun = stopwatch_s()
    doing = "Loading the kernels ..." if known else "Compiling the kernels (once; a minute or less) ..."
    with Console(stderr=True).status(doing):
        compile_kernels(CLASSES[capacity])
    typer.echo(f"kernels ready for capacity {capacity} after {stopwatch_s() - begun:.1f} s; {jit.cache_note}")
