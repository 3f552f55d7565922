"""The shipped workflow, and plans of a few lines, compiled for tests of the live side."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]


@cache
def seed_plan() -> Plan:
    """``specs/incident-response.md``."""
    return plan_of((ROOT / "specs/incident-response.md").read_text("utf-8"))


def plan_of(text: str) -> Plan:
    """The plan of a document that has one."""
    compiled = compile_source(SourceFile("document.md", text))
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


def small_plan(actions: str) -> Plan:
    """A plan of one stage, ``ops``, of the agent ``ops``, with these actions."""
    head = (
        "---\nname: small\ncoordinator: lead\nagents: [lead, ops]\n---\n\n### Stage 1: Ops (ops)\n"
    )
    return plan_of(f"{head}\n```yaml\nactions:\n{actions}\n```\n")
