"""Every benchmark program still runs and prints its figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PROGRAMS = ("drills", "host", "kernel", "lint_many", "lint_process", "scaling", "throughput")
PARTS = ("harness", "run", "simpy_incident", "synthetic")


@pytest.mark.sweep
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_runs_by_itself_and_prints_figures(name: str) -> None:
    """With ``--quick``; what the figures are is for nobody to assert."""
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert f"== {name}:" in done.stdout
    assert " x" in done.stdout


def test_run_names_every_program() -> None:
    """A program that ``run.py`` forgets is run by nobody."""
    found = {path.stem for path in BENCHMARKS.glob("*.py")}
    assert found == {*PROGRAMS, *PARTS}
    listed = (BENCHMARKS / "run.py").read_text(encoding="utf-8")
    assert all(f"import {name}\n" in listed for name in PROGRAMS)
