"""The command as a process of its own, and as a call in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from armada.cli.main import run

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "LANG", "LC_ALL", "PYTHONIOENCODING")


class Answer(NamedTuple):
    """How a command ended, and what it said."""

    status: int
    out: str
    err: str


@pytest.fixture
def seed() -> Path:
    """The shipped example."""
    return ROOT / "specs/incident-response.md"


@pytest.fixture
def armada(tmp_path: Path) -> Callable[..., Answer]:
    """Run ``armada`` as a process, in an empty folder, with a plain environment."""

    def execute(
        *arguments: str | Path,
        stdin: bytes = b"",
        cwd: Path | None = None,
        **environment: str,
    ) -> Answer:
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        done = subprocess.run(
            [sys.executable, "-m", "armada", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=cwd or tmp_path,
            env={**kept, **environment},
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return execute


@pytest.fixture
def call(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Answer]:
    """The same without a process: quicker, where the process is not what is tested."""
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)

    def execute(*arguments: str | Path) -> Answer:
        status = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(int(status), captured.out, captured.err)

    return execute
