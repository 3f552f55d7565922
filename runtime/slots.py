"""What the kernel can dispatch of an action, and what of it may be bound to an operation.

A *slot* is an item's number or a phase. Owns their list for each kind, in the order in which they
can come up, and how a bindings file names one: by its number, its text or the phase's word.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..compiler.plan import Action, Item, Kind, Plan
from .kernel.commands import PHASES
from .kernel.work import first_items

NEVER: Mapping[Kind, str] = {
    Kind.CLASSIFY: "a person says the severity",
    Kind.DOCUMENT: "Armada renders documents itself",
    Kind.APPROVE: "a gate is answered by votes",
}
"""Kinds that no operation carries out, each with the reason."""


def slots(action: Action) -> tuple[str, ...]:
    """The items and phases that can be dispatched; none for a gate."""
    if action.kind is Kind.APPROVE:
        return ()
    found = first_items(action)
    if action.kind is Kind.CHOOSE:
        found = ("choose", *(item.id for item in action.items))
    elif action.kind is Kind.ROLLOUT:
        found = _phases(action)
    return (*found, *(("compensate",) if action.compensate is not None else ()))


def _phases(action: Action) -> tuple[str, ...]:
    canary = action.rollout is not None and action.rollout.canary_percent > 0
    watched = action.rollout is not None and action.rollout.watch_ms > 0
    if not canary:
        return ("promote", "watch", "judge", "revert") if watched else ("promote",)
    return ("canary", *(("watch",) if watched else ()), "judge", "promote", "revert")


def bindable(action: Action) -> tuple[str, ...]:
    """The slots that an operation may carry out: not the choice itself, which is a person's."""
    if action.kind in NEVER:
        return tuple(slot for slot in slots(action) if slot == "compensate")
    return tuple(slot for slot in slots(action) if slot != "choose")


def whole(action: Action) -> str | None:
    """The slot that a binding of the whole action means; None where it has several or none."""
    found = [slot for slot in bindable(action) if slot != "compensate"]
    return found[0] if len(found) == 1 else None


def slot_named(action: Action, name: str) -> str | None:
    """The slot that a bindings file means by a number, a text or a phase; None for no slot."""
    open_slots = bindable(action)
    if name in open_slots:
        return name
    text = _folded(name)
    return next(
        (each.id for each in action.items if _folded(each.text) == text and each.id in open_slots),
        None,
    )


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def names_of_slots(action: Action) -> tuple[str, ...]:
    """How the bindable slots may be called, for a help line."""
    texts = {item.id: item.text for item in action.items}
    return tuple(texts.get(slot, slot) for slot in bindable(action))


def item_of(action: Action, slot: str) -> Item | None:
    """The item of a slot; the undo for ``compensate``; None for a phase."""
    if slot == "compensate":
        return action.compensate
    if slot in PHASES:
        return None
    return next((item for item in action.items if item.id == slot), None)


def actions_of(plan: Plan) -> tuple[Action, ...]:
    """Every action in plan order."""
    return tuple(action for stage in plan.stages for action in stage.actions)
