"""Approvals: somebody must be able to give each one, and in time for what it is about."""

from __future__ import annotations

from collections.abc import Iterator

from ...dsl.diagnostics import Label
from ...dsl.names import slug
from ..findings import Findings, listing
from ..plan import Approval, Effect, Kind, Plan
from ..sites import ActionSite, ApprovalSite, StageSite, Workflow


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


def own_approvals(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM529: whoever proposes an action would have to approve it, and may not."""
    agents = {site.action.id: site.action.agent for _, site in _actions(workflow)}
    for _, site, approval, gate in _gates(workflow):
        proposer = agents.get(site.action.proposes or "") or site.action.agent
        others = [one for one in approval.approvers if slug(one) != slug(proposer or "")]
        enough = len(approval.approvers) >= approval.quorum > len(others)
        if proposer is None or not enough:
            continue
        others_too = f"; {listing(others)} alone {'is' if len(others) == 1 else 'are'} not enough"
        findings.add(
            "ARM529",
            f"'{proposer}' cannot approve what '{proposer}' proposes",
            gate.quorum_span,
            label="nobody else may" if not others else f"{approval.quorum} are needed",
            notes=(others_too[2:],) if others else (),
            help="name `reviewers:` who do not do it themselves",
        )


def waived_everywhere(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM530: an approval is waived at every level there is."""
    levels = {policy.level for policy in plan.severities}
    for _, site, approval, gate in _gates(workflow):
        if levels and levels <= set(approval.waived_at):
            findings.add(
                "ARM530",
                f"the approval of '{site.action.name}' is waived at every level",
                gate.quorum_span,
                label="never asked for",
                help="keep it for the levels that leave time to ask, or remove it",
            )


_HARMLESS = frozenset({Kind.ASK, Kind.OBSERVE, Kind.VERIFY, Kind.MONITOR, Kind.DOCUMENT})
"""What an approval is not given for: it changes nothing and tells nobody."""


def late_approvals(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM532: an approval comes after what it is about, and before nothing."""
    followed = _followed(workflow)
    asked: dict[str, bool] = {}
    acted: dict[str, ActionSite | None] = {}
    for stage in workflow.stages:
        gate = any(asked[need] for need in stage.needs)
        unasked = next((one for need in stage.needs if (one := acted[need]) is not None), None)
        for at, site in enumerate(stage.actions):
            if site.kind is Kind.APPROVE:
                rest = any(one.kind not in _HARMLESS for one in stage.actions[at + 1 :])
                if unasked is not None and not rest and not followed[stage.id]:
                    _late(findings, site, unasked)
                gate = True
            elif site.action.effect is Effect.UNSAFE and site.gate is None and not gate:
                unasked = unasked or site
        asked[stage.id], acted[stage.id] = gate, unasked


def _late(findings: Findings, site: ActionSite, done: ActionSite) -> None:
    findings.add(
        "ARM532",
        f"'{site.action.name}' comes after '{done.action.name}' and before nothing",
        site.key.span,
        label="too late",
        secondary=(Label(done.key.span, "done by then, unasked"),),
        help=f"move it before '{done.action.name}'",
    )


def _followed(workflow: Workflow) -> dict[str, bool]:
    """Whether a stage behind this one does more than look."""
    found = {stage.id: False for stage in workflow.stages}
    for stage in reversed(workflow.stages):
        does = any(site.kind not in _HARMLESS for site in stage.actions)
        for need in stage.needs:
            found[need] = found[need] or does or found[stage.id]
    return found


def _actions(workflow: Workflow) -> Iterator[tuple[StageSite, ActionSite]]:
    for stage in workflow.stages:
        yield from ((stage, site) for site in stage.actions)


def _gates(workflow: Workflow) -> Iterator[tuple[StageSite, ActionSite, Approval, ApprovalSite]]:
    for stage, site in _actions(workflow):
        if site.action.approval is not None and site.gate is not None:
            yield stage, site, site.action.approval, site.gate
