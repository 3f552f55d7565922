"""What all webhooks have in common: who may send them, how often, and how their body is read.

A sender whose secret stands in a header is judged before its body is read; one that signs the body
is told to go away before that where its headers cannot be right. How much of a body is taken is
bounded by the Guard of the API. Whatever is wrong is a ``Problem``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from .api_faults import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

BURST, A_SECOND = 100.0, 20.0
READ_S = 10.0
"""How long a body may take to arrive."""
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


class Bucket:
    """How many notifications are taken: a burst, then so many a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left, self._at = BURST, clock()

    def take(self) -> bool:
        """Whether one more is taken now."""
        now = self._clock()
        self._left = min(BURST, self._left + (now - self._at) * A_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Hooks:
    """The door of all webhooks of one host; ``secret`` resolves references."""

    def __init__(self, secret: Callable[[str], str]) -> None:
        self._secret = secret
        self._bucket = Bucket()

    def known(self, reference: str) -> str:
        """A secret; one that cannot be had is 503, which senders try again."""
        try:
            return self._secret(reference)
        except LookupError as error:
            raise Problem(503, str(error.args[0])) from None

    def all_known(self, references: Iterable[str]) -> list[str]:
        """Secrets of which any counts."""
        return [self.known(each) for each in references]

    def judge(self, good: bool) -> None:
        """Only who has proved to be the sender comes further."""
        if not good:
            raise Problem(401, "the sender's secret is missing or wrong", "see docs/inbound.md")

    def count(self) -> None:
        """One more of a sender that is known; a flood is told to come again."""
        if not self._bucket.take():  # 503, since senders try that again
            raise Problem(503, "too many notifications at once; send it again")

    async def read(self, request: Request, media: str) -> bytes:
        """The body, where it is of the type that this sender sends."""
        import asyncio

        stated = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if stated != media:
            raise Problem(415, f"send it as {media}")
        try:
            async with asyncio.timeout(READ_S):
                return await request.body()
        except TimeoutError:
            raise Problem(408, f"the body did not arrive within {READ_S:.0f} s") from None
        except ClientDisconnect:
            raise Problem(400, "the body broke off") from None
