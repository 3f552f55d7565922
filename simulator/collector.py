"""The cyclic garbage collector, held still while a drill runs.

A drill keeps what it says until it is told, so every pass of the collector looks at all of it
again, and a plan ten times as large costs twenty times as much. Nothing a drill makes is cyclic;
what is dropped is freed by counting, and the collector goes on as it was afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No pass of the cyclic collector inside; as before outside."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
