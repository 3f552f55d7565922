"""How a run went, as numbers, and what it waits for, in words.

Both are functions of plan and state alone, the same for the drill, the live host, a fleet of drills
and the explorer.
"""

from __future__ import annotations

from typing import NamedTuple

from ...compiler.plan import Plan
from .index import Index, index_of
from .questions import options
from .state import Control, State
from .step import was_over
from .timers import Timer
from .transitions import SETTLED

FINAL = ("open", "resolved", "closed-unverified", "false-alarm", "duplicate", "aborted")
STAGES = (
    "pending",
    "asking",
    "running",
    "blocked",
    "done",
    "omitted",
    "skipped",
    "failed",
    "aborted",
)


def finished(state: State) -> bool:
    """Every stage is settled and the incident is resolved or closed."""
    return was_over(state.control)


def outcome_name(state: State) -> str:
    """One of FINAL; ``open`` while the incident is."""
    return state.control.verdict or "open"


def outcome(plan: Plan, state: State) -> tuple[int, ...]:
    """The run as a fixed tuple of integers; times in milliseconds, -1 for never.

    Final status (its place in FINAL), then the times of acknowledgement, mitigation, resolution and
    closing, of each rung, and for each stage in plan order its status (its place in STAGES) and
    when it settled.
    """
    control, registers = state
    rungs = registers.rung_ms or (-1,) * len(plan.escalation.rungs)
    milestones = (
        registers.acknowledged_ms,
        registers.mitigated_ms,
        registers.resolved_ms,
        registers.closed_ms,
    )
    stages: list[int] = []
    for stage in plan.stages:
        now = control.stages.get(stage.id)
        stages.append(STAGES.index(now.status if now is not None else "pending"))
        stages.append(registers.settled_ms.get(stage.id, -1))
    return (FINAL.index(outcome_name(state)), *milestones, *rungs, *stages)


class Waiting(NamedTuple):
    """Why a stage is not settled: what it waits for, on whom, and until when (None: open-ended)."""

    stage: str
    status: str
    what: str
    on: tuple[str, ...]
    until_ms: int | None = None


def why(plan: Plan, state: State) -> tuple[Waiting, ...]:
    """What each unsettled stage waits for, in plan order; then what the incident waits for."""
    index = index_of(plan)
    control = state.control
    found: list[Waiting] = []
    for stage in plan.stages:
        now = control.stages.get(stage.id)
        status = now.status if now is not None else "pending"
        if status not in SETTLED:
            found.extend(_stage_waits(index, state, stage.id, status))
    for name in sorted(control.questions):
        question = control.questions[name]
        if question.about in ("idle", "severity", "undo"):
            answers = ", ".join(options(index, control, question))
            found.append(Waiting("", question.about, f"an answer: {answers}", question.to))
    if control.undoing:
        agent = index.actions[control.undoing[0]].action.agent or index.coordinator
        found.append(Waiting("", "undoing", control.undoing[0], (agent,)))
    return tuple(found)


def _stage_waits(index: Index, state: State, stage_id: str, status: str) -> list[Waiting]:
    control = state.control
    stage = index.stages[stage_id]
    now = control.stages.get(stage_id)
    if status == "pending" or (status == "asking" and now is not None and now.unclear > 0):
        return [_pending(index, control, stage_id)]
    found = [
        Waiting(stage_id, status, f"an answer to {name}", question.to)
        for name, question in sorted(control.questions.items())
        if _concerns(index, control, question.about, question.subject, stage_id)
    ]
    if status == "running" and now is not None and now.cursor < len(stage.actions):
        found.extend(_action_waits(index, state, stage_id, stage.actions[now.cursor].id))
    return found or [Waiting(stage_id, status, "nothing it can name", ())]


def _pending(index: Index, control: Control, stage_id: str) -> Waiting:
    stage = index.stages[stage_id]
    settled = [control.stages.get(need) for need in stage.needs]
    open_needs = [
        need for need, now in zip(stage.needs, settled, strict=True) if now is None or not now.clear
    ]
    if open_needs:
        return Waiting(stage_id, "pending", "stages: " + ", ".join(open_needs), ())
    if stage.closing and control.phase == "open":
        return Waiting(stage_id, "pending", "the resolution", (index.coordinator,))
    return Waiting(stage_id, "pending", "the declaration", (index.coordinator,))


def _concerns(index: Index, control: Control, about: str, subject: str, stage_id: str) -> bool:
    if about == "fact":
        return any(
            each == stage_id or (each in index.actions and index.actions[each].stage.id == stage_id)
            for each in control.waiting.get(subject, ())
        )
    if about in ("overlap", "staff"):
        return subject == stage_id
    place = index.actions.get(subject.rsplit(":", 3)[0])
    return place is not None and place.stage.id == stage_id


def _action_waits(index: Index, state: State, stage_id: str, action_id: str) -> list[Waiting]:
    control, registers = state
    action = control.actions.get(action_id)
    place = index.actions[action_id]
    agent = (place.action.agent or index.coordinator,)
    if action is None:
        return []
    if action.gate == "proposing":
        return [Waiting(stage_id, "running", f"the proposal of {action_id}", agent)]
    if action.gate == "pending" and action.status == "gated":
        approval = place.action.approval
        voters = approval.approvers if approval and approval.approvers else (index.coordinator,)
        until = registers.timers.get(Timer("expiry", action_id))
        return [Waiting(stage_id, "running", f"approval of {action_id}", voters, until)]
    found: list[Waiting] = []
    if action.status == "watching":
        until = registers.timers.get(Timer("watch", action_id))
        found.append(Waiting(stage_id, "running", f"{action_id} to hold", agent, until))
    for item in action.items:
        if item.status in ("issued", "waiting"):
            passes = control.stages[stage_id].passes
            name = f"{action_id}:{item.item}:{passes}:{item.attempt}"
            dues = [due for t, due in registers.timers.items() if t.subject in (name, action_id)]
            what = f"{action_id} ({item.item}, attempt {item.attempt}, {item.status})"
            found.append(Waiting(stage_id, "running", what, agent, min(dues, default=None)))
    return found
