"""Stages: when they start, what they wait for, and how they settle.

A stage starts when all its ancestors are settled. ``unclear`` counts the direct needs that are not
yet *clear* (settled, with every ancestor settled), so a revived ancestor holds back what has not
started, and a step touches only neighbours. Settling is a worklist, never recursion: a chain of ten
thousand omitted stages settles in one step.
"""

from __future__ import annotations

from ...compiler.plan import Stage
from . import approvals, work
from . import commands as co
from . import registers as reg
from .decision import Decision
from .endings import skip, uncount
from .guards import evaluate
from .index import Place
from .items import cancel_items
from .questions import ask, await_facts, question_id, unwatch, withdraw
from .state import StageControl
from .transitions import OVER, SETTLED

STARTED = frozenset({"running", "blocked", "done", "failed"})


def engaged(d: Decision, agent: str | None) -> bool:
    """Someone of this agent works at the present level, or was brought in."""
    if agent is None or agent in d.engaged:
        return True
    at_level = d.index.engaged.get(d.level)
    return at_level is None or agent in at_level


# --- reaching a stage -----------------------------------------------------------------------------


def consider(d: Decision, stage_id: str) -> None:
    """Its ancestors are settled: start it, omit it, skip it, or ask first."""
    now = d.stage(stage_id)
    stage = d.index.stages[stage_id]
    if now.status not in ("pending", "asking") or now.unclear > 0 or not open_for(d, stage):
        return
    truth = evaluate(stage.when, d.facts, d.level)
    if truth is None:
        hold(d, stage, now)
        await_facts(d, stage_id, stage.when, stage.agent)
        return
    unwatch(d, stage_id, stage.when)
    if not truth:
        settle_unrun(d, stage_id, "skip", "its condition is false")
    elif not engaged(d, stage.agent) and not bring_in(d, stage, now):
        return
    elif now.revived and built_upon(d, stage_id):
        hold(d, stage, now)
        ask_coordinator(d, "overlap", stage_id)
    else:
        start(d, stage_id)


def open_for(d: Decision, stage: Stage) -> bool:
    """Closing stages wait for the end of the incident; the others for its being open."""
    if stage.closing:
        return d.phase in ("resolved", "closed")
    return not d.ended


def hold(d: Decision, stage: Stage, now: StageControl) -> None:
    """The stage waits for an answer."""
    if now.status == "pending":
        d.move_stage(stage.id, "ask")


def ask_coordinator(d: Decision, about: str, subject: str) -> None:
    """Open a question to the coordinator unless it is open."""
    if question_id(about, subject) not in d.questions:
        ask(d, about, subject, (d.index.coordinator,))


def bring_in(d: Decision, stage: Stage, now: StageControl) -> bool:
    """Nobody of the stage's agent is engaged: true where the plan pages the agent all the same."""
    agent = stage.agent or ""
    match d.index.plan.unstaffed:
        case "page":
            add_agent(d, agent, "unstaffed stage")
            return True
        case "ask":
            hold(d, stage, now)
            ask_coordinator(d, "staff", stage.id)
        case _:
            omit(d, stage.id)
    return False


def add_agent(d: Decision, agent: str, by: str) -> None:
    """Bring an agent in, and tell it."""
    d.engaged = tuple(sorted({*d.engaged, agent}))
    d.record("engaged", agent, by)
    d.emit(co.Notify("engaged", agent, (agent,)))
    for name in sorted(d.questions):
        question = d.questions[name]
        if question.about == "staff" and d.index.stages[question.subject].agent == agent:
            withdraw(d, name)
            d.then("consider", question.subject)


def omit(d: Decision, stage_id: str) -> None:
    """Nobody works on this stage at this level."""
    agent = d.index.stages[stage_id].agent
    d.omitted = (*d.omitted, stage_id)
    settle_unrun(d, stage_id, "omit", f"{agent} is not engaged at level {d.level}")


def built_upon(d: Decision, stage_id: str) -> bool:
    """Something that builds on this stage has started already."""
    queue = list(d.index.children[stage_id])
    seen = set(queue)
    while queue:
        child = queue.pop()
        if d.stage(child).status in STARTED:
            return True
        ahead = [each for each in d.index.children[child] if each not in seen]
        seen.update(ahead)
        queue.extend(ahead)
    return False


def start(d: Decision, stage_id: str) -> None:
    """Run the stage from its first action."""
    stage = d.index.stages[stage_id]
    d.move_stage(stage_id, "start", cursor=0, reason="", revived=False)
    withdraw_stage(d, stage_id)
    d.record("stage-started", stage_id, stage.agent or "")
    if stage.timeout_ms is not None:
        d.arm("stage", stage_id, stage.timeout_ms)
    d.then("advance", stage_id)


# --- running a stage ------------------------------------------------------------------------------


def advance(d: Decision, stage_id: str) -> None:
    """Go on to the next action, or settle."""
    now = d.stages.get(stage_id)
    if now is None or now.status != "running":
        return
    stage = d.index.stages[stage_id]
    cursor = now.cursor
    while cursor < len(stage.actions):
        status = d.action(stage.actions[cursor].id).status
        if status not in OVER:
            break
        cursor += 1
    if cursor != now.cursor:
        d.set_stage(stage_id, now._replace(cursor=cursor))
    if d.ended and not stage.closing:
        settle_unrun(d, stage_id, "abort", "the automation has ended")
    elif cursor < len(stage.actions):
        if d.action(stage.actions[cursor].id).status == "pending":
            reach(d, stage.actions[cursor].id)
    elif now.deferred:
        d.then("block", now.deferred)
    else:
        d.move_stage(stage_id, "finish", cursor=0)
        d.record("stage-done", stage_id)
        settle(d, stage_id)


def reach(d: Decision, action_id: str) -> None:
    """An action is next, or a fact its guard reads has changed before it was dispatched."""
    place = d.index.actions[action_id]
    status = d.action(action_id).status
    if status not in ("pending", "guarded", "gated") or not is_next(d, place):
        return
    truth = evaluate(place.action.when, d.facts, d.level)
    if truth is None:
        approvals.withdraw(d, place, "guard")
        if status != "guarded":
            d.move_action(action_id, "guard")
        await_facts(d, action_id, place.action.when, place.action.agent)
    elif not truth:
        approvals.withdraw(d, place, "guard")
        unwatch(d, action_id, place.action.when)
        skip(d, place, "its condition is false")
    elif approvals.gated(place) and d.action(action_id).gate not in approvals.PASSED:
        if status != "gated":
            approvals.open_gate(d, place)
    else:
        unwatch(d, action_id, place.action.when)
        work.begin(d, action_id)


def is_next(d: Decision, place: Place) -> bool:
    """The action is the one its running stage has come to."""
    now = d.stages.get(place.stage.id)
    return now is not None and now.status == "running" and now.cursor == place.position


# --- settling -------------------------------------------------------------------------------------


def settle_unrun(d: Decision, stage_id: str, trigger: str, reason: str) -> None:
    """Settle a stage without (further) work, and say why."""
    stage = d.index.stages[stage_id]
    for action in stage.actions:
        place = d.index.actions[action.id]
        if d.action(action.id).status not in OVER:
            drop(d, place)
        withdraw(d, question_id("decide", action.id))
    after = d.move_stage(stage_id, trigger, reason=reason, deferred="")
    d.record(f"stage-{after.status}", stage_id, reason)
    settle(d, stage_id)


def drop(d: Decision, place: Place) -> None:
    """An action that is not over will not be carried out."""
    uncount(d, place)
    if d.action(place.action.id).status == "pending":
        return
    approvals.withdraw(d, place, "cancelled")
    unwatch(d, place.action.id, place.action.when)
    cancel_items(d, place)
    d.disarm("timeout", place.action.id)
    d.disarm("watch", place.action.id)


def withdraw_stage(d: Decision, stage_id: str) -> None:
    """Whether the stage starts is no longer a question."""
    if d.questions:
        for about in ("overlap", "staff"):
            withdraw(d, question_id(about, stage_id))


def settle(d: Decision, stage_id: str) -> None:
    """A stage has settled: what waited for it may be clear."""
    stage = d.index.stages[stage_id]
    d.emit(reg.Settle(stage_id, True))
    if stage.timeout_ms is not None:
        d.disarm("stage", stage_id)
    unwatch(d, stage_id, stage.when)
    withdraw_stage(d, stage_id)
    if stage.closing:
        d.closing_left -= 1
    else:
        d.stages_left -= 1
    if d.stage(stage_id).unclear == 0:
        spread(d, stage_id)


def spread(d: Decision, stage_id: str) -> None:
    """A settled stage is clear: so may be its children, and theirs."""
    clear = [stage_id]
    while clear:
        name = clear.pop()
        d.set_stage(name, d.stage(name)._replace(clear=True))
        for child in d.index.children[name]:
            now = d.stage(child)
            now = StageControl(now.status, now.unclear - 1, *now[2:])
            d.set_stage(child, now)
            if now.unclear == 0:
                if now.status in SETTLED:
                    clear.append(child)
                else:
                    d.then("consider", child)


def unsettle(d: Decision, stage_id: str) -> None:
    """A settled stage is to run after all: nothing behind it is clear."""
    d.emit(reg.Settle(stage_id, False))
    if d.index.stages[stage_id].closing:
        d.closing_left += 1
    else:
        d.stages_left += 1
    cloudy = [stage_id] if d.stage(stage_id).clear else []
    while cloudy:
        name = cloudy.pop()
        d.set_stage(name, d.stage(name)._replace(clear=False))
        for child in d.index.children[name]:
            now = d.stage(child)
            d.set_stage(child, now._replace(unclear=now.unclear + 1))
            if now.clear:
                cloudy.append(child)
