"""Undoing: what was done is compensated, last first, one at a time.

Where a person asked for care, each compensation is asked about before it is issued.
"""

from __future__ import annotations

from .decision import Decision
from .questions import ask, question_id
from .rollout import enter


def undoable(d: Decision, among: tuple[str, ...] | None) -> list[str]:
    """What was done in these stages (None: anywhere) and can be compensated, last first."""
    found = [
        action.id
        for stage in d.index.plan.stages
        if among is None or stage.id in among
        for action in stage.actions
        if action.compensate is not None and d.action(action.id).status == "done"
    ]
    return [each for each in reversed(found) if each not in d.undoing]


def undo(d: Decision, among: tuple[str, ...] | None) -> None:
    """Have what was done in these stages (None: anywhere) compensated, last first."""
    idle = not d.undoing
    d.undoing = (*d.undoing, *undoable(d, among))
    if idle:
        undo_next(d)


def undo_next(d: Decision, _subject: str = "") -> None:
    """Issue the first compensation that is due, or ask about it, unless that is under way."""
    if not d.undoing or d.action(d.undoing[0]).status == "undoing":
        return
    first = d.undoing[0]
    if not d.careful:
        enter(d, d.index.actions[first], "undo", "compensate")
    elif question_id("undo", first) not in d.questions:
        ask(d, "undo", first, (d.index.coordinator,))


def answer_undo(d: Decision, action_id: str, answer: str) -> None:
    """A person said whether this is to be undone."""
    if answer == "undo":
        enter(d, d.index.actions[action_id], "undo", "compensate")
        return
    d.record("undo-left", action_id)
    d.undoing = d.undoing[1:]
    undo_next(d)


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
