"""A host inside a test's own loop, over a journal of its own folder."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hand_clock import HandClock
from probe import Probe
from quiet import Quiet

from armada.runtime.binding import Bound
from armada.runtime.host import Declaration, Host
from armada.runtime.journal import Journal
from armada.runtime.journal_lease import Now
from armada.runtime.view import RunView

T = TypeVar("T")
Work = Callable[[Host, str], Coroutine[Any, Any, None]]
ADA = Declaration("ada", "small", 1)


def on_host(
    folder: Path,
    probe: Probe,
    work: Callable[[Host], Coroutine[Any, Any, T]],
    clock: HandClock | None = None,
) -> tuple[Quiet, T]:
    """Do something with a host of the folder's journal; what its watcher saw, and what came of it.

    The probe is every adapter at once. Nothing is driven unless the work has the host serve.
    """
    watcher = Quiet()

    async def drive() -> T:
        given = {} if clock is None else {"now": lambda: Now(clock.wall_ms(), "by hand", clock.ms)}
        journal = Journal.open(folder / "journal.db", create=True, **given)
        host = Host(journal, folder, watcher, clock=clock, make=probe)
        try:
            return await work(host)
        finally:
            await host.close()
            journal.close()

    return watcher, asyncio.run(drive())


def driven(
    folder: Path, probe: Probe, goes_by: Bound | str, work: Work, as_: Declaration = ADA
) -> tuple[Quiet, str]:
    """Declare a run, or go on with one by its name; drive it while something is done with it."""

    async def drive(host: Host) -> str:
        run = goes_by if isinstance(goes_by, str) else host.declare(goes_by, as_)
        await host.adopt(run)
        serving = asyncio.create_task(host.serve())
        await work(host, run)
        host.stop()
        async with asyncio.timeout(10):
            await serving
        return run

    return on_host(folder, probe, drive)


def view_of(folder: Path, run: str) -> RunView:
    """A run as the folder's journal has it."""
    journal = Journal.open(folder / "journal.db")
    try:
        return RunView.of(journal.entries(run))
    finally:
        journal.close()
