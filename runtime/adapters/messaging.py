"""What adapters that carry messages over HTTP have in common.

Owns the short retry that a message is given, since the host takes the next channel at once when
this one fails: twice at most, only where the service says that it did not take the message (429,
5xx), as long after as it asks, and never beyond the time a message has.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from .arguments import milliseconds
from .contract import Check, Order, Result, Surroundings
from .service import Wired
from .web import Call, Reply, Trouble, Web

MOST_RETRIES = 2
FIRST_PAUSE_S = 0.5


class Messenger(Wired):
    """The part of a message adapter that is the same for all: sending a call."""

    def __init__(self, surroundings: Surroundings, timeout: str) -> None:
        super().__init__(surroundings)
        self._timeout_s = milliseconds(timeout) / 1000

    def _references(self) -> tuple[str, ...]:
        """The references of the settings."""
        return ()

    async def check(self) -> tuple[Check, ...]:
        """httpx is installed and the secrets are there; nothing is sent."""
        return tuple(self._secrets(self._references()))

    async def dispatch(self, order: Order) -> Result:
        """Messages are sent, not dispatched."""
        return self._no_operation(order)

    async def _deliver(self, call: Call) -> Reply | Trouble:
        """Send the call within the message's time."""
        return await delivered(self._web, call, self._timeout_s)

    def _refused(self, reply: Reply | Trouble) -> Result | None:
        """The answer where the message was not taken; None where the status is a success.

        A message that may have arrived is ``failed`` too: somebody has to be told for certain.
        """
        if isinstance(reply, Trouble):
            return Result("permanent" if reply.kind == "invalid" else "failed", reply.reason)
        if 200 <= reply.status < 300:
            return None
        text = self._surroundings.redact(f"HTTP {reply.status}: {reply.text[:500]}")
        word = "failed" if _again(reply.status) or reply.status == 408 else "permanent"
        return Result(word, text, detail={"status": reply.status})


async def delivered(web: Web, call: Call, within_s: float) -> Reply | Trouble:
    """Send a call, again where the service did not take it, within this time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_s
    pause_s = FIRST_PAUSE_S
    for _ in range(MOST_RETRIES):
        reply = await web.call(replace(call, timeout_s=until - loop.time()))
        if isinstance(reply, Trouble) or not _again(reply.status):
            return reply
        wait_s = pause_s if reply.retry_after_s is None else reply.retry_after_s
        if loop.time() + wait_s >= until:
            return reply
        await asyncio.sleep(wait_s)
        pause_s *= 2
    return await web.call(replace(call, timeout_s=until - loop.time()))


def _again(status: int) -> bool:
    return status == 429 or status >= 500


def shortened(text: str, most: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def sendable(text: str) -> str:
    """The text without what JSON over UTF-8 cannot carry (lone surrogates)."""
    return text.encode("utf-8", "replace").decode("utf-8")
