"""The regulator's page: its files, written into an empty folder, and its commands, run in order, do what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.cli.main import call
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "regulator.md").read_text(encoding="utf-8")
FILE = r"`(?P<name>[\w.]+)`:\n\n```(?:toml|csv|python)\n(?P<text>.*?)```"
CONSOLE = r"```console\n(?P<console>.*?)```"
BLOCKS = list(re.finditer(rf"^(?:{FILE}|{CONSOLE})", PAGE, re.DOTALL | re.MULTILINE))


COMMAND = [sys.executable, "-c", "from services.cli.main import run; run()"]
SERVED: list[subprocess.Popen[bytes]] = []
"""The service that the page starts."""


@pytest.fixture(autouse=True)
def no_service_stays() -> Iterator[None]:
    yield
    for process in SERVED:
        process.terminate()
        process.wait(60)
    SERVED.clear()


def commands(console: str) -> list[tuple[list[str], list[str], int]]:
    """(words, lines that are printed, exit code) of each command of a block."""
    found: list[tuple[list[str], list[str], int]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((shlex.split(line[2:]), [], 0))
        elif ended := re.fullmatch(r"\(exit code (\d)\)", line):
            words, printed, _ = found.pop()
            found.append((words, printed, int(ended[1])))
        else:
            found[-1][1].append(line.strip())
    return found


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Runs a command of the page in the working folder; gives its exit code and all that it printed."""
    match words:
        case ["touch", name]:
            Path(name).touch()
            return 0, ""
        case ["jingjia", "serve", *options, "&"]:
            SERVED.append(subprocess.Popen([*COMMAND, "serve", *options, "--port", "0"]))
            while not Path(options[-1]).exists():
                assert SERVED[-1].poll() is None
                time.sleep(0.05)
            return 0, ""
        case ["python", "served.py"]:
            done = subprocess.run([sys.executable, *words[1:]], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr
        case ["python", *arguments]:
            bare = [sys.executable, "-I", "-S", *arguments]
            done = subprocess.run(bare, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr
        case ["jingjia", *arguments]:
            code = call(arguments)
            printed = capsys.readouterr()
            return code, printed.out + printed.err
    raise AssertionError(f"the page runs {words[0]}, which this test does not know")


def test_the_page_leads_from_an_empty_file_to_a_verified_receipt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    ran = []
    for block in BLOCKS:
        if block["name"]:
            Path(block["name"]).write_text(block["text"], encoding="utf-8")
            continue
        for words, printed, code in commands(block["console"]):
            ended, said = run(words, capsys)
            assert ended == code, (words, said)
            assert [line for line in printed if line not in said] == [], (words, said)
            ran.append(words[:3])
    assert len(ran) >= 12
    assert ["jingjia", "auction", "verify"] in ran
    assert ["jingjia", "auction", "export"] in ran
    assert [path.name for path in Path().glob("*.py")] == ["served.py"]
