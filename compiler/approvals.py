"""Who may open each gate, and whose product it judges.

Approvers are the action's reviewers, else those of the change before it in the stage or in the
nearest stage before, else the coordinator.
"""

from __future__ import annotations

from dataclasses import replace

from .actions import approval_of
from .plan import Kind
from .sites import ActionSite, Workflow


def resolve_approvals(workflow: Workflow) -> None:
    """Fill in approvers and proposals, stage by stage in plan order."""
    coordinator = workflow.front.coordinator
    fallback = (coordinator.value,) if coordinator else ()
    last: dict[str, tuple[int, ActionSite] | None] = {}
    count = 0
    for stage in workflow.stages:
        befores = [before for need in stage.needs if (before := last[need]) is not None]
        change = max(befores, key=lambda before: before[0], default=None)
        for site in stage.actions:
            if site.gate is not None:
                _fill(site, change[1] if change else None, fallback)
            if site.kind is Kind.CHANGE:
                count += 1
                change = (count, site)
        last[stage.id] = change


def _fill(site: ActionSite, change: ActionSite | None, fallback: tuple[str, ...]) -> None:
    assert site.gate is not None
    reviewers = site.gate.reviewers
    if reviewers is None and change is not None:
        reviewers = change.reviewers
    named = tuple(dict.fromkeys(text.value for text in reviewers or ()))
    proposes = change.action.id if change and site.kind is Kind.APPROVE else None
    site.action = replace(
        site.action, approval=approval_of(site.gate, named or fallback), proposes=proposes
    )
