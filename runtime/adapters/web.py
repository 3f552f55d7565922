"""One HTTP exchange: what is sent, what came back, and whether it can have arrived.

Owns the client (httpx, the extra ``http``), its limits, and the line between *did not happen* and
*may have*: until a connection stands nothing was sent. A connection is used once, since one that
the other side closed meanwhile would leave in doubt whether a request was read. Redirects are
followed by what only reads, and never to another host.

No sentence made here holds more of an address than its host: an address may be a secret.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin, urlsplit

from . import signature

if TYPE_CHECKING:
    import httpx

MISSING = "HTTP needs the package httpx: pip install 'armada[http]'"
LARGEST_ANSWER = 1 << 20
MOST_REDIRECTS = 5
SAFE = frozenset({"GET", "HEAD"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Call:
    """A request. ``secret`` signs it; ``timeout_s`` is for all of the exchange, ``largest`` is how
    many bytes of the answer are read.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    secret: str = ""
    timeout_s: float = 30.0
    largest: int = LARGEST_ANSWER


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side answered; ``body`` is cut at what the call allows."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def data(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            return None

    @property
    def retry_after_s(self) -> float | None:
        """The wait that it asks for in seconds; None where it names none."""
        value = self.headers.get("retry-after", "").strip()
        return float(value) if value.isascii() and value.isdecimal() and len(value) < 9 else None


@dataclass(frozen=True, slots=True)
class Trouble:
    """No answer: ``refused`` was not sent, ``invalid`` never can be, ``lost`` may have arrived."""

    kind: Literal["refused", "invalid", "lost"]
    reason: str


def installed() -> bool:
    """Whether the package is there that all of this needs."""
    from importlib.util import find_spec

    return find_spec("httpx") is not None


class Web:
    """Makes calls; the client is made with the first one."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def call(self, call: Call) -> Reply | Trouble:
        """Carry one exchange out; never raises for what the world does."""
        if not installed():
            return Trouble("invalid", MISSING)
        if urlsplit_or_none(call.url) is None:
            return Trouble("invalid", "The address is no http:// or https:// URL")
        if any(_CONTROL.search(text) for pair in call.headers.items() for text in pair):
            return Trouble("invalid", "A header holds a line break or another control character")
        try:
            async with asyncio.timeout(call.timeout_s):
                return await self._follow(call)
        except TimeoutError:
            return Trouble("lost", f"{host(call.url)} did not answer within {call.timeout_s:g} s")

    async def close(self) -> None:
        """Let go of the client."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _follow(self, call: Call) -> Reply | Trouble:
        for _ in range(MOST_REDIRECTS):
            reply = await self._once(call)
            if not isinstance(reply, Reply) or reply.status not in REDIRECTS:
                return reply
            if call.method not in SAFE:
                return reply
            target = urljoin(call.url, reply.headers.get("location", ""))
            if _origin(target) != _origin(call.url):
                return Trouble(
                    "invalid", f"{host(call.url)} redirects to another host, {host(target)}"
                )
            call = replace(call, url=target)
        return Trouble("invalid", f"{host(call.url)} redirects in a circle")

    async def _once(self, call: Call) -> Reply | Trouble:
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                limits=httpx.Limits(max_keepalive_connections=0), timeout=None
            )
        headers = dict(call.headers)
        if call.secret:
            headers[signature.HEADER] = signature.sign(call.secret, int(time.time()), call.body)
        where = host(call.url)
        invalid = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
        try:
            async with self._client.stream(
                call.method, call.url, headers=headers, content=call.body or None
            ) as response:
                body = await _limited(response, call.largest)
                return Reply(response.status_code, _lower(response.headers), body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            return Trouble("refused", f"{where} cannot be reached: {_said(error)}")
        except httpx.TransportError as error:
            kind = "invalid" if isinstance(error, invalid) else "lost"
            return Trouble(kind, f"The exchange with {where} broke off: {_said(error)}")
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            return Trouble("invalid", f"The request cannot be made: {type(error).__name__}")


async def _limited(response: httpx.Response, largest: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) >= largest:
            break
    return bytes(body[:largest])


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _said(error: Exception) -> str:
    return type(error).__name__


def urlsplit_or_none(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an http or https URL; None for anything else."""
    try:
        parts = urlsplit(url)
        found = (parts.scheme, parts.hostname or "", parts.port)
    except ValueError:
        return None
    return found if found[0] in ("http", "https") and found[1] else None


def host(url: str) -> str:
    """The host of an address, which is all of it that may be shown."""
    found = urlsplit_or_none(url)
    return found[1] if found else "the address"


def _origin(url: str) -> tuple[str, str, int] | None:
    found = urlsplit_or_none(url)
    if found is None:
        return None
    scheme, name, port = found
    return scheme, name, port or {"http": 80, "https": 443}[scheme]
