"""Locks: which run changes which object now, in the journal that the runs share.

Owns that two runs never hold one name. All names of an order are taken in one transaction or none,
so nobody waits while holding half, and no circle can form. They are given back in the very
transaction that records what came of the order; a run whose host died keeps them until it is taken
up again, or is over, because what it was about to change may be half changed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

from .journal_lease import Holder, Now, Tenure
from .journal_rows import Append, LeaseLost

SCHEMA = """
CREATE TABLE IF NOT EXISTS locks (
    name TEXT NOT NULL,
    run TEXT NOT NULL REFERENCES runs (run),
    command TEXT NOT NULL,
    PRIMARY KEY (name, run, command)
) WITHOUT ROWID;
"""
"""Beside the other tables; a file that was made without it gets it when it is next written."""
_HELD = (
    "SELECT l.name, l.run, l.command, r.holder, r.until_ms, r.until_boot_ms "
    "FROM locks l JOIN runs r ON r.run = l.run"
)


class Held(NamedTuple):
    """A name that a run holds for a command. ``alive``: a host drives the run."""

    name: str
    run: str
    command: str
    alive: bool

    @property
    def action(self) -> str:
        """The action that the command belongs to."""
        return self.command.rsplit(":", 3)[0]


class Locks:
    """The locks of an open journal; every method may be called from any thread."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        rows: Callable[..., list[tuple[Any, ...]]],
        now: Callable[[], Now],
    ) -> None:
        self._transaction = transaction
        self._rows = rows
        self._now = now

    def held(self) -> tuple[Held, ...]:
        """All that are held, by name."""
        if not self._rows("SELECT 1 FROM sqlite_schema WHERE name = 'locks'"):
            return ()
        return self._read(self._rows(f"{_HELD} ORDER BY l.name, l.run, l.command"))

    def take(self, run: str, token: int, command: str, names: Sequence[str]) -> tuple[Held, ...]:
        """Take all of the names for a command, or none; returns those that other runs hold.

        Names that this very run holds are no obstacle. Raises ``LeaseLost`` for an old token.
        """
        wanted = sorted(set(names))
        if others := self._others(run, wanted):  # a look that makes nobody wait
            return others
        with self._transaction() as db:
            found = db.execute("SELECT token, holder FROM runs WHERE run = ?", (run,)).fetchone()
            if found is None or found[0] != token:
                raise LeaseLost(run, Holder.read(found[1]).words() if found else "nobody")
            others = self._of_others(run, wanted, db.execute)
            if not others:
                rows = [(name, run, command) for name in wanted]
                db.executemany("INSERT OR IGNORE INTO locks VALUES (?, ?, ?)", rows)
        return others

    def restore(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Write the locks of a damaged file into the one that takes its place."""
        with self._transaction() as db:
            db.executemany("INSERT OR IGNORE INTO locks VALUES (?, ?, ?)", rows)

    def _others(self, run: str, names: Sequence[str]) -> tuple[Held, ...]:
        return self._of_others(run, names, lambda query, values: self._rows(query, values))

    def _of_others(
        self, run: str, names: Sequence[str], ask: Callable[[str, Sequence[Any]], Any]
    ) -> tuple[Held, ...]:
        marks = ",".join("?" * len(names))
        query = f"{_HELD} WHERE l.run != ? AND l.name IN ({marks}) ORDER BY l.name, l.run"
        return self._read(ask(query, (run, *names)))

    def _read(self, rows: Any) -> tuple[Held, ...]:
        now = self._now()
        return tuple(
            Held(name, run, command, Tenure(Holder.read(holder), until, until_boot).stands(now))
            for name, run, command, holder, until, until_boot in rows
        )


def give_back(db: sqlite3.Connection, append: Append) -> None:
    """What an append says is done with, or everything where it ends its run."""
    if append.finished:
        db.execute("DELETE FROM locks WHERE run = ?", (append.run,))
    for command in append.unlock:
        db.execute("DELETE FROM locks WHERE run = ? AND command = ?", (append.run, command))
