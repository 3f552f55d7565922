"""Items of actions: their identity, and how they go out and come to rest.

Owns commands in flight: which there are, what each does to the world, its timers, and what an
unsafe one means for what has been verified. What an answer means is for work.py.
"""

from __future__ import annotations

from ...compiler.plan import Action, Effect, Kind
from . import commands as co
from . import registers as reg
from .decision import Decision, IgnoredError, RefusedError
from .index import Place
from .questions import question_id, withdraw
from .state import ItemControl

PHASE_EFFECTS = {"choose": Effect.IDEMPOTENT, "watch": Effect.READ, "judge": Effect.READ}
"""The effect of a phase where it is not the action's own."""

BY_PEOPLE = frozenset({Kind.ASK, Kind.CLASSIFY, Kind.CHOOSE, Kind.TASK, Kind.CHANGE})
"""Kinds whose requests grow old: their silence is told to others after the plan's patience."""

IN_FLIGHT = frozenset({"issued", "uncertain"})


def effect_of(action: Action, item: str) -> Effect:
    """What carrying out an item or phase does to the world."""
    found = PHASE_EFFECTS.get(item)
    if found is not None and action.kind in (Kind.CHOOSE, Kind.ROLLOUT, Kind.MONITOR):
        return found
    if item == "compensate":
        return action.compensate.effect if action.compensate else Effect.UNSAFE
    if action.kind in (Kind.CHOOSE, Kind.RUN):
        return next((each.effect for each in action.items if each.id == item), action.effect)
    return action.effect


def command_id(d: Decision, place: Place, item: ItemControl) -> str:
    """The identity of the item's present attempt."""
    passes = d.stage(place.stage.id).passes
    return f"{place.action.id}:{item.item}:{passes}:{item.attempt}"


def issue(d: Decision, place: Place, at: int) -> None:
    """Dispatch an item: a new attempt under the key that its known failures give."""
    action = place.action
    item = d.actions[action.id].items[at]
    item = d.move_item(action.id, at, "issue", attempt=item.attempt + 1)
    name = command_id(d, place, item)
    effect = effect_of(action, item.item)
    emit_dispatch(d, place, item, name, effect)
    if effect is Effect.UNSAFE:
        d.unsafe_flying += 1
        d.verified = False
        d.emit(reg.Issue(name))
    if action.timeout_ms is not None and action.kind is not Kind.VERIFY and item.item != "watch":
        d.arm("timeout", name, action.timeout_ms)
    if action.kind in BY_PEOPLE:
        d.arm("patience", name, d.index.plan.patience_ms)


def emit_dispatch(d: Decision, place: Place, item: ItemControl, name: str, effect: Effect) -> None:
    """The dispatch of an item's present attempt; issued again after a restart it is the same."""
    passes = d.stage(place.stage.id).passes
    agent = place.action.agent or d.index.coordinator
    key = f"{place.action.id}:{item.item}:{passes}:g{item.failures}"
    d.emit(co.Dispatch(name, key, place.action.id, item.item, agent, effect.value, item.attempt))


def locate(d: Decision, name: str) -> tuple[Place, int]:
    """The action and item of a command that is in flight now."""
    parts = name.rsplit(":", 3)
    place = d.index.actions.get(parts[0])
    if place is None or len(parts) != 4:
        raise RefusedError("unknown-command")
    action = d.actions.get(parts[0])
    for at, item in enumerate(action.items if action is not None else ()):
        if item.item == parts[1]:
            current = command_id(d, place, item) == name and item.status in IN_FLIGHT
            if not current:
                raise IgnoredError("stale-command")
            return place, at
    raise IgnoredError("stale-command")


def land(d: Decision, place: Place, at: int, trigger: str) -> ItemControl:
    """An item in flight comes to rest: its timers end and its unsafe effect is accounted for."""
    item = d.actions[place.action.id].items[at]
    name = command_id(d, place, item)
    if place.action.timeout_ms is not None:
        d.disarm("timeout", name)
    if place.action.kind in BY_PEOPLE:
        d.disarm("patience", name)
    if effect_of(place.action, item.item) is Effect.UNSAFE:
        d.unsafe_flying -= 1
        d.emit(reg.Settled(name))
        withdraw(d, question_id("outcome", name))
    return d.move_item(place.action.id, at, trigger)


def set_item(d: Decision, action_id: str, at: int, item: ItemControl) -> None:
    """Keep an item's counters."""
    now = d.actions[action_id]
    d.set_action(action_id, now._replace(items=(*now.items[:at], item, *now.items[at + 1 :])))


def cancel_items(d: Decision, place: Place) -> None:
    """Nobody waits for the items of an action any more."""
    name = place.action.id
    action = d.actions.get(name)
    for at, item in enumerate(action.items if action is not None else ()):
        if item.status in IN_FLIGHT:
            d.emit(co.CancelDispatch(command_id(d, place, item)))
            if effect_of(place.action, item.item) is Effect.UNSAFE:
                d.record("effect-unknown", name, command_id(d, place, item))
            land(d, place, at, "skip")
        elif item.status == "waiting":
            d.disarm("retry", command_id(d, place, item))
            d.disarm("poll", command_id(d, place, item))
            d.move_item(name, at, "skip")


def poll_later(d: Decision, place: Place, at: int) -> None:
    """A check that does not hold, or holds beside an unsafe action, is read again."""
    item = land(d, place, at, "wait")
    d.arm("poll", command_id(d, place, item), place.action.poll_ms)
