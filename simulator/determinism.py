"""Proof that a drill depends on nothing but what it names.

``check_determinism`` runs one drill in two fresh processes with different hash seeds and compares
the journals byte for byte. The child reads the drill from standard input and writes its journal.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from ..compiler.plan import Plan, canonical, load_plan
from .drill import drill, drill_header, first_difference
from .scenario import Scenario, load_scenario

HASH_SEEDS = ("1", "4242")


def check_determinism(
    plan: Plan,
    scenario: Scenario,
    *,
    seed: int | None = None,
    trial: int = 0,
    severity: int | None = None,
) -> str | None:
    """The first journal entry in which two fresh processes differ, or None: they agree."""
    number = scenario.seed if seed is None else seed
    request = canonical(drill_header(plan, scenario, number, trial, severity))
    first, second = (_journal(request, hash_seed) for hash_seed in HASH_SEEDS)
    return first_difference(first, second)


def _journal(request: str, hash_seed: str) -> str:
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": paths}
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=request.encode(),
        env=environment,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def main() -> None:
    """Drill what standard input describes and write its journal."""
    import json

    header: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    result = drill(
        load_plan(canonical(header["plan"])),
        load_scenario(header["scenario"]),
        seed=header["seed"],
        trial=header["trial"],
        severity=header["severity"],
    )
    sys.stdout.buffer.write((result.journal or "").encode())


if __name__ == "__main__":
    main()
