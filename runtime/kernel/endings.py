"""The end of an action: done, failed, skipped, or to be tried again.

Owns what the resolution counts: verifications and unsafe actions that are not yet over. It knows
nothing of stages: what follows for them it leaves as a follow-up.
"""

from __future__ import annotations

from ...compiler.plan import Effect, Kind
from .decision import Decision
from .index import Place
from .items import cancel_items
from .transitions import OVER


def finish(d: Decision, place: Place) -> None:
    """An action is done."""
    d.move_action(place.action.id, "finish")
    if place.action.kind is Kind.VERIFY:
        d.disarm("timeout", place.action.id)
    uncount(d, place)
    if place.action.kind is Kind.VERIFY:
        d.verified = d.unsafe_flying == 0
    d.record("action-done", place.action.id)
    d.then("advance", place.stage.id)


def fail(d: Decision, place: Place, reason: str) -> None:
    """An action failed for good; what follows is for its stage to say."""
    name = place.action.id
    cancel_items(d, place)
    d.move_action(name, "fail")
    d.disarm("timeout", name)
    d.disarm("watch", name)
    uncount(d, place)
    if place.action.kind is Kind.VERIFY:
        d.missed = (*d.missed, name)
        d.verified = False
    d.record("action-failed", name, reason)
    d.then("failed", name)


def skip(d: Decision, place: Place, reason: str) -> None:
    """An action is not carried out, and why."""
    counted = d.action(place.action.id).status not in OVER
    d.move_action(place.action.id, "skip")
    if counted:
        uncount(d, place)
    d.record("action-skipped", place.action.id, reason)
    d.then("advance", place.stage.id)


def renew(d: Decision, place: Place) -> None:
    """A failed action is to be tried again: what is done stays done where it may."""
    name = place.action.id
    d.move_action(name, "retry")
    recount(d, place)
    d.missed = tuple(each for each in d.missed if each != name)
    keep = place.action.kind in (Kind.RUN, Kind.ASK, Kind.OBSERVE)
    for at, item in enumerate(d.actions[name].items):
        if item.status != "ready" and not (keep and item.status == "done"):
            d.move_item(name, at, "reset", tries=0)


def uncount(d: Decision, place: Place) -> None:
    """An action is over: it is no longer awaited by the resolution."""
    d.verify_left -= place.action.kind is Kind.VERIFY
    d.unsafe_left -= place.action.effect is Effect.UNSAFE


def recount(d: Decision, place: Place) -> None:
    """An action is to be carried out after all."""
    d.verify_left += place.action.kind is Kind.VERIFY
    d.unsafe_left += place.action.effect is Effect.UNSAFE
