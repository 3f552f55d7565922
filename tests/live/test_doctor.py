"""``armada doctor``: what it looks at, and that a page arrived is proved by a person."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEED = str(ROOT / "specs/incident-response.md")
BINDINGS = str(ROOT / "specs/bindings/example.yaml")


def started(folder: Path, *args: str) -> subprocess.Popen[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ARMADA")}
    env = {**kept, "ARMADA_JOURNAL": str(folder / "journal.db"), "ARMADA_ME": "ada"}
    return subprocess.Popen(
        [sys.executable, "-m", "armada", *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def test_it_says_what_is_well(tmp_path: Path) -> None:
    """Journal, identity, adapters, and who is told."""
    doctor = started(tmp_path, "doctor", SEED, "--bindings", BINDINGS)
    out, err = doctor.communicate(timeout=60)
    assert (doctor.returncode, err) == (0, "")
    assert "you are ada" in out and "rung 1 tells On-call engineer" in out and "shell" in out


def test_a_page_is_proved_by_whoever_types_its_code(tmp_path: Path) -> None:
    """From another terminal; a wrong code proves nothing."""
    args = ("doctor", SEED, "--bindings", BINDINGS, "--page", "Team lead", "--wait", "30")
    doctor = started(tmp_path, *args)
    assert doctor.stderr is not None
    seen = ""
    while not (found := re.search(r"there: armada ack --page (\w+)", seen)):
        line = doctor.stderr.readline()
        assert line, seen
        seen += line
    wrong = started(tmp_path, "ack", "--page", "AAAAAAAA")
    assert "no test page" in wrong.communicate(timeout=30)[1] and wrong.returncode == 2
    right = started(tmp_path, "ack", "--page", found[1])
    right.communicate(timeout=30)
    assert right.returncode == 0
    out, _ = doctor.communicate(timeout=30)
    assert doctor.returncode == 0 and "Team lead was told" in out and "acknowledged" in out
    assert not list((tmp_path / "pages").iterdir())


def test_a_page_that_nobody_acknowledges_is_4(tmp_path: Path) -> None:
    """It went out; whether it arrived, nobody knows."""
    args = ("doctor", SEED, "--bindings", BINDINGS, "--page", "Team lead", "--wait", "0.2")
    doctor = started(tmp_path, *args)
    out, _ = doctor.communicate(timeout=60)
    assert doctor.returncode == 4 and "nobody acknowledged" in out
