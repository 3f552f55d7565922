"""What keeps the kernel's promises checkable: pure rules, fresh diagrams, documented rules."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from armada.runtime.kernel import transitions

ROOT = Path(__file__).parents[2]
KERNEL = ROOT / "runtime" / "kernel"
DOCS = ROOT / "docs" / "kernel.md"
RULES = (
    "approvals",
    "decision",
    "endings",
    "escalation",
    "failures",
    "incident",
    "items",
    "passes",
    "questions",
    "recovery",
    "rollout",
    "stages",
    "undoing",
    "work",
)


def test_rules_never_read_registers_or_the_time():
    """A rule sees control and predicates; ``at_ms`` is only handed on inside an event."""
    for name in RULES:
        for node in ast.walk(ast.parse((KERNEL / f"{name}.py").read_text())):
            if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
                continue
            where = f"{name}.py:{node.lineno}"
            assert node.attr not in ("registers", "timers", "now_ms"), where
            if node.attr == "at_ms":
                assert name == "incident", f"{where}: only a derived event may carry the time on"


def test_the_kernel_imports_nothing_but_the_plan_and_the_persistent_map():
    """Nothing that could tell the time, draw a number or touch the world."""
    allowed = {
        "__future__",
        "collections",
        "collections.abc",
        "typing",
        "dataclasses",
        "immutables",
    }
    for path in sorted(KERNEL.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert {alias.name for alias in node.names} <= allowed, path.name
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                assert node.module in allowed, f"{path.name}: {node.module}"
            elif isinstance(node, ast.ImportFrom) and node.level > 1:
                assert node.module == "compiler.plan", f"{path.name}: {node.module}"


def test_the_diagrams_in_the_documentation_are_those_of_the_tables():
    """Rewrite them with ``python tests/kernel/test_kernel_house.py``."""
    assert DOCS.read_text() == with_diagrams(DOCS.read_text())


def test_every_rule_named_in_the_documentation_is_a_test():
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "kernel").glob("test_*.py"))
    named = re.findall(r"`(test_\w+)`", DOCS.read_text())
    assert len(named) > 60
    assert [name for name in named if f"def {name}(" not in tests] == []


def with_diagrams(text: str) -> str:
    """The page with each machine's diagram after its mark."""
    without = re.sub(r"(<!-- machine: \w+ -->\n)\n```mermaid\n.*?```\n", r"\1", text, flags=re.S)
    return re.sub(
        r"<!-- machine: (\w+) -->\n",
        lambda mark: f"{mark[0]}\n```mermaid\n{transitions.diagram(mark[1])}```\n",
        without,
    )


if __name__ == "__main__":
    DOCS.write_text(with_diagrams(DOCS.read_text()))
