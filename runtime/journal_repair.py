"""Opening a journal file that is not there yet, is another's, or was cut off or changed.

SQLite itself undoes a transaction that was torn by a crash, and says nothing; this says it. A file
that lost its end, as on a disk that lied, is rebuilt from the entries that are whole, each run up
to the first that is not. What was changed in the middle is never mended: it is refused, with its
place. The file as it was is always kept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .journal_alerts_salvage import restore
from .journal_faults import Damaged, JournalTrouble
from .journal_file import APPLICATION, WAL_HEADER, without_log
from .journal_lease import Holder, Now, Tenure
from .journal_rows import is_run
from .journal_salvage import Found, Salvaged, salvage

if TYPE_CHECKING:
    from .journal import Journal

FRAME_HEADER = 24
PENDING_BYTE, LOCK_BYTES = 0x40000000, 512
"""Where SQLite's locks lie in a file, and how many bytes they take; every reader holds some."""
READ_BYTES = 1 << 20
AFRESH = 1_000_000
"""Added to the tokens of a rebuilt file, so that no host of the old one is taken for a new one."""


def before_opening(path: Path, create: bool) -> None:
    """Make a new file where one may be made; raises ``JournalTrouble`` where there is none."""
    if path.is_dir():
        raise JournalTrouble(f"{path} is a folder", "name a file with --journal")
    if path.exists():
        if path.stat().st_size == 0 and not create:
            raise JournalTrouble(f"{path} is empty", "`armada run` begins a journal in it")
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


Rows = Callable[[str], list[tuple[Any, ...]]]


def check_length(path: Path, rows: Rows) -> None:
    """Raises ``Damaged`` where the file is shorter than it says and no log makes up for it."""
    pages, page = (rows(f"PRAGMA {name}")[0][0] for name in ("page_count", "page_size"))
    size = path.stat().st_size
    if size < pages * page and without_log(path):
        raise Damaged(f"it has {size} bytes of {pages * page}", path)


def check_heads(path: Path, rows: Rows) -> None:
    """Every run must have its row and its last entry; raises ``Damaged`` where one has not.

    A last entry that is there and was changed is for reading it to refuse.
    """
    query = (
        "SELECT e.seq, s.id, r.* FROM runs r LEFT JOIN runs s ON s.run = r.run "
        "LEFT JOIN entries e ON e.run = r.id AND e.seq = r.entries - 1"
    )
    for last, found, *row in rows(query):
        if not is_run(row) or row[0] != found:
            raise Damaged(f"the row of run number {row[0]} was changed", path)
        if last is None:
            raise Damaged(f"{row[1]} does not end with its entry {row[5] - 1}", path)


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


def rebuild(
    path: Path, damaged: Damaged, create: Callable[[Path], Journal], now: Now, changed: bool
) -> tuple[str, ...]:
    """Replace a damaged file by what is whole in it; returns what was lost, in sentences.

    ``changed``: also where it has not lost its end but was changed in the middle. Raises
    ``damaged`` itself where nothing can be read, and says so where another process has the file
    open or a living host may still write it.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        raise damaged from None
    try:
        _take_alone(descriptor, path)
        if os.fstat(descriptor).st_ino != path.stat().st_ino:
            return ()  # somebody else has mended it in the meantime
        found = _read(path, descriptor)
        _may_be_replaced(path, found, damaged, now, changed or _lost_its_end(descriptor))
        return _replace(path, found, damaged, create)
    finally:
        os.close(descriptor)


def _take_alone(descriptor: int, path: Path) -> None:
    """SQLite's own exclusive lock (https://www.sqlite.org/lockingv3.html), held until closed."""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, LOCK_BYTES, PENDING_BYTE)
    except OSError:
        raise Damaged(
            "another process has it open", path, "stop that process, and then run this again"
        ) from None


def _may_be_replaced(path: Path, found: Found, damaged: Damaged, now: Now, wanted: bool) -> None:
    for each in found.runs:
        tenure = Tenure(Holder.read(str(each.row[13] or "")), each.row[14], each.row[15])
        if tenure.stands(now):
            why = f"{each.run} is driven by {tenure.holder.words()}"
            raise Damaged(why, path, "stop that host, and then run this again")
    if not found.runs:
        raise damaged
    if not wanted:
        places = (_place(each) for each in found.runs)
        why = "; ".join([damaged.why, *(place for place in places if place), *found.lost])
        raise Damaged(why, path, "`armada journal repair` keeps what is whole before that place")


def _place(found: Salvaged) -> str:
    kept = len(found.entries)
    return f"{found.run}: entry {kept} cannot be read" if found.had != kept else ""


def _lost_its_end(descriptor: int) -> bool:
    """Whether a file is shorter than it says, or ends with nothing but zeros."""
    head = os.pread(descriptor, 100, 0)
    size = os.fstat(descriptor).st_size
    if len(head) < 100 or size < _stated(head):
        return True
    return not any(os.pread(descriptor, _page_size(head), size - _page_size(head)))


def _page_size(head: bytes) -> int:
    """Bytes of a page, from the first 100 of the file."""
    page = int.from_bytes(head[16:18], "big")
    return 65_536 if page == 1 else page


def _stated(head: bytes) -> int:
    """How long the file says that it is, in bytes."""
    return int.from_bytes(head[28:32], "big") * _page_size(head)


def _replace(
    path: Path, found: Found, damaged: Damaged, create: Callable[[Path], Journal]
) -> tuple[str, ...]:
    fresh = Path(f"{path}.fresh")
    _remove(fresh)
    journal = create(fresh)
    try:
        restore(journal, found.alerts)
        for each in found.runs:
            journal.take_over(each.row, each.entries, each.letters, AFRESH)
            journal.locks.restore(each.locks)
    finally:
        journal.close()
    kept = _beside(path, "")
    os.link(path, kept)  # so that the name is never free for somebody to begin a new file
    for end in ("-wal", "-shm"):
        if Path(f"{path}{end}").exists():
            os.replace(f"{path}{end}", f"{kept}{end}")
    os.replace(fresh, path)
    _sync_folder(path.parent)
    said = [f"{damaged.message}; the file as it was is kept as {kept}"]
    for each in found.runs:
        said.extend(_lost_of(each))
    return (*said, *found.lost)


def _lost_of(found: Salvaged) -> Iterator[str]:
    kept = len(found.entries)
    if found.had < 0:
        yield f"{found.run}: its row was lost; the first {kept} entries are kept, maybe not all"
    elif found.had > kept:
        yield f"{found.run}: its last {found.had - kept} of {found.had} entries were lost"
    if found.torn:
        yield f"{found.run}: not all that was said to it could be read; ask for it again"


def _read(path: Path, descriptor: int) -> Found:
    """The runs of a damaged file, from a copy that is filled up to its full length.

    The copy is read through the descriptor that holds the lock: to open the file once more, and
    close it, would let the lock go.
    """
    copy = Path(f"{path}.reading")
    _remove(copy)
    try:
        with open(copy, "w+b") as file:
            at = 0
            while data := os.pread(descriptor, READ_BYTES, at):
                file.write(data)
                at += len(data)
            file.seek(0)
            head = file.read(100)
            if len(head) < 100 or int.from_bytes(head[68:72], "big") != APPLICATION:
                return Found((), ())
            file.truncate(max(at, _stated(head)))
        if Path(f"{path}-wal").exists():
            shutil.copyfile(f"{path}-wal", f"{copy}-wal")
        return salvage(copy)
    finally:
        _remove(copy)


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new names as durable as what they name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path, end: str) -> Path:
    """A new name beside a file."""
    number = 1
    while Path(f"{path}.damaged-{number}{end}").exists():
        number += 1
    return Path(f"{path}.damaged-{number}{end}")
