"""What has happened: the closed union of events that the kernel accepts.

Events are past tense. Each carries ``at_ms``, the host's clock in integer milliseconds since the
run's own zero, never decreasing. Names of people are data here: who may act in whose name is
decided outside, and a role is stated with the vote that uses it.
"""

from __future__ import annotations

from typing import NamedTuple

from ...compiler.plan import Value
from .timers import Timer


class Declared(NamedTuple):
    """The incident was declared. ``level`` None: none was named. ``person``: by a named human."""

    at_ms: int
    level: int | None
    by: str
    person: bool = True


class Acknowledged(NamedTuple):
    """A target that was told took the incident on."""

    at_ms: int
    by: str


class Mitigated(NamedTuple):
    """A person or a bound check established that users no longer suffer."""

    at_ms: int
    by: str


class Resolved(NamedTuple):
    """A person declared the incident over."""

    at_ms: int
    by: str


class Closed(NamedTuple):
    """A person closed the run as ``false-alarm``, ``duplicate`` or ``aborted``."""

    at_ms: int
    by: str
    verdict: str


class Reopened(NamedTuple):
    """A person found that the incident is not over."""

    at_ms: int
    by: str


class Aborted(NamedTuple):
    """A person stopped the automation; the ladder goes on.

    ``undo``: what was done is compensated, last first; said of an automation that has already
    stopped, it is compensated now. ``careful``: each compensation is asked about first.
    """

    at_ms: int
    by: str
    undo: bool = True
    careful: bool = False


class SeveritySet(NamedTuple):
    """A level was named: by a person it is confirmed, by a machine it is a proposal."""

    at_ms: int
    level: int
    by: str
    person: bool


class AgentEngaged(NamedTuple):
    """An agent was brought in, whatever the level says."""

    at_ms: int
    agent: str
    by: str


class Escalated(NamedTuple):
    """A person jumped to a rung (its index in the plan)."""

    at_ms: int
    rung: int
    by: str


class TargetUnreachable(NamedTuple):
    """Every channel of a target of this rung failed, or nobody is on call there."""

    at_ms: int
    rung: int
    target: str


class FactRecorded(NamedTuple):
    """A fact has this value; None: whoever was asked does not know. ``valid_ms`` None: for good."""

    at_ms: int
    name: str
    value: Value | None
    by: str
    valid_ms: int | None = None


class Returned(NamedTuple):
    """A dispatched command came back.

    ``result`` is ``ok``; ``false`` (an answer: the check does not hold); ``alert`` (an answer:
    what is watched went wrong); ``failed`` (no answer, may pass), ``permanent`` (no answer, will
    not pass) or ``unknown`` (it may or may not have happened). ``chosen`` are ids of options;
    ``level`` a classification, by a ``person`` or not; ``facts`` what was found besides.
    """

    at_ms: int
    command_id: str
    result: str
    by: str = ""
    chosen: tuple[str, ...] = ()
    level: int | None = None
    person: bool = False
    facts: tuple[tuple[str, Value], ...] = ()


class Observed(NamedTuple):
    """What became of an unsafe command in flight: it happened, it did not, or None: cannot tell."""

    at_ms: int
    command_id: str
    happened: bool | None


class Proposed(NamedTuple):
    """What an action will do was rendered; ``digest`` binds approvals to it, ``by`` proposed it."""

    at_ms: int
    action: str
    digest: str
    by: str


class Voted(NamedTuple):
    """A person approved or rejected what has this digest, in a role that may."""

    at_ms: int
    action: str
    by: str
    role: str
    approve: bool
    digest: str


class GlassBroken(NamedTuple):
    """A person passed a gate alone, against the rules of voting, and answers for it afterwards."""

    at_ms: int
    action: str
    by: str
    digest: str


class Answered(NamedTuple):
    """An open question was answered with one of its options (a fact: true, false or unknown)."""

    at_ms: int
    question: str
    answer: str
    by: str


class TimersFired(NamedTuple):
    """These timers are due, in order of due time, then class, then plan order."""

    at_ms: int
    timers: tuple[Timer, ...]


class Resumed(NamedTuple):
    """The coordinator came back; the commands ``in_flight`` were journaled and have no result."""

    at_ms: int
    in_flight: tuple[str, ...]


Event = (
    Declared
    | Acknowledged
    | Mitigated
    | Resolved
    | Closed
    | Reopened
    | Aborted
    | SeveritySet
    | AgentEngaged
    | Escalated
    | TargetUnreachable
    | FactRecorded
    | Returned
    | Observed
    | Proposed
    | Voted
    | GlassBroken
    | Answered
    | TimersFired
    | Resumed
)
EVENTS: tuple[type[Event], ...] = (
    Declared,
    Acknowledged,
    Mitigated,
    Resolved,
    Closed,
    Reopened,
    Aborted,
    SeveritySet,
    AgentEngaged,
    Escalated,
    TargetUnreachable,
    FactRecorded,
    Returned,
    Observed,
    Proposed,
    Voted,
    GlassBroken,
    Answered,
    TimersFired,
    Resumed,
)
