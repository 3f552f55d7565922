"""What can be wrong with a journal file, in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class JournalTrouble(Exception):
    """The journal cannot be used; ``help`` says what to do about it."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class JournalFull(JournalTrouble):
    """There is no room to write."""


class JournalReadOnly(JournalTrouble):
    """The file may only be read."""


class Damaged(JournalTrouble):
    """The file is not whole."""

    def __init__(self, why: str, path: Path, help: str = "") -> None:
        super().__init__(
            f"{path} is damaged: {why}",
            help or "`armada journal verify` says which runs are whole",
        )
        self.why = why


FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_TOOBIG})
READ_ONLY = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT})


def said(error: sqlite3.Error, path: Path) -> JournalTrouble:
    """An SQLite error as trouble with the journal."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in FULL:
        return JournalFull(f"no room to write {path}", "free some space on its disk")
    if code in READ_ONLY:
        return JournalReadOnly(f"{path} may only be read", "make it and its folder writable")
    if code in DAMAGED:
        return Damaged(str(error), path)
    if code == sqlite3.SQLITE_NOTADB:
        return JournalTrouble(f"{path} is no Armada journal", "name another file with --journal")
    if code == sqlite3.SQLITE_CANTOPEN:
        return JournalTrouble(f"{path} cannot be opened", "check that it and its folder exist")
    if code == sqlite3.SQLITE_BUSY:
        return JournalTrouble(f"{path} is in use for too long", "look what else has it open")
    if code == sqlite3.SQLITE_IOERR:
        return JournalTrouble(
            f"{path} cannot be written or read: {error}", "check its disk and any quota"
        )
    return JournalTrouble(f"{path}: {error}", "check the file and its folder")
