"""The cyclic garbage collector, held still while a plan is made or drilled.

What is being built lives until it is whole, so every pass of the collector looks at all of it
again, and a plan ten times as large costs fifteen times as much. Next to nothing here is cyclic;
what is dropped is freed by counting, and the collector goes on as it was afterwards.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Generator[None, None, None]:
    """No pass of the cyclic collector inside; as before outside."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
