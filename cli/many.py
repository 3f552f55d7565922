"""Compiling many documents on all cores, in the order given, with the answers of one by one.

A document is compiled by itself, with what it extends, so nothing is shared between the processes
but the work. Few are compiled here: to start processes costs more than a few documents do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import repeat

from ..compiler.compile import Compiled
from .documents import check_path
from .inputs import Unreadable

FEW = 24
"""Below this number, processes cost more than they save."""

_CHUNK = 8


def compile_paths(
    paths: Sequence[str], stdin_filename: str, *, processes: int | None = None
) -> Iterator[Compiled]:
    """Read and compile each document; none has its plan, which only the process that made it has.

    ``processes`` is how many are started, by default one a core where it is worth it. Raises
    ``Unreadable`` for the first file that cannot be read.
    """
    number = _processes(paths) if processes is None else processes
    if number < 2:
        yield from map(_findings, paths, repeat(stdin_filename))
        return
    here = {path: _findings(path, stdin_filename) for path in paths if path == "-"}
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context(_start_method())
    with ProcessPoolExecutor(number, context, initializer=_leave_interrupts) as pool:
        try:
            files = [path for path in paths if path not in here]
            found = pool.map(_findings, files, repeat(stdin_filename), chunksize=_CHUNK)
            for path in paths:
                yield here[path] if path in here else next(found)
        except BrokenProcessPool:
            raise Unreadable("a process that compiled documents was ended from outside") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _findings(path: str, stdin_filename: str) -> Compiled:
    return replace(check_path(path, stdin_filename), plan=None, policy=None)


def _processes(paths: Sequence[str]) -> int:
    if len(paths) < FEW:
        return 1
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(cores, len(paths) // _CHUNK)


def _start_method() -> str:
    """A copy of this process where that is quick and safe, which it is without threads."""
    import threading

    plain = sys.platform == "linux" and threading.active_count() == 1
    return "fork" if plain else "spawn"


def _leave_interrupts() -> None:
    """Ctrl-C is for the process that was started, which then takes no more answers."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
