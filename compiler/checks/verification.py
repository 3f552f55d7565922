"""Verification: an incident is resolved only by a check that passed, after the last unsafe act."""

from __future__ import annotations

from ..findings import Findings
from ..plan import Effect, Kind, Plan
from ..sites import StageSite, Workflow


def missing(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM505: no stage verifies. ARM506: nothing is verified after an unsafe stage."""
    if not workflow.stages or workflow.outline.cycle:
        return
    acting = [stage for stage in workflow.stages if stage.actions]
    if not any(stage.has(Kind.VERIFY) for stage in workflow.stages):
        if acting:
            findings.add(
                "ARM505",
                "nothing verifies that the incident is resolved",
                acting[-1].title.span,
                label="the last stage",
                help="add an action with `checks:` after the last change",
            )
        return
    for stage in _unverified(workflow.stages):
        findings.add(
            "ARM506",
            f"nothing is verified after '{stage.name}', which is unsafe",
            stage.title.span,
            help="add an action with `checks:` behind it, or in a stage after it",
        )


def _unverified(stages: list[StageSite]) -> list[StageSite]:
    """The unsafe stages with no verification behind their unsafe action: one sweep upwards."""
    verified: dict[str, bool] = {}
    found: list[StageSite] = []
    below: dict[str, bool] = {stage.id: False for stage in stages}
    for stage in reversed(stages):
        later = below[stage.id]
        for site in reversed(stage.actions):
            if site.kind is Kind.VERIFY:
                later = True
            elif site.action.effect is Effect.UNSAFE and not later:
                found.append(stage)
                break
        verified[stage.id] = later
        for need in stage.needs:
            below[need] = below[need] or later or stage.has(Kind.VERIFY)
    return found[::-1]
