"""Phases: a rollout goes through canary, watch, judge, promote or revert; a monitor watches.

Owns the order of phases and the time that something is watched.
"""

from __future__ import annotations

from ...compiler.plan import Kind
from .decision import Decision
from .endings import fail, finish
from .index import Place
from .items import cancel_items, issue
from .state import ItemControl


def roll_on(d: Decision, place: Place, phase: str, result: str) -> None:
    """The next phase of a rollout: canary, watch, judge, promote, or revert."""
    name = place.action.id
    watch_ms = place.action.rollout.watch_ms if place.action.rollout else 0
    if phase == "canary":
        phase_name = "watch" if watch_ms else "judge"
        enter(d, place, phase_name, phase_name)
    elif phase == "promote":
        canary = any(item.item == "canary" for item in d.actions[name].items)
        if canary or watch_ms == 0:
            finish(d, place)
        else:
            enter(d, place, "watch", "watch")
    elif phase == "watch":
        if result == "alert":
            d.disarm("watch", name)
            enter(d, place, "revert", "revert")
    elif phase == "judge":
        judged(d, place, result)
    elif phase == "revert":
        fail(d, place, "reverted")


def judged(d: Decision, place: Place, result: str) -> None:
    """The canary, or the whole rollout, was judged."""
    promoted = any(
        item.item == "promote" and item.status == "done"
        for item in d.actions[place.action.id].items
    )
    if result != "ok":
        enter(d, place, "revert", "revert")
    elif promoted:
        finish(d, place)
    else:
        enter(d, place, "promote", "promote")


def enter(d: Decision, place: Place, trigger: str, phase: str) -> None:
    """Move a rollout to its next phase and issue it."""
    now = d.move_action(place.action.id, trigger)
    at = next((n for n, item in enumerate(now.items) if item.item == phase), len(now.items))
    if at == len(now.items):
        d.set_action(place.action.id, now._replace(items=(*now.items, ItemControl(phase))))
    if phase == "watch" and place.action.rollout is not None:
        d.arm("watch", place.action.id, place.action.rollout.watch_ms)
    issue(d, place, at)


def watched(d: Decision, action_id: str) -> None:
    """What is watched has held for its time, unless the last look at a monitor had no answer."""
    action = d.actions.get(action_id)
    if action is None or action.status != "watching":
        return
    place = d.index.actions[action_id]
    monitor = place.action.kind is Kind.MONITOR
    if monitor and any(item.status == "waiting" for item in action.items):
        fail(d, place, "no answer")  # nobody can say how it is: that is no green
        return
    cancel_items(d, place)
    d.disarm("watch", action_id)
    if monitor:
        finish(d, place)
    else:
        enter(d, place, "judge", "judge")
