"""The closed list of what a rule may know of the registers.

A rule never reads a time, a vote or a digest. What it needs of them is one of these fields,
computed here from the registers and the event before any rule runs. Adding a field is a decision
about every engine (drill, live host, fleet, explorer), so this list stays short.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from . import events as ev
from .index import Index
from .state import Registers
from .timers import Timer


class Predicates(NamedTuple):
    """``backwards``: the event is older than the last one.
    ``due``: timers of the event that are armed and due, in its order.
    ``matches``: the vote's digest is that of the proposal, or the proposal repeats its digest.
    ``proposer``: the voter proposed it. ``voted``: the voter's vote already counts.
    ``votes``: distinct counting votes, this one included.
    ``independent``: gates whose proposer did not confirm the level (after this event).
    ``stale``: commands in flight that are too old to be issued without asking.
    """

    backwards: bool = False
    due: tuple[Timer, ...] = ()
    matches: bool = False
    proposer: bool = False
    voted: bool = False
    votes: int = 0
    independent: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


_PLAIN = Predicates()
_BACKWARDS = Predicates(backwards=True)


def predicates(index: Index, registers: Registers, event: ev.Event) -> Predicates:
    """What the rules may know about the registers at this event."""
    if event.at_ms < registers.now_ms:
        return _BACKWARDS
    reader = _READERS.get(type(event))
    return _PLAIN if reader is None else reader(index, registers, event)


def _timers(_index: Index, registers: Registers, event: ev.TimersFired) -> Predicates:
    armed = registers.timers
    late = event.at_ms + 1
    return Predicates(due=tuple(t for t in event.timers if armed.get(t, late) <= event.at_ms))


def _proposed(_index: Index, registers: Registers, event: ev.Proposed) -> Predicates:
    known = registers.proposals.get(event.action)
    confirmed = registers.confirmed_by
    independent = (event.action,) if confirmed and confirmed != event.by else ()
    return Predicates(
        matches=known is not None and known[0] == event.digest, independent=independent
    )


def _voted(_index: Index, registers: Registers, event: ev.Voted) -> Predicates:
    digest, proposer = registers.proposals.get(event.action, ("", ""))
    votes = registers.votes.get(event.action, ())
    voted = event.by in votes
    return Predicates(
        matches=bool(digest) and event.digest == digest,
        proposer=event.by == proposer,
        voted=voted,
        votes=len(votes) + (0 if voted else 1),
    )


def _broken(_index: Index, registers: Registers, event: ev.GlassBroken) -> Predicates:
    digest, _ = registers.proposals.get(event.action, ("", ""))
    return Predicates(matches=bool(digest) and event.digest == digest)


def _severity(
    _index: Index, registers: Registers, event: ev.SeveritySet | ev.Answered
) -> Predicates:
    proposals = registers.proposals.items()
    return Predicates(independent=tuple(sorted(a for a, p in proposals if p[1] != event.by)))


def _returned(_index: Index, registers: Registers, event: ev.Returned) -> Predicates:
    if event.level is None:
        return _PLAIN
    proposals = registers.proposals.items()
    return Predicates(independent=tuple(sorted(a for a, p in proposals if p[1] != event.by)))


def _resumed(index: Index, registers: Registers, event: ev.Resumed) -> Predicates:
    oldest = event.at_ms - index.plan.valid_ms
    issued = registers.issued_ms
    return Predicates(stale=tuple(c for c in event.in_flight if issued.get(c, oldest) < oldest))


def _observed(index: Index, registers: Registers, event: ev.Observed) -> Predicates:
    oldest = event.at_ms - index.plan.valid_ms
    old = registers.issued_ms.get(event.command_id, oldest) < oldest
    return Predicates(stale=(event.command_id,) if old else ())


_READERS: dict[type, Callable[[Index, Registers, Any], Predicates]] = {
    ev.TimersFired: _timers,
    ev.Proposed: _proposed,
    ev.Voted: _voted,
    ev.GlassBroken: _broken,
    ev.SeveritySet: _severity,
    ev.Answered: _severity,
    ev.Returned: _returned,
    ev.Resumed: _resumed,
    ev.Observed: _observed,
}
