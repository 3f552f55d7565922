"""Workflows of other shapes than an incident: clean, canonical, and drilled to their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.compiler.formatting import format_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.simulator.drill import drill
from armada.simulator.scenario import Scenario

SPECS = Path(__file__).resolve().parents[2] / "specs"
SHAPES = ("code-review", "release-checklist", "security-response")


def source_of(name: str) -> SourceFile:
    return SourceFile(f"{name}.md", (SPECS / f"{name}.md").read_text("utf-8"))


def plan_of(name: str) -> Plan:
    plan = compile_source(source_of(name)).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("name", SHAPES)
def test_nothing_is_found_and_nothing_is_to_be_formatted(name: str) -> None:
    """Not even a note."""
    assert compile_source(source_of(name)).diagnostics == ()
    assert format_source(source_of(name)).text == source_of(name).text


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", range(5))
def test_planned_work_comes_to_its_end(
    scenarios: dict[str, Scenario], name: str, seed: int
) -> None:
    """Whatever the draws, every effect once."""
    result = drill(plan_of(name), scenarios["planned-work"], seed=seed, journal=False)
    assert (result.outcome, result.exit_code) == ("resolved", 0)
    assert set(result.effects.values()) <= {1}


def test_the_shapes_are_what_they_say() -> None:
    """A mesh fans out and in again, a pipeline is one chain, a disclosure waits for evidence."""
    needs = {name: {s.id: set(s.needs) for s in plan_of(name).stages} for name in SHAPES}
    assert needs["code-review"]["verdict"] == {"secure", "fast", "clear"}
    assert needs["release-checklist"] == {
        "freeze": set(),
        "test": {"freeze"},
        "roll-out": {"test"},
        "announce": {"roll-out"},
    }
    assert needs["security-response"]["disclose"] == {"preserve"}
