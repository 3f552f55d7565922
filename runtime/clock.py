"""The clock of the live host: time that only goes forward, and what the wall says meanwhile.

Waiting and timers follow a clock that nobody can set (``CLOCK_BOOTTIME``, which also counts while
the machine sleeps). The wall clock only names times for people; where it is set by hand or by a
time server, the host notes by how much and goes on counting. Other clocks are for tests.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio import Event

LOOK_MS = 5_000
"""How often a waiting host looks at the time at least: a machine that slept wakes up late."""
STEP_MS = 2_000
"""A wall clock that moved against the steady one by more than this was set."""


class Clock(Protocol):
    """What the host reads time from."""

    def steady_ms(self) -> int:
        """Milliseconds since the machine started; never steps."""
        ...

    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch, as the wall clock has it."""
        ...

    def boot(self) -> str:
        """Which start of the machine ``steady_ms`` counts from; empty where nobody can say."""
        ...

    async def pause(self, wake: Event, timeout_ms: int | None) -> None:
        """Wait until woken, or at most so long; None: until woken."""
        ...


class RealClock:
    """This machine's clocks."""

    def __init__(self) -> None:
        self._source: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
        self._boot = boot_id()

    def steady_ms(self) -> int:
        """See ``Clock``."""
        return time.clock_gettime_ns(self._source) // 1_000_000

    def wall_ms(self) -> int:
        """See ``Clock``."""
        return time.time_ns() // 1_000_000

    def boot(self) -> str:
        """See ``Clock``."""
        return self._boot

    async def pause(self, wake: Event, timeout_ms: int | None) -> None:
        """See ``Clock``. Never longer than ``LOOK_MS``: the loop's own clock may stand still."""
        import asyncio

        seconds = LOOK_MS / 1000 if timeout_ms is None else min(timeout_ms, LOOK_MS) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await wake.wait()


def boot_id() -> str:
    """This start of the machine; empty where the system does not name it."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
