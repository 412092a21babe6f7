"""Coverage-guided fuzzing of one target with atheris: `python -m tests.fuzz.run TARGET SECONDS [FOLDER]`.

Needs `pip install atheris` (the extra `fuzz`). Inputs that reach new code are kept in FOLDER; the last lines say how
many inputs ran. An input that breaks a target is written to `crash-...` in the working folder. Kernels are interpreted:
the fuzzer sees into them, and no compiler is in the way.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import atheris

    with atheris.instrument_imports(include=["engine", "services"]):
        from tests.fuzz.targets import TARGETS, seeds

    target, seconds = sys.argv[1], sys.argv[2]
    if target not in TARGETS:
        sys.exit(f"{target!r}: allowed are {', '.join(TARGETS)}")
    folder = Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp(prefix=f"fuzz-{target}-"))
    folder.mkdir(exist_ok=True)
    for at, data in enumerate(seeds(target)):
        (folder / f"seed{at}").write_bytes(data)
    options = [sys.argv[0], str(folder), f"-max_total_time={seconds}", "-max_len=20000", "-print_final_stats=1"]
    atheris.Setup(options, TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
