"""Letters: what people tell a run, and which events that makes.

A letter is plain data: a verb, who speaks, and what about. ``hear`` turns it into events without
carrying anything out; whoever writes a letter checks it so before it is put in the journal's inbox,
and the host hears it again when it takes it out. Owns the words of every refusal. A letter that is
refused changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..compiler.plan import Value
from .answers import answer
from .desk import find, requests
from .hearing import (
    HELPS,
    REASONS,
    USAGE,
    Heard,
    Payload,
    Refusal,
    Setting,
    explain,
    nearest,
    optional,
    parse_level,
    text_of,
)
from .kernel import Event, State, finished, step
from .kernel import events as ev
from .kernel.index import index_of
from .kernel.questions import parse_value, question_id
from .request import Request
from .view import UNKNOWN, RunView


def hear(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    """What a letter means now; raises ``Refusal``."""
    verb = payload.get("verb")
    rule = VERBS.get(verb) if isinstance(verb, str) else None
    if rule is None:
        raise Refusal(f"there is no verb {verb!r}", f"use one of: {', '.join(VERBS)}", USAGE)
    by = payload.get("by")
    if not isinstance(by, str) or not by.strip():
        raise Refusal("nobody says so", "say who you are with --as", USAGE)
    at_ms = max(at_ms, setting.view.state.registers.now_ms)
    heard = rule(setting, payload, at_ms)
    rehearse(setting.view, heard.events)
    stamp = {"by": by, "via": str(payload.get("via", "cli"))}
    return heard._replace(
        reading=None if not heard.events else {**stamp, **(heard.reading or {})},
        note=None if heard.note is None else {**stamp, **heard.note},
    )


def rehearse(view: RunView, events: tuple[Event, ...]) -> State:
    """Step the events without keeping anything; raises ``Refusal`` where the kernel refuses."""
    state = view.state
    for event in events:
        done = step(view.plan, state, event)
        if done.verdict != "applied":
            raise Refusal(explain(done.reason, view), HELPS.get(done.reason, ""))
        state = done.state
    return state


# --- milestones and control -----------------------------------------------------------------------


def _acknowledge(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    by, role = text_of(payload, "by", "your name"), optional(payload, "role")
    told = setting.view.state.control.told
    if not told:
        raise Refusal("nobody has been told yet, so there is nothing to acknowledge")
    target = role or _target_of(setting, by, at_ms)
    if target not in told:
        raise Refusal(f"{target} has not been told yet", nearest(target, list(told)))
    return Heard(f"{by} acknowledged for {target}", (ev.Acknowledged(at_ms, target),))


def _target_of(setting: Setting, by: str, at_ms: int) -> str:
    """Whose page a person answers: a target they are, else the one that is being paged."""
    view = setting.view
    told = view.state.control.told
    if by in told:
        return by
    if setting.people is not None:
        person = setting.people.person(by)
        if person is not None:
            roles = setting.people.roles(person, view.wall(at_ms))
            mine = [target for target in told if target in roles]
            if mine:
                return mine[0]
            raise Refusal(
                f"none of those who were told is {by}: {', '.join(told)}",
                "say for whom with --role",
            )
    paging = view.state.control.paging
    rung = view.plan.escalation.rungs[paging].targets if paging >= 0 else ()
    return next((target for target in rung if target in told), told[0])


def _set_severity(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    level = parse_level(setting, text_of(payload, "level", "the level"))
    by = text_of(payload, "by", "your name")
    return Heard(f"severity {level}, confirmed by {by}", (ev.SeveritySet(at_ms, level, by, True),))


def _engage(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    agent, by = text_of(payload, "agent", "the agent"), text_of(payload, "by", "your name")
    plan = setting.view.plan
    known = list(dict.fromkeys((*plan.agents, *(s.agent for s in plan.stages if s.agent))))
    if agent not in known:
        raise Refusal(f"the plan has no agent {agent!r}", nearest(agent, known), USAGE)
    return Heard(f"{agent} is engaged", (ev.AgentEngaged(at_ms, agent, by),))


def _escalate(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    to, by = text_of(payload, "to", "the rung or target"), text_of(payload, "by", "your name")
    rungs = setting.view.plan.escalation.rungs
    found = [n for n, rung in enumerate(rungs) if to.lower() in [t.lower() for t in rung.targets]]
    if not found and to.isdecimal() and 1 <= int(to) <= len(rungs):
        found = [int(to) - 1]
    if not found:
        known = [target for rung in rungs for target in rung.targets]
        raise Refusal(f"no rung is or tells {to!r}", nearest(to, known), USAGE)
    targets = ", ".join(rungs[found[0]].targets)
    return Heard(f"rung {found[0] + 1} is told: {targets}", (ev.Escalated(at_ms, found[0], by),))


def _milestone(make: Callable[[int, str], Event], said: str) -> Callable[..., Heard]:
    def rule(_setting: Setting, payload: Payload, at_ms: int) -> Heard:
        reason = optional(payload, "reason")
        event = make(at_ms, text_of(payload, "by", "your name"))
        return Heard(said, (event,), {"text": reason} if reason else None)

    return rule


VERDICTS = ("false-alarm", "duplicate", "aborted")


def _close(_setting: Setting, payload: Payload, at_ms: int) -> Heard:
    verdict, by = text_of(payload, "as", "what it was (--as)"), text_of(payload, "by", "your name")
    if verdict not in VERDICTS:
        raise Refusal(
            f"a run cannot be closed as {verdict!r}", nearest(verdict, [*VERDICTS]), USAGE
        )
    reason = optional(payload, "reason")
    note = {"text": reason} if reason else None
    return Heard(f"closed as {verdict}", (ev.Closed(at_ms, by, verdict),), note)


def _compensate(setting: Setting, payload: Payload, at_ms: int) -> Heard:
    """Stop and undo what was done, each step asked about first."""
    by = text_of(payload, "by", "your name")
    asked = question_id("decide", optional(payload, "subject"))
    if payload.get("subject"):
        return _decide(setting, payload, at_ms, "compensate", asked)
    event = ev.Aborted(at_ms, by, undo=True, careful=True)
    return Heard("what was done is undone, last first; each step is asked about", (event,))


# --- decisions ------------------------------------------------------------------------------------


def _deciding(answer: str) -> Callable[[Setting, Payload, int], Heard]:
    def rule(setting: Setting, payload: Payload, at_ms: int) -> Heard:
        subject = text_of(payload, "subject", "the stage or action")
        action_id = _blocked_action(setting, subject, answer)
        if action_id is None:
            return _give_up(setting, payload, at_ms, subject)
        return _decide(setting, payload, at_ms, answer, question_id("decide", action_id))

    return rule


def _blocked_action(setting: Setting, subject: str, answer: str) -> str | None:
    """The action whose decision is open under this name; None: one to be skipped while it runs."""
    view = setting.view
    open_ = [q.subject for q in view.state.control.questions.values() if q.about == "decide"]
    index = index_of(view.plan)
    found = [
        each
        for each in open_
        if subject in (each, index.actions[each].stage.id, each.rpartition(".")[2])
    ]
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        raise Refusal(f"{subject!r} may be any of {', '.join(found)}", "name one", USAGE)
    known = [*index.actions, *index.stages]
    if subject not in known and not any(each.endswith("." + subject) for each in known):
        raise Refusal(
            f"the plan has no stage or action {subject!r}", nearest(subject, known), USAGE
        )
    if answer == "skip":
        return None
    raise Refusal(
        f"{subject} has not failed, so there is nothing to {answer}",
        f"blocked now: {', '.join(open_) or 'nothing'}",
    )


def _decide(setting: Setting, payload: Payload, at_ms: int, answer: str, question: str) -> Heard:
    by = text_of(payload, "by", "your name")
    if question not in setting.view.state.control.questions:
        raise Refusal(f"{question} is not asked", "`armada status` shows what is")
    reading = {"of": question, "text": optional(payload, "reason")}
    return Heard(f"{question}: {answer}", (ev.Answered(at_ms, question, answer, by),), reading)


def _give_up(setting: Setting, payload: Payload, at_ms: int, subject: str) -> Heard:
    """Skip work that people are asked for and that has not failed: it fails, and is passed over."""
    by = text_of(payload, "by", "your name")
    for about in ("overlap", "staff"):
        name = question_id(about, subject)
        if name in setting.view.state.control.questions:
            answer = "skip" if about == "overlap" else "omit"
            return Heard(f"{subject} is passed over", (ev.Answered(at_ms, name, answer, by),))
    open_ = find(requests(setting.view, setting.carriers), subject)
    mine = [each for each in open_ if each.command_id]
    if not mine:
        raise Refusal(
            f"{subject} waits for nobody's decision, so it cannot be skipped",
            "`armada why` says what it waits for",
        )
    action_id = mine[0].subject
    events: list[Event] = [ev.Returned(at_ms, r.command_id, "permanent", by) for r in mine]
    events.append(ev.Answered(at_ms, question_id("decide", action_id), "skip", by))
    reading = {"of": mine[0].command_id, "text": optional(payload, "reason")}
    return Heard(f"{action_id} is passed over", tuple(events), reading)


# --- notes ----------------------------------------------------------------------------------------


def _noting(what: str, said: str) -> Callable[[Setting, Payload, int], Heard]:
    def rule(_setting: Setting, payload: Payload, _at_ms: int) -> Heard:
        text = text_of(payload, "text", "what there is to say")
        return Heard(said, note={"what": what, "text": text})

    return rule


def _review(setting: Setting, payload: Payload, _at_ms: int) -> Heard:
    """The review, after the fact, of what was done without the approval that it wanted."""
    action = text_of(payload, "action", "the action")
    text = text_of(payload, "text", "what the review found")
    known = [*setting.view.state.control.reviews]
    if action not in known:
        raise Refusal(f"{action} owes no review", nearest(action, known), USAGE)
    return Heard(f"{action} is reviewed", note={"what": "review", "of": action, "text": text})


def _hand_over(setting: Setting, payload: Payload, _at_ms: int) -> Heard:
    to, by = text_of(payload, "to", "to whom"), text_of(payload, "by", "your name")
    if finished(setting.view.state):
        raise Refusal(REASONS["finished"], HELPS["finished"])
    if setting.people is not None:
        person = setting.people.person(to)
        if person is None:
            raise Refusal(f"nobody is called {to!r}", "`armada who` lists the people", USAGE)
    note = {"what": "hand-over", "to": to, "text": optional(payload, "text")}
    return Heard(f"{by} hands over to {to}", note=note)


def _fact(_setting: Setting, payload: Payload, at_ms: int) -> Heard:
    name, by = text_of(payload, "name", "the fact"), text_of(payload, "by", "your name")
    text = text_of(payload, "value", "its value")
    value: Value | None = None if text.lower() == UNKNOWN else parse_value(text)
    return Heard(f"{name} = {text}", (ev.FactRecorded(at_ms, name, value, by),))


# --- votes ----------------------------------------------------------------------------------------


def _vote(approve: bool) -> Callable[[Setting, Payload, int], Heard]:
    def rule(setting: Setting, payload: Payload, at_ms: int) -> Heard:
        by = text_of(payload, "by", "your name")
        request = _ballot(setting, text_of(payload, "action", "the action"))
        digest = _digest(request, optional(payload, "digest"))
        if payload.get("break_glass") and approve:
            return _break_glass(payload, request, digest, by, at_ms)
        role = _role(setting, request, by, optional(payload, "role"), at_ms)
        event = ev.Voted(at_ms, request.subject, by, role, approve, digest)
        reading = {"of": request.subject, "text": optional(payload, "reason"), "role": role}
        word = "approved" if approve else "rejected"
        return Heard(f"{by} {word} {request.subject}", (event,), reading)

    return rule


def _ballot(setting: Setting, name: str) -> Request:
    votes = [r for r in requests(setting.view, setting.carriers) if r.form == "vote"]
    name = name.removeprefix("approve:")
    found = [r for r in votes if name == r.subject] or [
        r for r in votes if r.subject.endswith("." + name) or r.subject.startswith(name + ".")
    ]
    if len(found) == 1:
        return found[0]
    known = [r.subject for r in votes]
    if name in index_of(setting.view.plan).actions:
        waiting = f"waiting for a vote: {', '.join(known) or 'nothing'}"
        raise Refusal(f"{name} does not wait for a vote", waiting)
    raise Refusal(f"nothing called {name!r} waits for a vote", nearest(name, known), USAGE)


def _digest(request: Request, stated: str) -> str:
    """The digest that a vote is bound to: a person states what was shown, by its first digits."""
    if not stated:
        raise Refusal(
            f"say what you saw of {request.subject}: a vote is bound to it",
            f"look at it, then: {request.line}",
            USAGE,
        )
    if len(stated) >= 8 and request.digest.startswith(stated):
        return request.digest
    if len(stated) < 8:
        raise Refusal(f"{stated!r} is too short to say what you saw", request.line, USAGE)
    raise Refusal(REASONS["digest-differs"], f"look at it, then: {request.line}")


def _break_glass(payload: Payload, request: Request, digest: str, by: str, at_ms: int) -> Heard:
    reason = optional(payload, "reason")
    if not reason:
        raise Refusal("breaking the glass needs a reason", "say it with --reason", USAGE)
    event = ev.GlassBroken(at_ms, request.subject, by, digest)
    reading = {"of": request.subject, "text": reason, "role": "break-glass"}
    said = f"{by} broke the glass for {request.subject}; a review is owed"
    return Heard(said, (event,), reading)


def _role(setting: Setting, request: Request, by: str, stated: str, at_ms: int) -> str:
    """In which role somebody votes; with a people file it must be theirs."""
    from .identity import IdentityTrouble, ballot_role, identify

    at = setting.view.wall(at_ms)
    may = tuple(dict.fromkeys((*request.to, *_asked_besides(setting, request))))
    try:
        actor = identify(by, setting.people, at, source="letter")
        return ballot_role(actor, may, stated or None, setting.people, at)
    except IdentityTrouble as trouble:
        raise Refusal(str(trouble), trouble.help) from None


def _asked_besides(setting: Setting, request: Request) -> tuple[str, ...]:
    """Who else may vote once a call for votes has expired: coordinator and the current rung."""
    control = setting.view.state.control
    action = control.actions.get(request.subject)
    if action is None or action.round < 2:
        return ()
    rungs = setting.view.plan.escalation.rungs
    paged = rungs[control.paging].targets if control.paging >= 0 else ()
    return (index_of(setting.view.plan).coordinator, *paged)


VERBS: Mapping[str, Callable[[Setting, Payload, int], Heard]] = {
    "ack": _acknowledge,
    "answer": answer,
    "approve": _vote(True),
    "reject": _vote(False),
    "set-severity": _set_severity,
    "engage": _engage,
    "escalate": _escalate,
    "skip": _deciding("skip"),
    "retry": _deciding("retry"),
    "fact": _fact,
    "note": _noting("note", "noted"),
    "did": _noting("did", "noted as run by hand"),
    "review": _review,
    "hand-over": _hand_over,
    "mitigated": _milestone(ev.Mitigated, "marked as mitigated"),
    "resolve": _milestone(ev.Resolved, "resolved"),
    "reopen": _milestone(ev.Reopened, "reopened"),
    "close": _close,
    "stop": _milestone(lambda at, by: ev.Aborted(at, by, undo=False), "the automation has stopped"),
    "compensate": _compensate,
}
"""Everything that people can tell a run."""
