"""Agents: declared, engaged, invoked and given something to do."""

from __future__ import annotations

from ...dsl.diagnostics import Label
from ...dsl.names import slug
from ..findings import Findings, listing
from ..plan import Plan
from ..policy import spelling
from ..sites import Workflow

_DECLARE = "add it to `agents:` in the front matter, or name a declared agent"


def coordinator(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM105: the coordinator is not among the agents. ARM209: a hierarchy without one."""
    front = workflow.front
    if front.coordinator is not None:
        name = front.coordinator.value
        if front.agents and spelling(name, plan.agents) not in plan.agents:
            findings.add(
                "ARM105",
                f"the coordinator '{name}' is not among the agents",
                front.coordinator.span,
                label="not declared",
                help="add it to `agents:`, or name one of them as coordinator",
            )
    elif front.pattern is not None and front.pattern.value.lower() == "hierarchical":
        findings.add(
            "ARM209",
            "a hierarchical workflow has no coordinator",
            front.pattern.span,
            label="decisions that no stage owns have no owner",
            help="add `coordinator:` to the front matter",
        )


def stage_agents(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM106: a stage's agent is not declared. ARM115: a stage with actions has no agent."""
    known = (*plan.agents, *((plan.coordinator,) if plan.coordinator else ()))
    for stage in workflow.stages:
        if stage.agent is None:
            if stage.actions:
                findings.add(
                    "ARM115",
                    f"stage '{stage.name}' has actions and no agent",
                    stage.title.span,
                    help="name the agent in brackets behind the title",
                )
        elif stage.agent.value not in known:
            findings.add(
                "ARM106",
                f"stage '{stage.name}' belongs to '{stage.agent.value}', whom nobody declared",
                stage.agent.span,
                label="not declared",
                notes=(f"declared are {listing(plan.agents)}",),
                help=findings.suggest(stage.agent.value, known) or _DECLARE,
            )


def engaged_agents(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM107: a severity level engages an agent that is not declared.

    Shared levels engage agents of many documents, so they are held against the agents that the
    same file declares.
    """
    known = {slug(name) for name in (*plan.agents, plan.coordinator or "")}
    files = {agent.span.file for agent in workflow.front.agents}
    for row in workflow.rows:
        if row.span.file not in files:
            continue
        for agent in row.agents or ():
            if slug(agent.value) not in known:
                findings.add(
                    "ARM107",
                    f"{row.name.value} engages '{agent.value}', whom nobody declared",
                    agent.span,
                    label="not declared",
                    notes=(f"declared are {listing(plan.agents)}",),
                    help=_DECLARE,
                )


def invoked_agents(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM116: an invocation calls an agent that is not declared."""
    known = {slug(name) for name in (*plan.agents, plan.coordinator or "", plan.name)}
    for call in workflow.invocations:
        if call.agent.value and slug(call.agent.value) not in known:
            findings.add(
                "ARM116",
                f"the invocation names '{call.agent.value}', whom nobody declared",
                call.agent.span,
                label="not declared",
                help=_DECLARE,
            )


def unused_agents(workflow: Workflow, plan: Plan, findings: Findings) -> None:
    """ARM108: a declared agent has no stage, no action, no level and no rung.

    ARM329: levels engage an agent by name who has nothing to do at any.
    Those that a shared file declares need not all work in each document.
    """
    if not workflow.stages:
        return
    used = _working(workflow, plan)
    rows = [agent for row in workflow.rows for agent in row.agents or ()]
    engaged = {slug(agent.value): agent for agent in reversed(rows)}
    for agent in workflow.front.agents:
        name = slug(agent.value)
        if name in used or agent.span.file != workflow.file:
            continue
        if name in engaged and engaged[name].span.file == workflow.file:
            findings.add(
                "ARM329",
                f"'{agent.value}' is engaged and has nothing to do",
                engaged[name].span,
                secondary=(Label(agent.span, "declared here"),),
                help="give it a stage, or leave it out of the levels",
            )
        elif name not in engaged:
            findings.add(
                "ARM108",
                f"the agent '{agent.value}' has nothing to do",
                agent.span,
                help="give it a stage, or remove it from `agents:`",
            )


def _working(workflow: Workflow, plan: Plan) -> set[str]:
    """Who has a stage, an action, an approval, a rung or a call to answer, or coordinates."""
    used = {slug(stage.agent.value) for stage in workflow.stages if stage.agent}
    used |= {slug(site.action.agent or "") for stage in workflow.stages for site in stage.actions}
    used |= {slug(target.value) for rung in workflow.rungs for target in rung.targets}
    used |= {slug(call.agent.value) for call in workflow.invocations}
    for stage in workflow.stages:
        for site in stage.actions:
            used |= {slug(text.value) for text in site.reviewers or ()}
            approval = site.action.approval
            used |= {slug(name) for name in approval.approvers} if approval else set()
    return used | {slug(plan.coordinator or "")}
