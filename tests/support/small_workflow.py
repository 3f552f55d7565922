"""A workflow of two stages with a ladder of seconds, and waiting for something to be so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import cache

from armada.compiler.compile import compile_source
from armada.compiler.plan import Plan
from armada.dsl.source import SourceFile

HEAD = """\
name: small
coordinator: commander
agents: [commander, worker]
severities:
  - {level: SEV-1, criteria: outage, respond_within: 30 min, agents: All}
escalation:
"""
WORKFLOW = f"""\
{HEAD}\
  - "0-1 sec: on-call engineer"
  - "1-2 sec: team lead"
  - "2+ sec: engineering manager"
stages:
  - id: mend
    agent: worker
    actions:
      - roll_back:
          command: "helm rollback shop"
  - id: check
    agent: worker
    needs: [mend]
    actions:
      - verify_all:
          checks: ["Error rate normalized"]
"""


@cache
def plan_of(text: str = WORKFLOW) -> Plan:
    """The plan of a workflow that is written as YAML."""
    compiled = compile_source(SourceFile("small.armada.yaml", text))
    assert compiled.plan is not None, compiled.diagnostics
    return compiled.plan


async def until(true: Callable[[], bool], timeout_s: float = 15) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)
