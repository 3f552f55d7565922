"""What a journal amounts to: the state it replays to, and what was under way when it ends.

Pure: the kernel is stepped over the journaled events and nothing else. The journaled commands must
be the ones the kernel gives again; where the last event's were cut off by a crash, the missing ones
are returned for the host to journal before it does anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..compiler.plan import Plan
from .journal_entries import BrokenJournal, Entry
from .kernel import State, decode, encode, initial, step
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


def replay(plan: Plan, entries: Iterable[Entry]) -> Replayed:
    """Step the kernel over a journal's events; raises ``BrokenJournal`` where it disagrees."""
    state, at_ms = initial(plan), 0
    expected: tuple[Command, ...] = ()
    seen = 0
    flying: dict[str, None] = {}
    for entry in entries:
        if entry.kind == "command":
            _check(entry, expected, seen)
            seen += 1
        elif entry.kind == "event":
            if seen < len(expected):
                raise BrokenJournal(entry.seq, "commands of the event before are missing")
            try:
                event = decode(entry.payload)
                done = step(plan, state, event)  # type: ignore[arg-type]
            except (KeyError, TypeError, ValueError) as error:
                raise BrokenJournal(entry.seq, f"no event: {error}") from None
            if isinstance(event, (Returned, Observed)):
                flying.pop(event.command_id, None)
            state, at_ms, expected, seen = done.state, entry.at_ms, done.commands, 0
            _follow(flying, expected)
    pages = [command.page_id for command in expected if isinstance(command, Page)]
    return Replayed(state, at_ms, expected, len(expected) - seen, (*flying, *pages))


def _follow(flying: dict[str, None], commands: tuple[Command, ...]) -> None:
    for command in commands:
        if isinstance(command, Dispatch):
            flying[command.command_id] = None
        elif isinstance(command, CancelDispatch):
            flying.pop(command.command_id, None)


def _check(entry: Entry, expected: tuple[Command, ...], seen: int) -> None:
    if seen >= len(expected) or encode(expected[seen]) != entry.payload:
        raise BrokenJournal(entry.seq, "the kernel gives another command here")
