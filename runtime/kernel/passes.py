"""Stages that come back, and stages that end early: revival, new passes, the end of automation."""

from __future__ import annotations

from ...compiler.plan import Kind, Stage
from . import registers as reg
from .decision import Decision, RefusedError
from .endings import recount
from .index import Place
from .items import cancel_items
from .questions import question_id, unwatch, withdraw
from .stages import drop, engaged, settle_unrun, unsettle, withdraw_stage
from .state import StageControl
from .transitions import OVER, SETTLED


def revive(d: Decision) -> None:
    """Omitted stages whose agent is engaged now are pending again."""
    if d.phase != "open" or d.ended:
        return
    back = [s for s in d.omitted if engaged(d, d.index.stages[s].agent)]
    if not back:
        return
    d.omitted = tuple(stage for stage in d.omitted if stage not in back)
    for stage_id in sorted(back, key=d.index.ordinals.__getitem__):
        unsettle(d, stage_id)
        d.move_stage(stage_id, "revive", reason="", revived=True)
        for action in d.index.stages[stage_id].actions:
            recount(d, d.index.actions[action.id])
        d.record("stage-revived", stage_id)
        d.then("consider", stage_id)


def go_to(d: Decision, target: str) -> None:
    """Start a new pass of a stage and all that builds on it."""
    if not may_go(d, target):
        raise RefusedError("passes-exhausted" if target in d.index.stages else "unknown-stage")
    behind = {target}
    queue = [target]
    while queue:
        for child in d.index.children[queue.pop()]:
            if child not in behind:
                behind.add(child)
                queue.append(child)
    d.verified = False
    d.record("new-pass", target)
    for stage_id in sorted(behind, key=d.index.ordinals.__getitem__):
        reset(d, stage_id)
    d.then("consider", target)


def may_go(d: Decision, target: str | None) -> bool:
    """The stage exists and has passes left."""
    if target is None or target not in d.index.stages:
        return False
    return d.stage(target).passes + 1 < d.index.plan.max_passes


def reset(d: Decision, stage_id: str) -> None:
    """A stage is pending again, in its next pass."""
    now = d.stage(stage_id)
    stage = d.index.stages[stage_id]
    settled = now.status in SETTLED
    if settled:
        unsettle(d, stage_id)
        now = d.stage(stage_id)
    else:
        d.disarm("stage", stage_id)
        unwatch(d, stage_id, stage.when)
        withdraw_stage(d, stage_id)
    for action in stage.actions:
        reset_action(d, d.index.actions[action.id], settled)
    d.omitted = tuple(each for each in d.omitted if each != stage_id)
    if now.status != "pending":
        d.move_stage(stage_id, "reset", passes=now.passes + 1, cursor=0, reason="", deferred="")


def reset_action(d: Decision, place: Place, settled: bool) -> None:
    """Forget what became of an action."""
    name = place.action.id
    if d.action(name).status not in OVER and not settled:
        drop(d, place)
    recount(d, place)
    withdraw(d, question_id("decide", name))
    d.missed = tuple(each for each in d.missed if each != name)
    d.emit(reg.Unpropose(name))
    if name in d.undoing:
        withdraw(d, question_id("undo", name))
        cancel_items(d, place)
        d.undoing = tuple(each for each in d.undoing if each != name)
        d.then("undo", "")
    if name in d.actions:
        d.actions = d.actions.delete(name)


def end_automation(d: Decision, reason: str) -> None:
    """A person ended the automation: only monitors under way and closing stages go on."""
    d.ended = True
    for stage in d.index.plan.stages:
        now = d.stage(stage.id)
        if stage.closing or now.status in SETTLED or monitoring(d, stage, now):
            continue
        settle_unrun(d, stage.id, "abort", reason)


def monitoring(d: Decision, stage: Stage, now: StageControl) -> bool:
    """The stage is at a monitor that is under way."""
    if now.status != "running" or now.cursor >= len(stage.actions):
        return False
    action = stage.actions[now.cursor]
    return action.kind is Kind.MONITOR and d.action(action.id).status == "watching"
