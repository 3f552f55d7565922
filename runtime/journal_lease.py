"""Leases: who drives a run, until when, and whether that process still lives.

On the machine that took it, since its last start, a lease is measured by a clock that nobody can
set, and a process that is gone is known to be gone; anywhere else the wall clock has to do.
"""

from __future__ import annotations

import os
import socket
import time
from functools import cache
from typing import NamedTuple

from .clock import boot_id


class Now(NamedTuple):
    """A moment: Unix time, which start of the machine, and milliseconds since that."""

    wall_ms: int
    boot: str
    boot_ms: int


class Leased(Exception):
    """A living host drives the run; ``until``: Unix time in milliseconds."""

    def __init__(self, by: str, until: int) -> None:
        super().__init__(f"it is driven by {by}")
        self.by = by
        self.until = until


class Holder(NamedTuple):
    """A process that drives runs. ``started`` tells it from a later one of the same number."""

    host: str
    boot: str
    pid: int
    started: str

    @classmethod
    def me(cls) -> Holder:
        """This process."""
        return cls(socket.gethostname(), _boot(), os.getpid(), _started(os.getpid()))

    @classmethod
    def read(cls, text: str) -> Holder:
        """A holder as ``write`` wrote it; empty text is nobody."""
        host, boot, pid, started = [*text.split("\t"), "", "", "", ""][:4]
        return cls(host, boot, int(pid) if pid.isdecimal() else 0, started)

    def write(self) -> str:
        """One line of text."""
        return f"{self.host}\t{self.boot}\t{self.pid}\t{self.started}"

    def words(self) -> str:
        """For a person."""
        return f"process {self.pid} on {self.host}" if self.pid else ""

    def gone(self) -> bool:
        """Whether it is known to have ended: only the machine it ran on can tell."""
        if not self.boot or self.boot != _boot():
            return False
        return not _runs(self.pid) or _started(self.pid) != self.started


class Tenure(NamedTuple):
    """A lease as it stands in the journal: by the wall clock, and by the machine's own."""

    holder: Holder
    until_ms: int
    until_boot_ms: int

    def stands(self, now: Now) -> bool:
        """Whether a living host may still believe that it has the run."""
        if not self.holder.pid or self.holder.gone():
            return False
        if self.holder.boot and self.holder.boot == now.boot:
            return now.boot_ms < self.until_boot_ms
        return now.wall_ms < self.until_ms


def moment() -> Now:
    """Now, by this machine's clocks."""
    source: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Now(time.time_ns() // 1_000_000, _boot(), time.clock_gettime_ns(source) // 1_000_000)


@cache
def _boot() -> str:
    return boot_id()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return _state(pid) != "Z"


def _stat(pid: int) -> list[str]:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _state(pid: int) -> str:
    return (_stat(pid) or [""])[0]


def _started(pid: int) -> str:
    """When the process began, in ticks since the machine did; empty where nobody can say."""
    found = _stat(pid)
    return found[19] if len(found) > 19 else ""
