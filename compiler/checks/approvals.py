"""Approvals: somebody must be able to give each one."""

from __future__ import annotations

from ..findings import Findings, listing
from ..plan import Plan
from ..sites import Workflow


def gates(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM507: nobody may approve. ARM508: more votes are asked for than there are approvers."""
    for stage in workflow.stages:
        for site in stage.actions:
            approval = site.action.approval
            if approval is None or site.gate is None:
                continue
            if not approval.approvers:
                findings.add(
                    "ARM507",
                    f"nobody can approve '{site.action.name}'",
                    site.gate.quorum_span,
                    help="name `reviewers:`, or a coordinator in the front matter",
                )
            elif approval.quorum > len(approval.approvers):
                findings.add(
                    "ARM508",
                    f"{approval.quorum} approvals are needed, and only"
                    f" {listing(approval.approvers)} can give one",
                    site.gate.quorum_span,
                    help="name more reviewers, or ask for fewer approvals",
                )
