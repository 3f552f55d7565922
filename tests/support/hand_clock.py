"""A clock that a test sets."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class HandClock:
    """Time as the test has it; the wall may be set apart from it."""

    def __init__(self, wall_ms: int = 1_795_487_460_000) -> None:
        self.ms = 0
        self.wall_at_zero_ms = wall_ms

    def steady_ms(self) -> int:
        return self.ms

    def wall_ms(self) -> int:
        return self.wall_at_zero_ms + self.ms

    def boot(self) -> str:
        return "by hand"

    async def pause(self, wake: asyncio.Event, timeout_ms: int | None) -> None:
        """Wait until woken, or look again soon: the test may have set the time."""
        del timeout_ms
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), 0.005)
