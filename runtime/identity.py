"""Identity: whoever acts is a named person, and votes in a role that is theirs.

An approval by nobody is no approval. With a people file only its persons act; without one, any name
is a person and a stated role is taken at its word and journaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .people import People

LONGEST_NAME = 200


class IdentityTrouble(Exception):
    """Nobody is named, or not somebody who may; ``help`` says what to do."""

    def __init__(self, sentence: str, help: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.help = help


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``source`` says where the name comes from: ``--as``, ``ARMADA_ME``, …"""

    id: str
    name: str
    roles: frozenset[str]
    source: str


def identify(stated: str | None, people: People | None, at: datetime, *, source: str) -> Actor:
    """The person of a stated name; raises ``IdentityTrouble``."""
    name = (stated or "").strip()
    if not name:
        raise IdentityTrouble(
            "nobody is named, and whoever acts is a named person",
            "say who you are with --as NAME, ARMADA_ME, or `me` in the configuration",
        )
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise IdentityTrouble("the name is no name of a person", "use one line of plain text")
    if people is None:
        return Actor(name, name, frozenset(), source)
    person = people.person(name)
    if person is None:
        raise IdentityTrouble(f"the people file has no {name!r}", _nearest(name, people))
    return Actor(person.id, person.name, people.roles(person, at), source)


def ballot_role(
    actor: Actor,
    approvers: Sequence[str],
    stated_role: str | None,
    people: People | None,
    at: datetime,
) -> str:
    """The role among ``approvers`` in which the actor votes; raises ``IdentityTrouble``.

    Without a people file nothing says who has which role: the stated one counts, else the first.
    """
    listed = ", ".join(approvers)
    if stated_role is not None and stated_role not in approvers:
        raise IdentityTrouble(f"{stated_role!r} is no approver here", f"approvers are: {listed}")
    own = actor.roles | {actor.id, actor.name}
    if people is not None and people.person(actor.id) is not None:
        own |= people.roles(actor.id, at)
    for role in approvers if stated_role is None else (stated_role,):
        if role in own or (people is None and role == stated_role):
            return role
    if people is None and approvers:  # nobody says who may not, and the name is in the journal
        return approvers[0]
    raise IdentityTrouble(
        f"{actor.name} is not {stated_role or f'among the approvers ({listed})'} at this time",
        "`armada who` says who may approve",
    )


def _nearest(name: str, people: People) -> str:
    known = {n.casefold(): p.id for p in people.persons.values() for n in (p.id, p.name)}
    close = get_close_matches(name.casefold(), known, 1)
    return f"did you mean {known[close[0]]!r}?" if close else "`armada who` lists the people"
