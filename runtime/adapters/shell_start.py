"""Starting a supervisor: a process of its own session that is given its job over a pipe.

Owns the pipe's other ends. ``Started.ended`` waits without blocking and without a thread: the
supervisor's standard output tells when it has claimed its folder, and closes when it ends. A
process that has ended is reaped by the next start.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from . import shell_supervisor

AT_ONCE = 8
"""How many supervisors may be on their way at once: each has to claim its folder in time."""

_unreaped: set[int] = set()
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


def gate() -> asyncio.Semaphore:
    """What all starts of this process pass through, whichever run they are for."""
    return _gates.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))


class Started:
    """A supervisor that was given its whole job."""

    def __init__(self, pid: int, told: int) -> None:
        self.pid = pid
        self._told = told
        os.set_blocking(told, False)

    async def claimed(self) -> None:
        """Wait until it has claimed its folder, or ended."""
        await self._readable()

    async def ended(self) -> None:
        """Wait until it has ended."""
        while True:
            await self._readable()
            if not os.read(self._told, 64):
                return

    def close(self) -> None:
        """Listen no more; the supervisor goes on."""
        os.close(self._told)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self._told, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self._told)


async def start(job: Mapping[str, Any]) -> Started:
    """Start a supervisor for this job; raises OSError where the system does not let us."""
    reap()
    work = asyncio.ensure_future(asyncio.to_thread(_spawn, json.dumps(job).encode()))
    try:
        started = await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(_close_unwanted)
        raise
    return started


def _close_unwanted(work: asyncio.Future[Started]) -> None:
    if not work.cancelled() and work.exception() is None:
        work.result().close()


def reap() -> None:
    """Collect supervisors that have ended."""
    for pid in tuple(_unreaped):
        with suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG) == (0, 0):
                continue
        _unreaped.discard(pid)


def _spawn(job: bytes) -> Started:
    job_out, job_in = os.pipe()
    told_out, told_in = os.pipe()
    program = [sys.executable, "-I", "-S", "-X", "utf8", shell_supervisor.__file__]
    try:
        pid = os.posix_spawn(
            sys.executable,
            program,
            {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, job_out, 0),
                (os.POSIX_SPAWN_DUP2, told_in, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0o600),
            ],
            setsid=True,
        )
    except OSError:
        for handle in (job_in, told_out):
            os.close(handle)
        raise
    finally:
        os.close(job_out)
        os.close(told_in)
    _unreaped.add(pid)
    with suppress(BrokenPipeError), os.fdopen(job_in, "wb") as pipe:
        pipe.write(job)
    return Started(pid, told_out)
