"""What is whole in a journal file that is not: every run that can be found, as far as it holds.

Runs are numbered without gaps, so that one whose row is gone is still missed and named; its row is
then made again from its header. A run is kept up to the first entry that is missing, does not fit
the one before it, or is not what the kernel does there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from ..compiler.plan import Plan, canonical, load_plan
from .journal_alerts_salvage import Salvage, salvaged
from .journal_entries import GENESIS, BrokenJournal, Entry, line_hash
from .journal_replay import Batch, Replayer
from .journal_rows import entry_of, is_run, line_of

Row = tuple[Any, ...]
UNKNOWN = -1


class Salvaged(NamedTuple):
    """What is whole of one run. ``had``: how many entries it had, negative where unknown."""

    row: Row
    had: int
    entries: tuple[Entry, ...]
    letters: tuple[Row, ...]
    torn: bool
    locks: tuple[Row, ...] = ()

    @property
    def run(self) -> str:
        """Its name."""
        return str(self.row[1])


class Found(NamedTuple):
    """What a damaged file holds; ``lost`` has a sentence for every run that nothing is left of."""

    runs: tuple[Salvaged, ...]
    lost: tuple[str, ...]
    alerts: Salvage = Salvage({}, False)


def salvage(copy: Path) -> Found:
    """Read a copy of a damaged file; nothing at all where its table of runs cannot be found."""
    db = sqlite3.connect(copy, isolation_level=None)
    try:
        db.execute("PRAGMA writable_schema = ON")  # else a file that is too short is not read
        return _all(db)
    except sqlite3.DatabaseError:
        return Found((), ())
    finally:
        db.close()


def _all(db: sqlite3.Connection) -> Found:
    found: list[Salvaged] = []
    lost: list[str] = []
    for number in range(1, _highest(db) + 1):
        row = _one(db, "SELECT * FROM runs WHERE id = ?", (number,))
        entries = _kernel_prefix(_chain(db, number))
        if row is not None and not is_run(row):
            row = None
        if row is not None and entries:
            found.append(Salvaged(row, int(row[5]), entries, *_said(db, row[1])))
        elif row is not None:
            lost.append(f"{row[1]}: none of its {row[5]} entries could be read")
        elif entries and (made := _row_again(number, entries)) is not None:
            found.append(Salvaged(made, UNKNOWN, entries, *_said(db, made[1])))
        else:
            lost.append(f"run number {number} of the file: nothing of it could be read")
    alerts = salvaged(db)
    if alerts.torn:
        lost.append("not all that alerts have said could be read; proposals may be missing")
    return Found(tuple(found), tuple(lost), alerts)


def _highest(db: sqlite3.Connection) -> int:
    """The number of the last run that is heard of, in either table and from either end."""
    found = [0]
    for query in ("SELECT id FROM runs", "SELECT id FROM runs ORDER BY id DESC"):
        found += _numbers(db, query)
    found += _numbers(db, "SELECT max(run) FROM entries")
    at = 0
    while (after := _one(db, "SELECT min(run) FROM entries WHERE run > ?", (at,))) is not None:
        if not isinstance(after[0], int):
            break
        at = after[0]
        found.append(at)
    return max(found)


def _numbers(db: sqlite3.Connection, query: str) -> list[int]:
    found: list[int] = []
    try:
        for (number,) in db.execute(query):
            if isinstance(number, int):
                found.append(number)
    except sqlite3.DatabaseError:
        return found
    return found


def _one(db: sqlite3.Connection, query: str, values: Sequence[Any]) -> Row | None:
    try:
        return cast(Row | None, db.execute(query, values).fetchone())
    except sqlite3.DatabaseError:
        return None


def _row_again(number: int, entries: Sequence[Entry]) -> Row | None:
    """A run's row from its header, where the header says whose run it is."""
    header = entries[0].payload
    run = header.get("run")
    if entries[0].kind != "header" or not isinstance(run, str) or not run:
        return None
    workflow = _text(header.get("plan"), "name")
    title = _text(header.get("declared"), "title") or workflow
    zero_ms = header.get("zero_ms", 0)
    known = (number, run, workflow, title, zero_ms, UNKNOWN, "", "", entries[-1].at_ms)
    return (*known, 0, "", 0, 0, "", 0, 0)


def _text(data: Any, name: str) -> str:
    return str(cast(dict[str, Any], data).get(name, "")) if isinstance(data, dict) else ""


def _said(db: sqlite3.Connection, run: str) -> tuple[tuple[Row, ...], bool, tuple[Row, ...]]:
    return (*_letters(db, run), _locks(db, run))


def _locks(db: sqlite3.Connection, run: str) -> tuple[Row, ...]:
    """What a run holds, as far as it can be read; a run that goes on takes the rest again."""
    found: list[Row] = []
    try:
        for row in db.execute("SELECT name, run, command FROM locks WHERE run = ?", (run,)):
            if all(isinstance(value, str) for value in row):
                found.append(row)
    except sqlite3.DatabaseError:
        return tuple(found)
    return tuple(found)


def _letters(db: sqlite3.Connection, run: str) -> tuple[tuple[Row, ...], bool]:
    """What was said to a run, as far as it can be read, and whether some of it cannot."""
    found: list[Row] = []
    query = "SELECT run, payload, put_ms, verdict, reason FROM letters WHERE run = ? ORDER BY id"
    try:
        for row in db.execute(query, (run,)):
            found.append(row)
    except sqlite3.DatabaseError:
        return tuple(found), True
    return tuple(found), False


def _chain(db: sqlite3.Connection, run: int) -> tuple[Entry, ...]:
    """The entries of a run up to the first that is missing or does not fit."""
    query = "SELECT seq, at_ms, kind, payload, previous FROM entries WHERE run = ? AND seq = ?"
    found: list[Entry] = []
    previous = GENESIS
    while (row := _one(db, query, (run, len(found)))) is not None:
        try:
            found.append(entry_of(row, len(found), previous))
        except BrokenJournal:
            break
        previous = line_hash(line_of(*row))
    return tuple(found)


def _kernel_prefix(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The longest beginning from which a host can go on.

    An event whose commands were cut off stays, for the kernel gives them again; a reading without
    its event, or an event without its verdict, does not.
    """
    plan = _plan(entries)
    if plan is None:
        return _without_reading(entries)
    replayer = Replayer(plan)
    whole = 1
    pending: Batch | None = None
    for entry in entries[1:]:
        try:
            batch = replayer.take(entry)
        except BrokenJournal:
            break
        pending = batch or pending
        if entry.kind != "reading" and _complete(pending, entry.seq):
            whole = entry.seq + 1
    return entries[:whole]


def _complete(batch: Batch | None, seq: int) -> bool:
    return batch is None or seq + 1 >= batch.seq + batch.lead


def _plan(entries: tuple[Entry, ...]) -> Plan | None:
    """The plan of the header; None for a journal that this version cannot step."""
    if not entries or entries[0].kind != "header":
        return None
    try:
        return load_plan(canonical(entries[0].payload["plan"]))
    except (KeyError, TypeError, ValueError):
        return None


def _without_reading(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    found = list(entries)
    while found and found[-1].kind == "reading":
        found.pop()
    return tuple(found)
