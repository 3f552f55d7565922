"""What ``armada show`` says of a plan, as data and as tables.

Everything is read off the plan. What a level omits is the plan's own statement (a stage whose agent
is not engaged), not a forecast of a run.
"""

from __future__ import annotations

from typing import Any

from ...compiler.plan import Action, Plan, Rung, SeverityPolicy, Stage
from .tables import Table
from .words import condition, duration, level_name


def heading(plan: Plan) -> str:
    """The first lines: what this is, whose it is, and which plan exactly."""
    first = f"{plan.name}: {plan.description}" if plan.description else plan.name
    facts = [plan.pattern, f"priority {plan.priority}" if plan.priority else ""]
    if plan.coordinator:
        facts.append(f"coordinator {plan.coordinator}")
    return f"{first}\n{', '.join(fact for fact in facts if fact)}; plan {plan.digest[:12]}"


def tables(plan: Plan) -> tuple[Table, ...]:
    """The sections, in the order a reader asks for them."""
    return (_stages(plan), _actions(plan), _names(plan), _severities(plan), _ladder(plan))


def data(plan: Plan) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "name": plan.name,
        "description": plan.description,
        "digest": plan.digest,
        "pattern": plan.pattern,
        "coordinator": plan.coordinator,
        "agents": list(plan.agents),
        "stages": [_stage_data(stage) for stage in plan.stages],
        "owed": [{"name": name, "by": by} for name, by in owed(plan)],
        "unsupplied": list(plan.unsupplied),
        "severities": [_severity_data(plan, policy) for policy in plan.severities],
        "escalation": {
            "clock": plan.escalation.clock,
            "stated": plan.escalation.stated,
            "rungs": [_rung_data(rung) for rung in plan.escalation.rungs],
        },
    }


def omitted(plan: Plan, policy: SeverityPolicy) -> tuple[Stage, ...]:
    """The stages whose agent this level does not engage; the coordinator always is."""
    engaged = {*policy.engaged, plan.coordinator, None}
    return tuple(stage for stage in plan.stages if stage.agent not in engaged)


def owed(plan: Plan) -> tuple[tuple[str, str], ...]:
    """The names that agents supply, each with the action that brings it, in plan order."""
    return tuple(
        (name, action.id)
        for stage in plan.stages
        for action in stage.actions
        for name in action.owes
    )


# --- as tables ------------------------------------------------------------------------------------


def _stages(plan: Plan) -> Table:
    rows = tuple(
        (
            stage.ordinal,
            stage.title,
            stage.agent or "-",
            ", ".join(stage.needs) or "-",
            _stage_remarks(stage),
        )
        for stage in plan.stages
    )
    return Table("Stages", ("no", "stage", "agent", "after", "remarks"), rows)


def _stage_remarks(stage: Stage) -> str:
    remarks: list[str] = []
    if stage.when is not None:
        remarks.append(f"when {condition(stage.when)}")
    if stage.timeout_ms is not None:
        remarks.append(f"within {duration(stage.timeout_ms)}")
    if stage.closing:
        remarks.append("once resolved or closed")
    if not stage.actions:
        remarks.append("no actions")
    return "; ".join(remarks)


def _actions(plan: Plan) -> Table:
    rows = tuple(
        (action.id, str(action.kind), str(action.effect), _action_remarks(plan, action))
        for stage in plan.stages
        for action in stage.actions
    )
    return Table("Actions", ("action", "kind", "effect", "remarks"), rows)


def _action_remarks(plan: Plan, action: Action) -> str:
    remarks: list[str] = []
    if action.when is not None:
        remarks.append(f"when {condition(action.when)}")
    if action.rollout is not None:
        canary = action.rollout.canary_percent
        remarks.append(action.rollout.strategy + (f", canary {canary} %" if canary else ""))
        if action.rollout.watch_ms:
            remarks.append(f"watched for {duration(action.rollout.watch_ms)}")
    if action.duration_ms:
        remarks.append(f"for {duration(action.duration_ms)}")
    if action.approval is not None:
        voices = f"{action.approval.quorum} of {', '.join(action.approval.approvers) or 'nobody'}"
        waived = ", ".join(level_name(plan, level) for level in action.approval.waived_at)
        remarks.append(f"approved by {voices}" + (f", waived at {waived}" if waived else ""))
    if action.timeout_ms is not None:
        remarks.append(f"within {duration(action.timeout_ms)}")
    return "; ".join(remarks)


def _names(plan: Plan) -> Table:
    rows = [(name, by) for name, by in owed(plan)]
    rows += [(name, "nobody in time: asked for in a run") for name in plan.unsupplied]
    return Table("Names the agents owe", ("name", "supplied by"), tuple(rows))


def _severities(plan: Plan) -> Table:
    rows = tuple(
        (
            policy.name,
            policy.criteria,
            _response(policy),
            ", ".join(policy.engaged) or "nobody",
            ", ".join(stage.id for stage in omitted(plan, policy)) or "-",
        )
        for policy in plan.severities
    )
    return Table("Severities", ("level", "criteria", "respond", "engaged", "omits"), rows)


def _response(policy: SeverityPolicy) -> str:
    if policy.respond_within_ms is None:
        return "deferred"
    return f"within {duration(policy.respond_within_ms)}" if policy.respond_within_ms else "at once"


def _ladder(plan: Plan) -> Table:
    rows = tuple(
        (
            f"{duration(rung.from_ms)}"
            + (" on" if rung.to_ms is None else f" to {duration(rung.to_ms)}"),
            rung.mode,
            ", ".join(rung.targets),
            ", ".join(level_name(plan, level) for level in rung.only_at) or "every level",
        )
        for rung in plan.escalation.rungs
    )
    stated = "" if plan.escalation.stated else ", by default"
    title = f"Escalation (while {plan.escalation.clock}{stated})"
    return Table(title, ("from", "how", "who", "at"), rows)


# --- as data --------------------------------------------------------------------------------------


def _stage_data(stage: Stage) -> dict[str, Any]:
    return {
        "id": stage.id,
        "ordinal": stage.ordinal,
        "title": stage.title,
        "agent": stage.agent,
        "needs": list(stage.needs),
        "when": None if stage.when is None else condition(stage.when),
        "closing": stage.closing,
        "actions": [
            {
                "id": action.id,
                "kind": str(action.kind),
                "effect": str(action.effect),
                "when": None if action.when is None else condition(action.when),
            }
            for action in stage.actions
        ],
    }


def _severity_data(plan: Plan, policy: SeverityPolicy) -> dict[str, Any]:
    return {
        "level": policy.level,
        "name": policy.name,
        "criteria": policy.criteria,
        "respond_within_ms": policy.respond_within_ms,
        "engaged": list(policy.engaged),
        "omits": [stage.id for stage in omitted(plan, policy)],
    }


def _rung_data(rung: Rung) -> dict[str, Any]:
    return {
        "from_ms": rung.from_ms,
        "to_ms": rung.to_ms,
        "targets": list(rung.targets),
        "mode": rung.mode,
        "only_at": list(rung.only_at),
    }
