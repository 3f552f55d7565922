"""Work under a key that can be broken off by that key, by whoever asks for it.

Two cancellations have to be told apart: that of the work, whose caller then gets an answer, and
that of the caller, which has to go on through it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .contract import Result


class Cancelling:
    """What goes on now, by key."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.Task[Result]] = {}

    async def run(self, key: str, work: Coroutine[Any, Any, Result]) -> Result | None:
        """The work's result; None where it was broken off."""
        task = asyncio.ensure_future(work)
        self._running[key] = task
        try:
            return await task
        except asyncio.CancelledError:
            if (caller := asyncio.current_task()) and caller.cancelling():
                task.cancel()
                raise
            return None
        finally:
            if self._running.get(key) is task:
                del self._running[key]

    def cancel(self, key: str) -> None:
        """Break the work of a key off, if it goes on."""
        task = self._running.get(key)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Break off what still goes on."""
        for task in tuple(self._running.values()):
            task.cancel()
