"""Opening a journal file that is not there yet, is another's, or was cut off or changed.

SQLite itself undoes a transaction that was torn by a crash, and says nothing; this says it. A file
that lost its end, as on a disk that lied, is rebuilt from the entries that are whole, each run up
to the first that is not. What was changed in the middle is never mended: it is refused, with its
place. The file as it was is always kept.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .journal_entries import GENESIS, BrokenJournal, Entry, line_hash
from .journal_faults import Damaged, JournalTrouble
from .journal_file import APPLICATION
from .journal_lease import Holder
from .journal_rows import entry_of, line_of

if TYPE_CHECKING:
    from .journal import Journal

MAGIC = b"SQLite format 3\0"
WAL_HEADER, FRAME_HEADER = 32, 24
AFRESH = 1_000_000
"""Added to the tokens of a rebuilt file, so that no host of the old one is taken for a new one."""


def before_opening(path: Path, create: bool) -> None:
    """Make a new file where one may be made; raises ``JournalTrouble`` where there is none."""
    if path.is_dir():
        raise JournalTrouble(f"{path} is a folder", "name a file with --journal")
    if path.exists():
        if path.stat().st_size == 0 and not create:
            raise JournalTrouble(f"{path} is empty", "`armada run` begins a journal in it")
        _whole(path)
        return
    if not create:
        raise JournalTrouble(
            f"there is no journal at {path}", "`armada run` makes one; --journal names another"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
    except OSError as error:
        raise JournalTrouble(
            f"{path} cannot be made: {error.strerror}", "name another file with --journal"
        ) from None


def _whole(path: Path) -> None:
    """Raises ``Damaged`` where the file is shorter than it says; a log beside it may know more."""
    log = Path(f"{path}-wal")
    try:
        if log.exists() and log.stat().st_size > WAL_HEADER:
            return
        with open(path, "rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    except OSError as error:
        raise JournalTrouble(
            f"{path} cannot be read: {error.strerror}", "check its permissions"
        ) from None
    if len(head) < 100 or not head.startswith(MAGIC) or head[24:28] != head[92:96]:
        return
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    full = pages * (65_536 if page == 1 else page)
    if size < full:
        raise Damaged(f"it has {size} bytes of {full}", path)


# --- the log beside the file ----------------------------------------------------------------------


class Log(NamedTuple):
    """A write-ahead log as it lies on the disk: frames of its generation, and its commits."""

    salt: bytes
    frames: int
    commits: tuple[int, ...]
    left: int


def log_of(data: bytes) -> Log | None:
    """What a log holds, by its salts alone (https://www.sqlite.org/fileformat2.html#walformat)."""
    if len(data) < WAL_HEADER:
        return None
    page = int.from_bytes(data[8:12], "big")
    salt = data[16:24]
    size = FRAME_HEADER + page
    frames, commits, at = 0, list[int](), WAL_HEADER
    while at + size <= len(data) and data[at + 8 : at + 16] == salt:
        frames += 1
        if data[at + 4 : at + 8] != b"\0\0\0\0":
            commits.append(frames)
        at += size
    rest = data[at:]
    torn = len(rest) if len(rest) < size and salt.startswith(rest[8:16][:8] or b"") else 0
    return Log(salt, frames, tuple(commits), torn)


def torn_log(path: Path, known: Callable[[], int]) -> tuple[str, ...]:
    """What of the log SQLite has left out, in a sentence; raises ``Damaged`` for its middle.

    ``known`` gives the number of frames that SQLite has accepted. One transaction may be torn by a
    crash, for the one before it was on the disk before it began; more than one was not.
    """
    file = Path(f"{path}-wal")
    try:
        data = file.read_bytes()
    except OSError:
        return ()
    log = log_of(data)
    accepted = known()
    if log is None or accepted < 0:
        return ()
    lost = [frame for frame in log.commits if frame > accepted]
    if len(lost) > 1:
        kept = _beside(path, "-wal")
        kept.write_bytes(data)
        raise Damaged(
            f"frame {accepted + 1} of its write-ahead log was changed, and {len(lost)} commits "
            f"after it cannot be trusted; the log is kept as {kept.name}",
            path,
        )
    last = log.commits[-1] if log.commits else 0
    if lost or log.frames > last or log.left:
        said = "the last transaction was cut off in writing and is dropped; nothing that it tells"
        return (f"{path.name}: {said} was ever acted upon",)
    return ()


# --- rebuilding -----------------------------------------------------------------------------------


class Salvaged(NamedTuple):
    """What is whole of one run."""

    row: tuple[Any, ...]
    entries: tuple[Entry, ...]
    letters: tuple[tuple[Any, ...], ...]
    torn: bool


def rebuild(path: Path, damaged: Damaged, create: Callable[[Path], Journal]) -> tuple[str, ...]:
    """Replace a damaged file by what is whole in it; returns what was lost, in sentences.

    Raises ``damaged`` itself where nothing can be read, or where a living host has the file.
    """
    copy = Path(f"{path}.reading")
    try:
        found = _read(path, copy)
    finally:
        copy.unlink(missing_ok=True)
        Path(f"{copy}-wal").unlink(missing_ok=True)
    if not found or any(_lives(each) for each in found):
        raise damaged
    fresh = Path(f"{path}.fresh")
    fresh.unlink(missing_ok=True)
    journal = create(fresh)
    try:
        for each in found:
            journal.take_over(each.row, each.entries, each.letters, AFRESH)
    finally:
        journal.close()
    kept = _beside(path, "")
    os.replace(path, kept)
    for end in ("-wal", "-shm"):
        if Path(f"{path}{end}").exists():
            os.replace(f"{path}{end}", f"{kept}{end}")
    os.replace(fresh, path)
    said = [f"{damaged.message}; the file as it was is kept as {kept}"]
    for row, entries, _, torn in found:
        lost = int(row[5]) - len(entries)
        if lost > 0:
            said.append(f"{row[1]}: its last {lost} of {row[5]} entries were lost")
        if torn:
            said.append(f"{row[1]}: not all that was said to it could be read; ask for it again")
    return tuple(said)


def _lives(found: Salvaged) -> bool:
    holder = Holder.read(str(found.row[13] or ""))
    return bool(holder.pid) and holder.boot == Holder.me().boot and not holder.gone()


def _read(path: Path, copy: Path) -> tuple[Salvaged, ...]:
    """The runs of a damaged file, read from a copy that was filled up to its full length."""
    shutil.copyfile(path, copy)
    if Path(f"{path}-wal").exists():
        shutil.copyfile(f"{path}-wal", f"{copy}-wal")
    with open(copy, "r+b") as file:
        head = file.read(100)
        if len(head) < 100 or int.from_bytes(head[68:72], "big") != APPLICATION:
            return ()
        page = int.from_bytes(head[16:18], "big")
        size = int.from_bytes(head[28:32], "big") * (65_536 if page == 1 else page)
        if size > copy.stat().st_size:
            file.truncate(size)
    db = sqlite3.connect(copy, isolation_level=None)
    try:
        db.execute("PRAGMA writable_schema = ON")
        return tuple(_runs(db))
    except sqlite3.DatabaseError:
        return ()
    finally:
        db.close()


def _runs(db: sqlite3.Connection) -> list[Salvaged]:
    found: list[Salvaged] = []
    rows = db.execute("SELECT * FROM runs ORDER BY id")
    while True:
        try:
            row = rows.fetchone()
        except sqlite3.DatabaseError:
            return found
        if row is None:
            return found
        entries = _prefix(db, row[0])
        if entries:
            found.append(Salvaged(row, entries, *_letters(db, row[1])))


def _letters(db: sqlite3.Connection, run: str) -> tuple[tuple[tuple[Any, ...], ...], bool]:
    """What was said to a run, as far as it can be read, and whether some of it cannot."""
    found: list[tuple[Any, ...]] = []
    query = "SELECT run, payload, put_ms, verdict, reason FROM letters WHERE run = ? ORDER BY id"
    try:
        for row in db.execute(query, (run,)):
            found.append(row)
    except sqlite3.DatabaseError:
        return tuple(found), True
    return tuple(found), False


def _prefix(db: sqlite3.Connection, run: int) -> tuple[Entry, ...]:
    """The entries of a run up to the first that is missing or does not fit.

    Readings at the very end are left out: the event that each belongs to is lost.
    """
    query = "SELECT seq, at_ms, kind, payload, previous FROM entries WHERE run = ? AND seq = ?"
    found: list[Entry] = []
    previous = GENESIS
    while True:
        try:
            row = db.execute(query, (run, len(found))).fetchone()
            if row is None:
                break
            found.append(entry_of(row, len(found), previous))
            previous = line_hash(line_of(*row))
        except (sqlite3.DatabaseError, BrokenJournal):
            break
    while found and found[-1].kind == "reading":
        found.pop()
    return tuple(found)


def _beside(path: Path, end: str) -> Path:
    """A new name beside a file."""
    number = 1
    while Path(f"{path}.damaged-{number}{end}").exists():
        number += 1
    return Path(f"{path}.damaged-{number}{end}")
