"""What came from outside, in the journal file: groups of alerts, proposals, answers that wait.

Owns its tables, which are made when they are first needed, so a journal without them is one that
was never told anything. Invariant: a group has at most one open run and one open proposal, whatever
arrives at once and in however many processes.
"""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..compiler.plan import canonical
from .journal_rows import post

if TYPE_CHECKING:
    from .journal import Journal

SCHEMA = (
    (
        "CREATE TABLE IF NOT EXISTS alert_groups (source TEXT NOT NULL, key TEXT NOT NULL, "
        "run TEXT NOT NULL, seen TEXT NOT NULL, fact TEXT NOT NULL, PRIMARY KEY (source, key)) "
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
        "by TEXT NOT NULL DEFAULT '', run TEXT NOT NULL DEFAULT '', "
        "told INTEGER NOT NULL DEFAULT 0)"
    ),
    "CREATE UNIQUE INDEX IF NOT EXISTS one_open ON proposals (source, key) WHERE state = 'open'",
    (
        "CREATE TABLE IF NOT EXISTS answers (id INTEGER PRIMARY KEY, source TEXT NOT NULL, "
        "key TEXT NOT NULL, run TEXT NOT NULL, target TEXT NOT NULL, who TEXT NOT NULL, "
        "letter INTEGER NOT NULL DEFAULT 0, UNIQUE (source, key, run, target, who))"
    ),
    (
        "CREATE TABLE IF NOT EXISTS used_links (id TEXT NOT NULL PRIMARY KEY, "
        "until_ms INTEGER NOT NULL) WITHOUT ROWID"
    ),
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


class Group(NamedTuple):
    """The open run of a group of alerts, and the fact by which it is told that they ended."""

    run: str
    fact: str


class Answer(NamedTuple):
    """An acknowledgement that a run could not take yet. ``letter``: its number, 0: none was put."""

    id: int
    source: str
    key: str
    run: str
    target: str
    who: str
    letter: int


class Claim(NamedTuple):
    """A group that a new run is for, and what it is told at once.

    ``proposal`` is the one that it settles, 0: none; ``letters`` are canonical JSON.
    """

    source: str
    key: str
    proposal: int = 0
    by: str = ""
    seen: str = ""
    fact: str = ""
    letters: tuple[str, ...] = ()
    at_ms: int = 0

    def take(self, db: sqlite3.Connection, run: str) -> None:
        """In the transaction that writes the run; raises ``Claimed`` and ``Settled``."""
        found = _group(db, self.source, self.key)
        if found is not None:
            raise Claimed(found.run)
        query = "UPDATE proposals SET state = 'declared', by = ?, run = ? WHERE state = 'open' AND "
        where, which = "source = ? AND key = ?", (self.source, self.key)
        if self.proposal:
            where, which = "id = ?", (self.proposal,)
        done = db.execute(f"{query}{where}", (self.by, run, *which))
        if self.proposal and done.rowcount == 0:
            raise Settled(f"proposal {self.proposal} is not open any more")
        db.execute(
            "INSERT INTO alert_groups (source, key, run, seen, fact) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (source, key) DO UPDATE SET run = excluded.run, seen = excluded.seen, "
            "fact = excluded.fact",
            (self.source, self.key, run, self.seen, self.fact),
        )
        for letter in self.letters:
            post(db, run, letter, self.at_ms)


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

    def knows(self, source: str, delivery: str) -> bool:
        """Whether this delivery was handled before."""
        query = "SELECT 1 FROM deliveries WHERE source = ? AND id = ?"
        return bool(self._journal.rows(query, (source, delivery)))

    def remember(self, source: str, delivery: str, now_ms: int) -> bool:
        """This delivery is handled, whatever becomes of it; False where it was before."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM deliveries WHERE at_ms < ?", (now_ms - KEPT_MS,))
            query = "INSERT OR IGNORE INTO deliveries (source, id, at_ms) VALUES (?, ?, ?)"
            return db.execute(query, (source, delivery, now_ms)).rowcount == 1

    def group(self, source: str, key: str) -> Group | None:
        """The open run of a group; None where there is none."""
        with self._journal.transaction() as db:
            return _group(db, source, key)

    def tell(
        self,
        source: str,
        key: str,
        digest: str,
        run: str,
        letters: tuple[dict[str, Any], ...],
        now_ms: int,
    ) -> bool:
        """Tell a run how its group stands now; False where it knows that, and is told nothing."""
        texts = [canonical(self._journal.redacted(letter)) for letter in letters]
        query = "UPDATE alert_groups SET seen = ? WHERE source = ? AND key = ? AND seen <> ?"
        with self._journal.transaction() as db:
            moved = db.execute(query, (digest, source, key, digest)).rowcount == 1
            for text in texts if moved else ():
                post(db, run, text, now_ms)
        return moved

    def settled(self, source: str, key: str, digest: str) -> str:
        """What became of a group as it stands: ``over``, ``dismissed``; empty: it is news."""
        if self._journal.rows(f"{STOOD} AND seen = ?", (source, key, digest)):
            return "over"
        query = f"{PROPOSAL} WHERE source = ? AND key = ? ORDER BY id DESC LIMIT 1"
        for last in map(_proposal, self._journal.rows(query, (source, key))):
            if last.state == "dismissed" and last.payload.get("seen") == digest:
                return "dismissed"
        return ""

    # --- acknowledgements that wait -----------------------------------------------------------

    def keep(self, source: str, key: str, run: str, target: str, who: str, letter: int) -> bool:
        """Keep an acknowledgement until the run can take it; False where it is kept already."""
        query = (
            "INSERT OR IGNORE INTO answers (source, key, run, target, who, letter) VALUES "
            "(?, ?, ?, ?, ?, ?)"
        )
        with self._journal.transaction() as db:
            return db.execute(query, (source, key, run, target, who, letter)).rowcount == 1

    def kept(self) -> tuple[Answer, ...]:
        """The acknowledgements that wait, the oldest first."""
        query = "SELECT id, source, key, run, target, who, letter FROM answers ORDER BY id"
        return tuple(Answer(*row) for row in self._journal.rows(query)) if self.there else ()

    def put_again(self, number: int, letter: int) -> None:
        """A kept acknowledgement lies in the inbox under this number."""
        with self._journal.transaction() as db:
            db.execute("UPDATE answers SET letter = ? WHERE id = ?", (letter, number))

    def let_go(self, number: int) -> None:
        """An acknowledgement does not wait any more."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM answers WHERE id = ?", (number,))

    def withdraw(self, source: str, key: str) -> None:
        """Acknowledgements of this alert are taken back where they were given."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM answers WHERE source = ? AND key = ?", (source, key))

    # --- signed links -------------------------------------------------------------------------

    def is_used(self, link: str) -> bool:
        """Whether a link was used before."""
        return bool(self._journal.rows("SELECT 1 FROM used_links WHERE id = ?", (link,)))

    def use(self, link: str, until_ms: int, now_ms: int) -> None:
        """A link is used; it is remembered until it has expired."""
        with self._journal.transaction() as db:
            db.execute("DELETE FROM used_links WHERE until_ms < ?", (now_ms,))
            query = "INSERT OR IGNORE INTO used_links (id, until_ms) VALUES (?, ?)"
            db.execute(query, (link, until_ms))

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
        where = f"WHERE state = 'open' AND until_ms > {int(now_ms)} AND NOT {HAS_RUN}"
        rows = self._journal.rows(f"{PROPOSAL} {'' if everything else where} ORDER BY id")
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

    def untold(self, now_ms: int) -> tuple[Proposal, ...]:
        """Open proposals that nobody was told of."""
        rows = self._journal.rows("SELECT id FROM proposals WHERE state = 'open' AND told = 0")
        numbers = {int(row[0]) for row in rows}
        return tuple(each for each in self.proposals(now_ms) if each.id in numbers)

    def told(self, number: int) -> None:
        """People were told of a proposal."""
        with self._journal.transaction() as db:
            db.execute("UPDATE proposals SET told = 1 WHERE id = ?", (number,))


STOOD = "SELECT 1 FROM alert_groups WHERE source = ? AND key = ?"
HAS_RUN = (
    "EXISTS (SELECT 1 FROM alert_groups g JOIN runs r ON r.run = g.run WHERE r.finished = '' "
    "AND g.source = proposals.source AND g.key = proposals.key)"
)
"""A proposal whose group has an open run again, as one that was reopened, has nothing to say."""
PROPOSAL = "SELECT id, source, key, title, payload, put_ms, until_ms, state, by, run FROM proposals"


def _group(db: sqlite3.Connection, source: str, key: str) -> Group | None:
    query = (
        "SELECT g.run, g.fact FROM alert_groups g JOIN runs r ON r.run = g.run "
        "WHERE g.source = ? AND g.key = ? AND r.finished = ''"
    )
    found = db.execute(query, (source, key)).fetchone()
    return Group(*found) if found else None


def _expire(db: sqlite3.Connection, now_ms: int) -> None:
    query = "UPDATE proposals SET state = 'expired' WHERE state = 'open' AND until_ms <= ?"
    db.execute(query, (now_ms,))


def _as_of(found: Proposal, now_ms: int) -> Proposal:
    gone = found.state == "open" and found.until_ms <= now_ms
    return found._replace(state="expired") if gone else found


def _proposal(row: tuple[Any, ...]) -> Proposal:
    number, source, key, title, payload, *rest = row
    try:
        data: Any = json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        data = None  # it was changed in the file; without a document nobody can declare it
    known = cast(dict[str, Any], data) if isinstance(data, dict) else {}
    return Proposal(number, source, key, title, known, *rest)
