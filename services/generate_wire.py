"""Makes `services/wire/` from `proto/`: nobody edits the generated folder, a test compares it with a fresh run.

    python -m services.generate_wire            write what has changed
    python -m services.generate_wire --check    write nothing; exit 1 when something is not current

Two steps. The enum of outcomes is written into `proto/` from `engine.outcomes`, so the wire's closed list of refusals
is the engine's and cannot drift. Then protoc (grpcio-tools) with mypy-protobuf makes messages, stubs and their types.
protoc's Python imports start at the root of the proto tree; here they start at `services.wire`, so that one prefix is
rewritten. Needs the development dependencies; the generated code needs none of them.
"""

from __future__ import annotations

import argparse
import re
import sys
import sysconfig
import tempfile
from importlib import resources
from pathlib import Path

from engine.outcomes import ADVICE, Outcome
from services.errors import BadInput

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
WIRE = ROOT / "services" / "wire"
OUTCOME_PROTO = Path("jingjia/common/v1/outcome.proto")

_PACKAGE = '"""Messages of the wire, generated from proto/ by services/generate_wire.py. Do not edit."""\n'


def outcome_proto() -> str:
    """The text of the outcome enum: every refusal of the engine, with its number and its advice."""
    lines = [
        'syntax = "proto3";',
        "",
        "// Made from engine/outcomes.py by services/generate_wire.py. Do not edit.",
        "package jingjia.common.v1;",
        "",
        "// Every reason for which the venue refuses a command: a closed list. Numbers are frozen; the band says which",
        "// stage decided: 1xx the row itself, 2xx who asks, 3xx what it refers to, 4xx orders, 5xx accounts,",
        "// 6xx rounds and bids, 7xx rules, 9xx capacity.",
        "enum Outcome {",
        "  OUTCOME_UNSPECIFIED = 0;",
    ]
    for outcome in Outcome:
        if outcome is not Outcome.ACCEPTED:
            lines += [f"  // {ADVICE[outcome]}", f"  OUTCOME_{outcome.name} = {int(outcome)};"]
    return "\n".join([*lines, "}", ""])


def _rewrite_imports(text: str) -> str:
    return re.sub(r"^(from|import) jingjia\b", r"\1 services.wire.jingjia", text, flags=re.MULTILINE)


def _compile(proto: Path, target: Path) -> None:
    from grpc_tools import protoc

    files = sorted(path.relative_to(proto).as_posix() for path in proto.rglob("*.proto"))
    scripts = Path(sysconfig.get_path("scripts"))
    arguments = [
        "protoc",
        f"--proto_path={proto}",
        f"--proto_path={resources.files('grpc_tools') / '_proto'}",
        f"--python_out={target}",
        f"--grpc_python_out={target}",
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        f"--mypy_out=quiet:{target}",
        f"--mypy_grpc_out=quiet:{target}",
        *files,
    ]
    if protoc.main(arguments):
        raise BadInput([f"protoc refused the files under {proto}; its own messages are above"])


def generate(proto: Path = PROTO) -> dict[str, str]:
    """What has to be there: path below the repository's root, and text, of every generated file."""
    wanted = {f"proto/{OUTCOME_PROTO.as_posix()}": outcome_proto()}
    with tempfile.TemporaryDirectory() as folder:
        sources, target = Path(folder, "proto"), Path(folder, "wire")
        target.mkdir()
        for path in proto.rglob("*.proto"):
            copy = sources / path.relative_to(proto)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text("utf-8"), "utf-8")
        (sources / OUTCOME_PROTO).write_text(outcome_proto(), "utf-8")
        _compile(sources, target)
        folders = {target}
        for path in sorted(target.rglob("*.py*")):
            name = path.relative_to(target).as_posix()
            wanted[f"services/wire/{name}"] = _rewrite_imports(path.read_text("utf-8"))
            folders |= {parent for parent in path.parents if parent.is_relative_to(target)}
        for inner in sorted(folders):
            wanted[f"services/wire/{(inner / '__init__.py').relative_to(target).as_posix()}"] = _PACKAGE
    return wanted


def differences(wanted: dict[str, str]) -> list[str]:
    """Paths that are missing, differ, or should not be there."""
    present = {path.relative_to(ROOT).as_posix() for path in WIRE.rglob("*.py*") if "__pycache__" not in path.parts}
    wrong = [name for name, text in wanted.items() if not (ROOT / name).is_file() or _read(name) != text]
    return sorted({*wrong, *(present - set(wanted))})


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def main() -> int:
    """Entry point of `python -m services.generate_wire`."""
    parser = argparse.ArgumentParser(description="Make services/wire/ from proto/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when something is not current")
    check = parser.parse_args().check
    wanted = generate()
    changed = differences(wanted)
    for name in changed:
        sys.stdout.write(f"{'not current' if check else 'written'}: {name}\n")
        if check:
            continue
        path = ROOT / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], "utf-8")
        else:
            path.unlink()
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
