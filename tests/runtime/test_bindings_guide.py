"""The guide to bindings shows bindings that have no findings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile
from armada.runtime.adapters.registry import known_adapters
from armada.runtime.bindings_check import check_bindings
from armada.runtime.bindings_file import read_bindings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def seed() -> Plan:
    text = (ROOT / "specs/incident-response.md").read_text("utf-8")
    plan = compile_source(SourceFile("seed.md", text)).plan
    assert plan is not None
    return plan


def codes(text: str, plan: Plan) -> list[str]:
    read = read_bindings(SourceFile("example.yaml", text))
    found = (*read.diagnostics, *check_bindings(read, plan, known_adapters()))
    return [each.code for each in found]


def test_the_examples_of_the_guide_are_bindings(seed: Plan) -> None:
    guide = (ROOT / "docs/bindings.md").read_text("utf-8")
    examples = EXAMPLES.findall(guide)
    assert examples
    for example in examples:
        assert codes(example, seed) == []
