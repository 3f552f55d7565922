"""kill -9 at every commit and every effect of a live run: nothing twice, nothing asked again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "support/crash_sweep.py"
ONCE = {
    "scale": "mitigate.immediate_relief:1",
    "rollback": "mitigate.rollback:1",
    "canary": "deploy.deploy_fix:canary",
    "promote": "deploy.deploy_fix:promote",
}
"""What each effect is counted as, and the item that it belongs to."""


def struck(folder: Path, shards: int, step: int) -> list[dict[str, Any]]:
    """What came of every ``step``-th place, several processes at a time."""

    paths = [str(PROGRAM.parent), *filter(None, [os.environ.get("PYTHONPATH")])]

    def shard(number: int) -> list[dict[str, Any]]:
        command = [sys.executable, str(PROGRAM), str(folder / str(number))]
        found = subprocess.run(
            [*command, str(number), str(shards), str(step)],
            capture_output=True,
            text=True,
            timeout=1500,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        assert found.returncode == 0, found.stderr
        return [json.loads(line) for line in found.stdout.splitlines()]

    with ThreadPoolExecutor(shards) as pool:
        return [each for found in pool.map(shard, range(shards)) for each in found]


def check(found: list[dict[str, Any]]) -> None:
    """Every run ended as the one left alone, and did everything once."""
    for each in found:
        place = each["place"]
        assert each["ended"].startswith("resolved"), each
        assert each["outcome"] == "resolved", place
        assert not each["broken"], place
        assert not each["twice"], place
        for effect, item in ONCE.items():
            times = each["effects"].get(effect, 0)
            if each["items"].get(item) == "done":
                assert times == 1, (place, effect, times)
            else:
                assert times <= 1, (place, effect, times)


@pytest.mark.slow
def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Some places of each kind; all of them are the marked group ``sweep``."""
    found = struck(tmp_path, 4, 20)
    assert len(found) > 4
    check(found)


@pytest.mark.slow
@pytest.mark.sweep
def test_killed_at_every_commit_and_every_effect(tmp_path: Path) -> None:
    """Before and after each."""
    found = struck(tmp_path, 10, 1)
    assert len(found) > 100
    check(found)
