"""Items of actions: issuing them, and what their answers and failures mean.

Owns attempts, retries, polling, the doubt about an unsafe command, and the order of a kind's items
and phases. It knows nothing of stages: what follows for them it leaves as a follow-up.
"""

from __future__ import annotations

from ...compiler.plan import Action, Effect, Kind
from . import commands as co
from . import events as ev
from . import registers as reg
from .decision import Decision, IgnoredError, RefusedError
from .index import Place
from .questions import ask, question_id, withdraw
from .state import ItemControl
from .transitions import OVER

SIDE_BY_SIDE = frozenset({Kind.ASK, Kind.OBSERVE, Kind.VERIFY})
"""Kinds whose items are issued together; the others go one after another."""

BY_PEOPLE = frozenset({Kind.ASK, Kind.CLASSIFY, Kind.CHOOSE, Kind.TASK, Kind.CHANGE})
"""Kinds whose requests grow old: their silence is told to others after the plan's patience."""

PHASE_EFFECTS = {"choose": Effect.IDEMPOTENT, "watch": Effect.READ, "judge": Effect.READ}
"""The effect of a phase where it is not the action's own."""

IN_FLIGHT = frozenset({"issued", "uncertain"})


def first_items(action: Action) -> tuple[str, ...]:
    """The items or phases with which an action begins, in order."""
    if action.kind is Kind.CHOOSE:
        return ("choose",)
    if action.kind is Kind.ROLLOUT:
        canary = action.rollout is not None and action.rollout.canary_percent > 0
        return ("canary",) if canary else ("promote",)
    if action.kind is Kind.MONITOR:
        return ("watch",)
    if action.items and (action.kind in SIDE_BY_SIDE or action.kind is Kind.RUN):
        return tuple(item.id for item in action.items)
    return ("do",)


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


def begin(d: Decision, action_id: str) -> None:
    """Carry an action out: issue its first items."""
    place = d.index.actions[action_id]
    action = place.action
    now = d.move_action(action_id, "issue")
    known = {item.item: item for item in now.items}
    items = tuple(known.pop(name, None) or ItemControl(name) for name in first_items(action))
    d.set_action(action_id, now._replace(items=(*items, *known.values())))
    d.record("action-started", action_id)
    if action.kind is Kind.VERIFY and action.timeout_ms is not None:
        d.arm("timeout", action_id, action.timeout_ms)
    if action.kind is Kind.MONITOR:
        d.move_action(action_id, "watch")
        d.arm("watch", action_id, action.duration_ms)
    if action.kind in SIDE_BY_SIDE:
        for at, item in enumerate(items):
            if item.status == "ready":
                issue(d, place, at)
        if all(item.status != "ready" for item in items):
            finish(d, place)
    else:
        issue_next(d, place, len(items))


def issue_next(d: Decision, place: Place, among: int) -> None:
    """Issue the first item that is ready, or finish where none is left."""
    items = d.actions[place.action.id].items
    for at in range(min(among, len(items))):
        if items[at].status == "ready":
            issue(d, place, at)
            return
    finish(d, place)


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


# --- finding what an answer is about --------------------------------------------------------------


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


# --- answers --------------------------------------------------------------------------------------


def come_back(d: Decision, event: ev.Returned) -> None:
    """A dispatched command came back."""
    place, at = locate(d, event.command_id)
    item = d.actions[place.action.id].items[at]
    check_answer(place.action, item.item, event)
    if event.result in FAILURES:
        stumble(d, place, at, event.result)
    else:
        settle_item(d, place, at, event)


ANSWERS = frozenset({"ok", "false", "alert"})
FAILURES = frozenset({"failed", "permanent", "unknown"})


def check_answer(action: Action, item: str, event: ev.Returned) -> None:
    """Refuse what is no answer to this item."""
    if event.result not in ANSWERS | FAILURES:
        raise RefusedError("unknown-result")
    if event.result == "false" and action.kind is not Kind.VERIFY and item != "judge":
        raise RefusedError("not-an-answer")
    if event.result == "alert" and item != "watch":
        raise RefusedError("not-an-answer")
    known = {each.id for each in action.items}
    if event.chosen and (item != "choose" or not known.issuperset(event.chosen)):
        raise RefusedError("not-an-option")
    if event.level is not None and action.kind is not Kind.CLASSIFY:
        raise RefusedError("not-an-answer")


def settle_item(d: Decision, place: Place, at: int, event: ev.Returned) -> None:
    """An answer came: take it as the action's kind does."""
    action = place.action
    item = d.actions[action.id].items[at]
    if action.kind is Kind.VERIFY and (event.result == "false" or d.unsafe_flying > 0):
        poll_later(d, place, at)
        return
    land(d, place, at, "answer")
    if item.item == "compensate":
        d.then("undone", action.id)
    elif action.kind is Kind.CHOOSE:
        take_choice(d, place, item.item, event)
    elif action.kind is Kind.ROLLOUT:
        roll_on(d, place, item.item, event.result)
    elif action.kind is Kind.MONITOR:
        if event.result == "alert":
            fail(d, place, "alert")
    elif action.kind in SIDE_BY_SIDE:
        gather(d, place)
    else:
        issue_next(d, place, len(action.items) or 1)


def poll_later(d: Decision, place: Place, at: int) -> None:
    """A check that does not hold, or holds beside an unsafe action, is read again."""
    item = land(d, place, at, "wait")
    d.arm("poll", command_id(d, place, item), place.action.poll_ms)


def gather(d: Decision, place: Place) -> None:
    """Items side by side: the action is over when all are."""
    items = d.actions[place.action.id].items
    if any(item.status in ("issued", "waiting", "uncertain") for item in items):
        return
    if any(item.status == "failed" for item in items):
        fail(d, place, "no answer")
    else:
        finish(d, place)


def take_choice(d: Decision, place: Place, item: str, event: ev.Returned) -> None:
    """The agent chose, or one of the chosen options is done."""
    action = place.action
    now = d.actions[action.id]
    if item == "choose":
        known = {each.item: each for each in now.items}
        chosen = [each.id for each in action.items if each.id in event.chosen]
        rest = tuple(known.get(name) or ItemControl(name) for name in chosen)
        d.set_action(action.id, now._replace(items=(now.items[0], *rest)))
        d.record("chosen", action.id, ", ".join(chosen) or "none")
    choose_on(d, place)


def choose_on(d: Decision, place: Place) -> None:
    """Carry out the next chosen option; the choice fails only if every one of them did."""
    items = d.actions[place.action.id].items[1:]
    if any(item.status == "ready" for item in items):
        issue_next(d, place, len(items) + 1)
    elif items and all(item.status == "failed" for item in items):
        fail(d, place, "every chosen option failed")
    else:
        finish(d, place)


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
    """What is watched has held for its time."""
    action = d.actions.get(action_id)
    if action is None or action.status != "watching":
        return
    place = d.index.actions[action_id]
    cancel_items(d, place)
    d.disarm("watch", action_id)
    if place.action.kind is Kind.MONITOR:
        finish(d, place)
    else:
        enter(d, place, "judge", "judge")


# --- failures -------------------------------------------------------------------------------------


def stumble(d: Decision, place: Place, at: int, result: str) -> None:
    """No answer came: doubt, wait for the next attempt, or give the item up."""
    action = place.action
    item = d.actions[action.id].items[at]
    effect = effect_of(action, item.item)
    if result == "unknown" and effect is Effect.UNSAFE:
        doubt(d, place, at)
        return
    if result == "unknown" and action.kind is Kind.VERIFY:
        poll_later(d, place, at)
        return
    known = result != "unknown"
    tries = item.tries + 1
    again = result != "permanent" and tries < action.retry.attempts
    item = land(d, place, at, "wait" if again else "fail")
    item = item._replace(tries=tries, failures=item.failures + known)
    set_item(d, action.id, at, item)
    if again:
        wait_ms = action.retry.backoff_ms * 2 ** (tries - 1)
        d.arm("retry", command_id(d, place, item), wait_ms)
    else:
        give_up(d, place, item.item)


def set_item(d: Decision, action_id: str, at: int, item: ItemControl) -> None:
    """Keep an item's counters."""
    now = d.actions[action_id]
    d.set_action(action_id, now._replace(items=(*now.items[:at], item, *now.items[at + 1 :])))


def give_up(d: Decision, place: Place, item: str) -> None:
    """An item failed for good."""
    if item == "compensate":
        d.then("undone", place.action.id)
    elif place.action.kind is Kind.CHOOSE and item != "choose":
        d.record("option-failed", place.action.id, item)
        choose_on(d, place)
    elif place.action.kind in (Kind.ASK, Kind.OBSERVE):
        gather(d, place)
    elif place.action.kind is Kind.ROLLOUT and item in ("watch", "judge"):
        d.disarm("watch", place.action.id)
        enter(d, place, "revert", "revert")
    else:
        fail(d, place, f"{item} failed")


def doubt(d: Decision, place: Place, at: int) -> None:
    """An unsafe command may or may not have happened: a person says, nothing repeats it."""
    item = d.actions[place.action.id].items[at]
    name = command_id(d, place, item)
    d.disarm("timeout", name)
    d.disarm("patience", name)
    if item.status == "issued":
        d.move_item(place.action.id, at, "doubt")
    d.record("action-unknown", place.action.id, name)
    agent = place.action.agent or d.index.coordinator
    ask(d, "outcome", name, tuple(dict.fromkeys((agent, d.index.coordinator))))


def clear_doubt(d: Decision, name: str, answer: str) -> None:
    """A person says whether an unsafe command happened, or that nobody can tell."""
    place, at = locate(d, name)
    item = d.actions[place.action.id].items[at]
    if answer == "happened":
        settle_item(d, place, at, ev.Returned(0, name, "ok"))
    elif answer == "not-happened":
        reissue(d, place, at)
    else:
        land(d, place, at, "fail")
        give_up(d, place, item.item)


def reissue(d: Decision, place: Place, at: int) -> None:
    """Issue an unsafe command once more, under its key: it is known not to have happened."""
    item = d.actions[place.action.id].items[at]
    withdraw(d, question_id("outcome", command_id(d, place, item)))
    if item.status == "issued":
        d.move_item(place.action.id, at, "doubt")
    d.emit(reg.Settled(command_id(d, place, item)))
    d.unsafe_flying -= 1
    issue(d, place, at)


# --- timers ---------------------------------------------------------------------------------------


def come_again(d: Decision, name: str) -> None:
    """The wait before the next attempt or reading is over."""
    parts = name.rsplit(":", 3)
    place = d.index.actions[parts[0]]
    action = d.actions.get(parts[0])
    for at, item in enumerate(action.items if action is not None else ()):
        if item.status == "waiting" and command_id(d, place, item) == name:
            issue(d, place, at)


def time_out(d: Decision, subject: str) -> None:
    """An attempt, or all polling of a verification, has taken too long."""
    if subject in d.index.actions:
        action = d.actions.get(subject)
        if action is not None and action.status == "running":
            fail(d, d.index.actions[subject], "timeout")
        return
    try:
        place, at = locate(d, subject)
    except IgnoredError:
        return
    if d.actions[place.action.id].items[at].status == "issued":
        d.emit(co.CancelDispatch(subject))
        stumble(d, place, at, "unknown")


# --- the end of an action -------------------------------------------------------------------------


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


def uncount(d: Decision, place: Place) -> None:
    """An action is over: it is no longer awaited by the resolution."""
    d.verify_left -= place.action.kind is Kind.VERIFY
    d.unsafe_left -= place.action.effect is Effect.UNSAFE


def recount(d: Decision, place: Place) -> None:
    """An action is to be carried out after all."""
    d.verify_left += place.action.kind is Kind.VERIFY
    d.unsafe_left += place.action.effect is Effect.UNSAFE


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
