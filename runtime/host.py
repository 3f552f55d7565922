"""The host: drives runs on one machine, with nothing but the journal file.

Owns declaration, adoption, leases, the inbox and the way down. It decides nothing about incidents.
Many runs share one journal, one committer and one bound on what goes on at a time; a run that
another host has taken over is let go before its next effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..compiler.plan import as_data
from ..dsl.version import __version__
from .adapters.secrets import Secrets
from .binding import Bound
from .carriers import bound_data, bound_of, references
from .clock import Clock, RealClock
from .committer import PATIENCE_S, Committer
from .journal import Append, Journal, LeaseLost, RunExists
from .journal_entries import JOURNAL_FORMAT, BrokenJournal
from .journal_faults import JournalTrouble
from .journal_lease import Holder, Leased
from .live_run import LiveRun, Watcher
from .messenger import with_person_channels
from .redaction import Redactor
from .view import RunView
from .workshop import Make, Workshop

if TYPE_CHECKING:
    import sqlite3

    from .links import Links
    from .people import People

LEASE_MS = 10_000
RENEW_S = 3.0
INBOX_S = 0.05
"""How often the inbox is looked at: one cheap question to SQLite."""
LIMIT = 64
"""How many adapters work at a time."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """How a run begins. ``by`` names who declares it; ``person``: a human does."""

    by: str
    title: str = ""
    severity: int | None = None
    person: bool = True
    mode: str = "confirm"
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    spec: str = ""
    bindings: str = ""
    people: str = ""


class Host:
    """Drives the runs of one journal; used within one event loop.

    ``people_of`` gives the people of a run's header, ``make`` its adapters; ``limit`` is how many
    of them work at a time, ``patience_s`` how long a journal that cannot be written is tried again.
    """

    def __init__(
        self,
        journal: Journal,
        folder: Path,
        watcher: Watcher,
        *,
        clock: Clock | None = None,
        redactor: Redactor | None = None,
        people_of: Callable[[Mapping[str, Any]], People | None] | None = None,
        make: Make | None = None,
        limit: int = LIMIT,
        patience_s: float = PATIENCE_S,
        links: Links | None = None,
    ) -> None:
        self.journal = journal
        self.clock: Clock = clock or RealClock()
        self.watcher = watcher
        self.links = links
        self.limit = asyncio.Semaphore(limit)
        self.locks = journal.locks
        self.runs: dict[str, LiveRun] = {}
        self._folder = folder
        self._redactor = redactor or Redactor()
        self._people_of = people_of or _nobody
        self._make = make
        self._holder = Holder.me()
        self._committer = Committer(journal, watcher.trouble, patience_s)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._lost: dict[str, str] = {}
        self._broken: dict[str, str] = {}
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    # --- what runs are lent -------------------------------------------------------------------

    async def commit(self, append: Append) -> None:
        """See ``live_run.Office``."""
        await self._committer.commit(append)

    def holds(self, run: str, token: int) -> bool:
        """See ``live_run.Office``."""
        return self.journal.holds(run, token)

    def redact(self, data: Any) -> Any:
        """See ``live_run.Office``."""
        return self._redactor.redact_data(data)

    # --- beginning ----------------------------------------------------------------------------

    def declare(self, bound: Bound, declaration: Declaration) -> str:
        """Write a new run into the journal; returns its name. ``adopt`` drives it."""
        return declare_run(self.journal, bound, declaration, self._redactor, self.clock.wall_ms())

    async def adopt(self, run: str) -> LiveRun:
        """Take a run's lease and go on with it; raises ``Leased``, ``BrokenJournal``."""
        token = self.journal.lease(run, self._holder, self.clock.wall_ms(), LEASE_MS)
        try:
            live = self._live(run, token)
            self.runs[run] = live
            await live.start(resumed=live.view.seq > 1)
        except BaseException:
            self.runs.pop(run, None)
            self.journal.release(run, token)
            raise
        self._deliver()
        self._tasks[run] = asyncio.create_task(self._drive(live))
        return live

    def _live(self, run: str, token: int) -> LiveRun:
        view = RunView.of(self.journal.entries(run))
        people = self._people_of(view.header)
        bound = with_person_channels(bound_of(view.header, view.plan), people)
        root = Path(view.header.get("bindings") or ".").parent
        secrets = Secrets(self._redactor.remember, root, references(bound))
        hide = self._redactor
        workshop = Workshop(
            view, bound, self._folder, secrets, hide.redact, hide.redact_data, self._make
        )
        return LiveRun(self, view, bound, token, workshop, people, self._time_of(run, view))

    def _time_of(self, run: str, view: RunView) -> int:
        """The run's own time now: what has gone by since its last entry, by the steady clock."""
        if view.seq <= 1:
            return 0
        seen = self.journal.last_seen(run)
        if seen.boot and seen.boot == self.clock.boot():
            gone_ms = self.clock.steady_ms() - seen.boot_ms
        else:
            gone_ms = self.clock.wall_ms() - seen.wall_ms
        return view.at_ms + max(0, gone_ms)

    # --- driving ------------------------------------------------------------------------------

    async def _drive(self, live: LiveRun) -> None:
        run = live.view.run
        try:
            await live.drive()
            if live.finished:
                self.watcher.finished(live.view)
        except LeaseLost as lost:
            self._lost[run] = f"another host drives {run} now ({lost.holder}); this one steps back"
            self.watcher.trouble(self._lost[run])
        except JournalTrouble as trouble:
            self._lost[run] = f"{run} cannot be written down any more: {trouble}"
            self.watcher.trouble(self._lost[run])
        finally:
            with suppress(JournalTrouble):
                self.journal.release(run, live.token)
            self._ended.set()

    async def serve(self, *, forever: bool = False, everything: bool = False) -> None:
        """Drive until every run is over, or told to stop.

        ``everything``: runs that others declare in this journal are taken up as well.
        """
        await asyncio.gather(
            self._finish(forever), self._read_inbox(everything), self._keep_leases()
        )

    async def _finish(self, forever: bool) -> None:
        """Set ``_stopping`` once nothing is left to drive."""
        while not self._stopping.is_set():
            busy = [task for task in self._tasks.values() if not task.done()]
            if not busy and not forever:
                break
            stopper = asyncio.create_task(self._stopping.wait())
            ended = asyncio.create_task(self._ended.wait())
            await asyncio.wait([stopper, ended], return_when=asyncio.FIRST_COMPLETED)
            self._ended.clear()
            stopper.cancel()
            ended.cancel()
        self._stopping.set()
        for live in self.runs.values():
            live.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def stop(self) -> None:
        """Go no further: what is being written is finished, then every run is let go."""
        self._stopping.set()

    async def close(self) -> None:
        """Let go of everything."""
        self.stop()
        for live in self.runs.values():
            live.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        await self._committer.close()

    def lost(self, run: str) -> str:
        """Why a run is no longer driven here; empty where it is or ended by itself."""
        return self._lost.get(run, "")

    async def _read_inbox(self, everything: bool) -> None:
        while not self._stopping.is_set():
            if self.journal.changed():
                self._deliver()
                if everything:
                    await self.adopt_all()
            with suppress(TimeoutError):
                async with asyncio.timeout(INBOX_S):
                    await self._stopping.wait()

    def _deliver(self) -> None:
        """Hand every letter to its run."""
        for letter in self.journal.pending(tuple(self.runs)):
            live = self.runs.get(letter.run)
            if live is not None:
                live.deliver(letter)

    async def adopt_all(self) -> tuple[str, ...]:
        """Take up every open run that nobody drives; returns their names.

        A finished run with a letter waiting (somebody reopens it) is taken up too.
        """
        found: list[str] = []
        wanted = [row.run for row in self.journal.runs(open_only=True)]
        wanted += [letter.run for letter in self.journal.pending() if letter.run not in wanted]
        for run in dict.fromkeys(wanted):
            task = self._tasks.get(run)
            if task is not None and not task.done():
                continue
            if run in self._broken:
                continue
            try:
                await self.adopt(run)
                found.append(run)
            except Leased:
                continue
            except (BrokenJournal, KeyError, ValueError) as broken:  # the others go on
                self._broken[run] = f"{run} cannot be taken up: {broken}"
                self.watcher.trouble(self._broken[run])
        return tuple(found)

    async def _keep_leases(self) -> None:
        """Renew leases while runs go on; a lost one stops its run before its next effect."""
        while not self._stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW_S):
                    await self._stopping.wait()
            held = {
                run: live.token for run, live in self.runs.items() if not self._tasks[run].done()
            }
            try:
                lost = self.journal.renew(held, self.clock.wall_ms(), LEASE_MS)
            except JournalTrouble:
                continue
            for run in lost:
                self._lost[run] = f"another host drives {run} now; this one steps back"
                self.watcher.trouble(self._lost[run])
                self.runs[run].stop()


def declare_run(
    journal: Journal,
    bound: Bound,
    declaration: Declaration,
    redactor: Redactor,
    wall_ms: int,
    beside: Callable[[sqlite3.Connection, str], None] | None = None,
) -> str:
    """Write a new run into a journal, with what is done ``beside`` it; returns its name."""
    title = redactor.redact(declaration.title)
    header = header_of(bound, declaration, title, wall_ms)
    header = {**header, "declared": redactor.redact_data(header["declared"])}
    name = _run_name(wall_ms)
    for attempt in range(journal.named(name) + 1, 1_000_000):
        run = name if attempt == 1 else f"{name}-{attempt}"
        with suppress(RunExists):
            journal.create(
                run,
                workflow=bound.plan.name,
                title=title or bound.plan.name,
                created_ms=wall_ms,
                header={**header, "run": run},
                beside=beside,
            )
            return run
    raise JournalTrouble("no name is left for a run of this minute", "wait a minute")


def _nobody(_header: Mapping[str, Any]) -> None:
    """No people file."""


def _run_name(wall_ms: int) -> str:
    from datetime import UTC, datetime

    return f"INC-{datetime.fromtimestamp(wall_ms / 1000, UTC):%Y%m%d-%H%M}"


def header_of(bound: Bound, declaration: Declaration, title: str, wall_ms: int) -> dict[str, Any]:
    """A live journal's header: all that the run depends on, and nothing secret."""
    return {
        "format": JOURNAL_FORMAT,
        "version": __version__,
        "zero_ms": wall_ms,
        "plan": as_data(bound.plan),
        "plan_digest": bound.plan.digest,
        **bound_data(bound),
        "mode": declaration.mode,
        "declared": {
            "by": declaration.by,
            "person": declaration.person,
            "title": title,
            "severity": declaration.severity,
            "values": dict(declaration.values),
        },
        "spec": declaration.spec,
        "bindings": declaration.bindings,
        "people": declaration.people,
    }
