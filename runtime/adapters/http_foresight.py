"""What can be known of requests beforehand, and the sentences for it.

What only reads is asked for, as it will be. What changes something is not touched at all, not even
by a question about it, since nobody knows what a server does on that: its host is asked whether it
is there, and its secrets are looked up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ...compiler.plan import Effect
from .arguments import validated
from .contract import Check, Use
from .http_arguments import DESCRIPTION, METHODS, Ask, Probe, Request, RequestAny, looked_up
from .permissions import is_open
from .web import Call, Reply, Trouble, host, urlsplit_or_none

REFUSALS: Mapping[int, str] = {
    401: "see the credentials in `headers`",
    403: "see what the credentials permit",
    404: "correct `url` in the bindings",
    405: "correct the operation, or `url`, in the bindings",
    410: "correct `url` in the bindings",
}
"""Answers to a question that are no answer to it, and what to do."""
CORRECT = "correct it in the bindings"
Made = Callable[[Ask, str], Call]
Send = Callable[[Call], Awaitable[Reply | Trouble]]


async def foreseen(
    uses: Iterable[Use], made: Made, send: Send, redact: Callable[[str], str]
) -> tuple[Check, ...]:
    """What the servers say of these uses; each address is asked once.

    ``made`` makes the request of arguments with a method, and raises ``LookupError`` for a secret.
    """
    import asyncio

    calls: dict[tuple[str, str, tuple[tuple[str, str], ...]], tuple[Use, Ask, Call]] = {}
    found: list[Check] = []
    for use in uses:
        try:
            given = _given(use)
            if is_open(given.url) or any(map(is_open, given.headers.values())):
                what = f"the request of {use.where} is filled in when it runs"
                found.append(Check(True, what))
                continue
            call = _question(use, given, made)
        except (ValueError, LookupError) as error:
            found.append(Check(False, redact(str(error.args[0])), CORRECT))
            continue
        calls.setdefault((call.method, call.url, tuple(call.headers.items())), (use, given, call))
    replies = await asyncio.gather(*(send(call) for _, _, call in calls.values()))
    for (use, given, call), reply in zip(calls.values(), replies, strict=True):
        check = _judged(use, given, call, reply)
        found.append(Check(check.ok, redact(check.what), redact(check.help)))
    return tuple(found)


def _given(use: Use) -> Ask:
    operation = DESCRIPTION.operation(use.operation)
    if operation is None:
        raise ValueError(f"{use.where}: http has no operation {use.operation!r}")
    model: Any = operation.arguments
    given = validated(model, use.arguments, use.where)
    assert isinstance(given, Ask)
    return given


def _reads(operation: str) -> bool:
    known = DESCRIPTION.operation(operation)
    return known is not None and known.effect is Effect.READ


def _question(use: Use, given: Ask, made: Made) -> Call:
    """The request itself where it reads; else one to its host that asks for nothing."""
    if _reads(use.operation):
        call = made(given, METHODS[use.operation])
    else:
        call = made(given, given.method if isinstance(given, RequestAny) else "HEAD")
    if urlsplit_or_none(call.url) is None:
        raise ValueError(f"{use.where}: {given.url!r} is no http:// or https:// address")
    if _reads(use.operation):
        return call
    parts = urlsplit(call.url)
    return Call("HEAD", f"{parts.scheme}://{parts.netloc}/", timeout_s=call.timeout_s)


def _judged(use: Use, given: Ask, call: Call, reply: Reply | Trouble) -> Check:
    where = f"{use.where} (http.{use.operation})"
    if isinstance(reply, Trouble):
        return Check(False, f"{where}: {reply.reason}", "see `url`, and that it is up")
    if not _reads(use.operation):
        return Check(True, f"{host(call.url)} answers; what it does for {where} is not tried")
    accepted = given.ok if isinstance(given, Request) else getattr(given, "status", [])
    if reply.status in REFUSALS and reply.status not in accepted:
        return Check(False, f"{where}: HTTP {reply.status}", REFUSALS[reply.status])
    return Check(True, f"{where}: HTTP {reply.status} now{_missing(given, reply)}")


def _missing(given: Ask, reply: Reply) -> str:
    """What is to be read from the answer and is not there now."""
    pointers: list[str | None] = []
    if isinstance(given, Probe):
        pointers.append(given.pointer)
    elif isinstance(given, Request):
        pointers += given.pick.values()
    gone = [each for each in pointers if each is not None and looked_up(reply.text, each) is None]
    return f", with nothing at {', '.join(gone)}" if gone else ""
