"""A live run: one plan under the wall clock, its coordinator, and those who carry it out.

The order never varies: what happened becomes an event, the kernel steps, event and commands are
made durable, and only then are the commands carried out. Everything that comes in (answers of
adapters, letters of people, timers) goes through one queue and is handled one at a time, results
before timers. A run that cannot write steps back before its next effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from .binding import HOST, Bound
from .carriers import carriers_of
from .clock import STEP_MS, Clock
from .coordinator import Coordinator
from .crew import Crew, Make
from .hearing import Refusal, Setting
from .journal import Append, Letter
from .journal_entries import EntryKind
from .journal_locks import Locks
from .journal_replay import Batch
from .kernel import Timer, finished, outcome_name
from .kernel import commands as co
from .kernel import events as ev
from .letters import hear
from .locking import Locking
from .messenger import Messenger
from .view import RunView, is_open
from .workshop import Workshop

if TYPE_CHECKING:
    from .links import Links
    from .people import People

HELD_MS = 250
"""How often a timer is looked at that is due and has to wait; whatever comes in wakes it."""


class Watcher(Protocol):
    """Whoever looks on while a run goes; must not take long."""

    def adopted(self, view: RunView) -> None:
        """A run is taken up, with all that its journal says of it."""
        ...

    def finished(self, view: RunView) -> None:
        """A run is over, and nothing of it goes on."""
        ...

    def stepped(self, view: RunView, batch: Batch) -> None:
        """Something happened and is durable."""
        ...

    def noted(self, view: RunView) -> None:
        """A note was written: the last of ``view.notes``."""
        ...

    def trouble(self, text: str) -> None:
        """Something a person should know that is no part of the incident."""
        ...


class Incoming(NamedTuple):
    """One thing to handle: events to be made at its time, or a note, or a person's letter."""

    make: tuple[Make, ...] = ()
    reading: Mapping[str, Any] | None = None
    note: Mapping[str, Any] | None = None
    letter: Letter | None = None


class Office(Protocol):
    """What a run is lent by its host."""

    links: Links | None
    clock: Clock
    watcher: Watcher
    limit: asyncio.Semaphore
    locks: Locks

    async def commit(self, append: Append) -> None:
        """Make an append durable; raises where that cannot be done."""
        ...

    def holds(self, run: str, token: int) -> bool:
        """Whether the run is still this host's."""
        ...

    def redact(self, data: Any) -> Any:
        """Plain data without secrets."""
        ...


class _Buffer:
    """The entries of one append, as they are written."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, EntryKind, dict[str, Any]]] = []

    def append(self, at_ms: int, kind: EntryKind, payload: dict[str, Any]) -> None:
        self.entries.append((at_ms, kind, payload))

    def take(self) -> tuple[tuple[int, EntryKind, dict[str, Any]], ...]:
        found, self.entries = tuple(self.entries), []
        return found


class LiveRun:
    """One run under one host."""

    def __init__(
        self,
        office: Office,
        view: RunView,
        bound: Bound,
        token: int,
        workshop: Workshop,
        people: People | None,
        at_ms: int = 0,
    ) -> None:
        self.view = view
        self.bound = bound
        self.token = token
        self._office = office
        self._people = people
        self.carriers = bound.carriers or carriers_of(view.header)
        self._locking = Locking(self, view.run, office.locks)
        self.crew = Crew(
            self,
            view,
            bound,
            self.carriers,
            workshop,
            Messenger(view, bound, people, workshop.send, office.links),
            self._locking,
            office.limit,
            office.redact,
            office.watcher.trouble,
        )
        self._buffer = _Buffer()
        self._coordinator = Coordinator(view.plan, self._buffer, None)
        self._queue: deque[Incoming] = deque()
        self._letters: set[int] = set()
        self._wake = asyncio.Event()
        self._base_ms = at_ms - office.clock.steady_ms()
        self._wall_shift_ms = 0
        self._stopping = False

    # --- time ---------------------------------------------------------------------------------

    def now_ms(self) -> int:
        """The run's own time: it never steps, whatever the wall clock does."""
        steady = self._office.clock.steady_ms() + self._base_ms
        return max(steady, self.view.at_ms, self.view.state.registers.now_ms)

    def _look_at_wall(self, at_ms: int) -> Mapping[str, Any] | None:
        """A note where the wall clock was set since it was last looked at."""
        expected = self.view.zero_ms + self.view.shift_ms + at_ms
        moved = self._office.clock.wall_ms() - expected
        if abs(moved) <= STEP_MS:
            return None
        way = "forward" if moved > 0 else "back"
        text = f"the wall clock was set {way} by {abs(moved) / 1000:.0f} s; timers do not follow it"
        return {"what": "clock", "by": HOST, "shift_ms": moved, "text": text}

    # --- coming in ----------------------------------------------------------------------------

    def offer(self, *make: Make, reading: Mapping[str, Any] | None = None) -> None:
        """Something happened: events made when they are handled, and what was measured."""
        self._put(Incoming(make, reading))

    def note(self, note: Mapping[str, Any]) -> None:
        """Something to write down that is no event."""
        self._put(Incoming(note=note))

    def deliver(self, letter: Letter) -> None:
        """A person's letter out of the journal's inbox; the same one is taken once."""
        if letter.id not in self._letters:
            self._letters.add(letter.id)
            self._put(Incoming(letter=letter))

    def _put(self, incoming: Incoming) -> None:
        self._queue.append(incoming)
        self._wake.set()

    def wake(self) -> None:
        """Look again whether there is anything left to do."""
        self._wake.set()

    async def still_mine(self) -> None:
        """The last look before an effect: another host may have taken the run over."""
        if self._stopping or not self._office.holds(self.view.run, self.token):
            self.stop()
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Go no further than what is being written."""
        self._stopping = True
        self._wake.set()

    @property
    def finished(self) -> bool:
        """The kernel says that it is over."""
        return finished(self.view.state)

    @property
    def stopped(self) -> bool:
        """It was told to go no further."""
        return self._stopping

    # --- the loop -----------------------------------------------------------------------------

    async def start(self, resumed: bool) -> None:
        """Begin, or go on from what the journal says."""
        self._office.watcher.adopted(self.view)
        replayed = self.view.replayed()
        if not resumed or replayed.state.control.phase == "undeclared":
            await self._handle(Incoming((self._declaration(),)))
            return
        self._coordinator.restore(replayed, self.view.seq)
        at_ms = self.now_ms()
        waiting = dict(self.view.unsent)
        pages = [c.page_id for c in waiting.values() if isinstance(c, co.Page)]
        flying = [name for name in replayed.in_flight if not name.startswith("page:")]
        if replayed.missing:
            await self._commit()
        for key, command in waiting.items():
            if isinstance(command, co.Notify):
                self.crew.notify(command, key)
        names = (*flying, *dict.fromkeys(pages))
        late = in_flight_words(len(flying), len(pages), at_ms - replayed.at_ms)
        self._queue.append(Incoming(note={"what": "host", "by": HOST, "text": late}))
        await self._handle(Incoming((_resumed(names),)))

    def _declaration(self) -> Make:
        declared: Mapping[str, Any] = self.view.header["declared"]
        level, by = declared.get("severity"), str(declared.get("by", ""))
        return lambda at: ev.Declared(at, level, by, bool(declared.get("person", True)))

    async def drive(self) -> None:
        """Handle what comes until it is over or stopped; raises where it cannot be written."""
        try:
            while not self._stopping:
                if self._queue:
                    await self._handle(self._queue.popleft())
                    continue
                if self._locking.free(self._is_open):
                    await self._commit()
                if self.finished and not self.crew.busy:
                    return
                await self._wait()
        finally:
            await self.crew.let_go()

    async def _wait(self) -> None:
        """Until something comes in or a timer is due; due timers are handled."""
        due_ms = self._coordinator.clock.next_ms()
        left = None if due_ms is None else due_ms - self.now_ms()
        if left is not None and left <= 0:
            timers = self._coordinator.clock.take(self.now_ms(), self.crew.unlooked)
            if timers:
                await self._handle(Incoming((_fired(timers),)))
                return
            left = HELD_MS  # a watch is not over before it was looked at
        self._wake.clear()
        if not self._queue and not self._stopping:
            await self._office.clock.pause(self._wake, left)

    # --- handling -----------------------------------------------------------------------------

    async def _handle(self, incoming: Incoming) -> None:
        at_ms = self.now_ms()
        if (moved := self._look_at_wall(at_ms)) is not None:
            self._write_note(at_ms, moved)
        if incoming.letter is not None:
            await self._hear(incoming.letter, at_ms)
        elif incoming.note is not None:
            self._write_note(at_ms, incoming.note)
            await self._commit()
            self.crew.reconsider()
        else:
            events = tuple(make(at_ms) for make in incoming.make)
            await self._take(at_ms, events, incoming.reading)

    async def _hear(self, letter: Letter, at_ms: int) -> None:
        setting = Setting(self.view, self.carriers, self._people)
        try:
            heard = hear(setting, letter.payload, at_ms)
        except Refusal as refusal:
            reason = (
                f"{refusal.message}. {refusal.help}".strip(" .")
                if refusal.help
                else refusal.message
            )
            await self._commit(letter.id, "refused", reason)
            return
        if heard.note is not None:
            self._write_note(at_ms, heard.note)
        if not heard.events:
            await self._commit(letter.id, "taken", heard.said)
            self.crew.reconsider()
            return
        await self._take(at_ms, heard.events, heard.reading, letter.id, heard.said)

    async def _take(
        self,
        at_ms: int,
        events: tuple[ev.Event, ...],
        reading: Mapping[str, Any] | None,
        letter: int | None = None,
        said: str = "",
    ) -> None:
        """Step the events, make all of it durable, then carry out what follows."""
        batches: list[Batch] = []
        for place, event in enumerate(events):
            written = dict(self._office.redact(reading)) if reading and not place else None
            self._coordinator.receive(at_ms, event, written)
            batches.append(self._coordinator.decide(at_ms, event, written))
        done = finished(self._coordinator.state)
        outcome = outcome_name(self._coordinator.state) if done else ""
        await self._commit(letter, "taken" if letter is not None else "", said, outcome)
        for batch in batches:
            self.view.fold(batch)
            self.view.seq = batch.seq + batch.lead + len(batch.step.commands)
            self._office.watcher.stepped(self.view, batch)
            self.crew.carry_out(batch)
        self.crew.reconsider()

    def _write_note(self, at_ms: int, note: Mapping[str, Any]) -> None:
        payload = dict(self._office.redact(note))
        self._buffer.append(at_ms, "note", payload)
        self.view.note(self._coordinator.seq, at_ms, payload)
        self._coordinator.seq += 1
        self.view.seq = self._coordinator.seq
        self._office.watcher.noted(self.view)

    async def _commit(
        self,
        letter: int | None = None,
        verdict: str = "",
        reason: str = "",
        outcome: str | None = None,
    ) -> None:
        entries = self._buffer.take()
        done_with = self._locking.free(self._is_open)
        append = Append(
            self.view.run, self.token, entries, letter, verdict, reason, outcome, done_with
        )
        await self._office.commit(append)
        self._locking.given_back(done_with)

    def _is_open(self, command_id: str) -> bool:
        return is_open(self._coordinator.state, command_id)


def _fired(timers: tuple[Timer, ...]) -> Make:
    return lambda at: ev.TimersFired(at, timers)


def _resumed(names: tuple[str, ...]) -> Make:
    return lambda at: ev.Resumed(at, names)


def in_flight_words(dispatches: int, pages: int, down_ms: int) -> str:
    """What a host that comes back finds, in a line."""
    return (
        f"a host has taken the run up again after {down_ms / 1000:.0f} s without one; "
        f"{dispatches} commands and {pages} pages had no result"
    )
