"""What a plan says, arranged for looking up: made once a plan, never part of the state.

Owns nothing but the arrangement; every entry is a function of the plan alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...compiler.plan import Action, Effect, Kind, Plan, Stage


@dataclass(frozen=True, slots=True)
class Place:
    """Where an action stands: itself, its stage, its position in the stage and in the plan."""

    action: Action
    stage: Stage
    position: int
    ordinal: int


@dataclass(frozen=True, slots=True)
class Index:
    """Look-up tables of one plan.

    ``children`` are direct dependents in plan order; ``verifies`` and ``unsafe`` count those
    actions of a stage; ``coordinator`` is who decides where no stage does.
    """

    plan: Plan
    stages: dict[str, Stage]
    ordinals: dict[str, int]
    children: dict[str, tuple[str, ...]]
    actions: dict[str, Place]
    roots: tuple[str, ...]
    closing: tuple[str, ...]
    verifies: dict[str, int]
    unsafe: dict[str, int]
    coordinator: str
    engaged: dict[int, frozenset[str]]
    deadlines: dict[int, int | None]

    def ordinal(self, subject: str) -> int:
        """The plan order of an action or stage; others come first."""
        place = self.actions.get(subject)
        if place is not None:
            return place.ordinal
        return self.ordinals.get(subject, -1)


def index_of(plan: Plan) -> Index:
    """The index of a plan, made on first use and kept with the plan."""
    found = plan.__dict__.get("_kernel_index")
    if found is None:
        found = build(plan)
        plan.__dict__["_kernel_index"] = found
    return found


def build(plan: Plan) -> Index:
    """Arrange a plan; linear in its size."""
    children: dict[str, list[str]] = {stage.id: [] for stage in plan.stages}
    actions: dict[str, Place] = {}
    for stage in plan.stages:
        for need in stage.needs:
            children[need].append(stage.id)
        for position, action in enumerate(stage.actions):
            actions[action.id] = Place(action, stage, position, len(actions))
    fallback = plan.agents[0] if plan.agents else "incident-commander"
    coordinator = plan.coordinator or fallback
    return Index(
        plan=plan,
        stages={stage.id: stage for stage in plan.stages},
        ordinals={stage.id: at for at, stage in enumerate(plan.stages)},
        children={stage: tuple(found) for stage, found in children.items()},
        actions=actions,
        roots=tuple(stage.id for stage in plan.stages if not stage.needs),
        closing=tuple(stage.id for stage in plan.stages if stage.closing),
        verifies={stage.id: _count_verifies(stage) for stage in plan.stages},
        unsafe={stage.id: _count_unsafe(stage) for stage in plan.stages},
        coordinator=coordinator,
        engaged={p.level: frozenset((*p.engaged, coordinator)) for p in plan.severities},
        deadlines={p.level: _deadline(plan, p.respond_within_ms) for p in plan.severities},
    )


def _count_verifies(stage: Stage) -> int:
    return sum(action.kind is Kind.VERIFY for action in stage.actions)


def _count_unsafe(stage: Stage) -> int:
    return sum(action.effect is Effect.UNSAFE for action in stage.actions)


def _deadline(plan: Plan, within_ms: int | None) -> int | None:
    return plan.immediate_ms if within_ms == 0 else within_ms
