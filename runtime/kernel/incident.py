"""The incident itself: declaration, severity, resolution, closing, reopening.

Milestones are independent of each other. An incident is *resolved* when its verifications have
passed and nothing unsafe ran beside or after the last of them; a person may always resolve, and
then, without verification, it ends ``closed-unverified``.
"""

from __future__ import annotations

from . import approvals, escalation, passes, stages, undoing
from . import commands as co
from . import events as ev
from . import registers as reg
from .decision import Decision, IgnoredError, RefusedError
from .questions import ask, question_id, reconsider, withdraw
from .transitions import SETTLED

VERDICTS = ("false-alarm", "duplicate", "aborted")


def need_phase(d: Decision, *phases: str) -> None:
    """Refuse what the incident's phase does not admit."""
    if d.phase not in phases:
        raise RefusedError("finished" if over(d) else f"incident-{d.phase}")


def over(d: Decision) -> bool:
    """Every stage is settled and the incident is resolved or closed."""
    ended = d.phase in ("resolved", "closed")
    return ended and d.stages_left == 0 and d.closing_left == 0 and not d.undoing


def declare(d: Decision, event: ev.Declared) -> None:
    """The incident begins: ladder, deadline, first stages."""
    need_phase(d, "undeclared")
    levels = [policy.level for policy in d.index.plan.severities]
    level = event.level if event.level is not None else min(levels, default=1)
    check_level(d, level)
    d.move_incident("declare")
    d.level = level
    if event.level is not None:
        d.standing = "confirmed" if event.person else "proposed"
    if d.standing == "confirmed":
        d.emit(reg.ConfirmedBy(event.by))
    for stage in d.index.plan.stages:
        d.closing_left += stage.closing
        d.stages_left += not stage.closing
        d.verify_left += d.index.verifies[stage.id]
        d.unsafe_left += d.index.unsafe[stage.id]
    d.emit(reg.Stamp("declared_ms"))
    d.record("declared", "", f"level {d.level} {d.standing}")
    escalation.start(d, "start")
    for stage_id in d.index.roots:
        d.then("consider", stage_id)


def check_level(d: Decision, level: int) -> None:
    """Refuse a level the plan does not have."""
    policies = d.index.plan.severities
    if policies and d.index.plan.severity(level) is None:
        raise RefusedError("unknown-level")


# --- severity -------------------------------------------------------------------------------------


def set_severity(d: Decision, level: int, by: str, person: bool) -> None:
    """A level was named: a person's word stands, a machine's acts only where it raises."""
    need_phase(d, "open")
    check_level(d, level)
    if person:
        for question in [n for n in sorted(d.questions) if n.startswith("severity:")]:
            withdraw(d, question)
        d.standing = "confirmed"
        d.emit(reg.ConfirmedBy(by))
        change_level(d, level, "confirmed")
        approvals.waive_at_level(d)
        return
    if level == d.level:
        d.standing = "proposed" if d.standing == "assumed" else d.standing
        d.record("severity-kept", "", f"level {level}")
    elif level < d.level and d.standing != "confirmed":
        d.standing = "proposed"
        change_level(d, level, "proposed")
    else:
        d.record("severity-proposed", "", f"level {level}")
        stages.ask_coordinator(d, "severity", str(level))


def change_level(d: Decision, level: int, standing: str) -> None:
    """Take on a level; a rise brings in stages, a fall only counts for what is reached later."""
    before, was_deferred = d.level, escalation.deferred(d)
    d.record("severity-set", "", f"level {before} to {level}, {standing}")
    if level == before:
        return
    d.level = level
    escalation.follow_level(d, was_deferred)
    reconsider(d)
    if level < before:
        passes.revive(d)


def engage(d: Decision, agent: str, by: str) -> None:
    """Bring an agent in, whatever the level says."""
    need_phase(d, "open")
    known = {*d.index.plan.agents, *(stage.agent for stage in d.index.plan.stages)}
    if agent not in known:
        raise RefusedError("unknown-agent")
    if agent in d.engaged:
        raise IgnoredError("already-engaged")
    stages.add_agent(d, agent, by)
    passes.revive(d)


# --- milestones -----------------------------------------------------------------------------------


def mitigate(d: Decision, by: str) -> None:
    """Users no longer suffer."""
    need_phase(d, "open")
    if d.mitigated:
        raise IgnoredError("already-mitigated")
    mark_mitigated(d, by)


def mark_mitigated(d: Decision, by: str) -> None:
    """Write the milestone, once."""
    if not d.mitigated:
        d.mitigated = True
        d.emit(reg.Stamp("mitigated_ms", once=True))
        d.record("mitigated", "", by)


def verified(d: Decision) -> bool:
    """The last word on the system's health comes after the last change, and nothing is missing."""
    return d.verified and not d.missed and d.verify_left == 0 and d.unsafe_flying == 0


def resolve_if_verified(d: Decision) -> None:
    """Every verification not omitted has passed, and nothing unsafe is left: resolved."""
    if d.phase == "open" and verified(d) and d.unsafe_left == 0 and not d.ended:
        enter_resolved(d, "verification")


def resolve(d: Decision, by: str) -> None:
    """A person resolves; all automation but monitors and closing stages ends."""
    need_phase(d, "open")
    enter_resolved(d, by)
    passes.end_automation(d, "resolved by a person")


def enter_resolved(d: Decision, by: str) -> None:
    """The incident is over."""
    d.verdict = "resolved" if verified(d) else "closed-unverified"
    d.move_incident("resolve")
    d.emit(reg.Stamp("resolved_ms"))
    mark_mitigated(d, by)
    d.record("resolved", "", by)
    escalation.stop(d)
    withdraw_moot(d)
    open_closing(d)


def close_incident(d: Decision, event: ev.Closed) -> None:
    """A person closes the run for another reason than a cure."""
    need_phase(d, "open", "resolved")
    if event.verdict not in VERDICTS:
        raise RefusedError("unknown-verdict")
    d.move_incident("close")
    d.verdict = event.verdict
    d.emit(reg.Stamp("closed_ms"))
    d.record("closed", event.verdict, event.by)
    escalation.stop(d)
    withdraw_moot(d)
    passes.end_automation(d, f"closed as {event.verdict}")
    open_closing(d)


def withdraw_moot(d: Decision) -> None:
    """The incident is over: its level and what comes next are no longer asked."""
    for name in sorted(d.questions):
        if d.questions[name].about in ("idle", "severity"):
            withdraw(d, name)


def open_closing(d: Decision) -> None:
    """Closing stages may start."""
    for stage_id in d.index.closing:
        d.then("consider", stage_id)


def reopen(d: Decision, by: str) -> None:
    """It is not over: what was verified and acknowledged is void, the ladder restarts."""
    if d.phase not in ("resolved", "closed"):
        raise RefusedError(f"incident-{d.phase}")
    d.move_incident("reopen")
    d.verdict, d.verified, d.mitigated, d.acknowledged = "", False, False, ""
    d.ended = False
    for milestone in ("acknowledged_ms", "mitigated_ms", "resolved_ms", "closed_ms"):
        d.emit(reg.Clear(milestone))
    d.emit(reg.Stamp("reopened_ms"))
    d.record("reopened", "", by)
    told = tuple(dict.fromkeys((d.index.coordinator, *d.told)))
    d.emit(co.Notify("reopened", "", told))
    escalation.start(d, "restart")
    for stage_id in d.index.closing:
        if d.stage(stage_id).status != "pending":
            passes.reset(d, stage_id)


def abort(d: Decision, by: str, undo: bool = True, careful: bool = False) -> None:
    """The automation ends and is undone where the plan says how; the ladder goes on."""
    need_phase(d, "open")
    d.careful = careful
    if d.ended:
        if not undo or d.undoing or not undoing.undoable(d, None):
            raise IgnoredError("already-aborted")
        undoing.undo(d, None)
        return
    d.record("aborted", "", by)
    for stage in d.index.plan.stages:
        if not stage.closing and d.stage(stage.id).status not in SETTLED:
            stages.settle_unrun(d, stage.id, "abort", "aborted")
    d.ended = True
    if undo:
        undoing.undo(d, None)


# --- nothing left to do ---------------------------------------------------------------------------


def ask_when_idle(d: Decision) -> None:
    """Nothing is left to do and it is not over: the coordinator is asked, again and again."""
    name = question_id("idle", "")
    idle = d.phase == "open" and d.stages_left == 0 and not d.undoing
    if idle and name not in d.questions:
        d.record("idle")
        ask_again(d)
    elif not idle:
        withdraw(d, name)


def ask_again(d: Decision) -> None:
    """Ask what comes next, and once more after the plan's patience."""
    ask(d, "idle", "", (d.index.coordinator,))
    d.arm("idle", question_id("idle", ""), d.index.plan.patience_ms)


def grow_idle(d: Decision, name: str) -> None:
    """Nobody has said what comes next."""
    if name in d.questions:
        d.notify("idle", "")
        ask_again(d)


def answer_idle(d: Decision, answer: str, event: ev.Answered) -> None:
    """What comes next was said: engage someone, go back, resolve, or close."""
    verb, _, what = answer.partition(":")
    if verb == "resolve":
        resolve(d, event.by)
    elif verb == "engage":
        engage(d, what, event.by)
    elif verb == "goto":
        d.ended = False
        d.then("goto", what)
    else:
        close_incident(d, ev.Closed(event.at_ms, event.by, what))


def answer_severity(d: Decision, level: str, answer: str, event: ev.Answered) -> None:
    """A person confirmed the proposed level, or the one that stands."""
    if answer == "confirm":
        set_severity(d, int(level), event.by, person=True)
        return
    d.standing = "confirmed"
    d.emit(reg.ConfirmedBy(event.by))
    d.record("severity-kept", "", f"level {d.level}")
    approvals.waive_at_level(d)
