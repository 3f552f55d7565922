"""The locks of one run: waited for before an order, held until what came of it is written down.

Owns the waiting: it says for whom, at once and whenever that changes, and gives up where so much of
the order's time is gone that it could not be carried out any more. Decides nothing about what needs
a lock (the adapter names it) nor who may have it (the journal does).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .binding import HOST
from .journal_locks import Held, Locks

LOOK_S = 0.2
SHARE = 2
"""An order with a limit waits for one part of it in so many; the rest is for carrying it out."""


class Run(Protocol):
    """What is needed of the run."""

    token: int

    def note(self, note: Mapping[str, Any]) -> None:
        """Something to write down that is no event."""
        ...


class Locking:
    """What one run holds, by command; used within one event loop."""

    def __init__(self, run: Run, name: str, locks: Locks) -> None:
        self._run = run
        self._name = name
        self._locks = locks
        self._working: set[str] = set()
        self._held = {each.command for each in locks.held() if each.run == name}

    async def take(self, command: str, names: tuple[str, ...], limit_ms: int | None) -> str:
        """Hold all of the names; a sentence where they could not be had in time.

        Raises ``LeaseLost`` and ``JournalTrouble``.
        """
        loop = asyncio.get_running_loop()
        until = None if limit_ms is None else loop.time() + limit_ms / 1000 / SHARE
        told = ""
        self._working.add(command)
        while others := await asyncio.to_thread(
            self._locks.take, self._name, self._run.token, command, names
        ):
            text = waits_for(command, others)
            if text != told:
                self._note(command, text, others)
                told = text
            if until is not None and loop.time() >= until:
                return f"{text}; nothing was done"
            await asyncio.sleep(LOOK_S)
        self._held.add(command)
        if told:
            self._note(command, f"{_action(command)} goes on: nobody holds it any more", ())
        return ""

    def _note(self, command: str, text: str, others: tuple[Held, ...]) -> None:
        held_by = sorted({each.run for each in others})
        self._run.note({"what": "lock", "by": HOST, "of": command, "text": text, "runs": held_by})

    def over(self, command: str) -> None:
        """Nobody works on the command any more."""
        self._working.discard(command)

    def free(self, is_open: Callable[[str], bool]) -> tuple[str, ...]:
        """The commands whose locks are to be given back: nobody works on them or waits for them."""
        idle = self._held - self._working
        return tuple(sorted(each for each in idle if not is_open(each)))

    def given_back(self, commands: tuple[str, ...]) -> None:
        """It is durable that these hold nothing any more."""
        self._held.difference_update(commands)


def waits_for(command: str, others: tuple[Held, ...]) -> str:
    """For what a command waits, and who has it."""
    parts = [
        f"{each.name}, held by {each.run} ({each.action})"
        + ("" if each.alive else f", which nobody drives: `armada resume {each.run}` goes on")
        for each in others
    ]
    return f"{_action(command)} waits for {'; '.join(dict.fromkeys(parts))}"


def _action(command: str) -> str:
    return command.rsplit(":", 3)[0]
