"""Every page of a scenario rule: its bad example gives the finding, its good one does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.simulator.rules import RULES
from armada.simulator.scenario_file import check_scenario, read_scenario

PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"


def codes(text: str, plan: Plan) -> list[str]:
    read = read_scenario(SourceFile("example.yaml", text))
    return [d.code for d in (*read.diagnostics, *check_scenario(read, plan))]


@pytest.mark.parametrize("code", RULES)
def test_the_examples_of_a_page_are_so(code: str, seed: Plan) -> None:
    page = (PAGES / f"{code}.md").read_text("utf-8")
    bad, good = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert codes(bad, seed) == [code]
    assert codes(good, seed) == []


def test_the_example_of_the_guide_is_a_scenario(seed: Plan) -> None:
    guide = (PAGES.parent / "drills.md").read_text("utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert codes(example, seed) == []
