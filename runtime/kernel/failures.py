"""Failure: what the plan or a person makes of an action that failed for good.

In an incident automation never just stops: the plan says how to go on, or the stage is blocked and
a person decides.
"""

from __future__ import annotations

from ...compiler.plan import Kind, OnFailure
from . import approvals
from .decision import Decision
from .endings import fail, renew, skip
from .index import Place
from .passes import may_go
from .questions import unwatch
from .stages import ask_coordinator, settle_unrun
from .undoing import undo


def take_failure(d: Decision, action_id: str) -> None:
    """An action failed for good: do what the plan says of it, else of its stage."""
    place = d.index.actions[action_id]
    now = d.stages.get(place.stage.id)
    if now is None or now.status != "running":
        return
    if d.phase == "closed" and not place.stage.closing:
        settle_unrun(d, place.stage.id, "fail", f"{action_id} failed")
        return
    own = place.action.on_failure
    rule = own if own is not OnFailure.BLOCK else place.stage.on_failure
    if place.action.kind is Kind.MONITOR and d.phase == "resolved":
        d.then("reopen", f"monitor {action_id}")
    if own is OnFailure.CONTINUE:
        d.then("advance", place.stage.id)
    elif rule is OnFailure.CONTINUE:
        settle_unrun(d, place.stage.id, "fail", f"{action_id} failed")
    elif rule is OnFailure.GOTO and may_go_back(d, place):
        d.then("goto", place.action.goto or place.stage.goto or "")
    else:
        if rule is OnFailure.COMPENSATE:
            undo(d, (place.stage.id,))
        if place.action.kind is Kind.CHOOSE and place.action.items:
            d.set_stage(place.stage.id, now._replace(deferred=action_id))
            d.then("advance", place.stage.id)
        else:
            block(d, place)


def may_go_back(d: Decision, place: Place) -> bool:
    """The plan's ``goto`` leads to this stage or one it builds on, with passes left.

    Anywhere else the failed stage would be left behind, neither running nor blocked.
    """
    target = place.action.goto or place.stage.goto
    if not may_go(d, target):
        return False
    queue, seen = [place.stage.id], {place.stage.id}
    while queue:
        name = queue.pop()
        if name == target:
            return True
        ahead = [need for need in d.index.stages[name].needs if need not in seen]
        seen.update(ahead)
        queue.extend(ahead)
    return False


def block(d: Decision, place: Place) -> None:
    """The stage waits for a person's decision about the named action."""
    d.move_stage(place.stage.id, "block", cursor=place.position)
    d.disarm("stage", place.stage.id)
    d.record("stage-blocked", place.stage.id, place.action.id)
    d.notify("blocked", place.action.id)
    ask_coordinator(d, "decide", place.action.id)


def block_late(d: Decision, action_id: str) -> None:
    """A failed choice blocks its stage at the end, once, however often the end is reached."""
    place = d.index.actions[action_id]
    now = d.stage(place.stage.id)
    if now.status == "running" and now.deferred:
        d.set_stage(place.stage.id, now._replace(deferred=""))
        block(d, place)


def decide(d: Decision, action_id: str, answer: str) -> None:
    """A person decided for a failed action: retry, skip, done, goto, compensate or abort."""
    place = d.index.actions[action_id]
    verb, _, target = answer.partition(":")
    if verb == "goto":
        d.then("goto", target)
        return
    if verb == "compensate":
        undo(d, (place.stage.id,))
        ask_coordinator(d, "decide", action_id)
        return
    if verb == "abort":
        if d.phase == "open":
            d.then("abort", "")
        else:
            settle_unrun(d, place.stage.id, "abort", "a person's decision")
        return
    if verb == "retry":
        if d.action(action_id).gate == "rejected":
            d.set_action(action_id, d.action(action_id)._replace(gate=""))
        renew(d, place)
    elif verb == "skip":
        skip(d, place, "a person's decision")
    else:
        d.move_action(action_id, "finish")
        d.record("action-done", action_id, "by hand")
    d.move_stage(place.stage.id, "proceed")
    d.then("advance", place.stage.id)


def time_out(d: Decision, stage_id: str) -> None:
    """A stage took longer than its timeout: the action under way has failed."""
    now = d.stages.get(stage_id)
    if now is None or now.status != "running":
        return
    place = d.index.actions[d.index.stages[stage_id].actions[now.cursor].id]
    d.record("stage-timeout", stage_id, place.action.id)
    approvals.withdraw(d, place, "timeout")
    unwatch(d, place.action.id, place.action.when)
    fail(d, place, "stage timeout")
