"""The journal file of the live host: one SQLite file, many runs, nothing ever changed in it.

Owns durability, the chain of hashes, leases and the inbox; it knows nothing of incidents. A commit
is one transaction made durable before it returns (WAL, ``synchronous=FULL``). A run is written by
whoever holds its lease: each lease has a higher token than the one before, and a commit under an
old token is refused. The inbox is how any other process speaks to the host: a row that the host
answers in the very transaction in which it acts on it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import quote

from ..compiler.plan import canonical
from .journal_entries import (
    GENESIS,
    KINDS,
    BrokenJournal,
    Entry,
    EntryKind,
    encode,
    line_hash,
    read_journal,
)
from .journal_faults import Damaged, JournalTrouble, said
from .journal_lease import Holder, Leased, Now, Tenure, moment

APPLICATION = 0x41524D41
"""``ARMA``, in the place where SQLite files say whose they are."""
LAYOUT = 1
BUSY_MS = 10_000
CHUNK = 1_000
SCHEMA = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL UNIQUE,
    workflow TEXT NOT NULL,
    title TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    head TEXT NOT NULL,
    finished TEXT NOT NULL DEFAULT '',
    at_ms INTEGER NOT NULL DEFAULT 0,
    wall_ms INTEGER NOT NULL DEFAULT 0,
    boot TEXT NOT NULL DEFAULT '',
    boot_ms INTEGER NOT NULL DEFAULT 0,
    token INTEGER NOT NULL DEFAULT 0,
    holder TEXT NOT NULL DEFAULT '',
    until_ms INTEGER NOT NULL DEFAULT 0,
    until_boot_ms INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE entries (
    run INTEGER NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    previous TEXT NOT NULL,
    PRIMARY KEY (run, seq)
) WITHOUT ROWID;
CREATE TABLE letters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL REFERENCES runs (run),
    payload TEXT NOT NULL,
    put_ms INTEGER NOT NULL,
    verdict TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX waiting ON letters (id) WHERE verdict = '';
CREATE TRIGGER kept BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
CREATE TRIGGER never_dropped BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'a journal is never changed'); END;
"""


class Append(NamedTuple):
    """What a run has to write: entries, the answer to a letter, and whether it is over.

    ``finished``: None leaves it, empty opens it again, else how it ended.
    """

    run: str
    token: int
    entries: tuple[tuple[int, EntryKind, dict[str, Any]], ...]
    letter: int | None = None
    verdict: str = ""
    reason: str = ""
    finished: str | None = None


class RunRow(NamedTuple):
    """One run, as a list of runs shows it. ``created_ms``: Unix time; ``alive``: it is driven."""

    run: str
    workflow: str
    title: str
    created_ms: int
    entries: int
    head: str
    finished: str
    holder: str
    alive: bool


class Letter(NamedTuple):
    """What somebody asks of a run. ``verdict``: empty while it waits, ``taken`` or ``refused``."""

    id: int
    run: str
    payload: dict[str, Any]
    put_ms: int
    verdict: str
    reason: str


class Seen(NamedTuple):
    """When a run was last written: its own time, the wall's, and the machine's since its start."""

    at_ms: int
    wall_ms: int
    boot: str
    boot_ms: int


class RunExists(Exception):
    """A run of this name is in the journal already."""


class LeaseLost(Exception):
    """The run belongs to another host now."""

    def __init__(self, run: str, holder: str) -> None:
        super().__init__(f"{run} is driven by {holder or 'another host'} now")
        self.run = run
        self.holder = holder or "another host"


class Journal:
    """An open journal; every method may be called from any thread."""

    def __init__(
        self,
        path: Path,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        redact: Callable[[Any], Any],
        now: Callable[[], Now],
    ) -> None:
        self.path = path
        self.dropped: tuple[str, ...] = ()
        self._writer, self._reader = writer, reader
        self._writing, self._reading = threading.Lock(), threading.RLock()
        self._redact = redact
        self._now = now
        self._version = -1

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        create: bool = False,
        read_only: bool = False,
        redact: Callable[[Any], Any] | None = None,
        now: Callable[[], Now] = moment,
    ) -> Journal:
        """Open a journal file; raises ``JournalTrouble``, which says what to do.

        A file that was cut off is repaired from what is whole in it, and ``dropped`` says what was
        lost. ``redact`` takes the secrets out of letters, readings and notes as they are written.
        """
        from .journal_repair import before_opening, salvaged

        found = Path(path)
        dropped = before_opening(found, create)
        try:
            journal = cls._connected(found, read_only, redact, now)
        except Damaged as damaged:
            if read_only:
                raise
            dropped = salvaged(found, damaged)
            journal = cls._connected(found, read_only, redact, now)
        journal.dropped = dropped
        return journal

    @classmethod
    def _connected(
        cls,
        path: Path,
        read_only: bool,
        redact: Callable[[Any], Any] | None,
        now: Callable[[], Now],
    ) -> Journal:
        writer = _connect(path, read_only)
        try:
            reader = _connect(path, read_only)
        except BaseException:
            writer.close()
            raise
        journal = cls(path, writer, reader, redact or (lambda data: data), now)
        try:
            journal._check_heads()
        except BaseException:
            journal.close()
            raise
        return journal

    def close(self) -> None:
        """Let the file go."""
        with self._writing:
            self._writer.close()
        with self._reading:
            self._reader.close()

    # --- reading ------------------------------------------------------------------------------

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._reading:
            try:
                return self._reader.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise said(error, self.path) from error

    def _check_heads(self) -> None:
        """Every run must end where its row says; raises ``Damaged``."""
        query = (
            "SELECT r.run, r.entries, r.head, e.seq, e.at_ms, e.kind, e.payload, e.previous "
            "FROM runs r LEFT JOIN entries e ON e.run = r.id AND e.seq = r.entries - 1"
        )
        for run, count, head, *last in self._rows(query):
            if last[0] is None or line_hash(_line(*last)) != head:
                raise Damaged(f"{run} does not end with its entry {count - 1}", self.path)

    def runs(self, *, open_only: bool = False) -> tuple[RunRow, ...]:
        """Every run, the oldest first."""
        where = "WHERE finished = ''" if open_only else ""
        query = (
            "SELECT run, workflow, title, created_ms, entries, head, finished, holder, "
            f"until_ms, until_boot_ms FROM runs {where} ORDER BY id"
        )
        now = self._now()
        return tuple(_row(row, now) for row in self._rows(query))

    def _id(self, run: str) -> tuple[int, int, str]:
        rows = self._rows("SELECT id, entries, head FROM runs WHERE run = ?", (run,))
        if not rows:
            raise KeyError(run)
        return cast(tuple[int, int, str], rows[0])

    def entries(self, run: str, since: int = 0) -> Iterator[Entry]:
        """The entries of a run from ``since`` on, every hash checked.

        Raises ``BrokenJournal`` with the place, ``KeyError`` for a run that is not there.
        """
        key, count, head = self._id(run)
        previous = GENESIS if since == 0 else None
        seq = since
        query = (
            "SELECT seq, at_ms, kind, payload, previous FROM entries "
            "WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?"
        )
        while True:
            rows = self._rows(query, (key, seq, CHUNK))
            for row in rows:
                entry = _entry(row, seq, previous)
                previous = line_hash(_line(*row))
                seq += 1
                if seq == count and previous != head:
                    raise BrokenJournal(seq - 1, "its hash is not the one recorded for the run")
                yield entry
            if len(rows) < CHUNK:
                break
        if seq < count:
            raise BrokenJournal(seq, f"missing; the run has {count} entries")

    def last_seen(self, run: str) -> Seen:
        """When the run was last written."""
        query = "SELECT at_ms, wall_ms, boot, boot_ms FROM runs WHERE run = ?"
        rows = self._rows(query, (run,))
        if not rows:
            raise KeyError(run)
        return Seen(*rows[0])

    def verify(self, run: str | None = None) -> tuple[BrokenRun, ...]:
        """What is wrong with a run, or with any; empty where all hashes fit."""
        names = [run] if run is not None else [row.run for row in self.runs()]
        found: list[BrokenRun] = []
        for name in names:
            try:
                for _ in self.entries(name):
                    pass
            except BrokenJournal as broken:
                found.append(BrokenRun(name, broken.seq, broken.reason))
        return tuple(found)

    def export(self, run: str) -> str:
        """A run as JSON Lines, byte for byte as a drill writes its journal."""
        return "".join(f"{encode(entry)}\n" for entry in self.entries(run))

    def changed(self) -> bool:
        """Whether anything was committed since this was last asked; costs next to nothing."""
        version = int(self._rows("PRAGMA data_version")[0][0])
        moved = version != self._version
        self._version = version
        return moved

    # --- writing ------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._writing:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise said(error, self.path) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._writer.in_transaction:
            try:
                self._writer.execute("ROLLBACK")
            except sqlite3.Error:  # a full disk may have ended the transaction by itself
                return

    def create(
        self,
        run: str,
        *,
        workflow: str,
        title: str,
        created_ms: int,
        header: Mapping[str, Any],
    ) -> None:
        """Write a new run's header; raises ``RunExists``."""
        entry = Entry(0, 0, "header", dict(header), GENESIS)
        self._insert((entry,), run, workflow, title, created_ms, "")

    def import_(self, text: str, finished: str = "") -> str:
        """Write an exported run, and return its name; raises ``BrokenJournal``, ``RunExists``."""
        read = read_journal(text)
        header = read.header
        name = header.get("run")
        if not isinstance(name, str) or not name:
            raise BrokenJournal(0, "this is a drill's journal, not that of a live run")
        workflow = str(cast(dict[str, Any], header.get("plan", {})).get("name", ""))
        title = str(cast(dict[str, Any], header.get("declared", {})).get("title", "")) or workflow
        zero_ms = int(header.get("zero_ms", 0))
        self._insert(read.entries, name, workflow, title, zero_ms, finished)
        return name

    def _insert(
        self,
        entries: Sequence[Entry],
        run: str,
        workflow: str,
        title: str,
        created_ms: int,
        finished: str,
    ) -> None:
        now = self._now()
        last = entries[-1]
        row = (run, workflow, title, created_ms, len(entries), line_hash(encode(last)), finished)
        seen = (last.at_ms, now.wall_ms, now.boot, now.boot_ms)
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone():
                raise RunExists(run)
            key = db.execute(
                "INSERT INTO runs (run, workflow, title, created_ms, entries, head, finished, "
                "at_ms, wall_ms, boot, boot_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *seen),
            ).lastrowid
            db.executemany(INSERT, [_values(key or 0, entry) for entry in entries])

    def commit(self, appends: Sequence[Append]) -> None:
        """Write all of it in one transaction, or none.

        Raises ``LeaseLost`` for a token that is not the run's, ``JournalTrouble`` where the file
        cannot be written.
        """
        now = self._now()
        with self._transaction() as db:
            for append in appends:
                self._append(db, append, now)

    def _append(self, db: sqlite3.Connection, append: Append, now: Now) -> None:
        found = db.execute(
            "SELECT id, entries, head, at_ms, token, holder FROM runs WHERE run = ?", (append.run,)
        ).fetchone()
        if found is None:
            raise LeaseLost(append.run, "nobody: it is not in the journal")
        key, seq, head, at_ms, token, holder = found
        if token != append.token:
            raise LeaseLost(append.run, Holder.read(holder).words())
        rows: list[tuple[Any, ...]] = []
        for at, kind, payload in append.entries:
            clean = self._redact(payload) if kind in REDACTED else payload
            row = (seq, at, kind, canonical(clean), head)
            rows.append((key, *row))
            head = line_hash(_line(*row))
            seq, at_ms = seq + 1, max(at_ms, at)
        db.executemany(INSERT, rows)
        db.execute(
            "UPDATE runs SET entries = ?, head = ?, at_ms = ?, wall_ms = ?, boot = ?, "
            "boot_ms = ?, finished = coalesce(?, finished) WHERE id = ?",
            (seq, head, at_ms, now.wall_ms, now.boot, now.boot_ms, append.finished, key),
        )
        if append.letter is not None:
            db.execute(
                "UPDATE letters SET verdict = ?, reason = ? WHERE id = ? AND verdict = ''",
                (append.verdict, append.reason, append.letter),
            )

    # --- leases -------------------------------------------------------------------------------

    def lease(self, run: str, holder: Holder, now_ms: int, ttl_ms: int = 10_000) -> int:
        """Take a run; returns the token of the lease, higher than any before.

        Raises ``Leased`` where a living host has it. A host whose process is gone, on this machine
        and since its last start, is dead at once; any other when its lease has run out.
        """
        now = self._now()._replace(wall_ms=now_ms)
        with self._transaction() as db:
            found = db.execute(
                "SELECT token, holder, until_ms, until_boot_ms FROM runs WHERE run = ?", (run,)
            ).fetchone()
            if found is None:
                raise KeyError(run)
            token, *rest = found
            tenure = Tenure(Holder.read(rest[0]), rest[1], rest[2])
            if tenure.stands(now):
                raise Leased(tenure.holder.words(), tenure.until_ms)
            db.execute(
                "UPDATE runs SET token = ?, holder = ?, until_ms = ?, until_boot_ms = ? "
                "WHERE run = ?",
                (token + 1, holder.write(), now_ms + ttl_ms, now.boot_ms + ttl_ms, run),
            )
        return int(token) + 1

    def renew(self, held: Mapping[str, int], now_ms: int, ttl_ms: int) -> tuple[str, ...]:
        """Make leases last from now on; returns the runs that are another's by now."""
        now = self._now()
        lost: list[str] = []
        with self._transaction() as db:
            for run, token in held.items():
                done = db.execute(
                    "UPDATE runs SET until_ms = ?, until_boot_ms = ? WHERE run = ? AND token = ?",
                    (now_ms + ttl_ms, now.boot_ms + ttl_ms, run, token),
                )
                if done.rowcount == 0:
                    lost.append(run)
        return tuple(lost)

    def holds(self, run: str, token: int) -> bool:
        """Whether the token is still the run's newest."""
        rows = self._rows("SELECT token FROM runs WHERE run = ?", (run,))
        return bool(rows) and rows[0][0] == token

    def release(self, run: str, token: int) -> None:
        """Give a lease back; nothing happens where it is another's by now."""
        with self._transaction() as db:
            db.execute(
                "UPDATE runs SET holder = '', until_ms = 0, until_boot_ms = 0 "
                "WHERE run = ? AND token = ?",
                (run, token),
            )

    # --- the inbox ----------------------------------------------------------------------------

    def put(self, run: str, payload: Mapping[str, Any], now_ms: int) -> int:
        """Leave a letter for whoever drives the run; returns its number."""
        text = canonical(self._redact(dict(payload)))
        with self._transaction() as db:
            done = db.execute(
                "INSERT INTO letters (run, payload, put_ms) VALUES (?, ?, ?)", (run, text, now_ms)
            )
        return done.lastrowid or 0

    def pending(self, runs: Sequence[str] | None = None) -> tuple[Letter, ...]:
        """The letters that wait, the oldest first; only those of ``runs`` where it is given."""
        found = [_letter(row) for row in self._rows(f"{LETTER} WHERE verdict = '' ORDER BY id")]
        wanted = None if runs is None else set(runs)
        return tuple(each for each in found if wanted is None or each.run in wanted)

    def letter(self, number: int) -> Letter | None:
        """A letter by its number."""
        rows = self._rows(f"{LETTER} WHERE id = ?", (number,))
        return _letter(rows[0]) if rows else None


class BrokenRun(NamedTuple):
    """Where a run's chain breaks, and why."""

    run: str
    seq: int
    reason: str


INSERT = "INSERT INTO entries (run, seq, at_ms, kind, payload, previous) VALUES (?, ?, ?, ?, ?, ?)"
LETTER = "SELECT id, run, payload, put_ms, verdict, reason FROM letters"
REDACTED = frozenset({"reading", "note"})
"""Kinds that hold what people and programs said; the others are the kernel's and replayed."""


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    """A connection to a journal, made if the file is new and empty; raises ``JournalTrouble``."""
    name = quote(os.fspath(path.absolute()))
    modes = ["ro"] if read_only else ["rw"]
    if read_only and not Path(f"{path}-wal").exists():
        modes.append("ro&immutable=1")  # a folder that nobody may write has no room for its index
    for mode in modes:
        try:
            db = sqlite3.connect(
                f"file:{name}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=BUSY_MS / 1000,
                cached_statements=64,
            )
        except sqlite3.Error as error:
            raise said(error, path) from error
        try:
            _prepare(db, path, read_only)
            return db
        except sqlite3.Error as error:
            db.close()
            if mode == modes[-1]:
                raise said(error, path) from error
        except BaseException:
            db.close()
            raise
    raise JournalTrouble(f"{path} cannot be opened", "check its permissions")


def _prepare(db: sqlite3.Connection, path: Path, read_only: bool) -> None:
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    layout = int(db.execute("PRAGMA user_version").fetchone()[0])
    if owner == 0 and layout == 0 and not read_only:
        empty = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
        if empty:
            _lay_out(db)
            owner, layout = APPLICATION, LAYOUT
    if owner != APPLICATION:
        raise JournalTrouble(f"{path} is no Armada journal", "name another file with --journal")
    if layout != LAYOUT:
        raise JournalTrouble(
            f"{path} has journal layout {layout}, and this version reads layout {LAYOUT}",
            "use the version of Armada that wrote it, or `armada journal export` there",
        )
    if not read_only:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA foreign_keys = ON")


def _lay_out(db: sqlite3.Connection) -> None:
    """Make an empty file a journal; two processes may try at once."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        if db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            for statement in _statements(SCHEMA):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {LAYOUT}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    held = ""
    for line in script.splitlines():
        held += f"{line}\n"
        if sqlite3.complete_statement(held):
            yield held
            held = ""


def _line(seq: int, at_ms: int, kind: str, payload: str, previous: str) -> str:
    """An entry's line, exactly as ``journal_entries.encode`` writes it, from its stored payload."""
    return (
        f'{{"at_ms":{at_ms},"kind":"{kind}","payload":{payload},'
        f'"previous":"{previous}","seq":{seq}}}'
    )


def _entry(row: tuple[Any, ...], seq: int, previous: str | None) -> Entry:
    number, at_ms, kind, payload, before = row
    if number != seq:
        raise BrokenJournal(seq, "missing")
    if previous is not None and before != previous:
        raise BrokenJournal(seq, "does not follow the entry before it, or that one was changed")
    if kind not in KINDS:
        raise BrokenJournal(seq, f"unknown kind {kind!r}")
    try:
        data: Any = json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        raise BrokenJournal(seq, "not JSON") from None
    if not isinstance(data, dict):
        raise BrokenJournal(seq, "not a JSON object")
    return Entry(seq, at_ms, kind, cast(dict[str, Any], data), before)


def _values(key: int, entry: Entry) -> tuple[Any, ...]:
    payload = canonical(entry.payload)
    return (key, entry.seq, entry.at_ms, entry.kind, payload, entry.previous)


def _row(row: tuple[Any, ...], now: Now) -> RunRow:
    run, workflow, title, created_ms, count, head, finished, held, until_ms, until_boot = row
    tenure = Tenure(Holder.read(held), until_ms, until_boot)
    alive = bool(held) and tenure.stands(now)
    words = tenure.holder.words() if held else ""
    return RunRow(run, workflow, title, created_ms, count, head, finished, words, alive)


def _letter(row: tuple[Any, ...]) -> Letter:
    number, run, payload, put_ms, verdict, reason = row
    return Letter(number, run, json.loads(payload), put_ms, verdict, reason)
