"""The journal file of the live host: one SQLite file, many runs, nothing ever changed in it.

Owns durability, the chain of hashes, leases and the inbox; it knows nothing of incidents. A commit
is one transaction made durable before it returns (WAL, ``synchronous=FULL``). A run is written by
whoever holds its lease: each lease has a higher token than the one before, and a commit under an
old token is refused. The inbox is how any other process speaks to the host: a row that the host
answers in the very transaction in which it acts on it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

from ..compiler.plan import canonical
from .journal_entries import GENESIS, BrokenJournal, Entry, encode, line_hash, read_journal
from .journal_faults import Damaged, said
from .journal_file import connect, without_log
from .journal_lease import Holder, Leased, Now, Tenure, moment
from .journal_locks import Locks, give_back
from .journal_rows import (
    INSERT,
    LETTER,
    REDACTED,
    RUN_ROW,
    Append,
    BrokenRun,
    LeaseLost,
    Letter,
    RunExists,
    RunRow,
    Seen,
    entry_of,
    letter_of,
    line_of,
    post,
    row_of,
    values_of,
)

CHUNK = 1_000


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
        self.redacted = redact
        self._now, self._version = now, -1
        self.locks = Locks(self.transaction, self.rows, now)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        create: bool = False,
        read_only: bool = False,
        repair: bool = False,
        redact: Callable[[Any], Any] | None = None,
        now: Callable[[], Now] = moment,
    ) -> Journal:
        """Open a journal file; raises ``JournalTrouble``, which says what to do.

        A file that was cut off is mended from what is whole in it, and ``dropped`` says what was
        lost; one that was changed in the middle only where ``repair`` says so. ``redact`` takes
        the secrets out of letters, readings and notes as they are written.
        """
        from .journal_repair import before_opening, rebuild, torn_log

        found = Path(path)
        dropped: tuple[str, ...] = ()
        try:
            before_opening(found, create)
            journal = cls._connected(found, read_only, redact, now)
            if repair and (broken := journal.verify()):
                journal.close()
                raise Damaged(f"{len(broken)} runs are broken", found)
        except Damaged as damaged:
            if read_only:
                raise
            afresh = partial(cls.open, create=True, now=now)
            dropped = rebuild(found, damaged, afresh, now(), repair)
            journal = cls._connected(found, read_only, redact, now)
        if not read_only and not any(row.alive for row in journal.runs()):
            try:
                dropped += torn_log(found, journal.frames)
            except BaseException:
                journal.close()
                raise
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
        from .journal_repair import check_heads, check_length

        no_log = without_log(path)
        writer = connect(path, read_only)
        try:
            reader = connect(path, read_only)
        except BaseException:
            writer.close()
            raise
        journal = cls(path, writer, reader, redact or (lambda data: data), now)
        try:
            if no_log:
                check_length(path, journal.rows)
            check_heads(path, journal.rows)
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

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query, also over tables that stand beside the runs."""
        with self._reading:
            try:
                return self._reader.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise said(error, self.path) from error

    def frames(self) -> int:
        """How many frames of the write-ahead log are valid; negative where it is in use."""
        with self._writing:
            try:
                busy, log, _ = self._writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error:
                return -1
        return -1 if busy else int(log)

    def runs(self, *, open_only: bool = False) -> tuple[RunRow, ...]:
        """Every run, the oldest first."""
        where = "WHERE finished = ''" if open_only else ""
        now = self._now()
        return tuple(row_of(row, now) for row in self.rows(f"{RUN_ROW} {where} ORDER BY id"))

    def _id(self, run: str) -> tuple[int, int, str]:
        rows = self.rows("SELECT id, entries, head FROM runs WHERE run = ?", (run,))
        if not rows:
            raise KeyError(run)
        return cast(tuple[int, int, str], rows[0])

    def entries(self, run: str, since: int = 0) -> Iterator[Entry]:
        """The entries of a run from ``since`` on; raises ``BrokenJournal`` and ``KeyError``."""
        key, count, head = self._id(run)
        previous = GENESIS if since == 0 else None
        seq = since
        query = (
            "SELECT seq, at_ms, kind, payload, previous FROM entries "
            "WHERE run = ? AND seq >= ? ORDER BY seq LIMIT ?"
        )
        while True:
            rows = self._readable(query, key, seq)
            for row in rows:
                entry = entry_of(row, seq, previous)
                previous = line_hash(line_of(*row))
                seq += 1
                if seq == count and previous != head:
                    raise BrokenJournal(seq - 1, "its hash is not the one recorded for the run")
                yield entry
            if len(rows) < CHUNK:
                break
        if seq < count:
            raise BrokenJournal(seq, f"missing; the run has {count} entries")

    def _readable(self, query: str, key: int, seq: int) -> list[tuple[Any, ...]]:
        try:
            return self.rows(query, (key, seq, CHUNK))
        except Damaged as damaged:
            with suppress(Damaged):
                while self.rows(query, (key, seq, 1)):
                    seq += 1
            raise BrokenJournal(seq, f"cannot be read: {damaged.why}") from None

    def named(self, stem: str) -> int:
        """How many runs have this name, with or without a number after it."""
        query = "SELECT count(*) FROM runs WHERE run = ? OR (run > ? AND run < ?)"
        return int(self.rows(query, (stem, f"{stem}-", f"{stem}."))[0][0])

    def last_seen(self, run: str) -> Seen:
        """When the run was last written."""
        query = "SELECT at_ms, wall_ms, boot, boot_ms FROM runs WHERE run = ?"
        rows = self.rows(query, (run,))
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
        version = int(self.rows("PRAGMA data_version")[0][0])
        moved = version != self._version
        self._version = version
        return moved

    # --- writing ------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Generator[sqlite3.Connection]:
        """One durable transaction, also over tables that stand beside the runs."""
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
        beside: Callable[[sqlite3.Connection, str], None] | None = None,
    ) -> None:
        """Write a new run's header; raises ``RunExists``.

        ``beside`` is done in the same transaction, and may refuse it by raising.
        """
        entry = Entry(0, 0, "header", dict(header), GENESIS)
        self._insert((entry,), run, workflow, title, created_ms, "", beside)

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
        beside: Callable[[sqlite3.Connection, str], None] | None = None,
    ) -> None:
        now, last = self._now(), entries[-1]
        row = (run, workflow, title, created_ms, len(entries), line_hash(encode(last)), finished)
        seen = (last.at_ms, now.wall_ms, now.boot, now.boot_ms)
        with self.transaction() as db:
            if db.execute("SELECT 1 FROM runs WHERE run = ?", (run,)).fetchone():
                raise RunExists(run)
            key = db.execute(
                "INSERT INTO runs (run, workflow, title, created_ms, entries, head, finished, "
                "at_ms, wall_ms, boot, boot_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*row, *seen),
            ).lastrowid
            db.executemany(INSERT, [values_of(key or 0, entry) for entry in entries])
            if beside is not None:
                beside(db, run)

    def take_over(
        self,
        row: Sequence[Any],
        entries: Sequence[Entry],
        letters: Sequence[tuple[Any, ...]],
        token: int,
    ) -> None:
        """Write what is whole of a run of a damaged file, ``row`` being its row there."""
        _, run, workflow, title, created_ms, count, _, finished, *_ = row
        whole = len(entries) == count
        self._insert(entries, run, workflow, title, created_ms, finished if whole else "")
        with self.transaction() as db:
            query = "UPDATE runs SET token = ? WHERE run = ?"
            db.execute(query, (int(row[12] or 0) + token, run))
            query = "INSERT INTO letters (run, payload, put_ms, verdict, reason) VALUES "
            db.executemany(f"{query}(?, ?, ?, ?, ?)", letters)

    def commit(self, appends: Sequence[Append]) -> None:
        """Write all of it in one transaction, or none.

        Raises ``LeaseLost`` for a token that is not the run's, ``JournalTrouble`` where the file
        cannot be written.
        """
        now = self._now()
        with self.transaction() as db:
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
            clean = self.redacted(payload) if kind in REDACTED else payload
            row = (seq, at, kind, canonical(clean), head)
            rows.append((key, *row))
            head = line_hash(line_of(*row))
            seq, at_ms = seq + 1, max(at_ms, at)
        db.executemany(INSERT, rows)
        db.execute(
            "UPDATE runs SET entries = ?, head = ?, at_ms = ?, wall_ms = ?, boot = ?, "
            "boot_ms = ?, finished = coalesce(?, finished) WHERE id = ?",
            (seq, head, at_ms, now.wall_ms, now.boot, now.boot_ms, append.finished, key),
        )
        give_back(db, append)
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
        with self.transaction() as db:
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
        with self.transaction() as db:
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
        rows = self.rows("SELECT token FROM runs WHERE run = ?", (run,))
        return bool(rows) and rows[0][0] == token

    def release(self, run: str, token: int) -> None:
        """Give a lease back; nothing happens where it is another's by now."""
        with self.transaction() as db:
            db.execute(
                "UPDATE runs SET holder = '', until_ms = 0, until_boot_ms = 0 "
                "WHERE run = ? AND token = ?",
                (run, token),
            )

    # --- the inbox ----------------------------------------------------------------------------

    def put(self, run: str, payload: Mapping[str, Any], now_ms: int) -> int:
        """Leave a letter for whoever drives the run; returns its number."""
        text = canonical(self.redacted(dict(payload)))
        with self.transaction() as db:
            return post(db, run, text, now_ms)

    def pending(self, runs: Sequence[str] | None = None) -> tuple[Letter, ...]:
        """The letters that wait, the oldest first; only those of ``runs`` where it is given."""
        found = [letter_of(row) for row in self.rows(f"{LETTER} WHERE verdict = '' ORDER BY id")]
        wanted = None if runs is None else set(runs)
        return tuple(each for each in found if wanted is None or each.run in wanted)

    def letter(self, number: int) -> Letter | None:
        """A letter by its number."""
        rows = self.rows(f"{LETTER} WHERE id = ?", (number,))
        return letter_of(rows[0]) if rows else None
