"""A plan summed up for a reader: stage by stage, level by level, rung by rung.

Plain data, so that a terminal, JSON and a web page can show the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from .plan import Action, Plan, Rung
from .policy import omitted_at


@dataclass(frozen=True, slots=True)
class ActionSummary:
    """An action: what it is, what it does to the world, and the names it reads and owes."""

    id: str
    name: str
    kind: str
    effect: str
    items: tuple[str, ...]
    owes: tuple[str, ...]
    unsupplied: tuple[str, ...]
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StageSummary:
    """A stage and its actions."""

    id: str
    ordinal: str
    title: str
    agent: str | None
    needs: tuple[str, ...]
    closing: bool
    actions: tuple[ActionSummary, ...]


@dataclass(frozen=True, slots=True)
class LevelSummary:
    """A level: who works at it, which stages it omits, and by when somebody must answer."""

    level: int
    name: str
    criteria: str
    respond_within_ms: int | None
    engaged: tuple[str, ...]
    works: tuple[str, ...]
    omits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The whole plan."""

    name: str
    digest: str
    coordinator: str | None
    stages: tuple[StageSummary, ...]
    levels: tuple[LevelSummary, ...]
    clock: str
    rungs: tuple[Rung, ...]
    unsupplied: tuple[str, ...]


def summary(plan: Plan) -> Summary:
    """What a plan says, in the order a reader asks for it."""
    missing = frozenset(plan.unsupplied)
    stages = tuple(
        StageSummary(
            stage.id,
            stage.ordinal,
            stage.title,
            stage.agent,
            stage.needs,
            stage.closing,
            tuple(_action(action, missing) for action in stage.actions),
        )
        for stage in plan.stages
    )
    return Summary(
        plan.name,
        plan.digest,
        plan.coordinator,
        stages,
        tuple(_level(plan, policy.level) for policy in plan.severities),
        plan.escalation.clock,
        plan.escalation.rungs,
        plan.unsupplied,
    )


def _action(action: Action, missing: frozenset[str]) -> ActionSummary:
    return ActionSummary(
        action.id,
        action.name,
        str(action.kind),
        str(action.effect),
        tuple(item.text for item in action.items),
        action.owes,
        tuple(name for name in action.reads if name in missing),
        action.approval.approvers if action.approval else (),
    )


def _level(plan: Plan, level: int) -> LevelSummary:
    policy = plan.severity(level)
    assert policy is not None
    omitted = {stage.id for stage in omitted_at(plan, level)}
    return LevelSummary(
        level,
        policy.name,
        policy.criteria,
        policy.respond_within_ms,
        policy.engaged,
        tuple(stage.id for stage in plan.stages if stage.id not in omitted),
        tuple(stage.id for stage in plan.stages if stage.id in omitted),
    )
