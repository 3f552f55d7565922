"""People: who fills a role, a target of the ladder or an agent's name, at an instant.

Owns the answer to "who" and its reason in words, for the host, the approvals and `armada who`.
Pure: the file is read elsewhere, and the time is always given. Where nobody is there it says why,
so that the ladder goes on to the next rung and nothing is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .rota import Hours, Rota, wall

Outside = Literal["defer", "skip", "downgrade"]


@dataclass(frozen=True, slots=True)
class Person:
    """One person. ``channels`` are names of channels, or adapters with their settings."""

    id: str
    name: str
    zone: ZoneInfo
    roles: tuple[str, ...] = ()
    channels: tuple[str | Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a name of the ladder stands for: a rota's holder, or persons by their ids."""

    rota: str | None = None
    persons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a target may be told, and what becomes of a message outside."""

    hours: Hours
    outside: Outside


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers for a name: ``persons`` in the order they are told, empty where nobody does.

    ``reason`` says in words why these, or why nobody; ``until`` is when that may change.
    """

    persons: tuple[Person, ...]
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reachable:
    """Whether a target is told now; ``until`` is when a deferred message goes out."""

    how: Literal["now", "defer", "skip", "downgrade"]
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class People:
    """A people file. Mappings are in the order of the file."""

    zone: ZoneInfo
    persons: Mapping[str, Person]
    rotas: Mapping[str, Rota] = field(default_factory=dict[str, Rota])
    targets: Mapping[str, Target] = field(default_factory=dict[str, Target])
    commanders: tuple[str, ...] = ()
    hours: Mapping[str, WorkingHours] = field(default_factory=dict[str, WorkingHours])

    def for_coordinator(self, name: str | None) -> People:
        """The same people, the commanders filling the coordinator's role where nobody else does."""
        if name is None or not self.commanders or self.defines(name):
            return self
        return replace(self, targets={**self.targets, name: Target(None, self.commanders)})

    def defines(self, name: str) -> bool:
        """Whether the name is a target, a rota, a person or somebody's role."""
        known = name in self.targets or name in self.rotas or self.person(name) is not None
        return known or any(name in person.roles for person in self.persons.values())

    def person(self, id_or_name: str) -> Person | None:
        """The person of this id, else the only one of this name."""
        if id_or_name in self.persons:
            return self.persons[id_or_name]
        wanted = id_or_name.casefold()
        found = [
            person
            for person in self.persons.values()
            if wanted in (person.id.casefold(), person.name.casefold())
        ]
        return found[0] if len(found) == 1 else None

    def on_call(self, target: str, at: datetime) -> OnCall:
        """Who answers for a target, a rota, a person or a role at ``at`` (aware)."""
        stated = self.targets.get(target)
        if stated is not None and stated.rota is not None:
            return self._holder(stated.rota, at)
        if stated is not None:
            return OnCall(self._all(stated.persons), "named in the people file")
        if target in self.rotas:
            return self._holder(target, at)
        person = self.person(target)
        if person is not None:
            return OnCall((person,), "named by the document")
        filling = tuple(p for p in self.persons.values() if target in p.roles)
        reason = f"their role is {target}" if filling else f"nobody fills {target!r}"
        return OnCall(filling, reason)

    def roles(self, person: Person | str, at: datetime) -> frozenset[str]:
        """Stated roles, with the targets and rotas the person is on call for at ``at``."""
        found = self._resolved(person)
        if found is None:
            return frozenset()
        names = (*self.targets, *self.rotas)
        held = (name for name in names if found in self.on_call(name, at).persons)
        return frozenset((*found.roles, *held))

    def may(self, person: Person | str, role: str, at: datetime) -> bool:
        """Whether the person acts in this role at ``at``; everybody may act as themselves."""
        found = self._resolved(person)
        return found is not None and (
            role in (found.id, found.name) or role in self.roles(found, at)
        )

    def next_change(self, target: str, at: datetime) -> datetime | None:
        """When others answer for the target; None where that is not known to change."""
        return self.on_call(target, at).until

    def reachable(self, target: str, at: datetime) -> Reachable:
        """Whether the target's working hours allow a message at ``at``."""
        stated = self.hours.get(target)
        if stated is None:
            return Reachable("now")
        moment = at.astimezone(UTC)
        around = list(stated.hours.around(moment))
        if any(interval.holds(moment) for interval in around):
            return Reachable("now")
        opens = min((i.start for i in around if i.start > moment), default=None)
        zone = stated.hours.zone
        when = f" until {wall(opens, zone)}" if opens else ", with no opening in nine days"
        return Reachable(stated.outside, opens, f"outside the hours of {target!r}{when}")

    def _resolved(self, person: Person | str) -> Person | None:
        return person if isinstance(person, Person) else self.person(person)

    def _holder(self, name: str, at: datetime) -> OnCall:
        rota = self.rotas[name]
        now = rota.holding(at)
        persons = self._all(now.persons)
        if persons:
            return OnCall(persons, f"on call from {name!r}, {now.reason}", now.until)
        nobody = f"nobody is on call from {name!r} at {wall(at, rota.zone)}"
        then = f"; the next change is {wall(now.until, rota.zone)}" if now.until else ""
        return OnCall((), f"{nobody} ({now.reason}){then}", now.until)

    def _all(self, ids: tuple[str, ...]) -> tuple[Person, ...]:
        return tuple(self.persons[each] for each in ids if each in self.persons)


PeopleOf = Callable[[Mapping[str, Any]], People | None]
"""The people of the run that has this header, as they are now; None where it names no file."""
