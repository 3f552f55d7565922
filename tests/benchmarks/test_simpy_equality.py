"""A model of the seed's incident that somebody else's engine runs gives the same outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The benchmark programs ``drills`` and ``simpy_incident``, imported as when they are run."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import drills  # pyright: ignore[reportMissingImports]
    import simpy_incident  # pyright: ignore[reportMissingImports]

    yield drills, simpy_incident


def test_drills_and_the_simpy_model_agree_to_the_millisecond(
    programs: tuple[ModuleType, ModuleType],
) -> None:
    """At every level, and with a review that is voted on: 60 trials each, on the same draws."""
    drills, _ = programs
    assert drills.compare(trials=60) == 300


def test_the_comparison_tells_runs_apart(programs: tuple[ModuleType, ModuleType]) -> None:
    """Other draws give other times, so equal outcomes are not equal for want of variety."""
    drills, model = programs
    outage, _ = drills.settings()
    outcomes = {model.simulate(outage, outage.scenario.seed, trial, None) for trial in range(50)}
    assert len(outcomes) == 50
    columns = list(zip(*outcomes, strict=True))
    acknowledged, mitigated, resolved = columns[1:4]
    assert all(len(set(times)) == 50 for times in (acknowledged, mitigated, resolved))
