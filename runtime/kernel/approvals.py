"""Approvals: a gate before an action, or an action that is a gate.

Votes are bound to the digest of what will be done, count once a person, and never come from whoever
proposed it. Votes expire; a rejection is final for this proposal; a waiver needs a level confirmed
by someone other than the proposer, and owes a review afterwards.
"""

from __future__ import annotations

from ...compiler.plan import Approval, Kind
from . import commands as co
from . import events as ev
from . import registers as reg
from . import work
from .decision import Decision, IgnoredError, RefusedError
from .endings import fail, finish
from .index import Place
from .questions import unwatch, watch

PASSED = frozenset({"approved", "waived"})


def policy(d: Decision, place: Place) -> Approval:
    """The gate's policy; a gate without one asks the coordinator."""
    found = place.action.approval or Approval(1, ())
    return found if found.approvers else found_with(found, (d.index.coordinator,))


def found_with(approval: Approval, approvers: tuple[str, ...]) -> Approval:
    """The same policy with these approvers."""
    return Approval(approval.quorum, approvers, approval.waived_at, approval.expires_ms)


def gated(place: Place) -> bool:
    """The action needs approval before anything is done."""
    return place.action.approval is not None or place.action.kind is Kind.APPROVE


def open_gate(d: Decision, place: Place) -> None:
    """Reached: have what will be done rendered, so that it can be voted on."""
    name = place.action.id
    d.move_action(name, "gate")
    now = d.move_gate(name, "propose")
    watch(d, name, place.action.when)
    d.emit(co.RequestProposal(name, now.round))


def propose(d: Decision, event: ev.Proposed) -> None:
    """What will be done is known by its digest: ask for votes, or waive."""
    place = d.index.actions.get(event.action)
    if place is None:
        raise RefusedError("unknown-action")
    now = d.action(event.action)
    if now.gate not in ("proposing", "pending"):
        raise IgnoredError("not-awaited")
    if now.gate == "pending" and d.p.matches:
        raise IgnoredError("already-proposed")
    d.emit(reg.Propose(event.action, event.digest, event.by))
    d.record("proposed", event.action, event.digest)
    if waivable(d, place):
        waive(d, place)
    else:
        request_votes(d, place, "ask")


def waivable(d: Decision, place: Place) -> bool:
    """The level waives this gate, confirmed by someone other than the proposer."""
    waived = d.level in policy(d, place).waived_at and d.standing == "confirmed"
    return waived and place.action.id in d.p.independent


def waive(d: Decision, place: Place) -> None:
    """Pass the gate without votes; a review is owed."""
    d.move_gate(place.action.id, "waive")
    d.reviews = (*d.reviews, place.action.id)
    d.record("approval-waived", place.action.id, f"level {d.level}")
    release(d, place, "waived")


def waive_at_level(d: Decision) -> None:
    """The level changed or was confirmed: pending gates may be waived."""
    for name in d.p.independent:
        place = d.index.actions[name]
        if d.action(name).gate == "pending" and waivable(d, place):
            waive(d, place)


def request_votes(d: Decision, place: Place, trigger: str, besides: tuple[str, ...] = ()) -> None:
    """Ask the approvers, and set when their silence ends."""
    name = place.action.id
    now = d.move_gate(name, trigger)
    d.set_action(name, now._replace(round=now.round + 1))
    rule = policy(d, place)
    asked = tuple(dict.fromkeys((*rule.approvers, *besides)))
    d.emit(reg.AskVotes(co.RequestApproval(name, "", asked, rule.quorum, now.round + 1)))
    d.arm("expiry", name, rule.expires_ms)


def vote(d: Decision, event: ev.Voted) -> None:
    """A vote on the proposal as it stands."""
    place = d.index.actions.get(event.action)
    if place is None:
        raise RefusedError("unknown-action")
    if d.action(event.action).gate != "pending":
        raise IgnoredError("not-awaited")
    check_voter(d, place, event)
    if not event.approve:
        d.move_gate(event.action, "reject")
        d.record("approval-rejected", event.action, event.by)
        close(d, place, "rejected")
        fail(d, place, "rejected")
        return
    if d.p.voted:
        raise IgnoredError("already-voted")
    d.emit(reg.CountVote(event.action, event.by))
    d.record("vote-counted", event.action, event.by)
    if d.p.votes >= policy(d, place).quorum:
        d.move_gate(event.action, "approve")
        d.record("approval-given", event.action)
        release(d, place, "approved")


def break_glass(d: Decision, event: ev.GlassBroken) -> None:
    """Pass a gate on one person's word, the proposer's included; a review is owed."""
    place = d.index.actions.get(event.action)
    if place is None:
        raise RefusedError("unknown-action")
    if d.action(event.action).gate != "pending":
        raise IgnoredError("not-awaited")
    if not d.p.matches:
        raise RefusedError("digest-differs")
    d.move_gate(event.action, "waive")
    d.reviews = (*d.reviews, event.action)
    d.record("glass-broken", event.action, event.by)
    release(d, place, "glass broken")


def check_voter(d: Decision, place: Place, event: ev.Voted) -> None:
    """Refuse a vote on something else, by the proposer, or by nobody who may."""
    if not d.p.matches:
        raise RefusedError("digest-differs")
    if d.p.proposer:
        raise RefusedError("own-proposal")
    asked_again = d.action(event.action).round > 1
    may = (*policy(d, place).approvers, *(d.commanders() if asked_again else ()))
    if event.role not in may and event.by not in may:
        raise RefusedError("not-an-approver")


def release(d: Decision, place: Place, reason: str) -> None:
    """The gate is passed: an action goes on, a gate is done."""
    close(d, place, reason)
    if place.action.kind is Kind.APPROVE:
        finish(d, place)
    else:
        work.begin(d, place.action.id)


def close(d: Decision, place: Place, reason: str) -> None:
    """Nobody needs to vote any more."""
    name = place.action.id
    unwatch(d, name, place.action.when)
    d.disarm("expiry", name)
    d.emit(co.WithdrawApproval(name, reason))


def withdraw(d: Decision, place: Place, reason: str) -> None:
    """The gate is no longer reached: its proposal and votes are void."""
    name = place.action.id
    if d.action(name).gate in ("proposing", "pending"):
        d.move_gate(name, "withdraw")
        d.emit(reg.Unpropose(name))
        close(d, place, reason)


def expire(d: Decision, name: str) -> None:
    """Not approved in time: votes are void; approvers and commanders are asked again."""
    if d.action(name).gate != "pending":
        return
    place = d.index.actions[name]
    d.record("approval-expired", name)
    d.emit(reg.VoidVotes(name))
    request_votes(d, place, "expire", d.commanders())
    d.notify("approval-expired", name)
