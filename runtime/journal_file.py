"""The file that a journal lies in: its tables, and connections to it.

Owns the layout. Entries are append-only by triggers, not by good behaviour alone.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from .journal_faults import JournalTrouble, said
from .journal_locks import SCHEMA as LOCKS

APPLICATION = 0x41524D41
"""``ARMA``, in the place where SQLite files say whose they are."""
LAYOUT = 1
BUSY_MS = 10_000
WAL_HEADER = 32
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


def connect(path: Path, read_only: bool) -> sqlite3.Connection:
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


def without_log(path: Path) -> bool:
    """Whether nothing is written in the log beside the file."""
    try:
        return Path(f"{path}-wal").stat().st_size <= WAL_HEADER
    except OSError:
        return True


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
        db.execute(LOCKS)
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
