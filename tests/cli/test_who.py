"""``armada who``: names, times and reasons, and a clear word on a wrong time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from armada.cli.who import command

ROOT = Path(__file__).resolve().parents[2]


def who(*args: str) -> Result:
    files = (str(ROOT / "specs/incident-response.md"), "--people")
    return CliRunner().invoke(command, [*files, str(ROOT / "specs/people/example.yaml"), *args])


def test_each_rung_names_who_is_on_call_when_it_fires() -> None:
    done = who("--at", "2026-03-30T06:50+00:00", "--format", "json")
    names = json.loads(done.stdout)["names"]
    told = {row["name"]: row for row in names}
    assert [p["id"] for p in told["On-call engineer"]["persons"]] == ["cleo"]
    assert told["Team lead"]["at"] == "2026-03-30T07:05:00+00:00"
    assert told["Executive"]["persons"][1]["local"] == "2026-03-30T16:50:00+09:00"
    assert [row["what"] for row in names][-1] == "approves fix.fast_track_review"


def test_a_rung_of_another_level_is_left_out() -> None:
    assert "Executive" not in who("--severity", "2", "--at", "2026-03-30T06:50").stdout


@pytest.mark.parametrize("time", ["soon", "0001-01-01", "9999-12-31T23:59", "2026-13-01"])
def test_a_wrong_time_is_a_usage_error(time: str) -> None:
    done = who("--at", time)
    assert done.exit_code == 2 and "is no time" in done.stderr


def test_a_time_before_the_rota_says_that_nobody_is_there() -> None:
    assert "nobody is on call from 'primary'" in who("--at", "2025-03-30T06:50").stdout
