"""What the HTTP adapter is told: its settings, the arguments of a request and of a probe."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator

from ...compiler.plan import Effect
from .arguments import Duration, Given
from .contract import Description, Operation
from .permissions import Ask as Question
from .permissions import Needs, told

METHODS: Mapping[str, str] = {
    "get": "GET",
    "head": "HEAD",
    "put": "PUT",
    "delete": "DELETE",
    "post": "POST",
    "submit": "POST",
    "patch": "PATCH",
    "check": "GET",
}
"""The method of each operation; that of ``request`` is an argument."""

Method = Literal["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH", "OPTIONS"]
Status = Annotated[int, Field(ge=100, le=599)]
Address = Annotated[str, Field(min_length=1, max_length=8_000)]
_NOTHING: Any = object()


class Settings(Given):
    """What all its requests have in common."""

    url: str = Field("", description="The base address, for `url` arguments that begin with `/`.")
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers of every request; `env:` and `file:` allowed."
    )
    secret: str = Field("", description="`env:` or `file:` of the secret that signs requests.")
    timeout: Duration = Field("30s", description="How long an exchange may take.")


class Ask(Given):
    """What a request and a probe have in common."""

    url: Address = Field(description="The address, or a path under the setting `url`.")
    headers: dict[str, str] = Field(default_factory=dict, description="Headers of this request.")
    timeout: Duration | None = Field(None, description="How long the exchange may take.")


class Request(Ask):
    """A request: where to, with which body."""

    data: Any = Field(None, alias="json", description="The body, as JSON.")
    body: str | None = Field(None, description="The body, as text.")
    ok: list[Status] = Field(
        default_factory=list[int], description="The statuses that are success; else all of 2xx."
    )
    pick: dict[str, str] = Field(
        default_factory=dict,
        description="Values and facts by name, each a JSON Pointer into the answer.",
    )

    @model_validator(mode="after")
    def _one_body(self) -> Request:
        if self.data is not None and self.body is not None:
            raise ValueError("give at most one of json and body")
        return self


class RequestAny(Request):
    """A request with any method."""

    method: Method = Field(description="GET, HEAD, PUT, DELETE, POST, PATCH or OPTIONS.")


class Probe(Ask):
    """A question that is answered by a status and, where a pointer is given, by a value."""

    status: list[Status] = Field(
        default_factory=list[int], description="The statuses that are a yes; else all of 2xx."
    )
    pointer: str | None = Field(None, description="JSON Pointer to the value that is compared.")
    equals: str | int | float | bool | None = Field(None, description="The value is this.")
    below: float | int | None = Field(None, description="The value is a number below this.")
    above: float | int | None = Field(None, description="The value is a number above this.")

    @model_validator(mode="after")
    def _compared(self) -> Probe:
        tests = [each for each in (self.equals, self.below, self.above) if each is not None]
        if (self.pointer is None) == bool(tests):
            raise ValueError("give pointer together with equals, below or above")
        return self


def encoded_body(request: Request) -> tuple[bytes, str]:
    """The body's bytes and their content type; raises ValueError where it cannot be sent."""
    try:
        if request.body is not None:
            return request.body.encode(), "text/plain; charset=utf-8"
        if request.data is not None:
            return json.dumps(request.data, allow_nan=False).encode(), "application/json"
    except (ValueError, TypeError, RecursionError):
        raise ValueError("The body cannot be written as JSON or UTF-8 text") from None
    return b"", ""


def looked_up(text: str, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) leads to in a JSON text; None where it leads nowhere."""
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if pointer and not pointer.startswith("/"):
        return None
    for part in pointer.split("/")[1:]:
        found = _child(found, part.replace("~1", "/").replace("~0", "~"))
        if found is _NOTHING:
            return None
    return found


def _child(parent: Any, name: str) -> Any:
    if isinstance(parent, dict):
        return cast("dict[str, Any]", parent).get(name, _NOTHING)
    if isinstance(parent, list) and name.isascii() and name.isdecimal() and len(name) < 10:
        items = cast("list[Any]", parent)
        return items[int(name)] if int(name) < len(items) else _NOTHING
    return _NOTHING


def holds(probe: Probe, status: int, text: str) -> tuple[bool, str]:
    """Whether the answer is a yes, and what was seen, as a sentence."""
    expected = status in probe.status if probe.status else 200 <= status < 300
    if not expected or probe.pointer is None:
        return expected, f"HTTP {status}"
    found = looked_up(text, probe.pointer)
    if found is None:
        return False, f"HTTP {status}, with nothing at {probe.pointer}"
    failed = [
        f"not {word} {bound}"
        for word, bound, test in (
            ("equal to", probe.equals, _same),
            ("below", probe.below, _numbers(lambda a, b: a < b)),
            ("above", probe.above, _numbers(lambda a, b: a > b)),
        )
        if bound is not None and not test(found, bound)
    ]
    shown = json.dumps(found)[:200]
    return not failed, f"{probe.pointer} is {shown}" + "".join(f", {each}" for each in failed)


def _same(value: Any, bound: Any) -> bool:
    return value == bound and isinstance(value, bool) is isinstance(bound, bool)


def _numbers(test: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def compare(value: Any, bound: Any) -> bool:
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                return False
        return isinstance(value, int | float) and not isinstance(value, bool) and test(value, bound)

    return compare


def _needs(operation: str, ask: Question) -> Needs:
    """The method and the address as they are written: a reference stays one."""
    given: Any = ask.arguments
    method = METHODS.get(operation) or given.method
    base = cast(Settings, ask.settings).url.rstrip("/") if given.url.startswith("/") else ""
    return told(f"{method} {base}{given.url}")


def _asks(name: str, summary: str, effect: Effect, model: type[Ask]) -> Operation:
    return Operation(name, summary, effect, model, needs=partial(_needs, name))


DESCRIPTION = Description(
    "http",
    "Requests over HTTP.",
    Settings,
    (
        _asks("get", "Read something.", Effect.READ, Request),
        _asks("head", "Read the headers of something.", Effect.READ, Request),
        _asks("check", "Ask by status or by a value in the answer.", Effect.READ, Probe),
        _asks("put", "Put something in its place.", Effect.IDEMPOTENT, Request),
        _asks("delete", "Delete something.", Effect.IDEMPOTENT, Request),
        _asks(
            "submit",
            "POST to a service that carries out one Idempotency-Key once.",
            Effect.IDEMPOTENT,
            Request,
        ),
        _asks("post", "POST something.", Effect.UNSAFE, Request),
        _asks("patch", "Change something.", Effect.UNSAFE, Request),
        _asks("request", "A request with any method.", Effect.UNSAFE, RequestAny),
    ),
)
