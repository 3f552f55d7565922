"""A scenario: what happens to a plan in a drill, as a validated model.

Owns the shape of a scenario file and its defaults, never a name of any particular spec. What a
scenario leaves out falls back to stated defaults; the report names every default duration it used.
The digest of a scenario covers its meaning: comments and layout stay out of it.
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
)

from ..compiler.plan import canonical
from .distributions import parse_distribution, parse_duration
from .expectations import parse_expectation

Cause = Literal["bad-deploy", "bad-feature", "bad-config", "saturation", "dependency", "none"]
Verdict = Literal["false-alarm", "duplicate", "aborted"]
Outcome = Literal["ok", "false", "alert", "failed", "permanent", "unknown"]


def _duration_text(value: Any) -> Any:
    """A bare 0 and the mapping ``{lognormal: [4m, 12m]}`` in the form of a text."""
    if type(value) is int and value == 0:
        return "0"
    if isinstance(value, dict) and len(cast(dict[str, Any], value)) == 1:
        ((name, arguments),) = cast(dict[str, Any], value).items()
        listed = cast(list[Any], arguments) if isinstance(arguments, list) else [arguments]
        return f"{name}({', '.join(str(argument) for argument in listed)})"
    return cast(Any, value)


def _distribution(text: str) -> str:
    parse_distribution(text)
    return text


def _duration(text: str) -> str:
    parse_duration(text)
    return text


_LEVEL = re.compile(r"(?:sev(?:erity)?|priority|p|s)?[ _-]?(\d{1,3})", re.IGNORECASE)


def _level(value: Any) -> Any:
    if isinstance(value, str) and (match := _LEVEL.fullmatch(value.strip())):
        return int(match[1])
    return value


def _instant(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a start needs its zone, as in 2026-10-18T02:40:00+02:00")
    return text


def _expectation(text: str) -> str:
    parse_expectation(text)
    return text


Duration = Annotated[str, BeforeValidator(_duration_text), AfterValidator(_duration)]
"""One length of time: ``4m``, ``1h 30m``."""
Span = Annotated[str, BeforeValidator(_duration_text), AfterValidator(_distribution)]
"""A length of time, fixed or drawn: ``4m``, ``lognormal(4m, 12m)``, ``{pert: [2m, 4m, 9m]}``."""
SeverityLevel = Annotated[int, BeforeValidator(_level), Field(ge=0, le=999)]
SeverityAdapter: TypeAdapter[int] = TypeAdapter(SeverityLevel)
Instant = Annotated[str, AfterValidator(_instant)]
ExpectationText = Annotated[str, AfterValidator(_expectation)]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
FactValue = bool | int | float | str | None
ByName = dict[str, list[str]]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Declaration(_Model):
    """How the incident is declared. ``confirmed``: the level was named by a person."""

    severity: SeverityLevel | None = None
    title: str = ""
    by: str = "monitoring"
    confirmed: bool = True


class Gauge(_Model):
    """A reading while all is well, at the height of the incident, and what is still acceptable."""

    healthy: float
    incident: float
    objective: float


class World(_Model):
    """The system under the incident.

    ``suspected`` is what people take for the cause (facts are answered from it);
    ``fix_addresses`` what the fix they write cures; both default to the cause. ``fix``: ``wrong``
    cures nothing, ``harmful`` makes it worse, which a canary shows. ``severity`` is what
    classification finds. ``recovers_after``: the cause goes away by itself.
    """

    cause: Cause = "bad-deploy"
    suspected: Cause | None = None
    fix_addresses: Cause | None = None
    fix: Literal["right", "wrong", "harmful"] = "right"
    recent_deploy: bool | None = None
    severity: SeverityLevel | None = None
    services: list[str] = []
    error_rate: Gauge = Gauge(healthy=0.002, incident=0.38, objective=0.01)
    latency_ms: Gauge = Gauge(healthy=120, incident=2400, objective=400)
    facts: dict[str, FactValue] = {}
    recovers_after: Duration | None = None


class Profile(_Model):
    """How people behave who match a selector. What is left out comes from ``default``."""

    acknowledges: Span | None = None
    answers: Span | None = None
    votes: Span | None = None
    confirms: Span | None = None
    absent: bool | None = None
    no_show: Probability | None = None
    night: Annotated[float, Field(ge=1.0, le=100.0)] | None = None


class Response(_Model):
    """What carrying out the selected actions yields, and how long it takes.

    ``times``: the result holds for the first so many attempts of each item, then ``ok``.
    ``chosen`` are words of the options taken, or the word ``none``. ``vote`` is how gates are
    answered.
    """

    takes: Span | None = None
    result: Outcome | None = None
    times: Annotated[int, Field(ge=1, le=1000)] | None = None
    chosen: list[str] | None = None
    level: SeverityLevel | None = None
    person: bool | None = None
    facts: dict[str, bool | int | float | str] | None = None
    vote: Literal["approve", "reject", "nobody"] | None = None
    observable: bool | None = None


class Decisions(_Model):
    """What people decide when they are asked, in order; when the list runs out nobody answers.

    Each is a list, or lists by selector with ``default``. Left out entirely: ``severity`` is
    confirmed, ``overlap`` starts, ``staff`` omits, ``outcome`` is answered by looking; ``blocked``
    and ``idle`` are answered by nobody.
    """

    blocked: list[str] | ByName = []
    idle: list[str] = []
    outcome: list[str] | None = None
    severity: list[str] | None = None
    overlap: list[str] | None = None
    staff: list[str] | None = None


class Intervention(_Model):
    """Something a person does unasked, ``at`` so long after the declaration. One deed each."""

    at: Duration
    by: str | None = None
    severity: SeverityLevel | None = None
    acknowledge: bool = False
    mitigated: bool = False
    resolve: bool = False
    reopen: bool = False
    abort: bool = False
    close: Verdict | None = None
    engage: str | None = None
    escalate: Annotated[int, Field(ge=1, le=999)] | None = None
    fact: dict[str, FactValue] | None = None


class Crash(_Model):
    """The coordinator dies at a journal entry, before or after its effect, and starts again."""

    entry: Annotated[int, Field(ge=0)]
    when: Literal["before", "after"] = "before"
    restart: Duration = "2m"


class Fault(_Model):
    """A rule over what the coordinator sends out; the first rule that matches a command decides.

    ``on`` is a selector (its actions are dispatches, its rungs and people pages), or ``questions``,
    ``approvals``. ``p`` is drawn per command. ``times`` bounds how often it strikes, ``since`` and
    ``until`` when. ``drop`` loses the answer of an action, and the page or question itself.
    """

    on: str = ""
    do: Literal["pass", "delay", "fail", "drop", "duplicate", "crash-before", "crash-after"] = (
        "fail"
    )
    name: str = ""
    by: Span = "10m"
    result: Literal["failed", "permanent", "unknown"] = Field("failed", alias="as")
    times: Annotated[int, Field(ge=1)] | None = None
    p: Probability = 1.0
    since: Duration | None = None
    until: Duration | None = None
    crash: Crash | None = None


class Expected(_Model):
    """An expectation and whose part it is."""

    expect: ExpectationText
    role: str = "response"


class Scenario(_Model):
    """One drill: what is wrong, who is there, what they do, what breaks, what is expected."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    description: str = ""
    seed: Annotated[int, Field(ge=0, lt=1 << 64)] = 1
    start: Instant = "2026-10-18T02:40:00+02:00"
    declared: Declaration = Declaration()
    world: World = World()
    people: dict[str, Profile] = {}
    responses: dict[str, Response] = {}
    decisions: Decisions = Decisions()
    interventions: list[Intervention] = []
    faults: list[Fault] = []
    expect: list[ExpectationText | Expected] = []
    horizon: Duration = "12h"

    @property
    def data(self) -> dict[str, Any]:
        """Plain JSON data with every default written out."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON."""
        return hashlib.sha256(canonical(self.data).encode()).hexdigest()


def load_scenario(data: Any) -> Scenario:
    """The scenario of plain data (a journal's header); raises ``pydantic.ValidationError``."""
    return Scenario.model_validate(data)


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file."""
    return Scenario.model_json_schema(by_alias=True)
