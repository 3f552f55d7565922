"""What came from outside, in the journal file: which group of alerts is which run, and proposals.

Owns its tables, which are made when they are first needed, so a journal without them is one that
was never told anything. Invariant: a group has at most one open run and one open proposal, whatever
arrives at once and in however many processes.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from ..compiler.plan import canonical

if TYPE_CHECKING:
    from .journal import Journal

SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS alert_groups (source TEXT NOT NULL, key TEXT NOT NULL, "
        "run TEXT NOT NULL DEFAULT '', seen TEXT NOT NULL DEFAULT '', PRIMARY KEY (source, key)) "
        "WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS deliveries (source TEXT NOT NULL, id TEXT NOT NULL, "
        "at_ms INTEGER NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE IF NOT EXISTS proposals (id INTEGER PRIMARY KEY AUTOINCREMENT, "
        "source TEXT NOT NULL, key TEXT NOT NULL, title TEXT NOT NULL, payload TEXT NOT NULL, "
        "put_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'open', "
        "by TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '')"
    ),
    "CREATE UNIQUE INDEX IF NOT EXISTS one_open ON proposals (source, key) WHERE state = 'open'",
)
KEPT_MS = 7 * 86_400_000
"""How long a delivery's name is remembered; an older one is not admitted at all."""


class Proposal(NamedTuple):
    """An incident that was proposed. ``state``: open, declared, dismissed or expired."""

    id: int
    source: str
    key: str
    title: str
    payload: dict[str, Any]
    put_ms: int
    until_ms: int
    state: str
    by: str
    run: str


class Claimed(Exception):
    """The group has an open run already."""

    def __init__(self, run: str) -> None:
        super().__init__(f"{run} is open for it")
        self.run = run


class Settled(Exception):
    """A proposal that is not open any more; the sentence says what became of it."""


class Claim(NamedTuple):
    """A group that a new run is for; ``proposal`` is the one that it settles, 0: none."""

    source: str
    key: str
    proposal: int = 0
    by: str = ""
    seen: str = ""

    def take(self, db: sqlite3.Connection, run: str) -> None:
        """In the transaction that writes the run; raises ``Claimed`` and ``Settled``."""
        if self.proposal:
            query = "UPDATE proposals SET state = 'declared', by = ?, run = ? WHERE id = ? "
            done = db.execute(f"{query} AND state = 'open'", (self.by, run, self.proposal))
            if done.rowcount == 0:
                raise Settled(f"proposal {self.proposal} is not open any more")
        found = _open_run(db, self.source, self.key)
        if found:
            raise Claimed(found)
        db.execute(
            "INSERT INTO alert_groups (source, key, run, seen) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (source, key) DO UPDATE SET run = excluded.run, seen = excluded.seen",
            (self.source, self.key, run, self.seen),
        )


class Alerts:
    """What came from outside, of one journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def prepare(self) -> None:
        """Make the tables where they are not there."""
        with self._journal.transaction() as db:
            for statement in SCHEMA:
                db.execute(statement)

    @property
    def there(self) -> bool:
        """Whether the journal has the tables."""
        query = "SELECT count(*) FROM sqlite_schema WHERE name = 'proposals'"
        return bool(self._journal.rows(query)[0][0])

    def first(self, source: str, delivery: str, now_ms: int) -> bool:
        """Whether this delivery was never taken before; it is remembered."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM deliveries WHERE at_ms < ?", (now_ms - KEPT_MS,))
            query = "INSERT OR IGNORE INTO deliveries (source, id, at_ms) VALUES (?, ?, ?)"
            return db.execute(query, (source, delivery, now_ms)).rowcount == 1

    def open_run(self, source: str, key: str) -> str:
        """The open run of a group; empty: none."""
        with self._journal.transaction() as db:
            return _open_run(db, source, key)

    def moved(self, source: str, key: str, digest: str) -> bool:
        """Whether a group stands otherwise than when this was last asked."""
        query = "UPDATE alert_groups SET seen = ? WHERE source = ? AND key = ? AND seen <> ?"
        with self._journal.transaction() as db:
            return db.execute(query, (digest, source, key, digest)).rowcount == 1

    # --- proposals ----------------------------------------------------------------------------

    def propose(
        self, source: str, key: str, title: str, payload: dict[str, Any], now_ms: int, for_ms: int
    ) -> Proposal | None:
        """A new proposal; None where one is open for the group, which then lasts from now on."""
        with self._journal.transaction() as db:
            _expire(db, now_ms)
            query = "UPDATE proposals SET until_ms = ? WHERE source = ? AND key = ? "
            if db.execute(f"{query} AND state = 'open'", (now_ms + for_ms, source, key)).rowcount:
                return None
            query = "INSERT INTO proposals (source, key, title, payload, put_ms, until_ms) VALUES "
            row = (source, key, title, canonical(payload), now_ms, now_ms + for_ms)
            number = db.execute(f"{query} (?, ?, ?, ?, ?, ?)", row).lastrowid or 0
        return self.proposal(number)

    def proposals(self, now_ms: int, *, everything: bool = False) -> tuple[Proposal, ...]:
        """Open proposals, the oldest first; those that were settled too where it is asked."""
        if not self.there:
            return ()
        where = "" if everything else f"WHERE state = 'open' AND until_ms > {int(now_ms)}"
        rows = self._journal.rows(f"{PROPOSAL} {where} ORDER BY id")
        return tuple(_as_of(_proposal(row), now_ms) for row in rows)

    def proposal(self, number: int) -> Proposal | None:
        """A proposal by its number."""
        if not self.there or not 0 < number < 2**63:
            return None
        rows = self._journal.rows(f"{PROPOSAL} WHERE id = ?", (number,))
        return _proposal(rows[0]) if rows else None

    def dismiss(self, number: int, by: str, now_ms: int) -> None:
        """A person says that it is no incident; raises ``Settled``."""
        with self._journal.transaction() as db:
            _expire(db, now_ms)
            query = "UPDATE proposals SET state = 'dismissed', by = ? WHERE id = ? "
            if db.execute(f"{query} AND state = 'open'", (by, number)).rowcount == 0:
                raise Settled(f"proposal {number} is not open any more")


PROPOSAL = "SELECT id, source, key, title, payload, put_ms, until_ms, state, by, run FROM proposals"


def _open_run(db: sqlite3.Connection, source: str, key: str) -> str:
    query = (
        "SELECT g.run FROM alert_groups g JOIN runs r ON r.run = g.run "
        "WHERE g.source = ? AND g.key = ? AND r.finished = ''"
    )
    found = db.execute(query, (source, key)).fetchone()
    return str(found[0]) if found else ""


def _expire(db: sqlite3.Connection, now_ms: int) -> None:
    query = "UPDATE proposals SET state = 'expired' WHERE state = 'open' AND until_ms <= ?"
    db.execute(query, (now_ms,))


def _as_of(found: Proposal, now_ms: int) -> Proposal:
    gone = found.state == "open" and found.until_ms <= now_ms
    return found._replace(state="expired") if gone else found


def _proposal(row: tuple[Any, ...]) -> Proposal:
    number, source, key, title, payload, *rest = row
    return Proposal(number, source, key, title, json.loads(payload), *rest)
