"""What a run's header says of its bindings: pinned at declaration, read back by whoever goes on.

A run that is resumed is carried out by what it was declared with, whatever has become of the
bindings file since. References (``env:``, ``file:``) stay references, so nothing here is secret.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast

from ..compiler.plan import Effect, Plan
from .binding import Bound, Carrier, FactCarrier, Instance


def bound_data(bound: Bound) -> dict[str, Any]:
    """The part of a header that says by what a plan is carried out, as plain JSON data."""
    return {
        "carriers": [
            {"action": action, "item": item, **_carrier_data(carrier)}
            for (action, item), carrier in bound.carriers.items()
        ],
        "instances": [asdict(each) for each in bound.instances.values()],
        "facts": {
            name: {
                "carrier": _carrier_data(fact.carrier),
                "valid_ms": fact.valid_ms,
                "value": fact.value,
            }
            for name, fact in bound.facts.items()
        },
        "targets": {name: list(found) for name, found in bound.targets.items()},
        "channels": dict(bound.channels),
        "agent_channel": dict(bound.agent_channel),
        "source_digest": bound.source_digest,
        "bindings_digest": bound.digest,
        "rehearsal": bound.rehearsal,
        "speed": bound.speed,
    }


def carriers_of(header: Mapping[str, Any]) -> dict[tuple[str, str], Carrier]:
    """Who carries out each item and phase, from a header; empty where it says nothing."""
    return {
        (str(each["action"]), str(each["item"])): _carrier(each)
        for each in header.get("carriers", ())
    }


def bound_of(header: Mapping[str, Any], plan: Plan) -> Bound:
    """The bound plan of a header; raises ``KeyError`` where it is a drill's."""
    facts = {
        name: FactCarrier(_carrier(each["carrier"]), each["valid_ms"], each["value"])
        for name, each in header.get("facts", {}).items()
    }
    targets = {name: tuple(found) for name, found in header["targets"].items()}
    return Bound(
        plan=plan,
        source_digest=header["source_digest"],
        carriers=carriers_of(header),
        instances={each["name"]: Instance(**each) for each in header["instances"]},
        facts=facts,
        targets=targets,
        channels=header["channels"],
        agent_channel=header["agent_channel"],
        rehearsal=header["rehearsal"],
        speed=header["speed"],
        digest=header["bindings_digest"],
    )


def references(bound: Bound) -> frozenset[str]:
    """The references to secrets that the bindings themselves state; any other text is text."""
    found: list[str] = []
    for instance in bound.instances.values():
        found.extend(_texts(instance.settings))
    for carrier in (*bound.carriers.values(), *(fact.carrier for fact in bound.facts.values())):
        found.extend(_texts(carrier.arguments))
    return _references(found)


def references_in(settings: Mapping[str, Any]) -> frozenset[str]:
    """The references to secrets that the settings of one adapter state."""
    return _references(_texts(settings))


def _references(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(each for each in texts if each.startswith(("env:", "file:")))


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for each in cast(Mapping[str, Any], data).values():
            yield from _texts(each)
    elif isinstance(data, (list, tuple)):
        for each in cast(list[Any], data):
            yield from _texts(each)


def _carrier_data(carrier: Carrier) -> dict[str, Any]:
    return {**asdict(carrier), "effect": carrier.effect.value}


def _carrier(data: Mapping[str, Any]) -> Carrier:
    return Carrier(
        str(data["instance"]),
        str(data["operation"]),
        data.get("arguments", {}),
        Effect(data["effect"]),
        data.get("timeout_ms"),
        str(data["shown"]),
    )
