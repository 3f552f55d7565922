"""The plan: everything a document means, resolved.

Nobody downstream of the plan looks at the document again. All times are integer milliseconds, all
collections are tuples in a stated order, and names are as written. The digest covers the meaning
only: no span, file name or line ending is in the plan.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter


PLAN_FORMAT = 1


class Kind(StrEnum):
    """What an action is; docs/language.md says what each does."""

    ASK = "ask"
    CLASSIFY = "classify"
    NOTIFY = "notify"
    OBSERVE = "observe"
    CHOOSE = "choose"
    RUN = "run"
    TASK = "task"
    CHANGE = "change"
    APPROVE = "approve"
    ROLLOUT = "rollout"
    VERIFY = "verify"
    MONITOR = "monitor"
    DOCUMENT = "document"


class Effect(StrEnum):
    """What carrying an action out does to the world, and so what a crash in the middle allows.

    READ and IDEMPOTENT may be issued again with the same key; UNSAFE never without knowing.
    """

    READ = "read"
    IDEMPOTENT = "idempotent"
    UNSAFE = "unsafe"


class OnFailure(StrEnum):
    """What a failure means once the attempts are used up."""

    BLOCK = "block"
    CONTINUE = "continue"
    GOTO = "goto"
    COMPENSATE = "compensate"


# --- guards ---------------------------------------------------------------------------------------

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Fact:
    """True when the fact of this name is true (a number: not zero; a text: not empty)."""

    name: str
    op: Literal["fact"] = "fact"


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal truth value."""

    value: bool
    op: Literal["constant"] = "constant"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``name`` compared with ``values``, several only for ``in``; ``severity`` is a name."""

    name: str
    relation: Literal["==", "!=", "<", "<=", ">", ">=", "in"]
    values: tuple[Value, ...]
    op: Literal["compare"] = "compare"


@dataclass(frozen=True, slots=True)
class Negation:
    """Kleene negation: unknown stays unknown."""

    operand: Guard
    op: Literal["not"] = "not"


@dataclass(frozen=True, slots=True)
class Junction:
    """Kleene ``and``/``or`` over two or more operands."""

    op: Literal["and", "or"]
    operands: tuple[Guard, ...]


Guard = Fact | Constant | Comparison | Negation | Junction


# --- stages and actions ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """One question, query, command, option, check or constraint of an action.

    ``id`` is unique in its action: its number, from 1. ``pipeline`` is the argv of each process of
    a runnable line, empty for prose.
    """

    id: str
    text: str
    pipeline: tuple[tuple[str, ...], ...] = ()
    effect: Effect = Effect.IDEMPOTENT


@dataclass(frozen=True, slots=True)
class Retry:
    """``attempts`` in all (at least 1); the n-th wait is ``backoff_ms * 2**(n-1)``."""

    attempts: int = 3
    backoff_ms: int = 10_000


@dataclass(frozen=True, slots=True)
class Approval:
    """A gate: ``quorum`` different ``approvers``; waived at the levels of ``waived_at``."""

    quorum: int
    approvers: tuple[str, ...]
    waived_at: tuple[int, ...] = ()
    expires_ms: int = 900_000


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a fix reaches production. ``canary_percent`` 0: no canary; ``watch_ms`` 0: no watch."""

    strategy: str
    canary_percent: int = 0
    watch_ms: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a stage does. ``id`` is ``stage.name`` and unique in the plan.

    ``timeout_ms`` bounds one attempt (for ``verify``: all polling together); None: no bound.
    ``owes`` are the names the agent supplies by carrying it out; ``reads`` those its texts use.
    ``criteria`` are, for classify, the level and its words. ``proposes`` names, for an approval
    gate, the action whose product is judged. ``compensate`` is the undo, a runnable line or prose.
    """

    id: str
    name: str
    kind: Kind
    agent: str | None
    effect: Effect
    items: tuple[Item, ...] = ()
    when: Guard | None = None
    retry: Retry = Retry()
    timeout_ms: int | None = None
    on_failure: OnFailure = OnFailure.BLOCK
    goto: str | None = None
    approval: Approval | None = None
    proposes: str | None = None
    rollout: Rollout | None = None
    duration_ms: int = 0
    poll_ms: int = 30_000
    template: str | None = None
    owes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    criteria: tuple[tuple[int, str], ...] = ()
    labels: tuple[str, ...] = ()
    compensate: Item | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A node of the DAG. ``needs`` are ids of stages, in plan order.

    ``closing``: a sink whose actions are all documents; it starts only once the incident is
    resolved or closed.
    """

    id: str
    ordinal: str
    title: str
    agent: str | None
    needs: tuple[str, ...]
    actions: tuple[Action, ...]
    when: Guard | None = None
    on_failure: OnFailure = OnFailure.BLOCK
    goto: str | None = None
    timeout_ms: int | None = None
    closing: bool = False


# --- policy ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeverityPolicy:
    """What one level asks for. ``respond_within_ms`` None: deferred, no clock runs."""

    level: int
    name: str
    criteria: str
    respond_within_ms: int | None
    engaged: tuple[str, ...]

    @property
    def deferred(self) -> bool:
        """True where the level promises no time (``Next sprint``)."""
        return self.respond_within_ms is None


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is told when ``from_ms`` have elapsed; ``to_ms`` None: open-ended.

    ``only_at``: the levels at which it counts, empty for all.
    """

    from_ms: int
    to_ms: int | None
    targets: tuple[str, ...]
    mode: Literal["page", "notify"]
    only_at: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EscalationPolicy:
    """The ladder. ``clock`` says what stops the climb; ``stated`` whether the document chose it.

    ``repeat``: how often the ladder starts again; ``repage_ms``: an unanswered page is sent again
    after so long; ``ack_valid_ms``: how long an acknowledgement holds, None for ever.
    """

    clock: Literal["unresolved", "unacknowledged"] = "unresolved"
    stated: bool = False
    rungs: tuple[Rung, ...] = ()
    repeat: int = 0
    repage_ms: int = 300_000
    ack_valid_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A value the caller supplies."""

    name: str
    type: str = "string"
    default: Value | None = None
    description: str = ""


@dataclass(frozen=True)
class Plan:
    """A compiled workflow. ``stages`` are in topological order, ties by ordinal then text order.

    ``severities`` are in order of urgency. ``immediate_ms`` is the allowance of an ``Immediate``
    response; ``patience_ms`` how long a request to a person may stay unanswered before others are
    told; ``valid_ms`` how old an unsafe command may be and still be issued after a restart;
    ``max_passes`` bounds ``goto``.
    """

    name: str
    description: str
    pattern: str
    coordinator: str | None
    agents: tuple[str, ...]
    priority: str
    stages: tuple[Stage, ...]
    severities: tuple[SeverityPolicy, ...]
    escalation: EscalationPolicy
    inputs: tuple[Input, ...] = ()
    unsupplied: tuple[str, ...] = ()
    unstaffed: Literal["omit", "page", "ask", "error"] = "omit"
    timezone: str = "UTC"
    immediate_ms: int = 300_000
    patience_ms: int = 600_000
    valid_ms: int = 900_000
    max_passes: int = 3
    format: int = PLAN_FORMAT

    @cached_property
    def json(self) -> str:
        """The canonical JSON: sorted keys, defaults written out, no spaces, integers for time."""
        return canonical(as_data(self))

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON, in hexadecimal."""
        from hashlib import sha256

        return sha256(self.json.encode()).hexdigest()

    def severity(self, level: int) -> SeverityPolicy | None:
        """The policy of a level, or None where the plan has no such level."""
        return next((policy for policy in self.severities if policy.level == level), None)


def as_data(value: Any) -> Any:
    """A value made of dataclasses and tuples as plain JSON data."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_data(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, (tuple, list)):
        return [as_data(item) for item in cast(tuple[Any, ...], value)]
    return value


def canonical(data: Any) -> str:
    """JSON with sorted keys and no spaces; equal data gives equal bytes in every process."""
    import json

    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def load_plan(text: str) -> Plan:
    """The plan of a canonical JSON text; raises ``pydantic.ValidationError`` where it is none."""
    return _reader().validate_json(text)


@cache
def _reader() -> TypeAdapter[Plan]:
    """Building it takes longer than reading a plan, so it is built once."""
    from pydantic import TypeAdapter

    return TypeAdapter(Plan)


def plan_schema() -> dict[str, Any]:
    """The JSON Schema of a plan file."""
    from pydantic import TypeAdapter

    return TypeAdapter(Plan).json_schema()
