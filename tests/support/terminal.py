"""A terminal of an engineer: the environment that a command has there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def environment(journal: Path, me: str | None = None, **more: str) -> dict[str, str]:
    """This process's own, with a journal and a name and nothing else of Armada's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARMADA")}
    return {**kept, "ARMADA_JOURNAL": str(journal), **({"ARMADA_ME": me} if me else {}), **more}


@contextmanager
def armada(
    journal: Path,
    *words: str,
    me: str | None = "ada",
    cwd: Path | None = None,
    log: Path | None = None,
    **more: str,
) -> Iterator[subprocess.Popen[str]]:
    """``armada`` as a process of its own, which is killed where it outlives the block.

    Both its streams go to the end of ``log``, or are read from ``stdout`` where none is named.
    """
    out = subprocess.PIPE if log is None else os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "armada", *words],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(journal, me, **more),
            cwd=cwd,
        )
    finally:
        if log is not None:
            os.close(out)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)
