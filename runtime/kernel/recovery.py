"""After a crash: what to do about the commands that have no result.

READ and IDEMPOTENT are issued again, as they were; UNSAFE is observed, and asked about where that
cannot tell. Pages in flight become one current message a target. Open questions and gates are
asked again under their own names; what was answered is not. Timers are the host's to restore from
the registers.
"""

from __future__ import annotations

from ...compiler.plan import Effect
from . import commands as co
from . import events as ev
from . import items, work
from . import registers as reg
from .approvals import policy
from .decision import Decision, IgnoredError, RefusedError
from .questions import options, withdraw


def resume(d: Decision, event: ev.Resumed) -> None:
    """The coordinator came back."""
    d.record("resumed", "", f"{len(event.in_flight)} in flight")
    for name in sorted(event.in_flight, key=lambda each: order(d, each)):
        take_up(d, name)
    page_once(d, event.in_flight)
    for name in sorted(d.questions):
        question = d.questions[name]
        admitted = options(d.index, d, question)
        d.emit(co.AskPerson(name, question.about, question.subject, question.to, admitted))
    for name in sorted(d.actions, key=d.index.ordinal):
        ask_gate(d, name)


def order(d: Decision, name: str) -> tuple[int, str]:
    """Plan order of commands."""
    return (d.index.ordinal(name.rsplit(":", 3)[0]), name)


def take_up(d: Decision, name: str) -> None:
    """One dispatch in flight: issue it again, or find out."""
    try:
        place, at = items.locate(d, name)
    except (IgnoredError, RefusedError):
        return
    item = d.actions[place.action.id].items[at]
    effect = items.effect_of(place.action, item.item)
    if effect is not Effect.UNSAFE:
        items.emit_dispatch(d, place, item, name, effect)
    elif item.status == "issued":
        key = f"{place.action.id}:{item.item}:{d.stage(place.stage.id).passes}:g{item.failures}"
        d.emit(co.ObserveEffect(name, key))


def observed(d: Decision, event: ev.Observed) -> None:
    """What became of an unsafe command: only one that is fresh and did not happen is re-issued."""
    place, at = items.locate(d, event.command_id)
    if event.happened:
        withdraw(d, f"outcome:{event.command_id}")
        work.clear_doubt(d, event.command_id, "happened")
    elif event.happened is False and not d.p.stale:
        work.reissue(d, place, at)
    elif d.actions[place.action.id].items[at].status == "uncertain":
        raise IgnoredError("already-asked")
    else:
        work.doubt(d, place, at)


def page_once(d: Decision, in_flight: tuple[str, ...]) -> None:
    """Pages without a result become one current message to each distinct target.

    Once somebody has acknowledged, nobody is woken again; a notice is still owed to its readers.
    """
    if d.phase != "open":
        return
    parts = [name.split(":") for name in in_flight if name.startswith("page:")]
    numbers = {int(part[1]) for part in parts if part[1].isdecimal()}
    for rung in sorted((each for each in numbers if each < len(d.rungs)), reverse=True):
        policy_rung = d.index.plan.escalation.rungs[rung]
        if d.acknowledged and policy_rung.mode == "page":
            continue
        targets = tuple(target for target in policy_rung.targets if target not in d.sent)
        d.sent.update(dict.fromkeys(targets))
        if targets:
            name = f"page:{rung}:{d.loop}:{d.repeats}"
            page = co.Page(name, rung, d.loop, targets, policy_rung.mode, d.repeats)
            d.emit(reg.Tell(page))


def ask_gate(d: Decision, name: str) -> None:
    """A gate that is open is asked about again."""
    now = d.actions[name]
    place = d.index.actions[name]
    if now.gate == "proposing":
        d.emit(co.RequestProposal(name, now.round))
    elif now.gate == "pending":
        rule = policy(d, place)
        d.emit(reg.AskVotes(co.RequestApproval(name, "", rule.approvers, rule.quorum, now.round)))
