"""The project's own source as syntax trees, and the form in which a contract over them is written.

A `Contract` finds what it forbids in one module and says what to do instead. It carries a piece of source it must
catch and one it must leave alone, so a contract that has stopped working fails its own test. A way out is one finding
in one file, listed in `allowed` with its reason; one that nothing needs any more fails too.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "services/wire/"
MADE = re.compile(r"\.venv|__pycache__|.*\.egg-info|build|dist|\.\w+_cache|\.hypothesis|\.benchmarks|demo-output")
"""Names of folders that are made by running something; the same as in .gitignore."""


@dataclass(frozen=True)
class Module:
    """One Python file: its path from the root (posix), its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its dotted name as `import` writes it."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def is_within(self, *packages: str) -> bool:
        """Whether it is one of the packages or modules, or inside one."""
        return any(self.name == package or self.name.startswith(package + ".") for package in packages)


def module_of(path: str, text: str) -> Module:
    """A module from text: what the self-tests of the contracts use."""
    return Module(path, text, ast.parse(text, path))


@cache
def project_files() -> tuple[str, ...]:
    """Every file that is, or would be, committed, from the root, sorted; without git, every file that is not made."""
    listing = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    if (ROOT / ".git").exists() and shutil.which("git"):
        git = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *listing]
        listed = subprocess.run(git, capture_output=True, check=True, text=True).stdout.split("\0")
    else:
        found = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        listed = [path.as_posix() for path in found if not any(MADE.fullmatch(part) for part in path.parts)]
    return tuple(sorted(path for path in listed if path and (ROOT / path).is_file()))


@cache
def modules() -> tuple[Module, ...]:
    """Every Python file written by hand."""
    paths = [path for path in project_files() if path.endswith(".py") and not path.startswith(GENERATED)]
    return tuple(module_of(path, (ROOT / path).read_text()) for path in paths)


def imports(module: Module) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything it imports; `from a import b` gives `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def is_one_of(name: str, banned: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of `banned` or lies within one."""
    return any(name == ban or name.startswith(ban + ".") for ban in banned)


def dotted(node: ast.AST) -> str:
    """`a.b.c` of a chain of attributes, empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


Finder = Callable[[Module], Iterator[tuple[int, str]]]
"""Yields (line, what was found)."""


@dataclass(frozen=True)
class Contract:
    """One thing that must not be in the source.

    `covers` says in which modules, `find` yields (line, what was found), `instead` names the reason and the
    replacement. `bad` and `good` are (path, text). `allowed` maps (path, what was found) to
    the reason for letting it be.
    """

    name: str
    instead: str
    covers: Callable[[Module], bool]
    find: Finder
    bad: tuple[tuple[str, str], ...]
    good: tuple[tuple[str, str], ...]
    allowed: dict[tuple[str, str], str] = field(default_factory=dict)

    def breaches(self, module: Module) -> list[str]:
        """`path:line: what was found; what to do instead`, in the order of the file."""
        if not self.covers(module):
            return []
        return [
            f"{module.path}:{line}: {found}; {self.instead}"
            for line, found in sorted(set(self.find(module)))
            if (module.path, found) not in self.allowed
        ]

    def breaches_in_project(self) -> list[str]:
        """All breaches, and all exceptions that nothing needs any more."""
        found = {(module.path, found) for module in modules() if self.covers(module) for _, found in self.find(module)}
        stale = [
            f"{path}: {what}: needs no exception any more ({reason})"
            for (path, what), reason in self.allowed.items()
            if (path, what) not in found
        ]
        return stale + [line for module in modules() for line in self.breaches(module)]


def in_engine(module: Module) -> bool:
    """The pure core."""
    return module.is_within("engine")


def in_product(module: Module) -> bool:
    """What is installed: the core and its edges."""
    return module.is_within("engine", "services")
