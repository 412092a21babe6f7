"""The shape of the checkout: what lies at the top, what ships inside the packages, and no word of any one workplace."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.contracts.sources import ROOT, project_files

TOP = {
    ".ci", ".editorconfig", ".gitattributes", ".github", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "NOTICE",
    "README.md", "benchmarks", "docs", "engine", "examples", "proto", "pyproject.toml", "requirements.lock", "services",
    "tests",
}  # fmt: skip
REQUIRED = TOP - {".gitattributes", ".github", "benchmarks", "examples"}

# Spelt in pieces, so that this file does not hold what it looks for.
HOSTS = "|".join(re.escape(name + ".org") for name in ("py" + "pi", "python" + "hosted"))
WORKPLACE = re.compile(
    rf"(?:(?<![\w.~$}}/-])|(?<=//))/(?:work|farm|root|home|Users|opt|tmp)/[\w.-]|\.{'library'}/|\bfarm-\w|{HOSTS}"
)
PACKAGES = ("engine/", "services/", "benchmarks/")
TEXT = {".py", ".pyi", ".md", ".toml", ".txt", ".lock", ".proto", ".html", ".j2", ".csv", ".json", ".svg", ".yml", ""}
TEXT_FILE_BYTES_MAX = 2_000_000
SHIPPED_DATA = {".csv", ".gz", ".ttf", ".otf", ".json", ".png", ".xz"}
TELLS_SOURCE = ("SOURCE.md", "answer.toml")
"""What a folder with data has: a page, or the answer of a rule book's worked case, which must name its source."""


def test_only_known_names_lie_at_the_top() -> None:
    assert {PurePosixPath(path).parts[0] for path in project_files()} - TOP == set()


def test_what_every_reader_looks_for_is_there() -> None:
    assert {name for name in REQUIRED if not (ROOT / name).exists()} == set()


def workplace_words(text: str) -> list[str]:
    """Absolute paths of a machine, and hosts of package registries."""
    return [match.group() for match in WORKPLACE.finditer(text)]


def test_no_file_names_a_workplace_or_a_registry() -> None:
    found = []
    for path in project_files():
        if PurePosixPath(path).suffix in TEXT and (ROOT / path).stat().st_size < TEXT_FILE_BYTES_MAX:
            lines = (ROOT / path).read_text(errors="replace").splitlines()
            found += [f"{path}:{at}: {word}" for at, line in enumerate(lines, 1) for word in workplace_words(line)]
    assert found == []


@pytest.mark.parametrize(
    "text",
    ["see {}work/main", "'{}root/x'", "--find-links file://{}opt/wheels", "({}home/me/f)", "https:/{}pypi{}org/x"],
)
def test_a_workplace_is_found(text: str) -> None:
    assert workplace_words(text.format("/", "."))


@pytest.mark.parametrize(
    "text", ["docs/work/x", "~/.cache/jingjia", "/path/to/python3.11", "https://example.org/work/1"]
)
def test_other_paths_are_left_alone(text: str) -> None:
    assert workplace_words(text) == []


def test_every_folder_with_data_says_where_it_comes_from() -> None:
    folders = {
        PurePosixPath(path).parent
        for path in project_files()
        if PurePosixPath(path).suffix in SHIPPED_DATA and path.startswith(("engine/", "services/"))
    }
    assert {
        str(folder) for folder in folders if not any((ROOT / folder / name).is_file() for name in TELLS_SOURCE)
    } == set()


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    """Built from a copy of what is committed: rule books, data, fonts and types are there, nothing else is."""
    source = tmp_path / "source"
    for path in project_files():
        if path.startswith(PACKAGES) or "/" not in path:
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, source / path)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("jingjia-*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.startswith("jingjia-")}
    wanted = {path for path in project_files() if path.startswith(PACKAGES)}
    assert sorted(wanted - inside) == []
    assert sorted(inside - wanted) == []


def test_every_package_has_an_init_file_and_types() -> None:
    folders = {
        PurePosixPath(path).parent
        for path in project_files()
        if path.endswith(".py") and path.startswith(("engine/", "services/"))
    }
    assert {str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()} == set()
    assert (ROOT / "engine/py.typed").is_file()
    assert (ROOT / "services/py.typed").is_file()


def test_the_lock_pins_every_package_by_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert len(blocks) > 30
    assert [block.splitlines()[0] for block in blocks if not re.match(r"[\w.-]+==\S+", block)] == []
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_holds_every_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = {re.split(r"[\s<>=!~\[]", line)[0].lower() for line in declared}
    locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert wanted - locked == set()
