"""The guide to drills shows a scenario that has no findings."""

from __future__ import annotations

import re
from pathlib import Path

from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.simulator.scenario_file import check_scenario, read_scenario

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "drills.md"


def codes(text: str, plan: Plan) -> list[str]:
    read = read_scenario(SourceFile("example.yaml", text))
    return [d.code for d in (*read.diagnostics, *check_scenario(read, plan))]


def test_the_example_of_the_guide_is_a_scenario(seed: Plan) -> None:
    guide = GUIDE.read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert codes(example, seed) == []
