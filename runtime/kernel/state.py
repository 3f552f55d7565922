"""The state of a run: control and registers.

*Control* is what decides: statuses, attempts, counters, open questions. It holds no time and no
text. *Registers* are what is only measured: due times, milestones, who voted, digests. Rules read
control and a closed list of predicates over registers (predicates.py), and write registers through
operations whose times are ``event.at_ms`` plus a constant (decision.py). Neither holds history:
that is the journal's.

Both are persistent: an update shares everything it does not touch, so a step costs what the event
touches, whatever the size of the plan. Only what differs from its default is stored.
"""

from __future__ import annotations

from typing import NamedTuple

from immutables import Map

from ...compiler.plan import Value
from .timers import Timer


class ItemControl(NamedTuple):
    """One item or phase of an action.

    ``attempt`` counts issues (the first is 1); ``failures`` those known to have failed, which
    renew the idempotency key; ``tries`` failed attempts since a person last asked for a retry.
    """

    item: str
    status: str = "ready"
    attempt: int = 0
    failures: int = 0
    tries: int = 0


class ActionControl(NamedTuple):
    """An action that has been reached; ``gate``: its approval's status, ``round``: times asked."""

    status: str
    items: tuple[ItemControl, ...] = ()
    gate: str = ""
    round: int = 0


class StageControl(NamedTuple):
    """A stage that is no longer merely pending, or is not for the first time.

    ``unclear`` counts direct needs that are unsettled or have an unsettled ancestor; ``clear``
    says that this stage and all its ancestors are settled. ``cursor`` is the action under way.
    ``deferred`` is a failed choice that will block the stage at its end.
    """

    status: str
    unclear: int
    clear: bool = False
    passes: int = 0
    cursor: int = 0
    reason: str = ""
    revived: bool = False
    deferred: str = ""


class Question(NamedTuple):
    """An open question: what it is about, the subject, and who has been asked (in order)."""

    about: str
    subject: str
    to: tuple[str, ...]


class Control(NamedTuple):
    """Everything that decides what happens next.

    ``phase`` and ``verdict``: where the incident stands and how it ended. ``level``, ``standing``
    (assumed, proposed, confirmed): its severity. ``verified``: a verification has passed and no
    unsafe action was issued since; ``missed``: verifications that failed or were passed over;
    ``verify_left``, ``unsafe_left``: such actions not yet over; ``unsafe_flying``: unsafe items
    issued or uncertain. ``stages_left``, ``closing_left``: unsettled stages. ``ended``: a person
    ended the automation. ``reviews``: waived gates owed a review. ``engaged``: agents brought in
    by name. ``told``: targets told so far. ``paging``: the rung whose page stands; ``repeats``:
    its repetitions; ``silent``: unreachable targets as ``rung:target``. ``omitted``: stages
    omitted for want of staff. ``waiting``: by fact, the guards not yet dispatched that read it.
    ``undoing``: actions to be compensated, the first under way; ``careful``: each is asked about.
    """

    phase: str = "undeclared"
    verdict: str = ""
    level: int = 0
    standing: str = "assumed"
    acknowledged: str = ""
    mitigated: bool = False
    verified: bool = False
    missed: tuple[str, ...] = ()
    verify_left: int = 0
    unsafe_left: int = 0
    unsafe_flying: int = 0
    stages_left: int = 0
    closing_left: int = 0
    ended: bool = False
    reviews: tuple[str, ...] = ()
    engaged: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    ladder: str = "idle"
    loop: int = 0
    paging: int = -1
    repeats: int = 0
    silent: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()
    stages: Map[str, StageControl] = Map()
    actions: Map[str, ActionControl] = Map()
    omitted: tuple[str, ...] = ()
    questions: Map[str, Question] = Map()
    facts: Map[str, Value] = Map()
    waiting: Map[str, tuple[str, ...]] = Map()
    undoing: tuple[str, ...] = ()
    careful: bool = False


class Registers(NamedTuple):
    """What is measured. Times are milliseconds; -1 stands for never."""

    now_ms: int = 0
    declared_ms: int = -1
    acknowledged_ms: int = -1
    mitigated_ms: int = -1
    resolved_ms: int = -1
    closed_ms: int = -1
    reopened_ms: int = -1
    told_ms: int = -1
    epoch_ms: int = 0
    paused_ms: int = -1
    confirmed_by: str = ""
    rung_ms: tuple[int, ...] = ()
    rung_since_ms: tuple[int, ...] = ()
    timers: Map[Timer, int] = Map()
    issued_ms: Map[str, int] = Map()
    settled_ms: Map[str, int] = Map()
    proposals: Map[str, tuple[str, str]] = Map()
    votes: Map[str, tuple[str, ...]] = Map()


class State(NamedTuple):
    """Where a run stands. Equal states go on equally."""

    control: Control = Control()
    registers: Registers = Registers()
