"""The HTTP adapter: requests whose method says what they do to the world.

Owns the arguments of a request and what its answer means:

* 2xx (or a status of ``ok``) is ``ok``;
* 408, 429 and 5xx, or no connection: ``failed``, to be tried again. An unsafe request that was
  answered with 5xx other than 503, or whose answer did not come, may have been carried out, and
  is ``unknown``;
* any other status is ``permanent``.

Every request that changes something carries its key in ``Idempotency-Key``. An unsafe one is also
claimed on disk before it leaves, so that one key is never sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ...compiler.plan import Effect, Value
from .arguments import milliseconds, validated
from .cancelling import Cancelling
from .contract import Answer, Check, Description, Message, Order, Result, Surroundings, Use
from .http_arguments import (
    DESCRIPTION,
    METHODS,
    Ask,
    Probe,
    Request,
    RequestAny,
    Settings,
    encoded_body,
    holds,
    looked_up,
)
from .http_foresight import foreseen
from .once import Once
from .secrets import is_reference
from .service import Wired
from .web import Call, Reply, Trouble, host

ORDER = (Effect.READ, Effect.IDEMPOTENT, Effect.UNSAFE)
TEXT_AT_MOST = 16_000
LOOK_S = 10.0
"""How long a server has to answer when it is only looked at."""
PERHAPS_DONE = frozenset({408, 500, 501, 502, 504})
"""Statuses after which an unsafe request may have been carried out all the same."""


class Http(Wired):
    """Makes requests."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._settings = settings
        self._once = Once(surroundings.folder)
        self._running = Cancelling()

    @classmethod
    def describe(cls) -> Description:
        """Its operations and settings."""
        return DESCRIPTION

    async def check(self) -> tuple[Check, ...]:
        """httpx is installed, the secrets are there, and the base address answers something."""
        stated = (self._settings.url, self._settings.secret, *self._settings.headers.values())
        checks = self._secrets(stated)
        if self._settings.url and all(check.ok for check in checks):
            url = self._surroundings.secret(self._settings.url)
            reply = await self._web.call(Call("HEAD", url, timeout_s=10.0))
            reached = isinstance(reply, Reply)
            checks.append(Check(reached, f"reach {host(url)}", getattr(reply, "reason", "")))
        return tuple(checks)

    async def foresee(self, uses: tuple[Use, ...]) -> tuple[Check, ...]:
        """What reads is asked; of what changes something, only whether its host is there."""
        send, redact = self._web.call, self._surroundings.redact
        return await foreseen(uses, self._question, send, redact)

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments, with the whole address."""
        url = order.arguments.get("url")
        if not isinstance(url, str) or is_reference(self._settings.url):
            return dict(order.arguments)
        return {**order.arguments, "url": self._whole(url)}

    async def dispatch(self, order: Order) -> Result:
        """Make the request, or repeat the answer of an unsafe one under this key."""
        operation = DESCRIPTION.operation(order.operation)
        if operation is None:
            names = ", ".join(each.name for each in DESCRIPTION.operations)
            return Result("permanent", f"http has no operation {order.operation!r}; it has {names}")
        effect = min(order.effect, operation.effect, key=ORDER.index)
        if effect is not Effect.UNSAFE:
            return await self._cancellable(order, effect)
        try:
            result = await self._once.run(order.key, lambda: self._cancellable(order, effect))
        except OSError as error:
            return Result("failed", f"The claim cannot be written: {error.strerror}")
        return result or Result(
            "unknown", "The request was sent before, and what came of it is not known"
        )

    async def observe(self, order: Order) -> bool | None:
        """Whether an unsafe request was answered; None where it was sent and was not."""
        operation = DESCRIPTION.operation(order.operation)
        if operation and min(order.effect, operation.effect, key=ORDER.index) is not Effect.UNSAFE:
            return None
        until = asyncio.get_running_loop().time() + (order.timeout_ms or 60_000) / 1000
        return await self._once.happened(order.key, until)

    async def cancel(self, key: str) -> None:
        """Break the exchange off."""
        self._running.cancel(key)

    async def send(self, message: Message) -> Result:
        """Messages are for the adapter ``webhook``."""
        return Result("permanent", "The http adapter carries no messages; use webhook")

    async def close(self) -> None:
        """Break off what still runs."""
        self._running.close()
        await super().close()

    # --- one request ---

    async def _cancellable(self, order: Order, effect: Effect) -> Result:
        """The exchange, which ``cancel`` can break off."""
        result = await self._running.run(order.key, self._exchange(order, effect))
        return result or Result(_lost(effect), "The exchange was broken off: nobody waited for it")

    async def _exchange(self, order: Order, effect: Effect) -> Result:
        try:
            request, call = self._call(order, effect)
        except (ValueError, LookupError) as error:
            return self.answered(error)
        reply = await self._web.call(call)
        if isinstance(reply, Trouble):
            return _troubled(reply, effect)
        if isinstance(request, Probe):
            return self._probed(request, reply)
        return self._answered(request, reply, effect)

    def _call(self, order: Order, effect: Effect) -> tuple[Request | Probe, Call]:
        operation = DESCRIPTION.operation(order.operation)
        assert operation is not None
        model: Any = operation.arguments
        given = validated(model, order.arguments, f"Arguments of http.{order.operation}")
        assert isinstance(given, Request | Probe)
        secret = self._surroundings.secret
        headers = {**self._settings.headers, **given.headers}
        headers = {name: secret(value) for name, value in headers.items()}
        body = b""
        if isinstance(given, Request):
            body, kind = encoded_body(given)
            if kind and not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = kind
        if effect is not Effect.READ:
            headers.setdefault("Idempotency-Key", order.key)
        method = given.method if isinstance(given, RequestAny) else METHODS[order.operation]
        url = self._whole(secret(given.url), secret(self._settings.url))
        limit_ms = milliseconds(given.timeout or self._settings.timeout)
        if order.timeout_ms is not None:
            limit_ms = min(limit_ms, order.timeout_ms * 9 // 10)
        signed = secret(self._settings.secret) if effect is not Effect.READ else ""
        return given, Call(method, url, headers, body, signed, limit_ms / 1000)

    def _question(self, given: Ask, method: str) -> Call:
        """The request of arguments, without what it would send."""
        secret = self._surroundings.secret
        headers = {**self._settings.headers, **given.headers}
        url = self._whole(secret(given.url), secret(self._settings.url))
        limit_s = milliseconds(given.timeout or self._settings.timeout) / 1000
        named = {name: secret(value) for name, value in headers.items()}
        return Call(method, url, named, timeout_s=min(limit_s, LOOK_S))

    def _answered(self, request: Request, reply: Reply, effect: Effect) -> Result:
        text = self._surroundings.redact(reply.text[:TEXT_AT_MOST])
        detail = {"status": reply.status, "bytes": len(reply.body)}
        good = reply.status in request.ok if request.ok else 200 <= reply.status < 300
        if not good:
            word = _status_word(reply.status, effect)
            return Result(word, f"HTTP {reply.status}\n{text[:2_000]}".rstrip(), detail=detail)
        values = {"status": str(reply.status), "body": text}
        facts: dict[str, Value] = {}
        for name, pointer in request.pick.items():
            found = looked_up(reply.text, pointer)
            if isinstance(found, str | int | float | bool):
                shown = self._surroundings.redact(found) if isinstance(found, str) else found
                facts[name] = shown
                values[name] = str(shown)
        return Result("ok", text, values, facts, detail)

    def _probed(self, probe: Probe, reply: Reply) -> Result:
        text = self._surroundings.redact(reply.text[:TEXT_AT_MOST])
        yes, why = holds(probe, reply.status, reply.text)
        said = self._surroundings.redact(why)
        return Result(
            "ok" if yes else "false", said, {"body": text}, detail={"status": reply.status}
        )

    def _whole(self, url: str, base: str | None = None) -> str:
        root = self._settings.url if base is None else base
        return root.rstrip("/") + url if url.startswith("/") and root else url


def _lost(effect: Effect) -> Answer:
    return "unknown" if effect is Effect.UNSAFE else "failed"


def _troubled(trouble: Trouble, effect: Effect) -> Result:
    words: dict[str, Answer] = {
        "refused": "failed",
        "invalid": "permanent",
        "lost": _lost(effect),
    }
    return Result(words[trouble.kind], trouble.reason)


def _status_word(status: int, effect: Effect) -> Answer:
    if status in PERHAPS_DONE:
        return _lost(effect)
    return "failed" if status == 429 or status >= 500 else "permanent"
