"""Carrying actions out: what their answers and failures mean.

Owns attempts, retries, polling, the doubt about an unsafe command, and the order of a kind's items.
It knows nothing of stages: what follows for them it leaves as a follow-up.
"""

from __future__ import annotations

from ...compiler.plan import Action, Effect, Kind
from . import commands as co
from . import events as ev
from . import registers as reg
from .decision import Decision, IgnoredError, RefusedError
from .endings import fail, finish
from .index import Place
from .items import command_id, effect_of, issue, land, locate, poll_later, set_item
from .questions import ask, question_id, withdraw
from .rollout import enter, roll_on
from .state import ItemControl

SIDE_BY_SIDE = frozenset({Kind.ASK, Kind.OBSERVE, Kind.VERIFY})
"""Kinds whose items are issued together; the others go one after another."""

ANSWERS = frozenset({"ok", "false", "alert"})
FAILURES = frozenset({"failed", "permanent", "unknown"})


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
    name = command_id(d, place, item)
    withdraw(d, question_id("outcome", name))
    if item.status == "issued":
        d.disarm("timeout", name)
        d.disarm("patience", name)
        d.move_item(place.action.id, at, "doubt")
    d.emit(reg.Settled(name))
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
