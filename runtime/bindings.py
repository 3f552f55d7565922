"""Bindings: by what the actions of a plan are carried out, as a validated model.

Owns the shape of a bindings file, never the name of an adapter or an operation: what a binding
gives an operation is judged by that operation's own model, when the bindings are checked. A value
that is secret is a reference (``env:NAME``, ``file:PATH``), so the model holds none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ..compiler.plan import canonical
from ..dsl.timing import read_duration

WHOLE = ""
"""The place of a binding that stands for its whole action rather than for an item or phase."""


def _duration(text: str) -> str:
    if not read_duration(text):
        raise ValueError("is no duration; write it like 30s, 5m or 1h30m")
    return text


_DO = re.compile(r"[A-Za-z][\w-]{0,99}\.[A-Za-z][\w.-]{0,99}")


def _do(text: str) -> str:
    if _DO.fullmatch(text) is None:
        raise ValueError("is no operation; write adapter.operation")
    return text


def _by_place(value: Any) -> Any:
    """``{do: …}`` carries the whole action out; anything else is a mapping by item or phase."""
    if isinstance(value, dict) and isinstance(cast(dict[str, Any], value).get("do"), str):
        return {WHOLE: cast(dict[str, Any], value)}
    below = list(cast(dict[str, Any], value).values()) if isinstance(value, dict) else []
    if not any(isinstance(each, dict) for each in below):
        raise ValueError("says nothing to do; write `do: adapter.operation`")
    return cast(Any, value)


def _listed(value: Any) -> Any:
    """One way to tell somebody, or several in order."""
    return value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]


def _of_names(value: Any) -> Any:
    """An empty section (``facts:`` and nothing below) holds nothing."""
    return {} if value is None else value


Duration = Annotated[str, AfterValidator(_duration)]
"""One length of time: ``30s``, ``5m``, ``1h30m``."""
DoText = Annotated[str, AfterValidator(_do)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Operate(BaseModel):
    """An operation with its arguments: every key but these is an argument.

    ``do`` is ``adapter.operation``; ``agent`` says whose settings are used where several agents
    have this adapter; ``timeout`` bounds one attempt.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    do: DoText
    agent: str | None = None
    timeout: Duration | None = None

    @property
    def adapter(self) -> str:
        """The adapter's name."""
        return self.do.partition(".")[0]

    @property
    def operation(self) -> str:
        """The operation's name in its adapter."""
        return self.do.partition(".")[2]

    @property
    def arguments(self) -> Mapping[str, Any]:
        """What the operation is given, templates and references as written."""
        return self.model_extra or {}

    @property
    def timeout_ms(self) -> int | None:
        """The bound of one attempt in milliseconds."""
        return None if self.timeout is None else read_duration(self.timeout)


class Reading(Operate):
    """How a fact is read: ``valid`` so long, and which ``value`` is made of what was said.

    Without ``value`` the fact is the answer itself: true or false.
    """

    valid: Duration | None = None
    value: Literal["text", "number", "boolean"] | None = None

    @property
    def valid_ms(self) -> int | None:
        """How long the reading holds, None: for the whole run."""
        return None if self.valid is None else read_duration(self.valid)


class Connection(BaseModel):
    """An adapter with its settings: every key but these is a setting."""

    model_config = ConfigDict(extra="allow", frozen=True)

    adapter: str

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the adapter is given, references as written."""
        return self.model_extra or {}


class Agent(Connection):
    """What an agent of the plan is: ``human``, or an adapter; ``channel`` is where it is told."""

    channel: str | None = None


class Bindings(_Model):
    """A bindings file.

    ``people`` is a path relative to the file. ``speed`` divides the plan's durations and
    ``durations`` shortens single ones, both in a rehearsal only.
    """

    rehearsal: bool = Field(default=False, strict=True)
    speed: Annotated[float, Field(strict=True, gt=0, le=1_000_000)] | None = None
    durations: Annotated[dict[str, Duration], BeforeValidator(_of_names)] = {}
    people: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    agents: Annotated[dict[str, Agent], BeforeValidator(_of_names)] = {}
    actions: Annotated[
        dict[str, Annotated[dict[str, Operate], BeforeValidator(_by_place)]],
        BeforeValidator(_of_names),
    ] = {}
    facts: Annotated[dict[str, Reading], BeforeValidator(_of_names)] = {}
    targets: Annotated[
        dict[str, Annotated[list[Connection], Field(min_length=1), BeforeValidator(_listed)]],
        BeforeValidator(_of_names),
    ] = {}
    channels: Annotated[dict[str, Connection], BeforeValidator(_of_names)] = {}

    @property
    def data(self) -> dict[str, Any]:
        """Plain JSON data with every default written out."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: of the meaning, not of comments and layout."""
        return hashlib.sha256(canonical(self.data).encode("utf-8", "replace")).hexdigest()


def load_bindings(data: Any) -> Bindings:
    """The bindings of plain data (a journal's header); raises ``pydantic.ValidationError``."""
    return Bindings.model_validate(data)


def bindings_schema() -> dict[str, Any]:
    """The JSON Schema of a bindings file, without the arguments of operations."""
    return Bindings.model_json_schema(mode="validation")
