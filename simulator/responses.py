"""What carrying out an action yields in a drill, and how long it takes.

Owns the default durations. They are judgements, not measurements, so a drill names each one that
it used. A scenario's responses come first, in the order of the file: for each property the first
response that matches the action and states the property counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..compiler.plan import Action, Item, Kind, Plan
from .distributions import Distribution, parse_distribution
from .meaning import Remedy, remedy_of
from .scenario import Response, Scenario
from .selectors import Selection, UnknownName, actions_of, select

DEFAULT_DURATIONS: dict[str, str] = {
    "ask": "pert(1m, 3m, 8m)",
    "classify": "pert(30s, 2m, 5m)",
    "notify": "2s",
    "observe, by a command": "pert(2s, 10s, 45s)",
    "observe, by hand": "pert(1m, 3m, 8m)",
    "choose, the choice": "pert(30s, 1m, 3m)",
    "choose, each chosen": "pert(30s, 2m, 5m)",
    "run": "pert(30s, 2m, 5m)",
    "task": "pert(15m, 45m, 90m)",
    "change": "pert(3m, 6m, 15m)",
    "rollout, canary": "pert(1m, 2m, 4m)",
    "rollout, judge": "30s",
    "rollout, promote": "pert(2m, 4m, 8m)",
    "rollout, revert": "pert(1m, 3m, 6m)",
    "verify": "pert(10s, 20s, 60s)",
    "document": "pert(5m, 12m, 30m)",
    "undo": "pert(1m, 3m, 8m)",
}
DETECTION_MS = 60_000
"""How long after a watched reading goes wrong the alert comes, unless a response says otherwise."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """Everything a drill needs to know to carry out one item. ``defaulted`` names its duration."""

    action: Action
    item: Item | None
    remedy: Remedy
    takes: Distribution
    takes_text: str
    defaulted: str
    stated: bool
    result: str
    times: int | None
    level: int | None
    person: bool
    facts: tuple[tuple[str, Any], ...]
    vote: str
    observable: bool
    chosen: tuple[str, ...] | None


class Responses:
    """The responses of a scenario, looked up by action and item."""

    def __init__(self, plan: Plan, scenario: Scenario) -> None:
        self.actions = {action.id: action for action in actions_of(plan)}
        self.suspected = scenario.world.suspected or scenario.world.cause
        self._rules: dict[str, list[tuple[frozenset[str] | None, Response]]] = {}
        self._known: dict[tuple[str, str], Reaction] = {}
        for text, response in scenario.responses.items():
            selection = lenient(plan, text)
            items = {action: frozenset(found) for action, found in selection.items}
            for action in selection.actions:
                self._rules.setdefault(action, []).append((items.get(action), response))

    def to(self, action_id: str, item: str) -> Reaction:
        """How the world reacts to this item of this action."""
        found = self._known.get((action_id, item))
        if found is None:
            found = self._known[(action_id, item)] = self._build(action_id, item)
        return found

    def _build(self, action_id: str, item_id: str) -> Reaction:
        action = self.actions[action_id]
        item = next((item for item in action.items if item.id == item_id), None)
        stated = self._stated(action_id, item_id)
        name = _duration_name(action, item, item_id)
        takes: str = stated.get("takes") or DEFAULT_DURATIONS[name]
        chosen = stated.get("chosen")
        return Reaction(
            action=action,
            item=item,
            remedy=Remedy.NONE if item_id == "compensate" else remedy_of(action, item),
            takes=parse_distribution(takes),
            takes_text=takes,
            defaulted="" if "takes" in stated else name,
            stated="takes" in stated,
            result=stated.get("result", ""),
            times=stated.get("times"),
            level=stated.get("level"),
            person=stated.get("person", False),
            facts=tuple(sorted(stated.get("facts", {}).items())),
            vote=stated.get("vote", "approve"),
            observable=stated.get("observable", True),
            chosen=None if chosen is None else tuple(chosen),
        )

    def _stated(self, action_id: str, item_id: str) -> dict[str, Any]:
        stated: dict[str, Any] = {}
        for items, response in self._rules.get(action_id, ()):
            if items is not None and item_id not in items:
                continue
            mine = {name: getattr(response, name) for name in response.model_fields_set}
            if "result" in stated:
                mine.pop("times", None)
            for name, value in mine.items():
                if value is not None:
                    stated.setdefault(name, value)
        return stated

    def choice(self, action_id: str) -> tuple[str, ...]:
        """The ids of the options taken, in document order.

        Stated by words of the option; else the option that relieves what is suspected, else the
        first that is not a rollback of its own, else the first.
        """
        action = self.actions[action_id]
        words = self.to(action_id, "choose").chosen
        if words is not None:
            low = [word.lower() for word in words]
            return tuple(i.id for i in action.items if any(w in i.text.lower() for w in low))
        wanted = _WANTED.get(self.suspected, ())
        for remedy in wanted:
            for item in action.items:
                if remedy_of(action, item) is remedy:
                    return (item.id,)
        return (action.items[0].id,) if action.items else ()


_WANTED: dict[str, tuple[Remedy, ...]] = {
    "bad-deploy": (Remedy.RESTART,),
    "bad-feature": (Remedy.FLAG,),
    "saturation": (Remedy.SCALE, Remedy.RESTART),
    "dependency": (Remedy.REROUTE,),
}


def _duration_name(action: Action, item: Item | None, item_id: str) -> str:
    if item_id == "compensate":
        return "undo"
    if action.kind is Kind.ROLLOUT:
        phase = item_id if f"rollout, {item_id}" in DEFAULT_DURATIONS else "canary"
        return f"rollout, {phase}"
    if action.kind is Kind.MONITOR:
        return "rollout, judge"
    if action.kind is Kind.OBSERVE:
        return "observe, by a command" if item is not None and item.pipeline else "observe, by hand"
    if action.kind is Kind.CHOOSE:
        return "choose, the choice" if item is None else "choose, each chosen"
    if action.kind is Kind.APPROVE:
        return "ask"
    return action.kind.value


def lenient(plan: Plan, text: str) -> Selection:
    """What a selector means, nothing where it names what the plan lacks (reported elsewhere)."""
    try:
        return select(plan, text)
    except UnknownName:
        return Selection()
