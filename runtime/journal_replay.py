"""What a journal amounts to: the state it replays to, and what was under way when it ends.

Pure: the kernel is stepped over the journaled events and nothing else. The journaled commands must
be the ones the kernel gives again; where the last event's were cut off by a crash, the missing ones
are returned for the host to journal before it does anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..compiler.plan import Plan
from .journal_entries import BrokenJournal, Entry
from .kernel import Event, State, Step, decode, encode, initial, step
from .kernel.commands import CancelDispatch, Command, Dispatch, Page
from .kernel.events import Observed, Returned


@dataclass(frozen=True, slots=True)
class Replayed:
    """Where a run stood.

    ``last`` are the commands of the last event and may not have been carried out; ``missing`` how
    many of them, from the end, were never journaled; ``in_flight`` the dispatches without a result
    and the pages of ``last``, in the order of the journal.
    """

    state: State
    at_ms: int
    last: tuple[Command, ...]
    missing: int
    in_flight: tuple[str, ...]


class Batch(NamedTuple):
    """One event, what came of it, and the number of the journal entry that it begins with."""

    seq: int
    at_ms: int
    event: Event
    step: Step
    reading: dict[str, Any] | None

    @property
    def lead(self) -> int:
        """How many entries come before the commands."""
        return 1 + (self.reading is not None) + (self.step.verdict != "applied")


class Replayer:
    """Steps the kernel over entries as they come; raises ``BrokenJournal`` where it disagrees."""

    __slots__ = ("_at_ms", "_expected", "_flying", "_plan", "_reading", "_seen", "_seq", "state")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self.state: State = initial(plan)
        self._at_ms = 0
        self._seq = 0
        self._expected: tuple[Command, ...] = ()
        self._seen = 0
        self._flying: dict[str, None] = {}
        self._reading: dict[str, Any] | None = None

    def take(self, entry: Entry) -> Batch | None:
        """Follow one entry; an event's batch is returned when the event comes."""
        self._seq = entry.seq
        if entry.kind == "command":
            _check(entry, self._expected, self._seen)
            self._seen += 1
        elif entry.kind == "reading":
            self._reading = entry.payload
        elif entry.kind == "event":
            return self._event(entry)
        return None

    def _event(self, entry: Entry) -> Batch:
        if self._seen < len(self._expected):
            raise BrokenJournal(entry.seq, "commands of the event before are missing")
        try:
            event = decode(entry.payload)
            done = step(self._plan, self.state, event)  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenJournal(entry.seq, f"no event: {error}") from None
        if isinstance(event, (Returned, Observed)):
            self._flying.pop(event.command_id, None)
        self.state, self._at_ms = done.state, entry.at_ms
        self._expected, self._seen = done.commands, 0
        _follow(self._flying, done.commands)
        reading, self._reading = self._reading, None
        first = entry.seq - (reading is not None)
        return Batch(first, entry.at_ms, event, done, reading)  # type: ignore[arg-type]

    def replayed(self) -> Replayed:
        """Where the run stands after the entries taken so far."""
        last = self._expected
        pages = [command.page_id for command in last if isinstance(command, Page)]
        missing = len(last) - self._seen
        return Replayed(self.state, self._at_ms, last, missing, (*self._flying, *pages))


def replay(plan: Plan, entries: Iterable[Entry]) -> Replayed:
    """Step the kernel over a journal's events; raises ``BrokenJournal`` where it disagrees."""
    replayer = Replayer(plan)
    for entry in entries:
        replayer.take(entry)
    return replayer.replayed()


def _follow(flying: dict[str, None], commands: tuple[Command, ...]) -> None:
    for command in commands:
        if isinstance(command, Dispatch):
            flying[command.command_id] = None
        elif isinstance(command, CancelDispatch):
            flying.pop(command.command_id, None)


def _check(entry: Entry, expected: tuple[Command, ...], seen: int) -> None:
    if seen >= len(expected) or encode(expected[seen]) != entry.payload:
        raise BrokenJournal(entry.seq, "the kernel gives another command here")
