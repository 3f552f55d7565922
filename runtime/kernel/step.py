"""One step: an event, and what follows from it.

``step`` computes the predicates over the registers, has ``decide`` apply the rules to control, and
applies the register operations that they leave. Everything is a function of its arguments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ...compiler.plan import Plan
from . import (
    approvals,
    escalation,
    failures,
    incident,
    items,
    passes,
    questions,
    recovery,
    rollout,
    stages,
    undoing,
    work,
)
from . import commands as co
from . import events as ev
from . import registers as reg
from .decision import Decision, IgnoredError, Move, RefusedError
from .index import Index, index_of
from .predicates import Predicates, predicates
from .state import Control, State
from .timers import Timer


class Step(NamedTuple):
    """What a step gave: the state, the commands in order, and whether the event counted.

    ``verdict``: ``applied``; ``ignored`` (stale or a duplicate, harmless); ``refused`` (illegal).
    Ignored and refused leave the state as it was; ``reason`` says why. ``moves`` are the rows of
    the transition tables that were taken: machine, status, trigger.
    """

    state: State
    commands: tuple[co.Command, ...]
    verdict: str
    reason: str = ""
    moves: tuple[Move, ...] = ()


class Decided(NamedTuple):
    """A decision: control as it becomes, effects in order, and the table rows taken."""

    control: Control
    effects: list[co.Command | reg.Operation]
    moves: tuple[Move, ...]


def initial(plan: Plan) -> State:
    """The state before anything has happened."""
    index_of(plan)
    return State()


def step(plan: Plan, state: State, event: ev.Event) -> Step:
    """The next state and the commands that an event calls for."""
    index = index_of(plan)
    known = predicates(index, state.registers, event)
    try:
        decided = decide(index, state.control, event, known)
    except RefusedError as refusal:
        return Step(state, (), "refused", str(refusal))
    except IgnoredError as refusal:
        return Step(state, (), "ignored", str(refusal))
    registers, commands = reg.apply(state.registers, event.at_ms, decided.effects)
    return Step(State(decided.control, registers), commands, "applied", "", decided.moves)


def decide(index: Index, control: Control, event: ev.Event, known: Predicates) -> Decided:
    """Apply the rules: no register is read and no time is seen, so equal arguments decide alike."""
    if known.backwards:
        raise RefusedError("clock-backwards")
    if control.phase == "undeclared" and type(event) is not ev.Declared:
        raise RefusedError("not-declared")
    d = Decision(index, control, known)
    _RULES[type(event)](d, event)
    drain(d)
    incident.resolve_if_verified(d)
    drain(d)
    incident.ask_when_idle(d)
    if incident.over(d) and not was_over(control):
        d.record("finished", d.verdict)
        for name in sorted(d.facts):
            d.disarm("fact", name)
    return Decided(d.control(), d.effects, tuple(d.moves))


def was_over(control: Control) -> bool:
    """The run was finished before this event."""
    ended = control.phase in ("resolved", "closed") and not control.undoing
    return ended and control.stages_left == 0 and control.closing_left == 0


def drain(d: Decision) -> None:
    """Run what the rules left to follow, in order."""
    while d.queue:
        rule, subject = d.queue.popleft()
        _FOLLOW_UPS[rule](d, subject)


_FOLLOW_UPS: dict[str, Callable[[Decision, str], None]] = {
    "consider": stages.consider,
    "advance": stages.advance,
    "reach": stages.reach,
    "block": failures.block_late,
    "failed": failures.take_failure,
    "goto": passes.go_to,
    "abort": lambda d, by: incident.abort(d, by),
    "reopen": incident.reopen,
    "undone": undoing.undone,
    "undo": undoing.undo_next,
}


# --- events ---------------------------------------------------------------------------------------


def _acknowledged(d: Decision, event: ev.Acknowledged) -> None:
    incident.need_phase(d, "open")
    escalation.acknowledge(d, event.by)


def _escalated(d: Decision, event: ev.Escalated) -> None:
    incident.need_phase(d, "open")
    escalation.jump(d, event.rung, event.by)


def _unreachable(d: Decision, event: ev.TargetUnreachable) -> None:
    incident.need_phase(d, "open")
    escalation.miss_target(d, event.rung, event.target)


def _fact(d: Decision, event: ev.FactRecorded) -> None:
    questions.set_fact(d, event.name, event.value, event.valid_ms)


def _returned(d: Decision, event: ev.Returned) -> None:
    work.come_back(d, event)
    for name, value in event.facts:
        questions.set_fact(d, name, value, None)
    if event.level is not None and d.phase == "open":
        incident.set_severity(d, event.level, event.by, event.person)


def _answered(d: Decision, event: ev.Answered) -> None:
    question = d.questions.get(event.question)
    if question is None:
        raise IgnoredError("not-open")
    questions.check_option(d, question, event.answer)
    if question.about == "fact":
        unknown = event.answer == "unknown"
        value = None if unknown else questions.parse_value(event.answer)
        questions.set_fact(d, question.subject, value, None)
        return
    questions.close(d, event.question)
    d.record("answered", event.question, event.answer)
    _ANSWERS[question.about](d, question.subject, event)


def _decided(d: Decision, subject: str, event: ev.Answered) -> None:
    failures.decide(d, subject, event.answer)


def _outcome_known(d: Decision, subject: str, event: ev.Answered) -> None:
    work.clear_doubt(d, subject, event.answer)


def _severity_known(d: Decision, subject: str, event: ev.Answered) -> None:
    incident.answer_severity(d, subject, event.answer, event)


def _idle_answered(d: Decision, _subject: str, event: ev.Answered) -> None:
    incident.answer_idle(d, event.answer, event)


def _overlap_answered(d: Decision, subject: str, event: ev.Answered) -> None:
    if event.answer == "skip":
        stages.settle_unrun(d, subject, "skip", "a person's decision")
        return
    d.set_stage(subject, d.stage(subject)._replace(revived=False))
    d.then("consider", subject)


def _staff_answered(d: Decision, subject: str, event: ev.Answered) -> None:
    agent = d.index.stages[subject].agent or ""
    if event.answer == "omit":
        stages.omit(d, subject)
    else:
        if agent not in d.engaged:
            stages.add_agent(d, agent, event.by)
        d.then("consider", subject)
        passes.revive(d)


def _undo_answered(d: Decision, subject: str, event: ev.Answered) -> None:
    undoing.answer_undo(d, subject, event.answer)


_ANSWERS: dict[str, Callable[[Decision, str, ev.Answered], None]] = {
    "decide": _decided,
    "outcome": _outcome_known,
    "severity": _severity_known,
    "idle": _idle_answered,
    "overlap": _overlap_answered,
    "staff": _staff_answered,
    "undo": _undo_answered,
}


def _timers(d: Decision, _event: ev.TimersFired) -> None:
    if not d.p.due:
        raise IgnoredError("not-due")
    for timer in d.p.due:
        d.emit(reg.Elapsed(timer))
    for timer in d.p.due:
        _TIMERS[timer.kind](d, timer.subject)
        drain(d)


def _patience(d: Decision, subject: str) -> None:
    if subject in d.questions:
        questions.grow_impatient(d, subject)
        return
    try:
        items.locate(d, subject)
    except (IgnoredError, RefusedError):
        return
    d.notify("unanswered", subject)


def _without_subject(rule: Callable[[Decision], None]) -> Callable[[Decision, str], None]:
    return lambda d, _subject: rule(d)


_TIMERS: dict[str, Callable[[Decision, str], None]] = {
    "timeout": work.time_out,
    "retry": work.come_again,
    "poll": work.come_again,
    "watch": rollout.watched,
    "stage": failures.time_out,
    "fact": questions.forget_fact,
    "expiry": approvals.expire,
    "acknowledgement": _without_subject(escalation.expire_acknowledgement),
    "response": _without_subject(escalation.break_deadline),
    "rung": escalation.come_due,
    "repage": _without_subject(escalation.page_again),
    "loop": _without_subject(escalation.repeat),
    "patience": _patience,
    "idle": incident.grow_idle,
}

_RULES: dict[type, Callable[[Decision, Any], None]] = {
    ev.Declared: incident.declare,
    ev.Acknowledged: _acknowledged,
    ev.Mitigated: lambda d, e: incident.mitigate(d, e.by),
    ev.Resolved: lambda d, e: incident.resolve(d, e.by),
    ev.Closed: incident.close_incident,
    ev.Reopened: lambda d, e: incident.reopen(d, e.by),
    ev.Aborted: lambda d, e: incident.abort(d, e.by, e.undo, e.careful),
    ev.SeveritySet: lambda d, e: incident.set_severity(d, e.level, e.by, e.person),
    ev.AgentEngaged: lambda d, e: incident.engage(d, e.agent, e.by),
    ev.Escalated: _escalated,
    ev.TargetUnreachable: _unreachable,
    ev.FactRecorded: _fact,
    ev.Returned: _returned,
    ev.Observed: recovery.observed,
    ev.Proposed: approvals.propose,
    ev.Voted: approvals.vote,
    ev.GlassBroken: approvals.break_glass,
    ev.Answered: _answered,
    ev.TimersFired: _timers,
    ev.Resumed: recovery.resume,
}


def timer_order(plan: Plan) -> Callable[[tuple[Timer, int]], tuple[int, int, int, str]]:
    """The sort key of ``(timer, due_ms)``: due time, class, plan order, then identity."""
    index = index_of(plan)
    from .timers import RANK

    def key(entry: tuple[Timer, int]) -> tuple[int, int, int, str]:
        timer, due_ms = entry
        if timer.kind == "rung":
            return (due_ms, RANK[timer.kind], int(timer.subject), "")
        subject = timer.subject.rsplit(":", 3)[0]
        return (due_ms, RANK[timer.kind], index.ordinal(subject), timer.subject)

    return key
