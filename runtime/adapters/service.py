"""What the adapters of services with an HTTP API have in common: their wiring, and nothing else.

Owns how a connection is made from settings (base address, headers, time limit, secrets looked up
when they are used), how a service is tried, and the answer that an exchange without an answer is.
What a reply means is each adapter's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .arguments import milliseconds
from .contract import Answer, Check, Message, Order, Result, Surroundings
from .secrets import is_reference
from .web import MISSING, Call, Reply, Trouble, Web, host, installed

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refused(Exception):
    """No answer that can be used: the word for it, and the service's status, 0 for none."""

    def __init__(self, answer: Answer, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.answer: Answer = answer
        self.text = text
        self.status = status


UNUSABLE = (Refused, ConnectionError, ValueError, LookupError)
"""What an exchange, or reading its answer, may raise; ``Wired.answered`` makes a result of it."""


class Wired:
    """An adapter over HTTP: what it is lent, and what it has nothing to do for."""

    NAME: ClassVar[str] = ""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._web = Web()

    async def prepare(self, order: Order) -> Mapping[str, Any]:
        """The arguments as they are."""
        return dict(order.arguments)

    async def observe(self, order: Order) -> bool | None:
        """What it did cannot be looked up."""
        return None

    async def cancel(self, key: str) -> None:
        """A request is over by itself, and a message that is on its way is not called back."""

    async def send(self, message: Message) -> Result:
        """It carries no messages."""
        return Result("permanent", f"The {self.NAME} adapter carries no messages")

    async def close(self) -> None:
        """Let the connections go."""
        await self._web.close()

    def _secrets(self, stated: Iterable[str]) -> list[Check]:
        """The package is there, and each secret that is referred to."""
        return [
            Check(installed(), "package httpx", MISSING),
            *(self._secret(each) for each in stated if is_reference(each)),
        ]

    def _secret(self, reference: str) -> Check:
        try:
            self._surroundings.secret(reference)
        except LookupError as error:
            return Check(False, f"secret {reference}", str(error.args[0]))
        return Check(True, f"secret {reference}")

    def _no_operation(self, order: Order) -> Result:
        return Result("permanent", f"{self.NAME} has no operation {order.operation!r}")

    def answered(self, error: Exception) -> Result:
        """The answer that one of ``UNUSABLE`` is, without its secrets."""
        word: Answer = "failed" if isinstance(error, ConnectionError) else "permanent"
        if isinstance(error, Refused):
            word = error.answer
        return Result(word, self._said(error))

    def _said(self, error: Exception, where: str = "") -> str:
        text = str(error.args[0] if error.args else error)
        return self._surroundings.redact(f"{where}: {text}" if where else text)


class Service(Wired):
    """An adapter of one service, which is reached below one address."""

    TITLE: ClassVar[str] = ""
    LARGEST: ClassVar[int] = 16 << 20
    """How long an answer may be in bytes."""

    def __init__(
        self,
        surroundings: Surroundings,
        url: str,
        timeout: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(surroundings)
        self._url = url
        self._stated = headers or {}
        self._timeout_s = milliseconds(timeout) / 1000

    async def check(self) -> tuple[Check, ...]:
        """It answers what any of its kind does."""
        if not installed():
            return (Check(False, "package httpx", MISSING),)
        where = f"reach {self.TITLE}"
        try:
            where = f"reach {self.TITLE} at {host(self._surroundings.secret(self._url))}"
            await self._try()
        except LookupError as error:
            return (Check(False, str(error.args[0]), "set it where Armada runs"),)
        except (*UNUSABLE, TypeError) as error:
            said = self._said(error, where)
            return (Check(False, said, "see url in the settings, and that it is up"),)
        return (Check(True, where),)

    async def _try(self) -> None:
        """Ask something that changes nothing; raises one of ``UNUSABLE``."""

    def _headers(self) -> Mapping[str, str]:
        """The headers of every request, looked up; raises ``LookupError``."""
        secret = self._surroundings.secret
        return {name: secret(value) for name, value in self._stated.items()}

    async def _exchange(self, method: str, path: str, body: Any = None) -> Reply | Trouble:
        """Send one request below the address; raises ``LookupError`` for a secret."""
        headers, content = dict(self._headers()), b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        url = self._surroundings.secret(self._url).rstrip("/") + path
        limit_s, largest = self._timeout_s, self.LARGEST
        return await self._web.call(
            Call(method, url, headers, content, timeout_s=limit_s, largest=largest)
        )


def lost(trouble: Trouble, perhaps: Answer = "unknown") -> Refused:
    """What an exchange without an answer is; ``perhaps``: the word where it may have arrived."""
    words: dict[str, Answer] = {"invalid": "permanent", "refused": "failed", "lost": perhaps}
    return Refused(words[trouble.kind], trouble.reason)
