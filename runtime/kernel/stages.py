"""Stages: when they start, what they wait for, and how they settle.

A stage starts when all its ancestors are settled. ``unclear`` counts the direct needs that are not
yet *clear* (settled, with every ancestor settled), so a revived ancestor holds back what has not
started, and a step touches only neighbours. Settling is a worklist, never recursion: a chain of ten
thousand omitted stages settles in one step.
"""

from __future__ import annotations

from ...compiler.plan import Kind, OnFailure, Stage
from . import approvals, work
from . import commands as co
from . import registers as reg
from .decision import Decision, RefusedError
from .guards import evaluate
from .index import Place
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
        d.set_stage(stage_id, now._replace(cursor=cursor, deferred=""))
        block(d, d.index.actions[now.deferred])
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
        work.skip(d, place, "its condition is false")
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


# --- failure --------------------------------------------------------------------------------------


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


def may_go(d: Decision, target: str | None) -> bool:
    """The stage exists and has passes left."""
    if target is None or target not in d.index.stages:
        return False
    return d.stage(target).passes + 1 < d.index.plan.max_passes


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
        work.renew(d, place)
    elif verb == "skip":
        work.skip(d, place, "a person's decision")
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
    work.fail(d, place, "stage timeout")


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
    work.uncount(d, place)
    if d.action(place.action.id).status == "pending":
        return
    approvals.withdraw(d, place, "cancelled")
    unwatch(d, place.action.id, place.action.when)
    work.cancel_items(d, place)
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
            work.recount(d, d.index.actions[action.id])
        d.record("stage-revived", stage_id)
        d.then("consider", stage_id)


# --- going back, ending, undoing ------------------------------------------------------------------


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
    work.recount(d, place)
    withdraw(d, question_id("decide", name))
    d.missed = tuple(each for each in d.missed if each != name)
    d.emit(reg.Unpropose(name))
    if name in d.undoing:
        work.cancel_items(d, place)
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


def undo(d: Decision, among: tuple[str, ...] | None) -> None:
    """Have what was done in these stages (None: anywhere) compensated, last first."""
    found = [
        action.id
        for stage in d.index.plan.stages
        if among is None or stage.id in among
        for action in stage.actions
        if action.compensate is not None and d.action(action.id).status == "done"
    ]
    idle = not d.undoing
    d.undoing = (*d.undoing, *(each for each in reversed(found) if each not in d.undoing))
    if idle:
        undo_next(d)


def undo_next(d: Decision, _subject: str = "") -> None:
    """Issue the first compensation that is due, unless it is under way."""
    if not d.undoing or d.action(d.undoing[0]).status == "undoing":
        return
    place = d.index.actions[d.undoing[0]]
    work.enter(d, place, "undo", "compensate")


def undone(d: Decision, action_id: str) -> None:
    """A compensation came back, well or not."""
    items = d.actions[action_id].items
    well = any(item.item == "compensate" and item.status == "done" for item in items)
    d.move_action(action_id, "finish" if well else "fail")
    d.record("action-undone" if well else "undo-failed", action_id)
    if not well:
        d.notify("undo-failed", action_id)
    d.undoing = d.undoing[1:]
    undo_next(d)
