"""How an alert becomes a run: by rule at once, or by a person who takes up what was proposed.

Owns the way from the payload that a proposal keeps to a declaration. The run, the claim on its
group and what the run is told at once are written in one transaction, so a host that dies leaves
all of it or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..compiler.plan import as_data, canonical
from .host import Declaration, declare_run
from .journal_alerts import Claim, Proposal, Settled

if TYPE_CHECKING:
    from .binding import Bound
    from .journal import Journal
    from .people import PeopleOf
    from .redaction import Redactor


class Stranger(Exception):
    """Somebody whom the people file of a proposal does not have."""


def begin(
    journal: Journal,
    bound: Bound,
    payload: Mapping[str, Any],
    title: str,
    claim: Claim,
    *,
    by: str,
    person: bool,
    redactor: Redactor,
    wall_ms: int,
) -> str:
    """Declare the run that a payload describes; raises ``Claimed`` and ``Settled``."""
    declaration = Declaration(
        by=by,
        title=title,
        severity=payload.get("severity"),
        person=person,
        spec=str(payload.get("spec", "")),
        bindings=str(payload.get("bindings", "")),
        people=str(payload.get("people", "")),
    )
    letters = tuple(
        canonical(journal.redacted(each)) for each in _letters(payload, by, claim.source)
    )
    claim = claim._replace(
        fact=str(payload.get("resolved_fact", "")),
        seen=str(payload.get("seen", "")),
        letters=letters,
        at_ms=wall_ms,
    )
    return declare_run(journal, bound, declaration, redactor, wall_ms, claim.take)


def _letters(payload: Mapping[str, Any], by: str, source: str) -> list[dict[str, Any]]:
    """What the run is told at once: the rule's facts, and what the alert said."""
    facts: Mapping[str, str] = payload.get("facts", {})
    found: list[dict[str, Any]] = [
        {"verb": "fact", "name": name, "value": value, "by": by, "via": source}
        for name, value in facts.items()
    ]
    text = " ".join(part for part in (payload.get("summary"), payload.get("url")) if part)
    if text:
        found.append({"verb": "note", "text": text, "by": source, "via": source})
    return found


def settle(
    journal: Journal, proposal: Proposal, bound: Bound, by: str, redactor: Redactor, wall_ms: int
) -> str:
    """Declare what was proposed, in a person's name; raises ``Claimed`` and ``Settled``."""
    if proposal.state != "open" or proposal.until_ms <= wall_ms:
        state = "expired" if proposal.state == "open" else proposal.state
        raise Settled(f"proposal {proposal.id} is {state}")
    return begin(
        journal,
        bound,
        proposal.payload,
        proposal.title,
        Claim(proposal.source, proposal.key, proposal.id, by),
        by=by,
        person=True,
        redactor=redactor,
        wall_ms=wall_ms,
    )


def admit(proposal: Proposal, bound: Bound, person: str, people_of: PeopleOf) -> None:
    """Only a person of the people file declares or dismisses what it is for; else ``Stranger``."""
    header = {"people": proposal.payload.get("people", ""), "plan": as_data(bound.plan)}
    people = people_of(header)
    if people is not None and people.person(person) is None:
        raise Stranger(f"the people file of proposal {proposal.id} has no {person!r}")
