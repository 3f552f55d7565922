"""Undoing: what was done is compensated, last first, one at a time."""

from __future__ import annotations

from .decision import Decision
from .rollout import enter


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
    enter(d, place, "undo", "compensate")


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
