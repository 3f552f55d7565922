"""What the bindings will ask of each adapter, in words that lead back to the document.

A function of a bound plan alone: ``armada doctor`` gives it to the adapters beforehand, and
``armada rbac`` adds up what all of it needs to be permitted.
"""

from __future__ import annotations

from collections.abc import Iterator

from .adapters.contract import Use
from .binding import CONSOLE, HOST, PEOPLE, Bound, Carrier
from .plain_text import one_line
from .slots import actions_of, item_of

LONGEST = 80


def uses_of(bound: Bound) -> dict[str, tuple[Use, ...]]:
    """For every instance that carries out operations, which ones; plan order, then the facts."""
    found: dict[str, list[Use]] = {}
    for where, carrier in _carried(bound):
        use = Use(where, carrier.operation, carrier.arguments)
        found.setdefault(carrier.instance, []).append(use)
    return {name: tuple(uses) for name, uses in found.items()}


def messengers(bound: Bound) -> dict[str, tuple[str, ...]]:
    """For every instance that carries messages, to whom or where."""
    found: dict[str, dict[str, None]] = {}
    for target, instances in bound.targets.items():
        for instance in instances:
            found.setdefault(instance, {})[f"target {one_line(target)}"] = None
    for channel, instance in bound.channels.items():
        found.setdefault(instance, {})[f"channel {one_line(channel)}"] = None
    return {name: tuple(whom) for name, whom in found.items()}


def _carried(bound: Bound) -> Iterator[tuple[str, Carrier]]:
    actions = {action.id: action for action in actions_of(bound.plan)}
    telling = {PEOPLE, HOST, CONSOLE, *bound.channels.values()}
    for (name, slot), carrier in bound.carriers.items():
        if carrier.instance in telling:
            continue
        item = item_of(actions[name], slot)
        if item is not None and slot != "compensate":
            yield f'{name} "{one_line(item.text, LONGEST)}"', carrier
        else:
            yield name if slot == "do" else f"{name} {slot}", carrier
    for name, fact in bound.facts.items():
        yield f"fact {name}", fact.carrier
