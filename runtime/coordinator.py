"""The coordinator of a run: the kernel's state, its timers, and its journal.

Owns what a crash destroys (state, timers) and what survives it (the journal), for the drill and the
live host alike. The event is written, then stepped, then its commands are written, and only then
are they carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from heapq import heappop, heappush
from typing import Any, Protocol

from ..compiler.plan import Plan
from .journal_entries import EntryKind
from .journal_replay import Batch, Replayed
from .kernel import State, Timer, encode, initial, step, timer_order
from .kernel import commands as co
from .kernel.commands import CancelTimer, Command, SetTimer
from .kernel.events import Event, TimersFired

RESENT = (co.Page, co.Notify, co.WithdrawQuestion, co.WithdrawApproval, co.CancelDispatch)
"""Messages that nobody answers: sent again after a crash, and known by their identity."""


class Writer(Protocol):
    """Where entries go: a journal in memory, or what is committed together."""

    def append(self, at_ms: int, kind: EntryKind, payload: dict[str, Any]) -> None:
        """Write one entry."""
        ...


class Clock:
    """The timers that are set, soonest first."""

    __slots__ = ("_heap", "_order", "due_ms")

    def __init__(self, plan: Plan) -> None:
        self.due_ms: dict[Timer, int] = {}
        self._heap: list[tuple[tuple[int, int, int, str], Timer]] = []
        self._order: Callable[[tuple[Timer, int]], tuple[int, int, int, str]] = timer_order(plan)

    def set(self, timer: Timer, due_ms: int) -> None:
        """Set or move a timer."""
        self.due_ms[timer] = due_ms
        heappush(self._heap, (self._order((timer, due_ms)), timer))

    def next_ms(self) -> int | None:
        """When the next timer is due."""
        while self._heap:
            key, timer = self._heap[0]
            if self.due_ms.get(timer) == key[0]:
                return key[0]
            heappop(self._heap)
        return None

    def take(self, at_ms: int, held: Collection[Timer] = ()) -> tuple[Timer, ...]:
        """Remove the timers that are due, in the kernel's order; those that are held stay."""
        found: list[Timer] = []
        kept: list[tuple[Timer, int]] = []
        while (due_ms := self.next_ms()) is not None and due_ms <= at_ms:
            timer = heappop(self._heap)[1]
            del self.due_ms[timer]
            if timer in held:
                kept.append((timer, due_ms))
            else:
                found.append(timer)
        for timer, due_ms in kept:
            self.set(timer, due_ms)
        return tuple(found)


class Coordinator:
    """State, timers and journal; ``writer`` None: entries are counted and not written.

    ``header`` None: the journal already has one.
    """

    __slots__ = ("clock", "plan", "seq", "state", "writer")

    def __init__(self, plan: Plan, writer: Writer | None, header: dict[str, Any] | None) -> None:
        self.plan = plan
        self.state: State = initial(plan)
        self.clock = Clock(plan)
        self.writer = writer
        self.seq = 1
        if writer is not None and header is not None:
            writer.append(0, "header", header)

    def receive(self, at_ms: int, event: Event, reading: dict[str, Any] | None) -> None:
        """Write down what happened, before anything follows from it."""
        if self.writer is not None:
            if reading is not None:
                self.writer.append(at_ms, "reading", reading)
            self.writer.append(at_ms, "event", encode(event))

    def decide(self, at_ms: int, event: Event, reading: dict[str, Any] | None) -> Batch:
        """Step the kernel, and write what is to be done."""
        done = step(self.plan, self.state, event)
        self.state = done.state
        batch = Batch(self.seq, at_ms, event, done, reading)
        self.seq += batch.lead + len(done.commands)
        if self.writer is not None:
            if done.verdict != "applied":
                payload = {"verdict": done.verdict, "reason": done.reason}
                self.writer.append(at_ms, "verdict", payload)
            self.write(at_ms, done.commands)
        self.keep_time(done.commands)
        return batch

    def write(self, at_ms: int, commands: tuple[Command, ...]) -> None:
        """Append commands."""
        if self.writer is not None:
            for command in commands:
                self.writer.append(at_ms, "command", encode(command))

    def keep_time(self, commands: tuple[Command, ...]) -> None:
        """Set and cancel timers."""
        for command in commands:
            if isinstance(command, SetTimer):
                self.clock.set(command.timer, command.due_ms)
            elif isinstance(command, CancelTimer):
                self.clock.due_ms.pop(command.timer, None)

    def fire(self, at_ms: int) -> TimersFired:
        """All timers that are due, as one event."""
        return TimersFired(at_ms, self.clock.take(at_ms))

    def restore(self, replayed: Replayed, seq: int) -> None:
        """Begin again from what a journal of ``seq`` entries says.

        State, timers, and the commands that were never written.
        """
        self.state = replayed.state
        self.clock = Clock(self.plan)
        timers = replayed.state.registers.timers
        for timer in sorted(timers):
            self.clock.set(timer, timers[timer])
        if replayed.missing:
            self.write(replayed.at_ms, replayed.last[-replayed.missing :])
        self.seq = seq + replayed.missing
